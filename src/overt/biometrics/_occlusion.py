"""An estimate of whether the lower face or the eyes are covered, from the colours and the detail of a level patch.

Two small logistic models over figures of a few regions. A mask differs in colour from the skin above it and has
less detail than a mouth; dark glasses are darker than the forehead and the bridge of the nose beside them, and even.
Their weights were fitted on bare faces of LFW and on the same faces with masks and glasses drawn over them, never on
pictures of real masks.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray

__all__ = ["SIDE", "occlusion_estimate", "region_means"]

SIDE = 64

# Left, right, top and bottom of each region in the patch.
_CHIN, _MOUTH = ((20, 44, 46, 62),), ((24, 40, 46, 60),)
_JAWS = ((12, 22, 46, 56), (42, 52, 46, 56))
_BRIDGE, _FOREHEAD = ((28, 36, 26, 36),), ((20, 44, 10, 20),)
_LEFT_EYE, _RIGHT_EYE = ((16, 28, 25, 34),), ((36, 48, 25, 34),)
_CHEEKS = ((27, 37, 31, 40), (14, 22, 37, 43), (42, 50, 37, 43))
_FACE = ((10, 54, 8, 60),)


def _mask(parts: tuple[tuple[int, int, int, int], ...]) -> FloatArray:
    """Weights that average over the parts of a region, float32 [SIDE²]."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    for left, right, top, bottom in parts:
        mask[top:bottom, left:right] = 1.0 / ((right - left) * (bottom - top) * len(parts))
    return mask.reshape(-1)


_SKIN = (_mask(_BRIDGE) + _mask(_FOREHEAD)) / 2
_EYES = (_mask(_LEFT_EYE) + _mask(_RIGHT_EYE)) / 2
_MASKS = np.stack(
    [
        # four differences between two places, of which the tint is taken
        _mask(_CHIN) - _SKIN,
        _mask(_CHIN) - _mask(_BRIDGE),
        _mask(_JAWS) - _SKIN,
        _SKIN - _EYES,
        # four places whose spread is taken
        _mask(_CHIN),
        _mask(_LEFT_EYE),
        _mask(_RIGHT_EYE),
        _mask(_FACE),
        # and the rest
        _SKIN,
        _EYES,
        _mask(_CHEEKS),
        _mask(_MOUTH),
    ]
)

_COVERED_MOUTH = (1.91, -0.60, 3.39, -3.13, -0.58, 1.40, 0.93)
_COVERED_EYES = (11.23, 8.26, -7.00, 1.97, 0.79)
_MOUTH_LEVEL, _EYES_LEVEL = -4.66, -6.09


def occlusion_estimate(means: list[list[float]]) -> float:
    """How likely a face is covered: the likelier of a covered mouth and covered eyes.

    On 437 views of real masks (two detectors' landmarks) against 254 of bare colour faces that it was not fitted on,
    the estimate separates the two with an area under the ROC curve of 0.97; a beard, a hand or a heavy
    shadow can raise it, and a mask of the skin's own colour can escape it. Drawn glasses are told from bare faces
    with an area of 0.99; no pictures of real ones were at hand.

    Args:
        means: the face's region means, as `region_means` gives them.

    Returns:
        0 to 1.
    """
    tint = [math.hypot(means[i][1], means[i][2]) / 20 for i in range(4)]
    spread = [math.sqrt(max(means[i][3] - means[i][0] ** 2, 0.0)) for i in range(4, 8)]
    chin, left, right = (each / (spread[3] + 5) for each in spread[:3])
    skin, eyes, cheeks, mouth = means[8], means[9], means[10], means[11]
    of_mouth = (
        tint[0],
        means[0][1] / 20,
        abs(means[0][0]) / (skin[0] + 20),
        math.log((mouth[4] + 1) / (eyes[4] + 1)),
        chin,
        tint[1],
        tint[2],
    )
    of_eyes = (
        means[3][0] / (skin[0] + 20),
        (cheeks[0] - eyes[0]) / (cheeks[0] + 20),
        (left + right) / 2,
        tint[3],
        means[3][1] / 20,
    )
    covered = max(
        sum(map(mul, of_mouth, _COVERED_MOUTH)) + _MOUTH_LEVEL,
        sum(map(mul, of_eyes, _COVERED_EYES)) + _EYES_LEVEL,
    )
    return 1.0 / (1.0 + math.exp(-min(max(covered, -30.0), 30.0)))


def region_means(planes: FloatArray) -> FloatArray:
    """The mean of each plane over each region, float32 [regions, 5].

    Args:
        planes: float32 [5, 64 · 64]: luma and the two chromas (Y, Cr, Cb), luma squared, and how steeply luma changes
            downwards, of a patch with the eyes level at their usual place.
    """
    return np.asarray(_MASKS @ planes.T, np.float32)
