"""Deletion of entries and lists: the rows and the keys, and what is held of them in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from overt.casework.watchlists._held import forget_list
from overt.casework.watchlists._rows import chunks, find_watchlist
from overt.records.tables import ImportJob, LookAlikePair, ReferenceImage, Watchlist, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.commands import Work

__all__ = ["delete_entries", "delete_watchlist_rows"]


def delete_entries(work: Work, entry_ids: Sequence[str]) -> int:
    """Delete entries, their images and look-alike pairs, and destroy their keys; returns how many there were.

    Ids that are not there (any more) are passed over.
    """
    count = 0
    for some in chunks(sorted(set(entry_ids))):
        found = work.session.execute(
            select(WatchlistEntry.id, WatchlistEntry.key_id, WatchlistEntry.watchlist_id).where(
                WatchlistEntry.id.in_(some)
            )
        ).all()
        ids = [entry_id for entry_id, _, _ in found]
        if not ids:
            continue
        work.session.execute(
            delete(LookAlikePair).where(
                or_(LookAlikePair.first_id.in_(ids), LookAlikePair.second_id.in_(ids))
            )
        )
        work.session.execute(delete(ReferenceImage).where(ReferenceImage.entry_id.in_(ids)))
        work.session.execute(delete(WatchlistEntry).where(WatchlistEntry.id.in_(ids)))
        work.office.vault.destroy(work.session, [key_id for _, key_id, _ in found])
        for watchlist_id in {watchlist_id for _, _, watchlist_id in found}:
            forget_list(work, watchlist_id)
        count += len(ids)
    return count


def delete_watchlist_rows(work: Work, watchlist_id: str) -> int:
    """Delete a list with all that belongs to it, and destroy its keys; returns how many entries it had.

    Raises:
        MissingError: it is not there.
    """
    watchlist = find_watchlist(work, watchlist_id)
    entries = work.session.scalars(
        select(WatchlistEntry.id).where(WatchlistEntry.watchlist_id == watchlist_id)
    ).all()
    count = delete_entries(work, entries)
    work.session.execute(delete(ImportJob).where(ImportJob.watchlist_id == watchlist_id))
    work.session.execute(delete(Watchlist).where(Watchlist.id == watchlist_id))
    work.office.vault.destroy(work.session, [watchlist.key_id])
    forget_list(work, watchlist_id)
    return count
