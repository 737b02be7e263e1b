"""Searches go on when somebody whom they returned is deleted in the collection: nobody examines them in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.searches._rows import case_of
from overt.records.tables import Search, SearchCandidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.commands import Work

__all__ = ["go_on_without"]


def go_on_without(work: Work, collection_id: str, record_ids: Sequence[str] | None = None) -> int:
    """Searches in a collection that waited for an examination of records that are deleted: on to what is due next.

    Args:
        work: the transaction in which they are deleted.
        collection_id: of the collection.
        record_ids: some hundreds that are deleted; all of the collection's if None.

    Returns:
        How many searches wait for something else now.
    """
    asked = select(Search).where(Search.collection_id == collection_id, Search.state == "examination")
    if record_ids is not None:
        of_them = select(SearchCandidate.search_id).where(SearchCandidate.record_id.in_(record_ids))
        asked = asked.where(Search.id.in_(of_them))
    work.session.flush()
    moved = 0
    for search in work.session.scalars(asked.with_for_update()).all():
        before, search.state = search.state, case_of(work, search).standing.state
        moved += search.state != before
    work.session.flush()
    return moved
