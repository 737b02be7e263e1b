"""What coverings are drawn on: a canvas in the coordinates of a usual face, with cloth, folds, light and shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray

__all__ = ["ORIGIN", "PER_UNIT", "Canvas", "Layer"]

PER_UNIT: Final = 1.25
"""Pixels of the canvas for each pixel of ArcFace's chip of 112 by 112, in whose coordinates everything is drawn."""

ORIGIN: Final = (50.0, 50.0)
"""How far the canvas reaches beyond the chip to the left and above."""

_SIDE: Final = int(212 * PER_UNIT)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layer:
    """Something drawn, to be put over a face.

    Attributes:
        colour: float32 [side, side, 3], blue, green, red, 0 to 255, in usual light.
        alpha: float32 [side, side], 0 to 1, how far it hides what is below.
        shadow: float32 [side, side], 0 to 1, how far it darkens what it does not hide.
        of_skin: whether `colour` is instead a factor of the skin's own colour, which has the picture's light already.
    """

    colour: FloatArray
    alpha: FloatArray
    shadow: FloatArray
    of_skin: bool = False


class Canvas:
    """Draws shapes and surfaces by lot.

    Args:
        rng: everything that is drawn by lot.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.shape = (_SIDE, _SIDE)
        rows, columns = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) / PER_UNIT
        self.x, self.y = columns - ORIGIN[0], rows - ORIGIN[1]

    def about(self, value: float, spread: float) -> float:
        """A value by lot, at most `spread` away."""
        return float(self.rng.uniform(value - spread, value + spread))

    def shaky(self, points: Sequence[Point], spread: float) -> list[Point]:
        """The points, each moved a little by lot."""
        return [(self.about(x, spread), self.about(y, spread)) for x, y in points]

    def inside(self, outline: Sequence[Point], soft: float = 0.7) -> FloatArray:
        """How far each place lies within a smooth closed line through the points, float32, 0 to 1."""
        line = _smooth(np.array(outline, np.float64))
        mask = np.zeros(self.shape, np.uint8)
        pixels = np.round((line + np.array(ORIGIN)) * PER_UNIT * 16).astype(np.int32)
        cv2.fillPoly(mask, [pixels], 255, lineType=cv2.LINE_AA, shift=4)
        return np.asarray(
            cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft * PER_UNIT / 2), np.float32
        )

    def stroke(self, line: Sequence[Point], width: float) -> FloatArray:
        """A line of some width through points, float32, 0 to 1."""
        mask = np.zeros(self.shape, np.uint8)
        pixels = np.round((np.array(line) + np.array(ORIGIN)) * PER_UNIT * 16).astype(np.int32)
        thickness = max(1, round(width * PER_UNIT))
        cv2.polylines(mask, [pixels], False, 255, thickness, cv2.LINE_AA, shift=4)
        return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.7), np.float32)

    def clouds(self, size: float) -> FloatArray:
        """Smooth noise with features of about this size, float32, mean 0, deviation 1."""
        cells = max(2, int(_SIDE / (size * PER_UNIT)) + 2)
        coarse = self.rng.normal(0, 1, (cells, cells)).astype(np.float32)
        fine = cv2.resize(coarse, self.shape, interpolation=cv2.INTER_CUBIC)
        return np.asarray((fine - fine.mean()) / max(float(fine.std()), 1e-6), np.float32)

    def folds(self, direction: float, wide: float, depth: float) -> FloatArray:
        """The light on cloth in folds, float32 about 1.

        Args:
            direction: which way the folds run, degrees from level.
            wide: from fold to fold.
            depth: how dark and bright they are.
        """
        turn = np.radians(direction)
        across = -np.sin(turn) * self.x + np.cos(turn) * self.y
        bent = across + 0.35 * wide * self.clouds(3 * wide)
        ridge = np.sin(2 * np.pi * bent / wide + self.about(0, np.pi))
        return np.asarray(1 + depth * (0.6 * ridge + 0.4 * self.clouds(wide)), np.float32)

    def weave(self, pitch: float, depth: float) -> FloatArray:
        """The grain of woven or knitted cloth, float32 about 1."""
        turn = self.about(0, 0.3)
        along = np.cos(turn) * self.x + np.sin(turn) * self.y
        across = -np.sin(turn) * self.x + np.cos(turn) * self.y
        threads = np.sin(2 * np.pi * along / pitch) * np.sin(2 * np.pi * across / pitch)
        grain = 0.5 * self.rng.standard_normal(self.shape, np.float32)
        return np.asarray(1 + depth * (threads + grain), np.float32)

    def painted(self, colour: Sequence[float] | npt.NDArray[np.float64], light: FloatArray) -> FloatArray:
        """One colour (blue, green, red) under a light, float32 [side, side, 3]."""
        return np.asarray(
            np.maximum(np.array(colour, np.float32)[None, None] * light[..., None], 0), np.float32
        )

    def shadow_of(self, alpha: FloatArray, reach: float, depth: float) -> FloatArray:
        """The soft shadow that something casts around itself, float32, 0 to `depth`."""
        spread = cv2.GaussianBlur(alpha, (0, 0), reach * PER_UNIT)
        return np.asarray(np.clip(spread * 1.6, 0, 1) * depth, np.float32)


def _smooth(points: npt.NDArray[np.float64], steps: int = 12) -> npt.NDArray[np.float64]:
    """A closed Catmull-Rom curve through points, [n, 2]."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    beyond = np.roll(points, -2, axis=0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * points
        + (after - before) * t
        + (2 * before - 5 * points + 4 * after - beyond) * t**2
        + (3 * points - before - 3 * after + beyond) * t**3
    )
    return curve.transpose(1, 0, 2).reshape(-1, 2)
