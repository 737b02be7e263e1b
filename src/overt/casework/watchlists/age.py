"""Ages in whole years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["ADULT", "age_on", "is_under_18"]

ADULT: Final = 18


def age_on(born: dt.date | None, day: dt.date) -> int | None:
    """Whole years of age on a day; None where the date of birth is unknown.

    Someone born on 29 February comes of age, in a common year, on 1 March.

    >>> import datetime as dt
    >>> age_on(dt.date(2008, 2, 29), dt.date(2026, 2, 28)), age_on(dt.date(2008, 2, 29), dt.date(2026, 3, 1))
    (17, 18)
    """
    if born is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_under_18(born: dt.date | None, day: dt.date) -> bool | None:
    """Whether someone is under 18 on a day; None where the date of birth is unknown."""
    age = age_on(born, day)
    return None if age is None else age < ADULT
