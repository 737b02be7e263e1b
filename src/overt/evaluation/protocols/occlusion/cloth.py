"""Coverings of cloth: a scarf over mouth and chin, a surgical mask, a hood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.evaluation.protocols.occlusion.canvas import Layer

if TYPE_CHECKING:
    from overt.evaluation.protocols.occlusion.canvas import Canvas

__all__ = ["draw_hood", "draw_mask", "draw_scarf"]

_CLOTHS: Final = (
    (60, 40, 35),
    (45, 45, 48),
    (40, 40, 130),
    (70, 95, 60),
    (150, 150, 155),
    (120, 90, 60),
    (70, 110, 150),
    (110, 60, 90),
)
_MASKS: Final = ((225, 205, 165), (235, 235, 235), (215, 195, 150), (45, 42, 40), (205, 215, 190))


def draw_scarf(canvas: Canvas) -> Layer:
    """A scarf wound around the neck and drawn up over the chin and the mouth, now and then over the nose."""
    top = canvas.about(77, 7)
    edge = [
        (-14.0, top - 6),
        (12.0, top + 2),
        (36.0, top + 4),
        (56.0, top),
        (78.0, top + 4),
        (100.0, top + 2),
    ]
    outline = [*canvas.shaky(edge, 2.0), (126.0, top - 6), (140.0, 120.0), (124.0, 168.0), (-12.0, 168.0)]
    alpha = canvas.inside([*outline, (-28.0, 120.0)], soft=1.0)
    light = canvas.folds(canvas.about(0, 14), canvas.about(15, 4), 0.2) * canvas.weave(
        canvas.about(2.4, 0.8), 0.07
    )
    round_the_face = 1.08 - 0.35 * np.abs((canvas.x - 56) / 70) ** 1.6
    colour = canvas.painted(
        _CLOTHS[canvas.rng.integers(len(_CLOTHS))], np.asarray(light * round_the_face * 1.2)
    )
    if canvas.rng.random() < 0.4:
        other = canvas.painted(
            _CLOTHS[canvas.rng.integers(len(_CLOTHS))], np.asarray(light * round_the_face * 1.2)
        )
        stripes = np.sin((canvas.y + 0.2 * canvas.x + 4 * canvas.clouds(40)) * canvas.about(0.55, 0.2)) > 0.2
        colour = np.where(stripes[..., None], other, colour)
    return Layer(colour, alpha, canvas.shadow_of(alpha, 2.5, 0.45))


def draw_mask(canvas: Canvas) -> Layer:
    """A pleated surgical mask over nose, mouth and chin, with its loops."""
    top = canvas.about(61, 4)
    outline = canvas.shaky(
        [
            (15.0, top + 6),
            (36.0, top + 3),
            (56.0, top - 3),
            (76.0, top + 3),
            (97.0, top + 6),
            (99.0, 92.0),
            (84.0, 114.0),
            (56.0, 124.0),
            (28.0, 114.0),
            (13.0, 92.0),
        ],
        1.2,
    )
    alpha = canvas.inside(outline)
    pleats = np.ones(canvas.shape, np.float32)
    for at in (80.0, 91.0, 102.0):
        below = (canvas.y - canvas.about(at, 1.5) + 0.0022 * (canvas.x - 56) ** 2) / 1.6
        pleats -= np.asarray(0.16 * np.exp(-(below**2)) - 0.07 * np.exp(-((below - 1.8) ** 2)), np.float32)
    dome = 1.06 - 0.3 * ((canvas.x - 56) / 52) ** 2 - 0.0016 * (canvas.y - 88)
    light = np.asarray(pleats * dome * canvas.weave(0.9, 0.02) * (1 + 0.03 * canvas.clouds(14)), np.float32)
    colour = canvas.painted(_MASKS[canvas.rng.integers(len(_MASKS))], light)
    loops = np.zeros(canvas.shape, np.float32)
    for side in (-1, 1):
        ear = 56 + side * canvas.about(56, 3)
        for start, ends in (((56 + side * 40, top + 8), top - 2), ((56 + side * 41, 97.0), 72.0)):
            between = (56 + side * 50, (start[1] + ends) / 2)
            loops = np.maximum(loops, canvas.stroke([start, between, (ear, ends)], 1.1))
    edge = np.clip(
        alpha - canvas.inside([(56 + 0.97 * (x - 56), 90 + 0.965 * (y - 90)) for x, y in outline]), 0, 1
    )
    colour = np.asarray(colour * (1 - 0.18 * edge[..., None]), np.float32)
    together = np.maximum(alpha, 0.9 * loops)
    return Layer(colour, together, canvas.shadow_of(alpha, 1.6, 0.35))


def draw_hood(canvas: Canvas) -> Layer:
    """A hood drawn over the forehead and the sides of the face, which it shades."""
    top, side = canvas.about(30, 5), canvas.about(46, 4)
    opening = canvas.shaky(
        [
            (56 - side, 74.0),
            (56 - 0.86 * side, 46.0),
            (56 - 0.5 * side, top + 4),
            (56.0, top),
            (56 + 0.5 * side, top + 4),
            (56 + 0.86 * side, 46.0),
            (56 + side, 74.0),
            (56 + 0.9 * side, 112.0),
            (56 + 0.45 * side, 140.0),
            (56 - 0.45 * side, 140.0),
            (56 - 0.9 * side, 112.0),
        ],
        1.5,
    )
    outside = [
        (-22.0, 150.0),
        (-30.0, 80.0),
        (-20.0, 10.0),
        (10.0, -34.0),
        (56.0, -46.0),
        (102.0, -34.0),
        (132.0, 10.0),
        (142.0, 80.0),
        (134.0, 150.0),
        (56.0, 168.0),
    ]
    hole = canvas.inside(opening, soft=1.2)
    alpha = np.asarray(canvas.inside(outside, soft=2.0) * (1 - hole), np.float32)
    light = canvas.folds(canvas.about(80, 15), canvas.about(24, 6), 0.16) * canvas.weave(
        canvas.about(1.6, 0.4), 0.05
    )
    away = np.hypot((canvas.x - 56) / 1.0, (canvas.y - 70) / 1.2)
    rim = 0.8 + 0.3 * np.clip((away - 45) / 25, 0, 1)
    colour = canvas.painted(_CLOTHS[canvas.rng.integers(len(_CLOTHS))], np.asarray(light * rim))
    deep = np.clip((58 - canvas.y) / 34, 0, 1) * canvas.about(0.5, 0.12)
    shadow = np.asarray(np.maximum(deep, canvas.shadow_of(alpha, 5.0, 0.55)), np.float32)
    return Layer(colour, alpha, shadow)
