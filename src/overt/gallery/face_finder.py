"""Finds the faces of a still picture of any framing: from a distant group to a crop with no margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import DetectionSettings, Faces, load_detector

if TYPE_CHECKING:
    from overt.biometrics import Detector, FloatArray, ImageArray, ModelPack, Provider

__all__ = ["FaceFinder"]

_PADDING: Final = 0.5  # of the longer side, added to every side
_NEAR_SIDE: Final = 640
_FAR_SIDE: Final = 1600
_SAME_FACE: Final = 0.4  # overlap of two boxes, as a part of what they cover together


class FaceFinder:
    """Looks at a picture up to three times before it says that there is no face.

    As it is; with a border, for a crop so tight that the face has no surroundings; and, where the picture is large,
    at a larger scale.
    """

    def __init__(self, pack: ModelPack, provider: Provider = "cpu", threads: int = 0) -> None:
        self._pack, self._provider, self._threads = pack, provider, threads
        self._near = self._detector(_NEAR_SIDE)
        self._far: Detector | None = None

    def _detector(self, long_side: int) -> Detector:
        settings = DetectionSettings(long_side=long_side, max_batch=1)
        return load_detector(self._pack, settings, provider=self._provider, threads=self._threads)

    def find(self, image: ImageArray) -> Faces:
        """The faces of a picture, uint8 [h, w, 3] in blue, green, red; in pixels of it."""
        faces = self._near.detect([image])[0]
        if not len(faces):
            faces = self._find_padded(image)
        if not len(faces) and max(image.shape) > _NEAR_SIDE * 1.25:
            if self._far is None:
                self._far = self._detector(_FAR_SIDE)
            faces = self._far.detect([image])[0]
        return faces

    def find_all(self, image: ImageArray) -> Faces:
        """As `find`, and a large picture is looked at twice whatever was found: near, and far for a crowd's faces."""
        faces = self.find(image)
        if self._far is None and max(image.shape) > _NEAR_SIDE * 1.25:
            self._far = self._detector(_FAR_SIDE)
        if self._far is None or max(image.shape) <= _NEAR_SIDE * 1.25:
            return faces
        return _either(faces, self._far.detect([image])[0])

    def _find_padded(self, image: ImageArray) -> Faces:
        pad = max(1, int(max(image.shape[:2]) * _PADDING))
        # measured on tight crops: a border of the mean colour loses none, repeated edge pixels lose 2 in 100
        padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=cv2.mean(image))
        faces = self._near.detect([padded])[0]
        height, width = image.shape[:2]
        limit = np.array([width, height, width, height], np.float32)
        boxes = np.clip(faces.boxes - np.float32(pad), 0, limit)
        inside = np.flatnonzero((boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1))
        return Faces(boxes, faces.landmarks - np.float32(pad), faces.scores).take(inside)


def _either(some: Faces, others: Faces) -> Faces:
    """All of the faces of two looks at one picture, of each face the surer detection."""
    boxes = np.concatenate([some.boxes, others.boxes])
    landmarks = np.concatenate([some.landmarks, others.landmarks])
    both = Faces(boxes, landmarks, np.concatenate([some.scores, others.scores]))
    kept: list[int] = []
    for one in np.argsort(-both.scores, kind="stable").tolist():
        if all(_overlap(boxes[one], boxes[other]) < _SAME_FACE for other in kept):
            kept.append(one)
    return both.take(np.array(sorted(kept), np.intp))


def _overlap(one: FloatArray, other: FloatArray) -> float:
    across = float(min(one[2], other[2]) - max(one[0], other[0]))
    down = float(min(one[3], other[3]) - max(one[1], other[1]))
    if across <= 0 or down <= 0:
        return 0.0
    areas = sum(float((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other))
    return across * down / (areas - across * down)
