"""The engine's own pipeline, in this process, over frames that are handed to it."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from overt.biometrics import DetectionSettings, load_detector, load_embedder
from overt.engine.covered import CoveredSearch
from overt.engine.pipeline import Pipeline, Zone, seeing
from overt.engine.pools import LeasePool
from overt.engine.scrubbing import Scrubber
from overt.gallery import Gallery

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ModelPack
    from overt.video import Frame

__all__ = ["EngineUnderTest"]


class EngineUnderTest:
    """Detector, tracker, embedder, gallery and erasure, put together as the sealed process puts them together.

    Every face of every size counts as usable, as it does for the peers, who embed them all.

    Args:
        pack: the models.
        watchlist: float32 [entries, dimension], of unit length.
        detection: the scale of detection.
        threads: of one inference; 0 takes every core.
    """

    def __init__(
        self,
        pack: ModelPack,
        watchlist: FloatArray,
        *,
        detection: DetectionSettings | None = None,
        threads: int = 0,
    ) -> None:
        self.pool = LeasePool()
        allocate = self.pool.allocate
        settings, sure = seeing(detection or DetectionSettings(), pack.manifest.detector.score_threshold)
        detector = load_detector(pack, settings, threads=threads, allocate=allocate)
        embedder = load_embedder(pack, threads=threads, allocate=allocate)
        embedder.warm()
        names = [f"nobody-{i}" for i in range(len(watchlist))]
        gallery = Gallery(pack.contract, allocate=allocate)
        gallery.build(names, watchlist, np.arange(len(watchlist)))
        searched = CoveredSearch(pack, gallery, (), np.arange(len(watchlist)), allocate=allocate)
        gc.freeze()
        self.seconds = 0.0
        self._scrubber = Scrubber(detector, embedder, *searched.galleries, clock=self._now)
        self._zone = Zone("bench")
        self.pipeline = Pipeline(
            detector=detector,
            embedder=embedder,
            gallery=searched,
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
