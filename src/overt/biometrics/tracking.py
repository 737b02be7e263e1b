"""Following faces from frame to frame, so that one person's way through the picture is one passage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from trackers import ByteTrackTracker

from overt.biometrics._motion import EdgeMotion, Likeness

if TYPE_CHECKING:
    from overt.biometrics.faces import Faces

__all__ = ["PassageTracker", "Tracked"]

LEAST_LIKENESS = -0.3
"""The least DIoU of one face's boxes in two frames. Of the library's trackers and the thresholds tried, on simulated
streets and a filmed crowd at 5 to 25 frames a second, this broke up fewest passages without mixing more people."""

LEAST_STEP = 1e-3
"""Seconds that time moves at least from one update to the next, whatever the caller's clock does."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What one update tells.

    Attributes:
        ids: int64 [n], the passage of each face that was given, in the same order; -1 where it is not settled yet.
        ended: the passages that have ended with this update, each told once.
    """

    ids: npt.NDArray[np.int64]
    ended: tuple[int, ...]


@dataclass(slots=True)
class _Given:
    """The faces of a frame, with as much of `supervision.Detections` as ByteTrack uses.

    Attributes:
        xyxy: float64 [n, 4].
        confidence: [n].
        row: [n], which face each is.
        tracker_id: [n], written by the tracker.
    """

    xyxy: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float32]
    row: npt.NDArray[np.int64]
    tracker_id: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: npt.NDArray[np.intp]) -> _Given:
        return _Given(self.xyxy[which], self.confidence[which], self.row[which])


class PassageTracker:
    """Follows the faces of one feed; each feed has its own, and its ids mean nothing to another.

    ByteTrack (Zhang, Sun, Jiang et al., 2022) as the `trackers` library has it, stepped by the time that really went
    by. Boxes are matched by overlap less distance (DIoU), since a face is small beside the way it goes between two
    frames, and boxes that no longer touch may still be one person's. The detector's threshold has settled what a face
    is, so that ByteTrack's own thresholds are off.

    Args:
        frame_rate: frames a second that the feed has by its nature; the motion model is scaled to it.
        patience: seconds that a passage goes on with nobody seen.
        sightings: updates in a row that must see a face before it has an id.

    Raises:
        ValueError: a setting that makes no sense.
    """

    def __init__(self, frame_rate: float = 12.0, *, patience: float = 1.0, sightings: int = 2) -> None:
        if not (frame_rate > 0 and patience >= 0 and sightings >= 1):
            raise ValueError(
                f"frame_rate should be above 0, patience 0 or more and sightings 1 or more, not {frame_rate},"
                f" {patience} and {sightings}"
            )
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(30 * patience),
            frame_rate=frame_rate,
            track_activation_threshold=0.0,
            high_conf_det_threshold=0.0,
            minimum_consecutive_frames=sightings,
            minimum_iou_threshold=LEAST_LIKENESS,
            state_estimator_class=EdgeMotion,
            iou=Likeness(),
        )
        self._period = 1.0 / frame_rate
        self._last: float | None = None
        self._alive: set[int] = set()

    def update(self, faces: Faces, seconds: float) -> Tracked:
        """Takes the faces of the next frame.

        Args:
            faces: the faces, possibly none.
            seconds: when the frame was captured, on a clock that runs forwards; a time that does not is taken as a
                moment after the last.
        """
        seconds = self._forwards(seconds)
        given = _Given(faces.boxes.astype(np.float64), faces.scores, np.arange(len(faces)))
        followed = self._tracker.update(given, timestamp=seconds)
        ids = np.full(len(faces), -1, np.int64)
        if len(followed):
            ids[followed.row] = followed.tracker_id
        alive = {track.tracker_id for track in self._tracker.tracks if track.tracker_id >= 0}
        ended = tuple(sorted(self._alive - alive))
        self._alive = alive
        return Tracked(ids, ended)

    def finish(self) -> tuple[int, ...]:
        """Ends every passage, as when the feed is closed or lost, and tells which they were."""
        ended = tuple(sorted(self._alive))
        self._alive = set()
        self._tracker.tracks.clear()
        return ended

    def _forwards(self, seconds: float) -> float:
        last = self._last
        if not math.isfinite(seconds):
            seconds = 0.0 if last is None else last + self._period
        if last is not None:
            seconds = max(seconds, last + LEAST_STEP)
        self._last = seconds
        return seconds
