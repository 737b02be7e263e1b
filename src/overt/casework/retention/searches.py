"""Retrospective searches: when their time is over a row of figures about nobody is left of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from overt.casework.retention.kinds import Counts, Dated
from overt.records.tables import Search, SearchCandidate, SearchExamination, SearchOutcome, SearchReview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from overt.casework.commands import Work

__all__ = ["Searches"]


class Searches(Dated):
    """What tells of a person in a search: the face, whom it returned, reasons, examinations and notes.

    A search that nobody has brought to its end by then is closed as it stands.
    """

    name = "searches"
    figure = "search_days"
    counts_from = "the search"

    def since(self) -> ColumnElement[Any]:
        """The search."""
        return Search.__table__.c.searched_at

    def key(self) -> ColumnElement[Any]:
        """Its id."""
        return Search.__table__.c.id

    def only(self) -> list[ColumnElement[bool]]:
        """Those that still have it."""
        return [Search.personal_data_deleted_at.is_(None)]

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """Destroy their keys and empty what was sealed under them; the figures stay."""
        session = work.session
        searches = session.scalars(select(Search).where(Search.id.in_(keys)).with_for_update()).all()
        doomed = [search.key_id for search in searches if search.key_id is not None]
        unfinished = 0
        for search in searches:
            search.key_id = search.sealed_words = search.sealed_face = search.probe_mac = None
            search.face, search.personal_data_deleted_at = {}, work.now
            if search.state != "closed":
                search.state, search.closed_at = "closed", work.now
                unfinished += 1
        mine = SearchCandidate.search_id.in_(keys)
        session.execute(
            update(SearchCandidate).where(mine).values(record_id=None, image_id=None, number=None)
        )
        session.execute(
            update(SearchExamination).where(SearchExamination.search_id.in_(keys)).values(sealed_words=b"")
        )
        session.execute(update(SearchReview).where(SearchReview.search_id.in_(keys)).values(sealed_words=b""))
        session.execute(
            update(SearchOutcome).where(SearchOutcome.search_id.in_(keys)).values(sealed_words=None)
        )
        session.flush()
        work.office.vault.destroy(session, doomed)
        counts = {self.name: len(searches)}
        if unfinished:
            counts["searches-unfinished"] = unfinished
        return counts
