"""Frames in, alerts out: detect, track, choose, align, embed, fuse, identify, decide, erase.

One `Pipeline` serves every feed of the engine, so that embeddings are batched across passages and feeds. It
runs on one thread and holds a frame only for the length of one `step`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from overt.biometrics import (
    DetectionSettings,
    Detector,
    Embedder,
    Faces,
    FloatArray,
    ImageArray,
    OperatingPoint,
    PassageTracker,
    Quality,
    measure_quality,
)
from overt.engine.durations import DurationHistogram, NewestDurations
from overt.engine.masking import MaskSettings, alert_crop, encode_jpeg, masked_frame, masked_size
from overt.engine.passages import Finding, LookPolicy, PassageBook, Shot
from overt.engine.pools import LeasePool, PooledLease
from overt.engine.wire import Alert, MaskedFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from overt.biometrics import Covering
    from overt.engine.covered import CoveredSearch
    from overt.engine.scrubbing import Scrubber
    from overt.video import Frame

__all__ = ["MASKING_SCORE", "Pipeline", "Zone", "seeing"]

MASKING_SCORE: Final = 0.25
"""Least score of a detection that is masked. Identification asks for more: masking errs the other way."""

MASKED_AFTER_SECONDS: Final = 1.0
"""How long the place where a face was last seen stays masked after the detector has lost it."""


def seeing(detection: DetectionSettings, usual_score: float) -> tuple[DetectionSettings, float]:
    """Settings that also find what is only to be masked, and the least score of what is identified.

    Args:
        detection: what was asked for.
        usual_score: the detector's own least score, where `detection` names none.
    """
    sure = detection.score_threshold or usual_score
    return msgspec.structs.replace(detection, score_threshold=min(sure, MASKING_SCORE)), sure


@dataclass(slots=True)
class Zone:
    """What the pipeline keeps of one feed from frame to frame: boxes, counts and times, and never a pixel."""

    name: str
    tracker: PassageTracker = field(default_factory=PassageTracker)
    processed: int = 0
    faces_in_view: int = 0
    alerts: int = 0
    decided_after: NewestDurations = field(default_factory=NewestDurations)
    """From the arrival of each of the newest frames to the decision about everyone in it."""
    masked_at: float = -np.inf
    lately: dict[int, tuple[float, FloatArray]] = field(default_factory=dict)
    """Where each track was last seen, and when: a face that the detector loses for a moment stays masked."""


@dataclass(frozen=True, slots=True)
class _View:
    """One frame at work in one step.

    Attributes:
        every: all that may be a face, to be masked.
        faces: the certain ones.
        tracks: int64 [n], the track of each certain one.
        weighed: indices of those whose quality was measured.
        quality: of those, in that order.
    """

    zone: Zone
    frame: Frame
    every: Faces
    faces: Faces
    tracks: np.ndarray[tuple[int], np.dtype[np.int64]]
    weighed: npt.NDArray[np.intp]
    quality: Quality


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An observation that is to be embedded: its shot, and where its face stands."""

    shot: Shot
    view: _View
    face: int


class Pipeline:
    """The live path from frames to alerts.

    Args:
        detector: finds the faces.
        embedder: makes the templates.
        gallery: knows the watchlist, for bare and for covered faces.
        entries: the reference of each entry, by the gallery's index.
        point: what decides an alert.
        policy: what a look may cost.
        pool: where chips and templates are leased from.
        scrubber: is told of each inference, so that what the runtime keeps of it is overwritten in time.
        send: takes the messages for the wire; must not block.
        sure_score: least score of a detection that is tracked and identified; all of them are masked.
        masked_fps: masked frames a second and feed; 0 sends none.
        masks: how strongly pictures are masked.
    """

    def __init__(
        self,
        *,
        detector: Detector,
        embedder: Embedder,
        gallery: CoveredSearch,
        entries: Sequence[str],
        point: OperatingPoint,
        pool: LeasePool,
        scrubber: Scrubber,
        send: Callable[[Alert | MaskedFrame], None],
        policy: LookPolicy | None = None,
        sure_score: float = 0.0,
        masked_fps: float = 0.0,
        masks: MaskSettings | None = None,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._gallery = gallery
        self._entries = tuple(entries)
        self._point = point
        self._pool = pool
        self._scrubber = scrubber
        self._send = send
        self._sure_score = sure_score
        self._masked_every = 1.0 / masked_fps if masked_fps > 0 else None
        self._masks = masks or MaskSettings()
        self.passages = PassageBook(
            point, policy or LookPolicy(), pool, embedder.dimension, 1 + len(gallery.coverings)
        )
        self._kinds: dict[Covering | None, int] = {
            covering: kind for kind, covering in enumerate((None, *gallery.coverings))
        }
        self.capture_to_alert = DurationHistogram()
        self.detections = 0
        self.embeddings = 0

    def step(self, frames: Sequence[tuple[Zone, Frame]]) -> None:
        """Take one frame of each of some feeds through, and overwrite them.

        Args:
            frames: at most one frame a zone.
        """
        try:
            views = self._see(frames)
            chosen = [pick for view in views for pick in self._choose(view)]
            largest = self._embedder.batch_sizes[-1]
            for at in range(0, len(chosen), largest):
                self._identify(chosen[at : at + largest])
            decided_ns = time.monotonic_ns()
            for view in views:
                view.zone.decided_after.add(decided_ns - view.frame.captured_ns)
                self._show(view)
        finally:
            for _, frame in frames:
                if isinstance(frame.lease, PooledLease):
                    frame.lease.touch()
                frame.release()

    def end_zone(self, zone: Zone) -> None:
        """Forget every open passage of a feed that has stopped."""
        zone.tracker.finish()
        zone.faces_in_view = 0
        zone.decided_after.clear()
        zone.lately.clear()
        self.passages.end_feed(zone.name)

    def _see(self, frames: Sequence[tuple[Zone, Frame]]) -> list[_View]:
        found = self._detector.detect([frame.image for _, frame in frames])
        self._scrubber.detected(frame.image.shape for _, frame in frames)
        views = []
        for (zone, frame), every in zip(frames, found, strict=True):
            faces = every.take(every.scores >= self._sure_score)
            tracked = zone.tracker.update(faces, frame.media_seconds)
            for track in tracked.ended:
                self.passages.end(zone.name, track)
            self.passages.expire(zone.name, frame.media_seconds)
            zone.processed += 1
            zone.faces_in_view = len(faces)
            self.detections += len(faces)
            weighed = self._worth_weighing(zone, frame, faces, tracked.ids)
            quality = measure_quality(frame.image, faces.take(weighed))
            views.append(_View(zone, frame, every, faces, tracked.ids, weighed, quality))
        return views

    def _worth_weighing(
        self, zone: Zone, frame: Frame, faces: Faces, tracks: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.intp]:
        """The faces whose quality could matter now: followed, large enough, and not settled a moment ago."""
        eyes = zip(tracks.tolist(), faces.landmarks[:, :2].tolist(), strict=True)
        due = [
            face
            for face, (track, (left, right)) in enumerate(eyes)
            if track >= 0
            and math.dist(left, right) >= self._point.min_eye_distance
            and self.passages.due(zone.name, track, frame.media_seconds)
        ]
        return np.array(due, np.intp)

    def _choose(self, view: _View) -> list[_Chosen]:
        chosen = []
        for face, quality in zip(view.weighed.tolist(), view.quality.scalar.tolist(), strict=True):
            if quality < self._point.min_quality:
                continue
            shot = self.passages.consider(
                view.zone.name,
                int(view.tracks[face]),
                quality,
                view.frame.media_seconds,
                view.frame.captured_ns,
            )
            if shot is not None:
                chosen.append(_Chosen(shot, view, face))
        return chosen

    def _identify(self, chosen: list[_Chosen]) -> None:
        # a look's first shot is all that it has, so that only the later ones have two templates to search for
        chosen.sort(key=lambda pick: pick.shot.look.shots == 0)
        later = sum(pick.shot.look.shots > 0 for pick in chosen)
        n, side, dimension = len(chosen), self._embedder.chip_size, self._embedder.dimension
        captured = min(pick.view.frame.captured_ns for pick in chosen)
        chips = self._pool.take((n, side, side, 3), np.uint8, "chip", captured)
        probes = self._pool.take((2 * n, dimension), np.float32, "template", captured)
        try:
            self._align(chosen, chips.array)
            coverings = self._gallery.prepare(chips.array)
            kinds = [self._kinds[covering] for covering in coverings]
            self._embedder.embed(chips.array, probes.array[:n])
            self._scrubber.embedded(n)
            self.embeddings += n
            chips.touch()
            shots = [pick.shot for pick in chosen]
            self.passages.fuse(shots, probes.array[:n], probes.array[n:], kinds)
            entries, scores = self._gallery.search(probes.array[: n + later], coverings + coverings[:later])
            probes.touch()
            fused = entries[n:] + entries[later:n], scores[n:] + scores[later:n]
            findings = self.passages.decide(shots, (entries[:n], scores[:n]), fused, kinds)
        finally:
            chips.release()
            probes.release()
        for finding in findings:
            i = next(i for i, pick in enumerate(chosen) if pick.shot is finding.shot)
            self._alert(finding, chosen[i], coverings[i])

    def _align(self, chosen: list[_Chosen], chips: ImageArray) -> None:
        at = 0
        for _, picks in groupby(chosen, key=lambda pick: id(pick.view)):
            group = list(picks)
            view = group[0].view
            landmarks = view.faces.landmarks[[pick.face for pick in group]]
            self._embedder.align(view.frame.image, landmarks, chips[at : at + len(group)])
            at += len(group)

    def _alert(self, finding: Finding, pick: _Chosen, covering: Covering | None) -> None:
        view, passage = pick.view, finding.shot.passage
        frame, boxes = view.frame, view.faces.boxes
        others = view.every.boxes[(view.every.boxes != boxes[pick.face]).any(axis=1)]
        left, top, right, bottom = (float(edge) for edge in boxes[pick.face])
        crop = alert_crop(frame.image, boxes[pick.face], others, self._masks)
        elapsed_ns = time.monotonic_ns() - frame.captured_ns
        self.capture_to_alert.add(elapsed_ns)
        view.zone.alerts += 1
        self._send(
            Alert(
                feed=view.zone.name,
                entry=self._entries[finding.entry],
                passage=passage.number,
                score=finding.score,
                threshold=self._point.threshold,
                observations=finding.observations,
                quality=finding.shot.quality,
                captured_at=frame.captured_utc_ns,
                media_seconds=frame.media_seconds,
                capture_to_alert_ms=elapsed_ns / 1e6,
                box=(left, top, right, bottom),
                crop=crop,
                covering=covering,
            )
        )

    def _show(self, view: _View) -> None:
        if self._masked_every is None:
            return
        zone, frame = view.zone, view.frame
        now = time.monotonic()
        for i, (track, box) in enumerate(zip(view.tracks.tolist(), view.faces.boxes, strict=True)):
            zone.lately[track if track >= 0 else -1 - i] = (now, box)
        zone.lately = {
            t: (at, box) for t, (at, box) in zone.lately.items() if now - at < MASKED_AFTER_SECONDS
        }
        if now - zone.masked_at < self._masked_every:
            return
        zone.masked_at = now
        masked = np.concatenate([view.every.boxes, *(box[np.newaxis] for _, box in zone.lately.values())])
        alerted = [self.passages.in_alert(zone.name, track) for track in view.tracks.tolist()]
        height, width = masked_size(frame.image.shape[0], frame.image.shape[1], self._masks)
        reduced = self._pool.take((height, width, 3), np.uint8, "masked", frame.captured_ns)
        try:
            outlined = view.faces.boxes[np.array(alerted, bool)]
            masked_frame(frame.image, masked, outlined, self._masks, reduced.array)
            jpeg = encode_jpeg(reduced.array, 80)
        finally:
            reduced.release()
        self._send(
            MaskedFrame(
                feed=zone.name,
                captured_at=frame.captured_utc_ns,
                width=width,
                height=height,
                faces_in_view=len(view.faces),
                jpeg=jpeg,
            )
        )
