"""The states of a deployment and the moves between them, drawn, with the way that one has taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework.deployments import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from overt.casework.deployments import MoveView

__all__ = ["HEIGHT", "WIDTH", "DrawnMove", "DrawnState", "drawing"]

WIDTH: Final = 860
HEIGHT: Final = 330
_ACROSS: Final = 122
_DOWN: Final = 40

_PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "draft": (75, 90),
    "submitted": (250, 90),
    "authorised": (425, 90),
    "live": (600, 90),
    "closed": (780, 90),
    "refused": (250, 195),
    "expired": (425, 195),
    "suspended": (600, 195),
    "published": (780, 195),
    "cancelled": (250, 295),
}
"""Where the middle of each state is."""

_WAYS: Final[Mapping[tuple[str, str], tuple[str, int, int, str]]] = {
    ("draft", "draft"): ("M45 70 C35 30 95 30 88 66", 62, 33, "middle"),
    ("draft", "submitted"): ("M136 90 H185", 161, 82, "middle"),
    ("submitted", "draft"): ("M225 70 C205 45 140 45 110 68", 168, 44, "middle"),
    ("submitted", "authorised"): ("M311 90 H360", 337, 82, "middle"),
    ("authorised", "draft"): ("M415 70 C390 5 140 5 98 67", 260, 17, "middle"),
    ("authorised", "live"): ("M486 90 H535", 511, 82, "middle"),
    ("live", "live"): ("M590 70 C580 30 620 30 612 66", 600, 33, "middle"),
    ("live", "closed"): ("M661 90 H715", 688, 82, "middle"),
    ("live", "suspended"): ("M580 110 V170", 575, 145, "end"),
    ("suspended", "live"): ("M620 175 V115", 626, 145, "start"),
    ("suspended", "closed"): ("M661 185 L732 116", 706, 172, "start"),
    ("closed", "published"): ("M780 110 V170", 787, 145, "start"),
    ("published", "published"): ("M770 215 C760 255 800 255 792 220", 781, 262, "middle"),
    ("submitted", "refused"): ("M250 110 V170", 255, 155, "start"),
    ("submitted", "expired"): ("M296 110 L376 172", 345, 142, "start"),
    ("authorised", "expired"): ("M425 110 V170", 431, 145, "start"),
    ("refused", "draft"): ("M189 190 C150 185 105 160 92 115", 122, 182, "middle"),
    ("expired", "draft"): ("M400 215 C370 250 110 250 78 115", 150, 233, "middle"),
    ("draft", "cancelled"): ("M60 110 C55 240 110 292 184 295", 78, 262, "end"),
    ("submitted", "cancelled"): ("M205 110 C160 150 165 250 208 273", 168, 205, "end"),
    ("refused", "cancelled"): ("M250 215 V270", 256, 262, "start"),
    ("expired", "cancelled"): ("M425 215 C420 270 370 290 316 293", 384, 276, "start"),
    ("authorised", "cancelled"): ("M480 110 C510 150 520 300 316 300", 455, 300, "start"),
}
"""The line of each pair of states, and where what it is called stands. `drawing` draws every pair of the table."""


@dataclass(frozen=True)
class DrawnState:
    """A state's box.

    Attributes:
        state: its name.
        left: of the box; likewise the rest of its measures.
        here: whether the deployment is in it.
        been: whether it has been.
    """

    state: str
    left: int
    top: int
    width: int
    height: int
    middle: int
    line: int
    here: bool
    been: bool


@dataclass(frozen=True)
class DrawnMove:
    """A line between two states.

    Attributes:
        moves: the moves that lead along it.
        path: of the line.
        x: of what it is called; likewise `y` and `anchor`.
        taken: whether this deployment went along it.
    """

    moves: tuple[str, ...]
    path: str
    x: int
    y: int
    anchor: str
    taken: bool


def drawing(state: str, moves: Iterable[MoveView]) -> tuple[tuple[DrawnState, ...], tuple[DrawnMove, ...]]:
    """The boxes and the lines; lines that were taken come last, so that they lie on top.

    Args:
        state: that the deployment is in.
        moves: that it has made.
    """
    made = [(one.move, one.from_state, one.to_state) for one in moves]
    been = {state, *(origin for _, origin, _ in made), *(to for _, _, to in made)}
    boxes = tuple(
        DrawnState(
            state=name,
            left=x - _ACROSS // 2,
            top=y - _DOWN // 2,
            width=_ACROSS,
            height=_DOWN,
            middle=x,
            line=y + 5,
            here=name == state,
            been=name in been,
        )
        for name, (x, y) in _PLACES.items()
    )
    between: dict[tuple[str, str], list[str]] = {}
    for name, leads in TABLE.items():
        for origin, to in leads.items():
            between.setdefault((origin, to), []).append(name)
    lines = []
    for pair, names in between.items():
        path, x, y, anchor = _WAYS[pair]
        taken = any((name, *pair) in made for name in names)
        lines.append(DrawnMove(tuple(names), path, x, y, anchor, taken))
    return boxes, tuple(sorted(lines, key=lambda line: line.taken))
