"""Faces made unrecognisable where they stand, and one face cut out of a picture with every other one made so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from overt.biometrics.faces import Faces, FloatArray, ImageArray

__all__ = ["FaceCut", "MaskSettings", "cut_face", "mask_faces"]


@dataclass(frozen=True, slots=True)
class MaskSettings:
    """How strongly a picture is masked.

    Attributes:
        cells: squares of the mosaic across a face box's longer side.
        margin: how far the mosaic reaches past the box on each side, as a share of its longer side.
        long_side: longest side of a masked frame, pixels.
    """

    cells: int = 4
    margin: float = 0.35
    long_side: int = 240


@dataclass(frozen=True, slots=True)
class FaceCut:
    """One face with what surrounds it, out of a picture.

    Attributes:
        image: uint8 [h, w, 3], blue, green, red; every other face in it is masked.
        box: float32 [4], left, top, right, bottom of the face in it, pixels.
        landmarks: float32 [5, 2], in pixels of it.
        scale: pixels of it to one of the picture's, at most 1.
    """

    image: ImageArray = field(repr=False)
    box: FloatArray
    landmarks: FloatArray
    scale: float


def cut_face(  # noqa: PLR0917 - the picture, which face, and how it is cut
    image: ImageArray, faces: Faces, which: int, masks: MaskSettings, margin: float, most_side: int
) -> FaceCut:
    """Cut one face out of a picture.

    Args:
        image: uint8 [h, w, 3], blue, green, red.
        faces: every face in it.
        which: index of the one to cut out.
        masks: how strongly the others are masked.
        margin: how much is left around the face, as a share of its box's longer side.
        most_side: longest side of what is cut, pixels; a larger cut is reduced.
    """
    box = faces.boxes[which]
    side = int(margin * max(box[2] - box[0], box[3] - box[1]))
    height, width = image.shape[:2]
    left, top = min(max(0, int(box[0]) - side), width - 1), min(max(0, int(box[1]) - side), height - 1)
    right, bottom = (
        max(left + 1, min(width, int(box[2]) + side)),
        max(top + 1, min(height, int(box[3]) + side)),
    )
    cut = image[top:bottom, left:right].copy()
    x0, y0, x1, y1 = (max(0, int(edge) - at) for edge, at in zip(box, (left, top, left, top), strict=True))
    own = cut[y0:y1, x0:x1]
    kept = own.copy()
    others = np.delete(faces.boxes, which, axis=0)
    mask_faces(cut, others - np.array([left, top, left, top], np.float32), masks)
    own[:] = kept
    scale = min(1.0, most_side / max(cut.shape[:2]))
    if scale < 1.0:
        cut = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    corner = np.array([left, top], np.float32)
    return FaceCut(
        image=cut,
        box=(box - np.tile(corner, 2)) * np.float32(scale),
        landmarks=(faces.landmarks[which] - corner) * np.float32(scale),
        scale=scale,
    )


def mask_faces(image: ImageArray, boxes: FloatArray, settings: MaskSettings) -> None:
    """Replace each box and its margin by a coarse mosaic, in place.

    Args:
        image: uint8 [h, w, 3].
        boxes: float32 [n, 4], left, top, right, bottom in pixels of `image`.
        settings: how coarse.
    """
    for left, top, right, bottom in _widened(boxes, settings.margin, image.shape[0], image.shape[1]):
        head = image[top:bottom, left:right]
        across = settings.cells * (1 + 2 * settings.margin)
        cell = max(max(head.shape[:2]) / across, 1.0)
        coarse = (max(1, int(head.shape[1] / cell)), max(1, int(head.shape[0] / cell)))
        mosaic = cv2.resize(head, coarse, interpolation=cv2.INTER_AREA)
        head[:] = cv2.resize(mosaic, (head.shape[1], head.shape[0]), interpolation=cv2.INTER_NEAREST)


def _widened(boxes: FloatArray, margin: float, height: int, width: int) -> list[tuple[int, int, int, int]]:
    widened = []
    for left, top, right, bottom in boxes.tolist():
        side = margin * max(right - left, bottom - top)
        near = max(0, int(left - side)), max(0, int(top - side))
        far = min(width, int(right + side) + 1), min(height, int(bottom + side) + 1)
        if far[0] > near[0] and far[1] > near[1]:
            widened.append((*near, *far))
    return widened
