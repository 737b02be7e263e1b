"""The engine, its bare inference and its peers over one film, turn by turn.

Each round takes eight frames. Every contestant goes through the same frames of the round, and the order changes
from round to round, so that a busy machine weighs on all alike; only ratios are concluded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import DetectionSettings
from overt.biometrics.detection.views import plan_views
from overt.evaluation.bench.nobody import strangers_watchlist
from overt.evaluation.bench.peers import Peer, PeerMissingError, load_peer
from overt.evaluation.bench.recorder import Replay, RunRecorder, Shape
from overt.evaluation.bench.results import Comparison, Overhead, PeerFigures, Stage
from overt.evaluation.bench.source import PREFETCHED, FrameSource
from overt.evaluation.bench.stages import StageClock
from overt.evaluation.bench.statistics import Numbers, median_ratio, ratio_of_totals
from overt.evaluation.bench.subject import EngineUnderTest

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from overt.biometrics import ImageArray, ModelPack
    from overt.evaluation.bench.ready import Footage
    from overt.video import Frame

__all__ = ["Budget", "compare"]

ROUND: Final = 8
WARMING_FRAMES: Final = 2 * ROUND
WATCHLIST: Final = 10_000
SLOW: Final = frozenset({"face_recognition"})
"""Peers that take so long that they are given one frame a round."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to measure: until `seconds` have gone by, but at least `rounds` and at most `most` rounds.

    Attributes:
        flow: also measure the engine as it runs, decoding beside it.
        profile_frames: frames of the profile by stage, taken apart from the rest; 0 takes none.
    """

    seconds: float
    rounds: int = 6
    most: int = 200
    flow: bool = True
    profile_frames: int = 0


@dataclass(slots=True)
class _Rounds:
    """Seconds in each round; `steps` and `bare_steps` are those of each frame."""

    engine: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    decode: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    bare_steps: list[float] = field(default_factory=list)
    flow: list[float] = field(default_factory=list)
    flow_items: list[Counter[Shape]] = field(default_factory=list)
    replayed: Replay = field(default_factory=Replay)
    peers: dict[str, list[float]] = field(default_factory=dict)
    peer_frames: dict[str, int] = field(default_factory=dict)
    peer_faces: dict[str, int] = field(default_factory=dict)


def compare(
    pack: ModelPack,
    footage: Footage,
    peers: Sequence[str],
    budget: Budget,
    *,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Measure the engine against its bare inference and against peers.

    Args:
        pack: the models, of the engine and of every peer that can take them.
        footage: looped as long as it takes.
        peers: their names.
        budget: how long.
        progress: is told what is going on.

    Raises:
        EvaluationError: the footage cannot be decoded.
    """
    tell = progress or (lambda _: None)
    tell(f"loading {pack.manifest.id}")
    engine = EngineUnderTest(pack, strangers_watchlist(pack, footage, WATCHLIST))
    with FrameSource(footage, engine.pool) as source:
        first, _ = source.take(WARMING_FRAMES)
        height, width = first[0].image.shape[:2]
        size = plan_views(height, width, pack.manifest.detector, DetectionSettings())[0].tensor
        loaded, missing = _load(peers, pack, size, tell)
        picture = first[0].image.copy()
        for peer in loaded.values():
            peer.recognise(picture)
        for frame in first:
            engine.step(frame)
        rounds = _measure(engine, source, loaded, budget, tell)
        n_frames, seconds = len(rounds.engine) * ROUND, sum(rounds.engine)
        passages, pipeline = engine.passages, engine.pipeline
        flow_frames = len(rounds.flow) * (ROUND + PREFETCHED)
        frames_in_all = n_frames + flow_frames + WARMING_FRAMES
        faces, embeddings = pipeline.detections / frames_in_all, pipeline.embeddings / frames_in_all
        stages = _profile(engine, source, budget.profile_frames)
    cv2.setNumThreads(-1)
    engine.close()
    rate = passages / frames_in_all  # passages a frame of the footage
    return Comparison(
        pack=f"{pack.manifest.id} {pack.manifest.version}",
        footage=footage.title,
        watchlist=WATCHLIST,
        detection=size,
        faces_per_frame=faces,
        embeddings_per_frame=embeddings,
        passages=passages,
        overhead=_overhead(rounds, n_frames),
        stages=stages,
        peers=tuple(_figures(name, peer, rounds, rate, n_frames / seconds) for name, peer in loaded.items()),
        not_measured=missing,
    )


def _load(
    names: Sequence[str], pack: ModelPack, size: tuple[int, int], tell: Callable[[str], None]
) -> tuple[dict[str, Peer], dict[str, str]]:
    loaded: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for name in names:
        tell(f"loading {name}")
        try:
            loaded[name] = load_peer(name, pack, size)
        except PeerMissingError as error:
            missing[name] = error.what
        except ImportError as error:
            missing[name] = f"the package `{name}` cannot be imported: {error}"
    return loaded, missing


def _measure(
    engine: EngineUnderTest,
    source: FrameSource,
    peers: dict[str, Peer],
    budget: Budget,
    tell: Callable[[str], None],
) -> _Rounds:
    rounds = _Rounds(peers={name: [] for name in peers})
    end = time.monotonic() + budget.seconds
    while len(rounds.engine) < budget.rounds or (time.monotonic() < end and len(rounds.engine) < budget.most):
        number = len(rounds.engine)
        tell(f"round {number + 1}")
        frames, decode = source.take(ROUND)
        pictures = [frame.image.copy() for frame in frames] if peers else []
        contestants = ["", *peers]
        turn = number % len(contestants)
        for name in contestants[turn:] + contestants[:turn]:
            cv2.setNumThreads(
                -1 if name else 1
            )  # the engine keeps OpenCV to one thread; peers keep its default
            if name:
                _peer_round(name, peers[name], pictures, number, rounds)
            else:
                _engine_round(engine, frames, rounds)
        rounds.decode.append(decode * ROUND)
        cv2.setNumThreads(1)
        if budget.flow:
            _flow_round(engine, source, rounds)
    return rounds


def _flow_round(engine: EngineUnderTest, source: FrameSource, rounds: _Rounds) -> None:
    """A round as it really runs: each frame is decoded in the feed's thread while the one before is stepped."""
    for _ in range(PREFETCHED):
        engine.step(source.next())
    with RunRecorder(tensors=False) as recorder:
        start = time.perf_counter()
        for _ in range(ROUND):
            engine.step(source.next())
        rounds.flow.append(time.perf_counter() - start)
    rounds.flow_items.append(recorder.items)


def _bare_time(rounds: _Rounds) -> Numbers:
    """What the inferences of each round as it runs would take bare, by what one of their shape took."""
    replayed = rounds.replayed
    each = {shape: seconds / replayed.items[shape] for shape, seconds in replayed.seconds.items()}
    return np.array(
        [sum(each.get(shape, 0.0) * n for shape, n in items.items()) for items in rounds.flow_items]
    )


def _engine_round(engine: EngineUnderTest, frames: list[Frame], rounds: _Rounds) -> None:
    steps: list[float] = []
    bare: list[float] = []
    with RunRecorder() as recorder:
        for frame in frames:
            recorder.spent = 0.0
            elapsed = engine.step(frame)
            steps.append(elapsed - recorder.spent)
            engine.seconds -= recorder.spent
            replay = recorder.replay()
            bare.append(sum(replay.seconds.values()))
            rounds.replayed.add(replay)
    rounds.engine.append(sum(steps))
    rounds.bare.append(sum(bare))
    rounds.steps += steps
    rounds.bare_steps += bare


def _peer_round(name: str, peer: Peer, pictures: list[ImageArray], number: int, rounds: _Rounds) -> None:
    chosen = [pictures[number % ROUND]] if name in SLOW else pictures
    start = time.perf_counter()
    faces = sum(peer.recognise(picture) for picture in chosen)
    elapsed = time.perf_counter() - start
    rounds.peers[name].append(elapsed * ROUND / len(chosen))
    rounds.peer_frames[name] = rounds.peer_frames.get(name, 0) + len(chosen)
    rounds.peer_faces[name] = rounds.peer_faces.get(name, 0) + faces


def _overhead(rounds: _Rounds, frames: int) -> Overhead:
    steps, bare_steps = np.array(rounds.steps), np.array(rounds.bare_steps)
    engine, bare, decode = (np.array(part) for part in (rounds.engine, rounds.bare, rounds.decode))
    decode_step = np.repeat(decode / ROUND, ROUND)
    flow = median_ratio(np.array(rounds.flow), _bare_time(rounds)).less_one() if rounds.flow else None
    return Overhead(
        decode_excluded=median_ratio(steps, bare_steps).less_one(),
        decode_included=median_ratio(steps + decode_step, bare_steps).less_one(),
        of_totals=ratio_of_totals(engine, bare).less_one(),
        as_it_runs=flow,
        engine_ms=1000 * float(engine.sum()) / frames,
        bare_ms=1000 * float(bare.sum()) / frames,
        decode_ms=1000 * float(decode.sum()) / frames,
        frames=frames,
        inferences=rounds.replayed.runs / frames,
    )


def _figures(name: str, peer: Peer, rounds: _Rounds, passages: float, engine_rate: float) -> PeerFigures:
    theirs = np.array(rounds.peers[name])
    rate = len(theirs) * ROUND / float(theirs.sum())
    return PeerFigures(
        name=name,
        version=peer.version,
        models=peer.models,
        speedup=ratio_of_totals(theirs, np.array(rounds.engine)),
        frames=rounds.peer_frames[name],
        faces_per_frame=rounds.peer_faces[name] / rounds.peer_frames[name],
        frames_per_second=rate,
        passages_per_second=rate * passages,
        engine_frames_per_second=engine_rate,
        engine_passages_per_second=engine_rate * passages,
    )


def _profile(engine: EngineUnderTest, source: FrameSource, frames: int) -> tuple[Stage, ...]:
    """Milliseconds a frame by stage; apart from the measurement, since the clock itself costs time."""
    if not frames:
        return ()
    taken = total = 0.0
    with StageClock() as clock:
        for _ in range(max(1, frames // ROUND)):
            batch, _ = source.take(ROUND)
            total += sum(engine.step(frame) for frame in batch)
            taken += len(batch)
    named = sum(clock.seconds.values())
    seconds = {**clock.seconds, "the rest": max(0.0, total - named)}
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return tuple(Stage(name=name, ms_per_frame=1000 * value / taken) for name, value in ordered)
