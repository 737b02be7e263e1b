"""The measurement itself: what counts as inference, and what as the engine's own time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest

from overt.biometrics import load_detector
from overt.biometrics.sessions import BoundRun
from overt.engine import pipeline
from overt.errors import EvaluationError
from overt.evaluation.bench.comparison import Budget, compare
from overt.evaluation.bench.micro import measure_gallery
from overt.evaluation.bench.nobody import random_watchlist, strangers_watchlist
from overt.evaluation.bench.ready import Footage, given_footage
from overt.evaluation.bench.recorder import RunRecorder
from overt.evaluation.bench.source import FrameSource
from overt.evaluation.bench.stages import StageClock
from overt.evaluation.bench.subject import EngineUnderTest

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack


def test_recorder_notes_inference_and_leaves_out_scrubbing(pack: ModelPack) -> None:
    detector = load_detector(pack, threads=1)
    picture = np.full((180, 320, 3), 90, np.uint8)
    with RunRecorder() as recorder:
        detector.detect([picture])
        detector.scrub()
        replay = recorder.replay()
    assert replay.runs == 1
    assert list(replay.items.values()) == [1]
    assert all(seconds > 0 for seconds in replay.seconds.values())


def test_recorder_replays_the_same_tensors(pack: ModelPack) -> None:
    detector = load_detector(pack, threads=1)
    picture = np.random.default_rng(0).integers(0, 255, (180, 320, 3)).astype(np.uint8)
    seen = []
    with RunRecorder() as recorder:
        detector.detect([picture])
        bound = next(iter(detector._runs.values()))
        before = [output.copy() for output in bound.outputs]
        detector.detect([np.zeros_like(picture)])
        seen = recorder._noted[:1]
        recorder._noted = seen
        recorder.replay()
    for was, is_now in zip(before, bound.outputs, strict=True):
        np.testing.assert_array_equal(was, is_now)


def test_recorder_leaves_no_trace() -> None:
    run, scrub = BoundRun.run, BoundRun.scrub
    with RunRecorder(), StageClock():
        assert BoundRun.run is not run
    assert BoundRun.run is run
    assert BoundRun.scrub is scrub


@pytest.mark.slow
def test_slow_work_in_the_engine_shows_as_overhead(pack: ModelPack, footage: Footage) -> None:
    budget = Budget(seconds=0, rounds=3)
    plain = compare(pack, footage, (), budget).overhead
    measure = pipeline.measure_quality

    def slowly(*args: object, **kwargs: object) -> object:
        time.sleep(3 * plain.bare_ms / 1000)
        return measure(*args, **kwargs)  # type: ignore[arg-type]

    with mock.patch.object(pipeline, "measure_quality", slowly):
        slow = compare(pack, footage, (), budget).overhead
    assert slow.decode_excluded.value > plain.decode_excluded.value + 0.5
    assert slow.decode_included.value >= slow.decode_excluded.value


def test_engine_under_test_follows_people_and_overwrites_its_frames(
    pack: ModelPack, footage: Footage
) -> None:
    engine = EngineUnderTest(pack, random_watchlist(50, pack.contract.dimension), threads=1)
    with FrameSource(footage, engine.pool) as source:
        for _ in range(3):
            frames, decode = source.take(8)
            pictures = [frame.image for frame in frames]
            for frame in frames:
                assert engine.step(frame) > 0
            assert decode > 0
            assert all(np.ptp(picture) == 0 for picture in pictures)
    assert engine.passages >= 1
    assert 0 < engine.pipeline.embeddings < engine.pipeline.detections
    engine.close()


def test_a_watchlist_of_strangers_is_nearer_than_chance(pack: ModelPack, footage: Footage) -> None:
    near = strangers_watchlist(pack, footage, 500)
    far = random_watchlist(500, pack.contract.dimension)
    np.testing.assert_allclose(np.linalg.norm(near, axis=1), 1, atol=1e-5)
    assert np.median(near @ near[0]) > np.median(far @ far[0]) + 0.2


def test_stages_add_up_to_the_step(pack: ModelPack, footage: Footage) -> None:
    found = compare(pack, footage, (), Budget(seconds=0, rounds=1, profile_frames=8))
    names = [stage.name for stage in found.stages]
    assert names[0] == "inference"
    assert {"tracking", "quality", "the rest"} <= set(names)
    assert all(stage.ms_per_frame >= 0 for stage in found.stages)


def test_int8_agrees_with_float32(pack: ModelPack) -> None:
    figures = measure_gallery(pack, entries=2000, rounds=3, threads=1)
    assert figures.agreement > 0.98
    assert figures.largest_difference < 0.02
    assert figures.share_of_embedding.value > 0


def test_a_film_that_cannot_be_decoded_is_named(pack: ModelPack, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a film")
    with pytest.raises(EvaluationError, match=r"broken\.mp4 cannot be decoded"):
        compare(pack, Footage(broken, "broken"), (), Budget(seconds=0))


def test_a_film_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="There is no footage"):
        given_footage(tmp_path / "none.mp4")
