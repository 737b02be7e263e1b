"""Other coverings: sunglasses, and a hand held before the face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.evaluation.protocols.occlusion.canvas import Layer

if TYPE_CHECKING:
    from overt.biometrics import FloatArray
    from overt.evaluation.protocols.occlusion.canvas import Canvas

__all__ = ["draw_hand", "draw_sunglasses"]

_FRAMES: Final = ((20, 20, 22), (30, 45, 75), (60, 60, 62), (25, 25, 45))
_GLASSES: Final = ((22, 20, 20), (25, 35, 50), (50, 40, 30), (35, 45, 35))
_LEFT_EYE: Final = (38.3, 51.6)
_RIGHT_EYE: Final = (73.5, 51.6)


def draw_sunglasses(canvas: Canvas) -> Layer:
    """Dark glasses with a bridge and temples; the lenses darken downwards and hold a reflection."""
    wide, high, square = canvas.about(15.5, 1.5), canvas.about(12, 2), canvas.about(0.82, 0.12)
    lenses = np.zeros(canvas.shape, np.float32)
    rims = np.zeros(canvas.shape, np.float32)
    for side, (x, y) in ((-1, _LEFT_EYE), (1, _RIGHT_EYE)):
        middle_x, middle_y = x + side * 1.0, y + 2.0
        around = [
            (-1.0, 0.0),
            (-square, -square),
            (0.0, -1.0),
            (square, -square),
            (1.0, 0.0),
            (0.85 * square, 0.9 * square),
            (0.0, 1.05),
            (-0.85 * square, 0.9 * square),
        ]
        for reach, into in ((1.0, lenses), (1.14, rims)):
            outline = [(middle_x + reach * wide * u, middle_y + reach * high * v) for u, v in around]
            np.maximum(into, canvas.inside(outline), out=into)
    bridge = canvas.stroke([(50.0, 50.0), (56.0, 47.5), (62.0, 50.0)], canvas.about(2.2, 0.6))
    temples = np.maximum(
        canvas.stroke([(_LEFT_EYE[0] - wide, 50.0), (-2.0, 47.0)], 2.0),
        canvas.stroke([(_RIGHT_EYE[0] + wide, 50.0), (114.0, 47.0)], 2.0),
    )
    frame = np.asarray(np.maximum(np.maximum(rims, bridge), temples), np.float32)
    shine = np.exp(-(((canvas.x + 0.6 * canvas.y - canvas.about(64, 20)) / canvas.about(9, 4)) ** 2))
    light = np.asarray(1.15 - 0.012 * (canvas.y - 52) + canvas.about(0.9, 0.6) * shine, np.float32)
    glass = canvas.painted(_GLASSES[canvas.rng.integers(len(_GLASSES))], light)
    plastic = canvas.painted(
        _FRAMES[canvas.rng.integers(len(_FRAMES))], np.asarray(1 + 0.15 * canvas.clouds(10), np.float32)
    )
    colour = np.asarray(glass * lenses[..., None] + plastic * (1 - lenses[..., None]), np.float32)
    alpha = np.asarray(np.maximum(frame * (1 - lenses), canvas.about(0.96, 0.03) * lenses), np.float32)
    return Layer(colour, alpha, canvas.shadow_of(frame, 1.8, 0.35))


def draw_hand(canvas: Canvas) -> Layer:
    """A hand held before the mouth, a cheek or an eye, in the colour of the face."""
    at = [(56.0, 94.0), (30.0, 84.0), (82.0, 84.0), (38.0, 60.0), (74.0, 60.0)][canvas.rng.integers(5)]
    middle = canvas.about(at[0], 4), canvas.about(at[1], 4)
    from_right = canvas.rng.random() < 0.5 if at[0] == 56.0 else at[0] > 56
    lean = np.radians(canvas.about(-28, 22) if from_right else canvas.about(208, 22))
    along, across = np.array([-np.cos(lean), np.sin(lean)]), np.array([np.sin(lean), np.cos(lean)])
    alpha = np.zeros(canvas.shape, np.float32)
    light = np.ones(canvas.shape, np.float32)
    knuckles = np.array(middle) - 14 * along
    lengths = (35.0, 40.0, 38.0, 30.0)
    for i, length in enumerate(lengths):
        start = knuckles + (i - 1.5) * 10.2 * across
        spread = np.radians(canvas.about((i - 1.5) * 2.5, 2.0))
        turned = along * np.cos(spread) + across * np.sin(spread)
        finger, shade = _finger(canvas, start, start + length * turned, 5.6 - 0.25 * abs(i - 1.5))
        seen = finger > alpha
        light = np.where(seen, shade, light).astype(np.float32)
        np.maximum(alpha, finger, out=alpha)
    back = [
        tuple(knuckles + u * along + v * across)
        for u, v in (
            (6, -20),
            (8, 0),
            (6, 20),
            (-22, 21),
            (-70, 17),
            (-110, 18),
            (-110, -18),
            (-70, -17),
            (-24, -20),
        )
    ]
    palm = canvas.inside(back)
    light = np.where(palm > alpha, 1.0 + 0.05 * canvas.clouds(12), light)
    for i in range(4):
        joint = knuckles + (i - 1.5) * 10.2 * across
        light *= 1 + 0.1 * np.exp(-((canvas.x - joint[0]) ** 2 + (canvas.y - joint[1]) ** 2) / 26)
    np.maximum(alpha, palm, out=alpha)
    grain = 1 + 0.02 * canvas.rng.standard_normal(canvas.shape, np.float32) + 0.05 * canvas.clouds(20)
    tone = np.array([canvas.about(0.98, 0.05), 1.0, canvas.about(1.0, 0.05)]) * canvas.about(1.0, 0.1)
    colour = canvas.painted(tone, np.asarray(light * grain, np.float32))
    return Layer(colour, alpha, canvas.shadow_of(alpha, 2.2, 0.5), of_skin=True)


def _finger(
    canvas: Canvas, start: FloatArray, end: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray]:
    """A finger as a capsule: where it is, and the light on its roundness with darker gaps at its sides."""
    axis = end - start
    length = float(np.hypot(*axis))
    unit = axis / length
    dx, dy = canvas.x - start[0], canvas.y - start[1]
    along = np.clip(dx * unit[0] + dy * unit[1], 0, length)
    away = np.hypot(dx - along * unit[0], dy - along * unit[1]) / radius
    inside = np.clip((1 - away) * radius * 1.5, 0, 1)
    creases = sum(np.exp(-(((along - part * length) / 0.9) ** 2)) for part in (0.4, 0.7))
    light = 1.05 - 0.42 * np.clip(away, 0, 1) ** 3 - 0.08 * creases
    return np.asarray(inside, np.float32), np.asarray(light, np.float32)
