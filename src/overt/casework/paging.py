"""Pages of long listings: by a place to go on from, so that none is shown twice while others are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import and_, func, or_, select

from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

__all__ = ["Listing", "Page", "Rows", "newest_first"]

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


@dataclass(frozen=True)
class Rows(Generic[T]):
    """The rows of a page: those to show, where the next page begins, and how many there are in all."""

    shown: Sequence[T]
    next: str | None
    total: int


def newest_first(
    session: Session,
    table: type[T],
    moment: InstrumentedAttribute[datetime],
    page: Page,
    *among: ColumnElement[bool],
) -> Rows[T]:
    """A page of a table's rows, the newest first and those of one moment by id.

    Args:
        session: the transaction.
        table: with an `id`.
        moment: its column that the order goes by.
        page: which part.
        among: what the listed rows have in common.

    Raises:
        InputError: `page.after` is none of this listing's.
    """
    of: Any = table
    asked = select(table).where(*among).order_by(moment.desc(), of.id)
    if page.after is not None:
        last: Any = session.get(table, page.after)
        if last is None:
            raise InputError("There is no such page", "Begin with the first", field="after")
        then = getattr(last, moment.key)
        asked = asked.where(or_(moment < then, and_(moment == then, of.id > last.id)))
    found: Sequence[Any] = session.scalars(asked.limit(page.limit + 1)).all()
    shown = found[: page.limit]
    return Rows(
        shown,
        next=shown[-1].id if len(found) > len(shown) else None,
        total=session.scalar(select(func.count()).select_from(table).where(*among)) or 0,
    )
