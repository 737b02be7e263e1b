"""What every route takes the same way: ids in addresses, pages of listings, JSON that every database can hold."""

import math
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from overt.casework.paging import Page
from overt.errors import InputError

__all__ = ["Id", "ThePage", "plain_json"]

Id = Annotated[
    str,
    Path(
        min_length=3,
        max_length=64,
        pattern=r"^[a-z]+(-[a-z]+)*-[0-9a-f]{16}$",
        description="An id, such as `entry-3f9c0d5e7a1b2c4d`.",
    ),
]
ThePage = Annotated[Page, Query()]


async def plain_json(request: Request) -> None:
    """Refuse what JSON can say and a database cannot hold: a NUL in a text, a number that is none.

    Raises:
        InputError: it names the place.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        if not await request.body():
            return
        _check(await request.json())


def _check(document: Any) -> None:
    waiting: list[tuple[str, Any]] = [("body", document)]
    while waiting:
        field, value = waiting.pop()
        match value:
            case str() if "\x00" in value:
                raise InputError("A text holds a NUL character", "Take it out", field=field[:200])
            case float() if not math.isfinite(value):
                raise InputError("A number is not finite", "Write a number", field=field[:200])
            case dict():
                if any("\x00" in key for key in value):
                    raise InputError("A name holds a NUL character", "Take it out", field=field[:200])
                waiting += [(f"{field}.{key}", part) for key, part in value.items()]
            case list():
                waiting += [(f"{field}.{at}", part) for at, part in enumerate(value)]
            case _:
                pass


PlainJson = Depends(plain_json)
