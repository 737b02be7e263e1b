"""Times and days that people give: written out, never a number whose unit and epoch would be guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

__all__ = ["Day", "Moment", "WrittenTime"]


def _written_out(value: object) -> object:
    if isinstance(value, (date, datetime)) or value is None:
        return value
    if isinstance(value, str) and "-" in value.strip()[1:]:
        return value
    raise ValueError("write it out, like 2026-06-01 or 2026-06-01T14:05:00+01:00")


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


WrittenTime = Annotated[datetime, BeforeValidator(_written_out)]
"""A time, with its zone or without."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""A time with its zone; kept as UTC."""

Day = Annotated[date, BeforeValidator(_written_out)]
"""A day."""
