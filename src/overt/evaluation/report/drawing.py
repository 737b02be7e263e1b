"""Curves as inline SVG: no script, font or file from anywhere else, and words for those who do not see them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.evaluation.metrics import Curve

__all__ = ["cmc_chart", "det_chart"]

_WIDTH, _HEIGHT = 560, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 16, 16, 52
_LEAST: Final = 1e-4


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis: its words, its marks and where a value lies on it, from 0 to 1."""

    title: str
    marks: tuple[float, ...]
    place: Callable[[float], float]
    words: Callable[[float], str]


def det_chart(
    curve: Curve,
    *,
    points: Sequence[tuple[float, float]] = (),
    across: str = "FPIR",
    up: str = "FNIR",
    title: str = "Detection error trade-off",
) -> str:
    """Misses against false positives, both on logarithmic scales, with measured operating points marked.

    Args:
        curve: the rates.
        points: false positives and false negatives of operating points.
        across: the name of the rate of false positives.
        up: the name of the rate of false negatives.
        title: of the picture.
    """
    drawn = [
        (a, b)
        for a, b in zip(curve.false_positives, curve.false_negatives, strict=True)
        if a >= _LEAST and b >= _LEAST
    ]
    lowest = min((b for _, b in drawn), default=_LEAST)
    floor = 10 ** math.floor(math.log10(max(lowest, _LEAST)))
    words = f"{title}: " + ", ".join(f"{up} {b:.1%} at {across} {a:.2%}" for a, b in points)
    return _chart(
        title,
        words,
        _log_axis(across, _LEAST),
        _log_axis(up, floor),
        _stepped(drawn),
        points,
    )


def cmc_chart(parts: Sequence[float]) -> str:
    """The cumulative match characteristic: the part of people found among the first r candidates."""
    ranks = list(enumerate(parts, 1))
    floor = math.floor(min(parts, default=0) * 10) / 10
    top = max(len(parts), 2)
    marks = tuple(floor + (1 - floor) * i / 5 for i in range(6))
    first, last = (parts[0], parts[-1]) if parts else (0.0, 0.0)
    words = f"Cumulative match characteristic: {first:.1%} at rank 1, {last:.1%} at rank {len(parts)}"
    return _chart(
        "Cumulative match characteristic",
        words,
        _Axis(
            "rank",
            tuple(r for r in (1, 2, 5, 10, 20, 50) if r <= top),
            lambda r: math.log(r) / math.log(top),
            lambda r: f"{r:.0f}",
        ),
        _Axis("identified", marks, lambda v: (v - floor) / max(1 - floor, 1e-9), lambda v: f"{v:.0%}"),
        [(float(r), part) for r, part in ranks],
        [],
    )


def _log_axis(title: str, least: float) -> _Axis:
    decades = round(-math.log10(least))
    return _Axis(
        title,
        tuple(10.0**-power for power in range(decades, -1, -1)),
        lambda value: 1 + math.log10(max(value, least)) / decades if decades else 0.0,
        lambda value: f"{value * 100:g}%",
    )


def _stepped(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Rates of counts change in steps; straight lines between them would promise what was not seen."""
    out: list[tuple[float, float]] = []
    for point in points:
        if out:
            out.append((out[-1][0], point[1]))
        out.append(point)
    return out


def _chart(  # noqa: PLR0917 - a picture's parts in the order in which they are read
    title: str,
    words: str,
    across: _Axis,
    up: _Axis,
    line: Sequence[tuple[float, float]],
    points: Sequence[tuple[float, float]],
) -> str:
    def at(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + across.place(x) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up.place(y) * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(words)}">',
        f"<title>{escape(title)}</title>",
    ]
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for mark in across.marks:
        x = _LEFT + across.place(mark) * (right - _LEFT)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{across.words(mark)}</text>')
    for mark in up.marks:
        y = bottom - up.place(mark) * (bottom - _TOP)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{up.words(mark)}</text>')
    if line:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (at(*point) for point in line))
        parts.append(f'<path class="line" d="M{path}"/>')
    for point in points:
        x, y = at(max(point[0], _LEAST), max(point[1], _LEAST))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
    turned = f'transform="translate(16 {(_TOP + bottom) / 2:.0f}) rotate(-90)"'
    parts += [
        f'<text x="{(_LEFT + right) / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">{escape(across.title)}</text>',
        f'<text {turned} text-anchor="middle">{escape(up.title)}</text>',
        "</svg>",
    ]
    return "".join(parts)
