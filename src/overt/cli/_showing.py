"""How commands ask for a whole listing, and print it: as JSON, or a table whose text cannot steer the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import BaseModel

    from overt.casework.paging import Listing, Page

__all__ = ["all_of", "safe", "show_json", "show_table"]

T = TypeVar("T")
_WIDE: Final = 200


def all_of(ask: Callable[[Page], Listing[T]]) -> list[T]:
    """Every item of a listing, page by page."""
    from overt.casework.paging import Page

    found: list[T] = []
    after: str | None = None
    while True:
        listing = ask(Page(after=after, limit=500))
        found += listing.items
        after = listing.next
        if after is None:
            return found


def show_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """Print a model, or several, as JSON."""
    import json

    from pydantic import BaseModel

    plain = (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else [item.model_dump(mode="json") for item in value]
    )
    print(json.dumps(plain, ensure_ascii=False))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(table)


def safe(text: str) -> str:
    """The text without what could steer a terminal: others wrote it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
