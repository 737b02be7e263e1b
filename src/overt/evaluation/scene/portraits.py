"""The faces of the simulated street: two public-domain portraits and small crops, cut out of their backgrounds.

Sources, all installed with the `demo` extra and read from the installed packages, never downloaded:

- Grace Hopper: Matplotlib's `grace_hopper.jpg`, an official photograph of the United States Navy, public domain.
- Eileen Collins: scikit-image's `data.astronaut()`, an official photograph of NASA, public domain.
- The far crowd: scikit-image's `data.lfw_subset()`, 100 faces of 25 by 25 grey pixels.

The landmarks were measured once with OpenCV's YuNet (`face_detection_yunet_2023mar.onnx`) on the portraits at full
size. Those of the crops are the medians over the 60 crops that face the camera, detected at eight times their size:
one crop strays from them by about one of its 25 pixels (a standard deviation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray, ImageArray

__all__ = [
    "EYE_DISTANCE_METRES",
    "N_CROWD",
    "Portrait",
    "crowd_face",
    "eileen_collins",
    "grace_hopper",
    "simulated_face",
]

EYE_DISTANCE_METRES = 0.063
"""Distance between the pupils of an adult, by which every portrait is brought to life size."""

_HOPPER_POINTS = ((227.1, 193.3), (307.8, 195.4), (266.5, 240.0), (228.5, 267.9), (302.2, 269.6))
_HOPPER_BOX = (182.9, 120.5, 353.2, 333.0)
_HOPPER_OUTLINE = (
    (176, 84), (182, 58), (205, 40), (238, 28), (262, 24), (300, 30), (332, 48), (352, 74), (356, 90), (368, 97),
    (372, 122), (370, 166), (367, 184), (375, 197), (371, 226), (360, 250), (352, 268), (361, 278), (354, 292),
    (338, 306), (330, 322), (329, 345), (312, 392), (300, 440), (250, 470), (226, 440), (210, 392), (199, 345),
    (203, 320), (197, 300), (180, 290), (165, 272), (172, 262), (162, 232), (155, 210), (156, 194), (166, 168),
    (151, 166), (148, 104), (160, 90),
)  # fmt: skip
_COLLINS_POINTS = ((200.1, 101.8), (247.1, 102.6), (220.4, 124.5), (198.6, 142.8), (239.7, 143.6))
_COLLINS_BOX = (178.2, 62.9, 268.1, 176.2)
_COLLINS_OUTLINE = (
    (156, 96), (154, 76), (164, 54), (184, 35), (206, 23), (236, 18), (262, 26), (285, 45), (298, 68), (300, 90),
    (293, 110), (281, 126), (269, 132), (264, 152), (256, 172), (254, 190), (260, 222), (250, 246), (220, 254),
    (192, 246), (178, 222), (186, 190), (186, 166), (181, 148), (178, 130), (168, 124), (160, 114),
)  # fmt: skip
_CROP_POINTS = ((5.9, 8.9), (15.5, 8.5), (10.5, 13.9), (7.2, 17.8), (14.9, 17.5))
_CROP_BOX = (1.4, -2.1, 20.6, 24.1)
# The crops that face the camera: nose within 14% of an eye distance of the middle, and found with a score above 0.8.
_FACING = (
    0, 2, 3, 6, 7, 8, 10, 11, 13, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 27, 31, 34, 36, 37, 39, 41, 42, 45, 46, 49,
    50, 52, 54, 56, 58, 60, 61, 62, 63, 64, 65, 66, 69, 71, 72, 73, 77, 79, 80, 81, 85, 86, 88, 91, 92, 93, 94, 95,
    96, 98,
)  # fmt: skip
N_CROWD = len(_FACING)
"""How many different faces the far crowd has."""


@dataclass(frozen=True)
class Portrait:
    """A head cut out of its background.

    Attributes:
        identity: a word for the person, such as `grace-hopper` or `crowd-017`.
        title: the name for people to read.
        pixels: uint8 [h, w, 4]: blue, green, red, each already multiplied by the last channel, opacity.
        landmarks: float32 [5, 2] in pixels: left eye, right eye, nose, left and right corner of the mouth, as seen.
        box: left, top, right, bottom of the face, pixels, as a face detector would draw it.
        chin: y of the chin, pixels.
        skin: blue, green, red of the skin, for hands and neck.
    """

    identity: str
    title: str
    pixels: ImageArray
    landmarks: FloatArray
    box: tuple[float, float, float, float]
    chin: float
    skin: tuple[int, int, int]

    @property
    def pixels_per_metre(self) -> float:
        """How many pixels of the portrait make one metre of the person."""
        return float(np.linalg.norm(self.landmarks[1] - self.landmarks[0])) / EYE_DISTANCE_METRES

    @property
    def eyes(self) -> tuple[float, float]:
        """The point midway between the eyes, pixels."""
        x, y = (self.landmarks[0] + self.landmarks[1]) / 2
        return float(x), float(y)


@lru_cache(maxsize=1)
def hopper_photograph() -> ImageArray:
    """The whole photograph of Grace Hopper: uint8 BGR, 600 by 512."""
    return _picture("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (600, 512, 3))


@lru_cache(maxsize=1)
def collins_photograph() -> ImageArray:
    """The whole photograph of Eileen Collins: uint8 BGR, 512 by 512."""
    return _picture("skimage", "data/astronaut.png", (512, 512, 3))


@lru_cache(maxsize=1)
def _crops() -> FloatArray:
    path = _installed("skimage", "data/lfw_subset.npy")
    try:
        crops = np.asarray(np.load(path, allow_pickle=False), np.float32)
    except (OSError, ValueError) as error:
        raise _altered("skimage", path) from error
    if crops.shape != (200, 25, 25):
        raise _altered("skimage", path)
    return crops


def _picture(package: str, inside: str, shape: tuple[int, int, int]) -> ImageArray:
    path = _installed(package, inside)
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None or image.shape != shape:
        raise _altered(package, path)
    return np.asarray(image, np.uint8)


def _installed(package: str, inside: str) -> Path:
    """A file within an installed package, which is found and not imported: an import is slow and writes caches."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise _missing(_TITLES[package])
    return Path(spec.origin).parent / inside


_TITLES = {"matplotlib": "Matplotlib", "skimage": "scikit-image"}


def _altered(package: str, path: Path) -> EvaluationError:
    return EvaluationError(
        f"{_TITLES[package]}'s {path.name} is missing or not the picture that the scene was measured on",
        "Install it again: pip install --force-reinstall 'overt[demo]'",
    )


def _missing(package: str) -> EvaluationError:
    return EvaluationError(
        f"the simulated scene needs a portrait that comes with {package}, which is not installed",
        "Install it with: pip install 'overt[demo]'",
    )


@lru_cache(maxsize=1)
def grace_hopper() -> Portrait:
    """Grace Hopper's head, with her cap."""
    pixels = _cut(hopper_photograph(), _HOPPER_OUTLINE)
    return Portrait(
        "grace-hopper", "Grace Hopper", pixels, _points(_HOPPER_POINTS), _HOPPER_BOX, 334.0, (150, 175, 215)
    )


@lru_cache(maxsize=1)
def eileen_collins() -> Portrait:
    """Eileen Collins's head."""
    pixels = _cut(collins_photograph(), _COLLINS_OUTLINE)
    return Portrait(
        "eileen-collins",
        "Eileen Collins",
        pixels,
        _points(_COLLINS_POINTS),
        _COLLINS_BOX,
        177.0,
        (160, 190, 232),
    )


@lru_cache(maxsize=128)
def crowd_face(number: int) -> Portrait:
    """One face of the far crowd: a crop of 25 by 25 grey pixels, coloured as skin, under drawn hair.

    Args:
        number: 0 to `N_CROWD` - 1.
    """
    scale, margin = 4, 40
    rng = np.random.default_rng(9100 + number)
    skin, hair = _complexion(rng)
    face = _tinted(
        cv2.resize(_crops()[_FACING[number]], None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), skin
    )
    side = 25 * scale + 2 * margin
    picture = np.zeros((side, side, 3), np.uint8)
    picture[:] = hair
    noise = cv2.GaussianBlur(rng.normal(0, 22, (side, side, 1)).astype(np.float32), (0, 0), 1.5)[:, :, None]
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    middle = (margin + 10.6 * scale, margin + 12.8 * scale)
    blend = _ellipse(side, middle, (10.0 * scale, 12.4 * scale), 6.0)[:, :, None]
    framed = cv2.copyMakeBorder(face, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    picture = (picture * (1 - blend) + framed * blend).astype(np.uint8)
    volume = float(rng.uniform(0.0, 1.6))
    alpha = _ellipse(
        side, (middle[0], margin + 8.5 * scale), ((11.2 + volume) * scale, (13.6 + volume) * scale), 1.4
    )
    alpha = np.maximum(alpha, _ellipse(side, middle, (9.8 * scale, 12.4 * scale), 1.4))
    neck = np.zeros((side, side), np.float32)
    cv2.rectangle(
        neck,
        (int(middle[0] - 6 * scale), int(middle[1] + 9 * scale)),
        (int(middle[0] + 6 * scale), side),
        1.0,
        -1,
    )
    under = (neck > 0) & (alpha < 0.5)
    picture[under] = [int(c * 0.78) for c in skin]
    alpha = np.maximum(alpha, neck)
    points = _points(_CROP_POINTS) * scale + margin
    box = tuple(v * scale + margin for v in _CROP_BOX)
    return Portrait(
        f"crowd-{number:03d}",
        f"a face of the crowd, {number}",
        _premultiplied(picture, alpha),
        points.astype(np.float32),
        (box[0], box[1], box[2], box[3]),
        margin + 24.5 * scale,
        skin,
    )


@lru_cache(maxsize=64)
def simulated_face(number: int) -> Portrait:
    """A made-up person for a near view: a portrait whose coarse structure is that of a crop of the crowd.

    Eileen Collins's portrait is bent so that its landmarks and outline move, its broad shading is replaced by
    that of the crop, and its colours are changed; only its fine texture remains. It is
    nobody, and is named as simulated.

    Args:
        number: 0 upwards; the crop is `number` modulo `N_CROWD`.
    """
    parent = eileen_collins()
    rng = np.random.default_rng(5200 + number)
    skin, hair = _complexion(rng)
    scale = 2
    big = cv2.resize(parent.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    alpha = big[:, :, 3].astype(np.float32) / 255
    points = parent.landmarks * scale
    eye = float(np.linalg.norm(points[1] - points[0]))
    crop_points = _points(_CROP_POINTS)
    crop = _crops()[_FACING[number % N_CROWD]] * 255
    place, _ = cv2.estimateAffine2D(crop_points, points)
    shape = (big.shape[1], big.shape[0])
    coarse = cv2.warpAffine(crop, place, shape, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(big[:, :, :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), eye * 0.10)
    region = _ellipse_at(
        big.shape[:2], (points[:, 0].mean(), points[2, 1] - 0.1 * eye), (1.02 * eye, 1.35 * eye), eye * 0.12
    )
    tinted = _tinted((np.clip(coarse + 0.75 * fine, 0, 255) / 255).astype(np.float32), skin).astype(
        np.float32
    )
    hair_tone = np.asarray(hair, np.float32) * (0.4 + grey / 130)[:, :, None]
    mixed = tinted * region[:, :, None] + np.clip(hair_tone, 0, 255) * (1 - region[:, :, None])
    neck = np.arange(big.shape[0])[:, None] > parent.chin * scale
    mixed = np.where((neck & (region < 0.5))[:, :, None], np.asarray(skin, np.float32) * 0.75, mixed)
    squeeze = np.asarray([rng.uniform(0.92, 1.08), rng.uniform(0.95, 1.06)], np.float32)
    bend = np.asarray([[squeeze[0], 0, 0], [0, squeeze[1], 0]], np.float32)
    pixels = _premultiplied(np.clip(mixed, 0, 255).astype(np.uint8), alpha)
    pixels = cv2.warpAffine(
        pixels, bend, (int(shape[0] * squeeze[0]), int(shape[1] * squeeze[1])), flags=cv2.INTER_LINEAR
    )
    box = [v * scale * squeeze[i % 2] for i, v in enumerate(parent.box)]
    return Portrait(
        f"simulated-{number:03d}",
        f"a simulated face, {number}",
        pixels,
        (points * squeeze).astype(np.float32),
        (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        float(parent.chin * scale * squeeze[1]),
        skin,
    )


def _points(pairs: tuple[tuple[float, float], ...]) -> FloatArray:
    return np.asarray(pairs, np.float32)


def _cut(image: ImageArray, outline: tuple[tuple[int, int], ...]) -> ImageArray:
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.asarray(outline, np.int32)], 255, lineType=cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.6).astype(np.float32) / 255
    return _premultiplied(image, np.clip(soft * 1.6 - 0.6, 0, 1))


def _premultiplied(image: ImageArray, alpha: FloatArray) -> ImageArray:
    out = np.empty((*image.shape[:2], 4), np.uint8)
    out[:, :, :3] = (image * alpha[:, :, None] + 0.5).astype(np.uint8)
    out[:, :, 3] = (alpha * 255 + 0.5).astype(np.uint8)
    return out


def _ellipse(
    side: int, middle: tuple[float, float], radii: tuple[float, float], softness: float
) -> FloatArray:
    return _ellipse_at((side, side), middle, radii, softness)


def _ellipse_at(
    shape: tuple[int, int], middle: tuple[float, float], radii: tuple[float, float], softness: float
) -> FloatArray:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    inside = 1 - np.sqrt(((x - middle[0]) / radii[0]) ** 2 + ((y - middle[1]) / radii[1]) ** 2)
    return np.asarray(np.clip(0.5 + inside * min(radii) / (2 * softness), 0, 1), np.float32)


_SKINS = ((150, 178, 222), (128, 160, 205), (104, 138, 186), (78, 108, 158), (56, 80, 124), (140, 172, 228))
_HAIRS = ((28, 32, 40), (34, 48, 74), (52, 82, 118), (96, 132, 166), (130, 130, 132), (20, 22, 26))


def _complexion(rng: np.random.Generator) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    return _SKINS[int(rng.integers(len(_SKINS)))], _HAIRS[int(rng.integers(len(_HAIRS)))]


def _tinted(grey: FloatArray, skin: tuple[int, int, int]) -> ImageArray:
    """Grey 0 to 1 as skin: black stays black, the mean becomes the skin's colour, white nears white."""
    level = np.clip(grey, 0, 1)[:, :, None]
    pivot = float(np.clip(np.median(level), 0.3, 0.7))
    tone = np.asarray(skin, np.float32)
    dark = tone * (level / pivot)
    light = tone + (np.asarray([235, 242, 250], np.float32) - tone) * ((level - pivot) / (1 - pivot))
    return np.clip(np.where(level < pivot, dark, light), 0, 255).astype(np.uint8)
