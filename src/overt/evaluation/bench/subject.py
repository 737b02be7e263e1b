"""The engine's own pipeline, in this process, over frames that are handed to it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

from overt.biometrics import DetectionSettings, load_detector, load_embedder
from overt.engine.pipeline import MASKING_SCORE, Pipeline, Zone
from overt.engine.pools import LeasePool
from overt.engine.scrubbing import Scrubber
from overt.errors import EvaluationError
from overt.gallery import Gallery
from overt.video import open_feed

if TYPE_CHECKING:
    from types import TracebackType

    from overt.biometrics import FloatArray, ModelPack
    from overt.evaluation.bench.ready import Footage
    from overt.video import FeedFault, Frame

__all__ = ["EngineUnderTest", "FrameSource", "random_watchlist"]

PATIENCE_SECONDS: Final = 20.0
PREFETCHED: Final = 2
"""Frames that a feed has decoded ahead: the one that waits, and the one behind it."""


def random_watchlist(n: int, dimension: int, seed: int = 1) -> FloatArray:
    """Templates of nobody: float32 [n, dimension], random, of unit length."""
    drawn = np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


class FrameSource:
    """The footage as a feed of the engine's own: decoded as fast as it is taken, looped, in the engine's leases."""

    def __init__(self, footage: Footage, pool: LeasePool) -> None:
        self._footage = footage
        self._arrived = threading.Event()
        self._fault: FeedFault | None = None
        self._feed = open_feed(
            "bench",
            str(footage.path),
            pace="max",
            loop=True,
            buffers=pool,
            on_frame=self._arrived.set,
            on_fault=self._note,
        )

    def __enter__(self) -> Self:
        self._feed.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._feed.close()

    def take(self, n: int) -> tuple[list[Frame], float]:
        """The next n frames, and the seconds that one of them takes to decode.

        The first two were decoded ahead, so the time is that of the others.

        Raises:
            EvaluationError: the footage cannot be decoded.
        """
        frames = [self._next() for _ in range(PREFETCHED)]
        start = time.perf_counter()
        frames += [self._next() for _ in range(n - PREFETCHED)]
        return frames, (time.perf_counter() - start) / (n - PREFETCHED)

    def _next(self) -> Frame:
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit and self._fault is None:
            self._arrived.clear()
            frame = self._feed.newest()
            if frame is not None:
                return frame
            self._arrived.wait(0.2)
        detail = self._fault.detail if self._fault else "no frame came"
        raise EvaluationError(f"{self._footage.path} cannot be decoded: {detail}", "Name another film")

    def _note(self, fault: FeedFault) -> None:
        self._fault = fault


class EngineUnderTest:
    """Detector, tracker, embedder, gallery and erasure, put together as the sealed process puts them together.

    Every face of every size counts as usable, as it does for the peers, who embed them all.

    Args:
        pack: the models.
        entries: size of its watchlist of nobody.
        detection: the scale of detection.
        threads: of one inference; 0 takes every core.
    """

    def __init__(
        self,
        pack: ModelPack,
        *,
        entries: int = 10_000,
        detection: DetectionSettings | None = None,
        threads: int = 0,
    ) -> None:
        self.pool = LeasePool()
        allocate = self.pool.allocate
        settings = detection or DetectionSettings()
        sure = settings.score_threshold or pack.manifest.detector.score_threshold
        seeing = msgspec.structs.replace(settings, score_threshold=min(sure, MASKING_SCORE))
        detector = load_detector(pack, seeing, threads=threads, allocate=allocate)
        embedder = load_embedder(pack, threads=threads, allocate=allocate)
        embedder.warm()
        names = [f"nobody-{i}" for i in range(entries)]
        gallery = Gallery(pack.contract, allocate=allocate)
        gallery.build(names, random_watchlist(entries, embedder.dimension), np.arange(entries))
        self.seconds = 0.0
        self._scrubber = Scrubber(detector, embedder, gallery, clock=self._now)
        self._zone = Zone("bench")
        self.pipeline = Pipeline(
            detector=detector,
            embedder=embedder,
            gallery=gallery,
            entries=names,
            point=msgspec.structs.replace(
                pack.manifest.operating_point, min_eye_distance=4.0, min_quality=0.0
            ),
            pool=self.pool,
            scrubber=self._scrubber,
            send=lambda _: None,
            sure_score=sure,
        )

    @property
    def passages(self) -> int:
        """Passages seen so far."""
        return self.pipeline.passages.seen(self._zone.name)

    def step(self, frame: Frame) -> float:
        """Take one frame through, as the sealed process does, and return the seconds that it took."""
        start = time.perf_counter()
        self.pipeline.step([(self._zone, frame)])
        self._scrubber.scrub_stale()
        elapsed = time.perf_counter() - start
        self.seconds += elapsed
        return elapsed

    def close(self) -> None:
        """Overwrite everything."""
        self.pipeline.passages.end_all()
        self._scrubber.scrub_all()
        self.pool.wipe_all()

    def _now(self) -> int:
        """The scrubber's clock: the engine's own time, so that what else is measured in between ages nothing."""
        return int(self.seconds * 1e9)
