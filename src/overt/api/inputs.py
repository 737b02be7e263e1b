"""What every route takes the same way: ids in addresses, pages of listings, JSON that every database can hold."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from overt.api.openapi import API_PREFIX
from overt.casework.paging import Page
from overt.errors import InputError
from overt.web.limits import JSON_BYTES, most_bytes

__all__ = ["Id", "ThePage", "api_router", "open_router", "plain_json"]

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
    is_json = kind == "application/json" or kind.endswith("+json")
    if is_json and most_bytes(request.url.path) == JSON_BYTES and await request.body():
        try:
            _check(await request.json())
        except (ValueError, RecursionError) as error:
            raise HTTPException(400) from error


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


def api_router(subject: str, path: str = "") -> APIRouter:
    """A router of one subject's routes, below this version's prefix."""
    return APIRouter(prefix=f"{API_PREFIX}{path}", tags=[subject], dependencies=[Depends(plain_json)])


def open_router(subject: str) -> APIRouter:
    """A router of routes that stand outside the versions, and are open to whoever asks."""
    return APIRouter(tags=[subject])
