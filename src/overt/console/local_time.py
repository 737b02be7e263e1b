"""Times as people write them: by the clock on the wall, in a country that turns its clocks twice a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from overt.console.wording import LOCAL
from overt.errors import InputError

__all__ = ["Turn", "comes_twice", "from_wall"]

Turn = Literal["", "first", "second"]
_SHAPES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


def from_wall(written: str, field: str, turn: Turn = "") -> datetime:
    """The moment of a time on the wall's clock, UTC.

    Args:
        written: as a `datetime-local` field gives it, or with a space between day and time.
        field: that it was written in, for the refusal.
        turn: which of the two is meant where the clocks go back and an hour comes twice.

    Raises:
        InputError: it is no time, or one that does not come or comes twice on that night.
    """
    wall = _wall(written)
    if wall is None:
        raise InputError(
            "That is no day and time", "Write it like 2026-06-01 18:30, by the clock on the wall", field=field
        )
    if not _comes(wall):
        raise InputError(
            f"The clocks go forward that night, and {wall:%H:%M} does not come",
            "Choose a time before or after that hour",
            field=field,
        )
    if comes_twice(written) and not turn:
        raise InputError(
            f"The clocks go back that night, and {wall:%H:%M} comes twice",
            "Say which of the two is meant",
            field=field,
        )
    return wall.replace(tzinfo=LOCAL, fold=int(turn == "second")).astimezone(UTC)


def comes_twice(written: str) -> bool:
    """Whether it is a time in the hour that comes twice as the clocks go back."""
    wall = _wall(written)
    if wall is None or not _comes(wall):
        return False
    first, second = (wall.replace(tzinfo=LOCAL, fold=fold).utcoffset() for fold in (0, 1))
    return first != second


def _comes(wall: datetime) -> bool:
    """Whether the clock shows it at all that day: not within the hour that is left out."""
    back = wall.replace(tzinfo=LOCAL).astimezone(UTC).astimezone(LOCAL)
    return abs(back.replace(tzinfo=None) - wall) < timedelta(seconds=1)


def _wall(written: str) -> datetime | None:
    for shape in _SHAPES:
        try:
            return datetime.strptime(written.strip(), shape)
        except ValueError:
            continue
    return None
