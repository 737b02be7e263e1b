"""The motion of a box from frame to frame: the tracker library's Kalman filter, in the numbers that really differ.

ByteTrack's filter has eight states, the four edges of a box and their speeds. Its noise is the same for each edge
and ties none to another, so that its 8 by 8 covariance is four times the same 2 by 2 one. Reckoned with those three
numbers it is the same filter, in a fraction of the time. And where tracks and faces are compared, the library's
distance (DIoU) in fewer steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from trackers import DIoU
from trackers.utils.state_representations import XYXYStateEstimator

if TYPE_CHECKING:
    import numpy.typing as npt

    Boxes = npt.NDArray[np.float64]

__all__ = ["EdgeMotion", "Likeness"]

NOTHING: Final = 1e-7


class EdgeMotion(XYXYStateEstimator):  # type: ignore[misc]  # the library has no types
    """A box's edges and their speeds, for `ByteTrackTracker(state_estimator_class=…)`.

    Of the library's own filter only the settings are used (`kf`), and how they change with the time between frames.

    Args:
        bbox: left, top, right and bottom at the first sighting.
    """

    _noise: tuple[tuple[object, ...], tuple[float, float, float]] = ((), (0.0, 0.0, 0.0))
    """What one step adds to the covariance, and for which step: the same for all boxes of a frame."""

    def __init__(self, bbox: Boxes) -> None:
        super().__init__(bbox)
        self._edges: list[float] = bbox.tolist()
        self._speeds = [0.0, 0.0, 0.0, 0.0]
        # of an edge, of the two together, of its speed: as the library's own filter begins
        self._spread = (1.0, 0.0, 1.0)
        self._measurement = 1.0
        self._process = 1.0

    def set_kf_covariances(
        self,
        measurement_noise: Boxes | None = None,
        process_noise: Boxes | None = None,
        state_covariance: Boxes | None = None,
    ) -> None:
        """Sets the noise, as the library's tracks do when they begin.

        Raises:
            ValueError: a noise that differs from edge to edge or ties one to another.
        """
        super().set_kf_covariances(measurement_noise, process_noise, state_covariance)
        self._measurement = float(self.kf.measurement_noise[0, 0])
        self._process = float(self.kf.process_noise[0, 0])
        alike = (
            np.array_equal(self.kf.measurement_noise, self._measurement * _FOUR)
            and np.array_equal(self.kf.process_noise, self._process * _EIGHT)
            and np.array_equal(self.kf.state_covariance, _EIGHT)
        )
        if not alike:
            raise ValueError("the noise should be the same for each edge of a box and tie none to another")

    def predict(self, frame_step: float = 1.0, frame_rate: float | None = None) -> None:
        """Moves on by so many frames."""
        edge, both, speed = self._spread
        key = (frame_step, frame_rate, self._process)
        if EdgeMotion._noise[0] != key:
            noise = self.motion.process_noise.build_Q(frame_step, frame_rate)
            EdgeMotion._noise = (key, (float(noise[0, 0]), float(noise[0, 4]), float(noise[4, 4])))
        more = EdgeMotion._noise[1]
        self._spread = (
            edge + frame_step * (2 * both + frame_step * speed) + more[0],
            both + frame_step * speed + more[1],
            speed + more[2],
        )
        self._edges = [at + frame_step * by for at, by in zip(self._edges, self._speeds, strict=True)]

    def update(self, bbox: Boxes | None) -> None:
        """Takes the box as it was seen."""
        if bbox is None:
            return
        edge, both, speed = self._spread
        whole = edge + self._measurement
        gain, speed_gain = edge / whole, both / whole
        off = [seen - at for seen, at in zip(bbox.tolist(), self._edges, strict=True)]
        self._edges = [at + gain * by for at, by in zip(self._edges, off, strict=True)]
        self._speeds = [at + speed_gain * by for at, by in zip(self._speeds, off, strict=True)]
        self._spread = ((1 - gain) * edge, (1 - gain) * both, speed - speed_gain * both)

    def state_to_bbox(self) -> Boxes:
        """Where the box is, float64 [4]."""
        return np.array(self._edges)


class Likeness(DIoU):  # type: ignore[misc]  # the library has no types
    """The library's `DIoU` of well-formed boxes, both axes of a box at once."""

    def _compute(self, boxes_1: Boxes, boxes_2: Boxes) -> Boxes:
        low_1, high_1 = boxes_1[:, None, :2], boxes_1[:, None, 2:]
        low_2, high_2 = boxes_2[None, :, :2], boxes_2[None, :, 2:]
        shared = np.maximum(np.minimum(high_1, high_2) - np.maximum(low_1, low_2), 0.0)
        around = np.maximum(high_1, high_2) - np.minimum(low_1, low_2)
        apart = (low_1 + high_1 - low_2 - high_2) / 2
        both = shared[..., 0] * shared[..., 1]
        size_1, size_2 = np.maximum(high_1 - low_1, 0.0), np.maximum(high_2 - low_2, 0.0)
        either = size_1[..., 0] * size_1[..., 1] + size_2[..., 0] * size_2[..., 1] - both
        distance = np.einsum("ijk,ijk->ij", apart, apart) / (
            np.einsum("ijk,ijk->ij", around, around) + NOTHING
        )
        likeness: Boxes = both / np.maximum(either, NOTHING) - distance
        return likeness


_FOUR, _EIGHT = np.eye(4), np.eye(8)
