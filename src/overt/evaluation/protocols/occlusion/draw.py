"""Puts a drawn layer onto a face: through its landmarks, in its light, as sharp and as noisy as its picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np

from overt.biometrics.alignment import ARCFACE_112
from overt.evaluation.protocols.occlusion.canvas import ORIGIN, PER_UNIT, Canvas
from overt.evaluation.protocols.occlusion.cloth import draw_hood, draw_mask, draw_scarf
from overt.evaluation.protocols.occlusion.things import draw_hand, draw_sunglasses

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import FloatArray, ImageArray
    from overt.evaluation.protocols.occlusion.canvas import Layer

__all__ = ["OCCLUSIONS", "OcclusionKind", "draw_occlusion"]

OcclusionKind = Literal["scarf", "mask", "sunglasses", "hood", "hand"]

OCCLUSIONS: Final[dict[OcclusionKind, Callable[[Canvas], Layer]]] = {
    "scarf": draw_scarf,
    "mask": draw_mask,
    "sunglasses": draw_sunglasses,
    "hood": draw_hood,
    "hand": draw_hand,
}
"""What can be drawn, by its name."""

VARIANTS: Final = 32
"""Different things of a kind; what is drawn of each is kept, because drawing takes longer than putting it on."""

NOISE: Final = 2.0
"""A camera's, in grey levels, on what is drawn."""

_FACE: Final = np.array(ARCFACE_112, np.float64)
_CHEEKS: Final = ((30.0, 74.0), (82.0, 74.0), (56.0, 30.0))
_USUAL_LIGHT: Final = 140.0


def draw_occlusion(image: ImageArray, landmarks: FloatArray, kind: OcclusionKind, *, seed: int) -> ImageArray:
    """A copy of a picture with something over one of its faces.

    The same seed draws the same thing, one of `VARIANTS` of its kind.

    Args:
        image: uint8 [h, w, 3], blue, green, red.
        landmarks: float32 [5, 2], the face's, in pixels of it.
        kind: what.
        seed: 0 or more, of its shape, colour and folds.
    """
    rng = np.random.default_rng(seed)
    layer = _layer(kind, int(rng.integers(VARIANTS)))
    onto = _onto_picture(landmarks)
    skin, light = _skin(image, onto)
    colours = layer.colour * (skin if layer.of_skin else np.clip(light / _USUAL_LIGHT, 0.35, 1.5))
    scale = float(np.sqrt(abs(np.linalg.det(onto[:, :2])))) / PER_UNIT
    softness = max(0.4 / max(scale, 1e-3), 0.3) if scale < 1 else 0.3
    height, width = image.shape[:2]

    def placed(plane: FloatArray) -> FloatArray:
        soft = cv2.GaussianBlur(plane, (0, 0), softness)
        return np.asarray(cv2.warpAffine(soft, _from_canvas(onto), (width, height)), np.float32)

    # colours are blurred together with what they cover, so that no edge shows the canvas behind
    alpha = placed(layer.alpha)[..., None]
    shadow = placed(layer.shadow)[..., None]
    colour = placed(np.asarray(np.clip(colours, 0, 255) * layer.alpha[..., None], np.float32))
    if _is_grey(image):
        colour[:] = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)[..., None]
    noise = NOISE * rng.standard_normal((height, width, 1), np.float32)
    out = image * (1 - shadow * (1 - alpha)) * (1 - alpha) + colour + noise * alpha
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=VARIANTS)
def _layer(kind: OcclusionKind, variant: int) -> Layer:
    return OCCLUSIONS[kind](Canvas(np.random.default_rng([variant, list(OCCLUSIONS).index(kind)])))


def _onto_picture(landmarks: FloatArray) -> FloatArray:
    """The affine map, float64 [2, 3], from the usual face's pixels to the picture's, by least squares."""
    known = np.column_stack([_FACE, np.ones(len(_FACE))])
    solved, *_ = np.linalg.lstsq(known, landmarks.astype(np.float64), rcond=None)
    return np.asarray(solved.T)


def _from_canvas(onto: FloatArray) -> FloatArray:
    to_face = np.array([[1 / PER_UNIT, 0, -ORIGIN[0]], [0, 1 / PER_UNIT, -ORIGIN[1]], [0, 0, 1]])
    return np.asarray(onto @ to_face)


def _skin(image: ImageArray, onto: FloatArray) -> tuple[FloatArray, float]:
    """The colour of the cheeks and the forehead, float64 [3], and how bright they are."""
    spots = np.column_stack([np.array(_CHEEKS), np.ones(len(_CHEEKS))]) @ onto.T
    reach = max(1, int(3 * np.sqrt(abs(np.linalg.det(onto[:, :2])))))
    seen = []
    for x, y in spots:
        left, top = int(x) - reach, int(y) - reach
        patch = image[max(top, 0) : max(top + 2 * reach, 0), max(left, 0) : max(left + 2 * reach, 0)]
        if patch.size:
            seen.append(np.median(patch.reshape(-1, 3), axis=0))
    colour = np.median(np.array(seen), axis=0) if seen else np.array([120.0, 140.0, 180.0])
    return colour, float(colour @ np.array([0.114, 0.587, 0.299]))


def _is_grey(image: ImageArray) -> bool:
    return bool(np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 1], image[..., 2]))
