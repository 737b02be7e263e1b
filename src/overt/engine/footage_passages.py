"""The pipeline of a footage run: the live one as far as the choice of shots, which are kept until a passage ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from overt.biometrics import QUALITY_MEASURES, cut_face
from overt.engine.footage_wire import FootagePassage, FootageShot
from overt.engine.masking import encode_jpeg
from overt.engine.passages import LookPolicy, PassageBook
from overt.engine.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.biometrics import Detector, Embedder, FaceCut, FloatArray, OperatingPoint
    from overt.engine.covered import CoveredSearch
    from overt.engine.passages import Passage, Shot
    from overt.engine.pipeline import Zone, _Chosen, _View
    from overt.engine.pools import LeasePool, PooledLease
    from overt.engine.scrubbing import Scrubber
    from overt.video import Frame

__all__ = ["CUT_MARGIN", "CUT_SIDE", "FootagePipeline"]

CUT_MARGIN: Final = 0.6
"""Of the face box's longer side, on each side of it."""
CUT_SIDE: Final = 640
"""Longest side of a cut, pixels."""
APART_SECONDS: Final = 0.4
"""Two shots that lie nearer than this show the same moment: only the better is kept."""
JPEG_QUALITY: Final = 95

POLICY: Final = LookPolicy(max_shots=3, max_looks=100_000)
"""The live engine's choice, without an end to how often a long passage is looked at again."""


@dataclass(slots=True)
class _Kept:
    """One shot that is kept for now: its pixels and its template lie in the pool."""

    seconds: float
    quality: float
    cut: PooledLease
    template: PooledLease
    picture_box: FloatArray
    box: FloatArray
    landmarks: FloatArray
    measures: dict[str, float]

    def release(self) -> None:
        self.cut.release()
        self.template.release()


@dataclass(slots=True)
class _Shots:
    """The best shots of one passage so far."""

    kept: list[_Kept] = field(default_factory=list)

    def wants(self, quality: float, seconds: float, most: int) -> bool:
        """Whether a shot would be kept; makes room for it."""
        near = [one for one in self.kept if abs(one.seconds - seconds) < APART_SECONDS]
        if any(one.quality >= quality for one in near):
            return False
        for one in near:
            self.drop(one)
        if len(self.kept) >= most:
            worst = min(self.kept, key=lambda one: one.quality)
            if worst.quality >= quality:
                return False
            self.drop(worst)
        return True

    def drop(self, one: _Kept) -> None:
        one.release()
        self.kept.remove(one)


class _Book(PassageBook):
    """The passages of a clip; who leaves the picture is told."""

    def __init__(
        self,
        point: OperatingPoint,
        pool: LeasePool,
        dimension: int,
        on_end: Callable[[int, Passage | None], None],
    ) -> None:
        super().__init__(point, POLICY, pool, dimension)
        self._on_end = on_end

    def end(self, feed: str, track: int) -> None:
        """Forget a passage that has left the picture, and tell of it."""
        passage = self._open.get(feed, {}).get(track)
        super().end(feed, track)
        self._on_end(track, passage)

    def taken(self, shots: Sequence[Shot]) -> None:
        """Shots have been embedded: nobody is looked for, so that a look ends when it has cost what it may."""
        for shot in shots:
            shot.look.shots += 1
            if (
                shot.look.shots >= self._policy.max_shots
                or shot.seconds - shot.look.began >= self._policy.look_seconds
            ):
                self._end_look(shot.passage)


class FootagePipeline(Pipeline):
    """`Pipeline` without a watchlist: each passage leaves with its best shots.

    Attributes:
        given: passages that have left.
        seconds: time of the newest picture on the clip's clock.
        size: width and height of the newest picture.
    """

    def __init__(
        self,
        *,
        detector: Detector,
        embedder: Embedder,
        gallery: CoveredSearch,
        point: OperatingPoint,
        pool: LeasePool,
        scrubber: Scrubber,
        send: Callable[[FootagePassage], None],
        sure_score: float,
        most_shots: int,
    ) -> None:
        super().__init__(
            detector=detector,
            embedder=embedder,
            gallery=gallery,
            entries=(),
            point=point,
            pool=pool,
            scrubber=scrubber,
            send=lambda _: None,
            sure_score=sure_score,
        )
        self._give = send
        self._most_shots = most_shots
        self._shots: dict[int, _Shots] = {}
        self._in_view: dict[int, tuple[float, float]] = {}
        self._book = _Book(point, pool, embedder.dimension, self._ended)
        self.passages = self._book
        self.given = 0
        self.seconds = 0.0
        self.size = (0, 0)

    def forget(self) -> None:
        """Overwrite what is kept of passages that are still open, and give none of them."""
        for shots in self._shots.values():
            for one in shots.kept:
                one.release()
        self._shots.clear()

    def _see(self, frames: Sequence[tuple[Zone, Frame]]) -> list[_View]:
        views = super()._see(frames)
        for view in views:
            seconds = self.seconds = view.frame.media_seconds
            self.size = view.frame.image.shape[1], view.frame.image.shape[0]
            for track in view.tracks.tolist():
                if track >= 0:
                    self._in_view[track] = (self._in_view.get(track, (seconds,))[0], seconds)
        return views

    def _identify(self, chosen: list[_Chosen]) -> None:
        n, side, dimension = len(chosen), self._embedder.chip_size, self._embedder.dimension
        captured = min(pick.view.frame.captured_ns for pick in chosen)
        chips = self._pool.take((n, side, side, 3), np.uint8, "chip", captured)
        templates = self._pool.take((n, dimension), np.float32, "template", captured)
        try:
            self._align(chosen, chips.array)
            self._embedder.embed(chips.array, templates.array)
            self._scrubber.embedded(n)
            self.embeddings += n
            chips.touch()
            for pick, template in zip(chosen, templates.array, strict=True):
                self._keep(pick, template)
            templates.touch()
        finally:
            chips.release()
            templates.release()
        self._book.taken([pick.shot for pick in chosen])

    def _keep(self, pick: _Chosen, template: FloatArray) -> None:
        shot, view = pick.shot, pick.view
        shots = self._shots.setdefault(shot.passage.number, _Shots())
        if not template.any() or not shots.wants(shot.quality, shot.seconds, self._most_shots):
            return
        found = view.faces.boxes[pick.face]
        which = int(np.flatnonzero((view.every.boxes == found).all(axis=1))[0])
        cut = cut_face(view.frame.image, view.every, which, self._masks, CUT_MARGIN, CUT_SIDE)
        captured = view.frame.captured_ns
        row = int(np.flatnonzero(view.weighed == pick.face)[0])
        shots.kept.append(
            _Kept(
                seconds=shot.seconds,
                quality=shot.quality,
                cut=self._pooled(cut, captured),
                template=self._lease_of(template, "template", captured),
                picture_box=found.copy(),
                box=cut.box,
                landmarks=cut.landmarks,
                measures=dict(zip(QUALITY_MEASURES, view.quality.vector[row].tolist(), strict=True))
                | {"quality": shot.quality},
            )
        )

    def _pooled(self, cut: FaceCut, captured_ns: int) -> PooledLease:
        lease = self._lease_of(cut.image, "cut", captured_ns)
        cut.image.fill(0)
        return lease

    def _lease_of(self, array: np.ndarray, form: str, captured_ns: int) -> PooledLease:
        lease = self._pool.take(array.shape, array.dtype, form, captured_ns)
        np.copyto(lease.array, array)
        return lease

    def _ended(self, track: int, passage: Passage | None) -> None:
        first, last = self._in_view.pop(track, (0.0, 0.0))
        shots = None if passage is None else self._shots.pop(passage.number, None)
        if passage is None or shots is None or not shots.kept:
            return
        best_first = sorted(shots.kept, key=lambda one: -one.quality)
        self.given += 1
        self._give(
            FootagePassage(
                number=passage.number,
                first_seconds=first,
                last_seconds=last,
                shots=tuple(_shot(one) for one in best_first),
            )
        )
        for one in best_first:
            one.release()


def _shot(kept: _Kept) -> FootageShot:
    left, top, right, bottom = (float(edge) for edge in kept.picture_box)
    x0, y0, x1, y1 = (float(edge) for edge in kept.box)
    return FootageShot(
        seconds=kept.seconds,
        picture_box=(left, top, right, bottom),
        cut=encode_jpeg(kept.cut.array, JPEG_QUALITY),
        box=(x0, y0, x1, y1),
        landmarks=tuple((float(x), float(y)) for x, y in kept.landmarks),
        measures={name: round(value, 4) for name, value in kept.measures.items()},
        template=kept.template.array.astype("<f4").tobytes(),
    )
