"""The only pictures that leave the engine: frames in which nobody can be recognised, and an alert's own crop.

A masked frame is protected twice. Every face that was detected is replaced by a coarse mosaic over the whole
head, and the frame as a whole is reduced so far that a face the detector missed is too small to be recognised.
`overt prove-masking` measures both with the recogniser itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import MaskSettings, mask_faces

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ImageArray

__all__ = ["MaskSettings", "alert_crop", "encode_jpeg", "mask_faces", "masked_frame"]

CROP_MARGIN: Final = 0.35
"""Of the face box's longer side, on each side of it."""

CROP_SIDE: Final = 320
"""Longest side of an alert's crop, pixels."""


def masked_size(height: int, width: int, settings: MaskSettings) -> tuple[int, int]:
    """Height and width of the masked frame of a picture."""
    scale = min(1.0, settings.long_side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def masked_frame(
    image: ImageArray, boxes: FloatArray, alerted: FloatArray, settings: MaskSettings, out: ImageArray
) -> None:
    """Write the masked frame of a picture.

    Args:
        image: uint8 [h, w, 3], full resolution.
        boxes: float32 [n, 4], every face in view, alerted or not; all are masked.
        alerted: float32 [k, 4], the boxes to be outlined.
        settings: how strongly.
        out: uint8, of `masked_size`.
    """
    height, width = out.shape[:2]
    cv2.resize(image, (width, height), dst=out, interpolation=cv2.INTER_AREA)
    scale = np.float32(width / image.shape[1])
    mask_faces(out, boxes * scale, settings)
    for left, top, right, bottom in (alerted * scale).round().astype(int).tolist():
        cv2.rectangle(out, (left, top), (right, bottom), (0, 191, 255), 2)


def alert_crop(image: ImageArray, box: FloatArray, others: FloatArray, settings: MaskSettings) -> bytes:
    """The crop that leaves with an alert, as JPEG: the alerting face with a margin, every other face masked.

    Args:
        image: uint8 [h, w, 3], full resolution.
        box: float32 [4], the alerting face.
        others: float32 [n, 4], every other face in view.
        settings: how strongly the others are masked.
    """
    side = int(CROP_MARGIN * max(box[2] - box[0], box[3] - box[1]))
    height, width = image.shape[:2]
    left, top = max(0, int(box[0]) - side), max(0, int(box[1]) - side)
    right, bottom = min(width, int(box[2]) + side), min(height, int(box[3]) + side)
    crop = image[top:bottom, left:right].copy()
    own = crop[max(0, int(box[1]) - top) : int(box[3]) - top, max(0, int(box[0]) - left) : int(box[2]) - left]
    kept = own.copy()
    mask_faces(crop, others - np.array([left, top, left, top], np.float32), settings)
    own[:] = kept
    scale = min(1.0, CROP_SIDE / max(crop.shape[:2]))
    if scale < 1.0:
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return encode_jpeg(crop, 92)


def encode_jpeg(image: ImageArray, quality: int) -> bytes:
    """A picture as JPEG."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
