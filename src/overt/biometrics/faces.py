"""Faces found in one image, as arrays side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Faces", "FloatArray", "ImageArray"]

FloatArray = npt.NDArray[np.float32]
ImageArray = npt.NDArray[np.uint8]
"""A picture: uint8, height x width x 3, channels in the order blue, green, red."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of one image, in pixels of that image at its full resolution.

    Attributes:
        boxes: float32 [n, 4]: left, top, right, bottom.
        landmarks: float32 [n, 5, 2]: x and y of, as seen in the picture, the left eye, the right eye, the tip of
            the nose, the left and the right corner of the mouth.
        scores: float32 [n]: the detector's confidence, 0 to 1.
    """

    boxes: FloatArray
    landmarks: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        n = len(self.scores)
        for name, expected in (("boxes", (n, 4)), ("landmarks", (n, 5, 2)), ("scores", (n,))):
            got = getattr(self, name).shape
            if got != expected:
                raise ValueError(f"{name} should have the shape {expected}, not {got}")

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls) -> Faces:
        """No faces at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))

    def take(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Faces:
        """The faces that an index or a mask over them picks."""
        return Faces(self.boxes[which], self.landmarks[which], self.scores[which])
