"""Finding rows, by id, or saying that they are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from overt.errors import MissingError
from overt.records.tables import ReferenceImage, Watchlist, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from overt.casework.commands import Work

__all__ = ["chunks", "find_entry", "find_image", "find_watchlist", "hold_watchlist"]

T = TypeVar("T")
_AT_ONCE: Final = 500


def chunks(items: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """Parts of a sequence: a statement takes only so many values."""
    return (items[at : at + size] for at in range(0, len(items), size))


def find_watchlist(work: Work, watchlist_id: str) -> Watchlist:
    """A list.

    Raises:
        MissingError: there is none of this id.
    """
    found = work.session.get(Watchlist, watchlist_id)
    if found is None:
        raise MissingError(f"There is no watchlist {watchlist_id[:40]}", "See `overt watchlists list`")
    return found


def hold_watchlist(work: Work, watchlist_id: str) -> Watchlist:
    """A list, locked until the transaction ends: whoever writes to a list or its entries holds it.

    Raises:
        MissingError: there is none of this id.
    """
    found = work.session.get(Watchlist, watchlist_id, with_for_update=True)
    if found is None:
        raise MissingError(f"There is no watchlist {watchlist_id[:40]}", "See `overt watchlists list`")
    return found


def find_entry(work: Work, entry_id: str, *, watchlist_id: str | None = None) -> WatchlistEntry:
    """An entry (of this list, where one is named).

    Raises:
        MissingError: there is none of this id.
    """
    found = work.session.get(WatchlistEntry, entry_id)
    if found is None or watchlist_id not in {None, found.watchlist_id}:
        raise MissingError(f"There is no entry {entry_id[:40]}", "It may have been deleted; list the entries")
    return found


def find_image(work: Work, image_id: str) -> ReferenceImage:
    """A reference image.

    Raises:
        MissingError: there is none of this id.
    """
    found = work.session.get(ReferenceImage, image_id)
    if found is None:
        raise MissingError(f"There is no image {image_id[:40]}", "It may have been deleted; show its entry")
    return found
