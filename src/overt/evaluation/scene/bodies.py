"""The clothes: a walking figure without a head, drawn once for each phase of the step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray, ImageArray

__all__ = ["PHASES", "PIXELS_PER_METRE", "Clothes", "clothes_for", "draw_body"]

Colour = tuple[int, int, int]
PHASES = 8
"""Drawings in one whole stride, two steps."""
PIXELS_PER_METRE = 300
WIDTH, HEIGHT = 1.0, 1.78
"""Metres that a drawing covers; the point between the eyes is at its top, in the middle."""
_SHIFT = 4


@dataclass(frozen=True)
class Clothes:
    """Colours are blue, green, red. `build` scales the width of the figure."""

    coat: Colour
    trousers: Colour
    shoes: Colour
    shirt: Colour
    skin: Colour
    build: float = 0.88
    bag: Colour | None = None


_COATS: tuple[Colour, ...] = (
    (70, 52, 40), (44, 44, 48), (58, 74, 52), (110, 96, 84), (52, 60, 120), (120, 86, 60), (96, 120, 134),
    (88, 56, 92),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = ((84, 62, 46), (42, 40, 40), (92, 96, 100), (60, 72, 84))
_SHIRTS: tuple[Colour, ...] = ((220, 222, 224), (180, 150, 120), (120, 140, 190), (90, 90, 160))


def clothes_for(seed: int, skin: Colour) -> Clothes:
    """Clothes drawn by lot."""
    rng = np.random.default_rng(3300 + seed)
    bag = _COATS[int(rng.integers(len(_COATS)))] if rng.random() < 0.4 else None
    return Clothes(
        coat=_COATS[int(rng.integers(len(_COATS)))],
        trousers=_TROUSERS[int(rng.integers(len(_TROUSERS)))],
        shoes=(36, 38, 44),
        shirt=_SHIRTS[int(rng.integers(len(_SHIRTS)))],
        skin=skin,
        build=float(rng.uniform(0.84, 1.02)),
        bag=bag,
    )


def draw_body(clothes: Clothes, phase: int) -> ImageArray:
    """The figure in one phase of its stride, walking towards the camera.

    Returns:
        uint8 [h, w, 4] at `PIXELS_PER_METRE`: blue, green, red already multiplied by the last channel, opacity.
    """
    size = (int(HEIGHT * PIXELS_PER_METRE), int(WIDTH * PIXELS_PER_METRE))
    picture = np.zeros((*size, 4), np.uint8)
    stride = float(np.sin(2 * np.pi * phase / PHASES))
    lift = float(np.cos(2 * np.pi * phase / PHASES))
    pen = _Pen(picture, clothes.build)
    for side, swing in ((-1, stride), (1, -stride)):
        up = 0.05 * max(0.0, swing)
        foot = 1.60 - up + 0.05 * min(0.0, swing) * -1
        knee = 1.16 - up
        pen.fill(
            ((0.02, 0.72), (0.21, 0.72), (0.19, knee), (0.165, foot), (0.07, foot), (0.055, knee)),
            _dim(clothes.trousers, 1.0 if swing < 0 else 0.78),
            side,
        )
        pen.fill(
            (
                (0.06, foot - 0.02),
                (0.17, foot - 0.02),
                (0.185, foot + 0.06),
                (0.12, foot + 0.09),
                (0.055, foot + 0.06),
            ),
            clothes.shoes,
            side,
        )
    for side, swing in ((-1, -stride), (1, stride)):
        hand = 0.79 - 0.07 * max(0.0, swing)
        out = 0.30 + 0.012 * lift
        pen.fill(
            (
                (0.19, 0.20),
                (0.255, 0.24),
                (out + 0.01, 0.50),
                (out, hand),
                (out - 0.09, hand),
                (out - 0.10, 0.48),
                (0.16, 0.34),
            ),
            _dim(clothes.coat, 0.80),
            side,
        )
        pen.fill(
            (
                (out - 0.075, hand - 0.01),
                (out - 0.01, hand - 0.01),
                (out - 0.015, hand + 0.09),
                (out - 0.06, hand + 0.09),
            ),
            clothes.skin,
            side,
        )
    for side in (-1, 1):
        pen.fill(
            (
                (0.0, 0.14),
                (0.07, 0.15),
                (0.19, 0.19),
                (0.235, 0.225),
                (0.21, 0.40),
                (0.195, 0.62),
                (0.225, 0.90),
                (0.0, 0.92),
            ),
            clothes.coat,
            side,
        )
    pen.fill(((-0.075, 0.14), (0.075, 0.14), (0.012, 0.42), (-0.012, 0.42)), clothes.shirt)
    for side in (-1, 1):
        pen.fill(
            ((0.045, 0.12), (0.105, 0.15), (0.085, 0.27), (0.012, 0.44), (0.055, 0.25)),
            _dim(clothes.coat, 1.25),
            side,
        )
    pen.fill(((-0.006, 0.42), (0.006, 0.42), (0.006, 0.91), (-0.006, 0.91)), _dim(clothes.coat, 0.6))
    if clothes.bag is not None:
        pen.fill(((-0.215, 0.21), (-0.185, 0.20), (0.205, 0.66), (0.175, 0.68)), _dim(clothes.bag, 0.8))
        pen.fill(((0.13, 0.64), (0.31, 0.64), (0.32, 0.86), (0.12, 0.86)), clothes.bag)
    return _lit(picture)


class _Pen:
    def __init__(self, picture: ImageArray, build: float) -> None:
        self.picture, self.build = picture, build

    def fill(self, points: tuple[tuple[float, float], ...], colour: Colour, side: int = 1) -> None:
        """A polygon in metres from the middle and from the eyes down, mirrored where `side` is -1."""
        array = np.asarray(points, np.float64) * [side * self.build, 1] + [WIDTH / 2, 0]
        fixed = (array * PIXELS_PER_METRE * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(self.picture, [fixed], (*colour, 255), cv2.LINE_AA, _SHIFT)


def _dim(colour: Colour, factor: float) -> Colour:
    b, g, r = (int(np.clip(c * factor, 0, 255)) for c in colour)
    return b, g, r


@lru_cache(maxsize=1)
def _light() -> FloatArray:
    """Roundness and folds of cloth: darker to the sides, mottled at two scales."""
    h, w = int(HEIGHT * PIXELS_PER_METRE), int(WIDTH * PIXELS_PER_METRE)
    rng = np.random.default_rng(5)
    across = 1.06 - 0.9 * ((np.arange(w, dtype=np.float32) / w - 0.47) ** 2) * 4
    fold = cv2.resize(
        rng.normal(0, 0.055, (h // 40, w // 18)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
    )
    weave = rng.normal(0, 0.03, (h, w)).astype(np.float32)
    light = np.clip(across[None, :] + fold + weave, 0.3, 1.25).astype(np.float32)
    return np.asarray(cv2.merge([light, light, light, np.ones_like(light)]), np.float32)


def _lit(picture: ImageArray) -> ImageArray:
    lit = cv2.multiply(picture, _light(), dtype=cv2.CV_8U)
    return np.asarray(np.minimum(lit, picture[:, :, 3:]), np.uint8)
