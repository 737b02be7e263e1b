"""The states of a deployment and the moves between them, drawn, with the way that one has taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework.deployments import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from overt.casework.deployments import MoveView

__all__ = ["HEIGHT", "WIDTH", "DrawnMove", "DrawnState", "drawing"]

WIDTH: Final = 1020
HEIGHT: Final = 330
_ACROSS: Final = 122
_DOWN: Final = 40

_PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "draft": (75, 90),
    "submitted": (265, 90),
    "authorised": (465, 90),
    "live": (665, 90),
    "closed": (945, 90),
    "refused": (265, 195),
    "expired": (465, 195),
    "suspended": (665, 195),
    "published": (945, 195),
    "cancelled": (265, 295),
}
"""Where the middle of each state is."""

_WAYS: Final[Mapping[tuple[str, str], tuple[str, int, int, str]]] = {
    ("draft", "draft"): ("M45 70 C35 30 95 30 88 66", 62, 33, "middle"),
    ("draft", "submitted"): ("M136 90 H200", 168, 83, "middle"),
    ("submitted", "draft"): ("M240 70 C215 45 145 45 112 68", 178, 44, "middle"),
    ("submitted", "authorised"): ("M326 90 H400", 363, 83, "middle"),
    ("authorised", "draft"): ("M455 70 C425 5 145 5 99 67", 280, 17, "middle"),
    ("authorised", "live"): ("M526 90 H600", 563, 83, "middle"),
    ("live", "closed"): ("M726 90 H880", 803, 83, "middle"),
    ("live", "suspended"): ("M645 110 V170", 638, 145, "end"),
    ("suspended", "live"): ("M685 175 V115", 692, 145, "start"),
    ("suspended", "closed"): ("M726 190 C800 185 860 150 900 115", 740, 222, "start"),
    ("closed", "published"): ("M945 110 V170", 952, 145, "start"),
    ("published", "published"): ("M933 215 C923 255 965 255 957 220", 945, 262, "middle"),
    ("submitted", "refused"): ("M265 110 V170", 271, 150, "start"),
    ("submitted", "expired"): ("M311 110 L413 172", 374, 142, "start"),
    ("authorised", "expired"): ("M465 110 V170", 471, 145, "start"),
    ("refused", "draft"): ("M204 190 C160 185 112 160 96 115", 150, 172, "middle"),
    ("expired", "draft"): ("M440 215 C400 262 120 262 82 115", 135, 215, "end"),
    ("draft", "cancelled"): ("M60 110 C50 250 110 295 199 297", 66, 262, "end"),
    ("submitted", "cancelled"): ("M225 110 C172 150 172 250 218 272", 178, 200, "end"),
    ("refused", "cancelled"): ("M265 215 V270", 271, 262, "start"),
    ("expired", "cancelled"): ("M465 215 C460 265 400 285 331 291", 430, 270, "start"),
    ("authorised", "cancelled"): ("M520 110 C560 150 560 305 331 303", 510, 285, "start"),
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
