"""Turning and scaling a face so that its five landmarks lie where the recogniser expects them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray, ImageArray
    from overt.biometrics.packs.manifest import RecogniserSpec

__all__ = ["align_faces", "chip_template", "similarity_transforms"]

ARCFACE_112 = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""The template of ArcFace (Deng, Guo, Xue and Zafeiriou, 2019) and its successors, in a chip of 112 by 112 pixels."""

DLIB_150 = ((46.55, 46.76), (102.22, 46.37), (73.46, 78.09), (50.4, 102.05), (96.52, 101.92))
"""Where CenterFace's five points fall in dlib's own chip of 150 by 150 pixels with 0.25 padding.

The medians over 552 photographs whose chip dlib itself cut by its own landmarks. On 1,282 pairs of LFW of other
people dlib's network verifies 98.6% with it and 98.4% with dlib's own alignment. A manifest's `points` replace it.
"""


def chip_template(spec: RecogniserSpec) -> tuple[FloatArray, int]:
    """The recogniser's five points, float32 [5, 2], and the side of its chip, pixels.

    Raises:
        PackError: a `five-point` layout without its points.
    """
    if spec.layout == "arcface-112":
        return np.array(ARCFACE_112, np.float32), 112
    if spec.layout == "dlib-150":
        return np.array(spec.points or DLIB_150, np.float32), 150
    if spec.points is None or np.shape(spec.points) != (5, 2):
        raise PackError(
            "The layout `five-point` needs `points`: five pairs of pixels in the chip",
            "Add them to the manifest",
        )
    return np.array(spec.points, np.float32), spec.size


def similarity_transforms(landmarks: FloatArray, template: FloatArray) -> FloatArray:
    """The least-squares similarity that takes each face's landmarks to the template.

    Umeyama's solution (IEEE TPAMI 13(4), 1991) without reflection, which in the plane is one complex division.

    Args:
        landmarks: float32 [k, 5, 2], in pixels of the picture.
        template: float32 [5, 2], in pixels of the chip.

    Returns:
        float32 [k, 2, 3]: from the picture to the chip. Landmarks that all coincide, or are not numbers, give a
        transform that shows nothing: every point falls outside the picture.
    """
    # a few faces at a time: plain numbers are done before numpy's first function has come into the cache
    target = [complex(x, y) for x, y in template.tolist()]
    target_mean = sum(target) / len(target)
    aims = [point - target_mean for point in target]
    rows = []
    for points in landmarks.tolist():
        source = [complex(x, y) for x, y in points]
        mean = sum(source) / len(source)
        spread, product = 0.0, 0j
        for point, aim in zip(source, aims, strict=True):
            off = point - mean
            spread += off.real * off.real + off.imag * off.imag
            product += off.conjugate() * aim
        if math.isfinite(spread) and spread > 1e-6 and abs(product) > 1e-9:
            turn = product / spread
            shift = target_mean - turn * mean
        else:
            turn, shift = 1 + 0j, complex(-1e6, -1e6)
        rows.append((turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag))
    return np.array(rows, np.float32).reshape(-1, 2, 3)


def align_faces(image: ImageArray, landmarks: FloatArray, template: FloatArray, out: ImageArray) -> None:
    """Cuts one chip a face out of a picture.

    Sampling is bilinear at any scale: averaging first, where a large face shrinks to a half or less, measured no
    better on 300 labelled pairs of large photographs (separation of scores 6.00 against 6.02 for dlib's network,
    8.21 against 8.24 for another).

    Args:
        image: uint8 [h, w, 3], at full resolution.
        landmarks: float32 [k, 5, 2], in pixels of it.
        template: float32 [5, 2], in pixels of the chip.
        out: uint8 [k, s, s, 3], written; black where the chip reaches past the picture.
    """
    side = out.shape[1]
    for chip, matrix in zip(out, similarity_transforms(landmarks, template), strict=True):
        cv2.warpAffine(
            image, matrix, (side, side), dst=chip, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
