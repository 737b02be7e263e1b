"""Pages of long listings: by a place to go on from, so that none is shown twice while others are added."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Listing", "Page"]

T = TypeVar("T")


class Page(BaseModel):
    """Which part of a listing is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[
        str | None, Field(description="`next` of the page before; the first page without it.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="Most items of the page.")] = 100


class Listing(BaseModel, Generic[T]):
    """A page of a listing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[T, ...]
    next: Annotated[str | None, Field(description="Give it as `after` for the next page; null on the last.")]
    total: Annotated[int, Field(description="Items of the whole listing.")]
