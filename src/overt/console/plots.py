"""Plots as SVG of our own: drawn on the server, coloured by the page's style sheet, told apart without colour.

They are as wide as their place, and their words keep their size on a phone: all that lies along the width is in per
cent. Each stands beside a table of the same figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from overt.casework.publication.wording import number
from overt.console.wording import LOCAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Series", "bar", "interval", "strip", "swatch", "time_bars"]

_TALL: Final = 200.0
_FLOOR: Final = 24.0
_HEAD: Final = 18.0
_MOST_LABELS: Final = 6
_MARKS: Final = ("p50", "p95", "p99", "max")


@dataclass(frozen=True)
class Series:
    """One kind of bar.

    Attributes:
        name: what it counts.
        look: how it is filled, as the style sheet knows it: `solid`, `hatched`, `open` or `dotted`.
        counts: one for each place.
    """

    name: str
    look: str
    counts: tuple[int, ...]


def time_bars(title: str, starts: Sequence[datetime], series: Sequence[Series]) -> Markup:
    """Bars over time, those of one interval on top of each other.

    Args:
        title: what is drawn, for those who do not see it.
        starts: when each interval begins.
        series: the kinds of bars, the lowest first.
    """
    many = max(1, len(starts))
    totals = [sum(one.counts[at] for one in series) for at in range(len(starts))]
    steps = _steps(max(totals, default=0))
    top = steps[-1]

    def height(value: float) -> float:
        return _HEAD + (_TALL - _FLOOR - _HEAD) * (1 - value / top)

    parts = [_patterns()]
    for step in steps:
        y = height(step)
        parts.append(_line("grid" if step else "axis", "0%", y, "100%", y))
        if step:
            parts.append(_text("0%", y - 4, number(step)))
    for at in range(len(starts)):
        below = 0
        for one in series:
            count = one.counts[at]
            if count:
                parts.append(
                    Markup(
                        '<rect class="bar {}" x="{:.3f}%" y="{:.1f}" width="{:.3f}%" height="{:.1f}"/>'
                    ).format(
                        one.look,
                        100 * (at + 0.08) / many,
                        height(below + count),
                        84 / many,
                        height(below) - height(below + count),
                    )
                )
            below += count
    every = max(1, math.ceil(many / _MOST_LABELS))
    for at in range(0, len(starts), every):
        said = starts[at].astimezone(LOCAL).strftime("%H:%M")
        parts.append(_text(f"{100 * at / many:.3f}%", _TALL - 6, said))
    return _svg("tall", title, parts)


def bar(count: int, of: int) -> Markup:
    """A bar in a row of a table that says the count itself; so it is nothing to those who do not see it."""
    share = 100 * count / of if of else 0.0
    return Markup(
        '<svg class="plot row-bar" aria-hidden="true"><rect class="bar solid" width="{:.2f}%" height="100%"/></svg>'
    ).format(share)


def strip(title: str, values: dict[str, float | None], limit: float | None = None) -> Markup:
    """Where p50, p95, p99 and the greatest lie, on a logarithmic scale of milliseconds.

    Args:
        title: what is drawn, for those who do not see it.
        values: `p50`, `p95`, `p99`, `max`; nothing is drawn for what is None.
        limit: what is to be held to, drawn as a broken line.
    """
    known = [value for name in _MARKS if (value := values.get(name)) is not None]
    if not known:
        return Markup("")
    wanted = [max(1.0, value) for value in (*known, *([limit] if limit else []))]
    low, high = math.floor(math.log10(min(wanted))), math.ceil(math.log10(max(wanted)))
    high = max(high, low + 1)

    def at(value: float) -> float:
        return 2 + 90 * (math.log10(max(1.0, value)) - low) / (high - low)

    parts = [_line("axis", "2%", 24, "92%", 24)]
    for power in range(low, high + 1):
        x = f"{at(10.0**power):.2f}%"
        parts += [
            _line("grid", x, 12, x, 36),
            _text(x, 54, _ms(10.0**power), "middle" if power > low else "start"),
        ]
    if limit is not None:
        x = f"{at(limit):.2f}%"
        parts.append(_line("mark", x, 4, x, 40))
    if (first := values.get("p50")) is not None and (last := values.get("max")) is not None:
        parts.append(
            Markup('<rect class="span" x="{:.2f}%" y="20" width="{:.2f}%" height="8"/>').format(
                at(first), max(0.0, at(last) - at(first))
            )
        )
    parts += [_sign(name, f"{at(value):.2f}%") for name in _MARKS if (value := values.get(name)) is not None]
    return _svg("strip", title, parts)


def interval(title: str, rate: float, low: float, high: float) -> Markup:
    """A proportion and its interval, between 0 and 100 per cent."""
    parts = [_line("axis", "2%", 16, "98%", 16)]
    for share in (0.0, 0.5, 1.0):
        x = f"{2 + 96 * share:.1f}%"
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        parts += [_line("grid", x, 8, x, 24), _text(x, 42, f"{share:.0%}", anchor)]
    left, right = (f"{2 + 96 * value:.2f}%" for value in (low, high))
    parts += [
        _line("curve", left, 16, right, 16),
        _line("curve", left, 9, left, 23),
        _line("curve", right, 9, right, 23),
        Markup('<circle class="bar solid" cx="{:.2f}%" cy="16" r="5"/>').format(2 + 96 * rate),
    ]
    return _svg("interval", title, parts)


def swatch(look: str) -> Markup:
    """How a kind of bar looks, or the sign of a mark, for the legend."""
    if look in _MARKS:
        return Markup('<svg class="plot swatch" aria-hidden="true">{}</svg>').format(_sign(look, "8", 8))
    return Markup(
        '<svg class="plot swatch" aria-hidden="true"><rect class="bar {}" x="1" y="1" width="14" height="14"/></svg>'
    ).format(look)


def _sign(name: str, x: str, y: float = 24) -> Markup:
    """Each mark is of a shape of its own: a disc, a square, a diamond, an upright."""
    if name == "p50":
        return Markup('<circle class="sign" cx="{}" cy="{}" r="6"/>').format(x, y)
    wide, tall, turn = {"p95": (11, 11, 0), "p99": (10, 10, 45), "max": (3, 16, 0)}[name]
    return Markup(
        '<svg class="held" x="{}" y="{}"><rect class="sign {}" x="{}" y="{}" width="{}" height="{}"{}/></svg>'
    ).format(
        x,
        y,
        name,
        -wide / 2,
        -tall / 2,
        wide,
        tall,
        Markup(' transform="rotate({})"').format(turn) if turn else "",
    )


def _steps(most: int) -> list[int]:
    """Round figures from 0 to at least the most, four or five of them.

    >>> _steps(7), _steps(0), _steps(230)
    ([0, 2, 4, 6, 8], [0, 1], [0, 100, 200, 300])
    """
    if most <= 1:
        return [0, 1]
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(int(power * one) for one in (1, 2, 5, 10) if power * one >= rough)
    return list(range(0, step * math.ceil(most / step) + 1, step))


def _ms(value: float) -> str:
    """A time on an axis.

    >>> _ms(100.0), _ms(10000.0)
    ('100 ms', '10 s')
    """
    return f"{value:,.0f} ms" if value < 1000 else f"{value / 1000:,.0f} s"


def _patterns() -> Markup:
    return Markup(
        '<defs><pattern id="plot-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)">'
        '<rect class="hatch" width="2.5" height="6"/></pattern>'
        '<pattern id="plot-dots" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<circle class="hatch" cx="2.5" cy="2.5" r="1.2"/></pattern></defs>'
    )


def _svg(kind: str, title: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="plot {}" role="img" aria-label="{}">{}</svg>').format(
        kind, title, Markup("").join(parts)
    )


def _line(kind: str, x1: str, y1: float, x2: str, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(kind, x1, y1, x2, y2)


def _text(x: str, y: float, said: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, said)
