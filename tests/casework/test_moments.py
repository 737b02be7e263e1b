"""Times and days are written out; a bare number is refused rather than taken for seconds since 1970."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from overt.casework.moments import Day, Moment, WrittenTime


@pytest.mark.parametrize("kind", [Day, Moment, WrittenTime])
@pytest.mark.parametrize("value", [0, 86_400, 0.5, "0", "0.5", "-86400", "1750000000", True])
def test_a_number_is_no_time(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError, match="write it out"):
        TypeAdapter(kind).validate_python(value)


def test_what_is_written_out_is_taken() -> None:
    assert TypeAdapter(Day).validate_python("2026-06-01") == date(2026, 6, 1)
    moment = TypeAdapter(Moment).validate_python("2026-06-01T14:05:00+01:00")
    assert (moment, moment.tzinfo) == (datetime(2026, 6, 1, 13, 5, tzinfo=UTC), UTC)
    assert TypeAdapter(WrittenTime).validate_python("2026-06-01T14:05:00").tzinfo is None
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python("2026-06-01T14:05:00")
