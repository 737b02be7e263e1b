"""What is seen of searches, by whom: every look is a command, and in the audit chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, func, or_, select, tuple_

from overt.casework.actor import Role
from overt.casework.collections import picture_of
from overt.casework.commands import Work, command
from overt.casework.paging import Listing, Page
from overt.casework.searches._rows import case_of, find_candidate, find_search, may_see, sees_all
from overt.casework.searches._sealing import open_face
from overt.casework.searches._views import summaries_of, view_of
from overt.casework.searches.models import SearchFilter, SearchSummary, SearchView
from overt.errors import InputError, MissingError
from overt.records.tables import (
    CandidateShowing,
    CollectionImage,
    Search,
    SearchCandidate,
    SearchExamination,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from overt.casework.actor import Actor

__all__ = ["list_searches", "show_candidate_picture", "show_search", "show_searched_face"]

_ALL: Final = SearchFilter()
_FIRST: Final = Page()


@command("searches.show")
def show_search(work: Work, search_id: str) -> SearchView:
    """Show a search. While it is examined, an examiner sees no other's examination.

    Raises:
        MissingError: there is no such search, or none that is theirs to see.
    """
    search = find_search(work, search_id)
    work.note(search_id, state=search.state)
    return view_of(work, case_of(work, search))


@command("searches.show-face")
def show_searched_face(work: Work, search_id: str) -> bytes:
    """The searched face with a margin, JPEG.

    Raises:
        MissingError: there is no such search, or its time was over.
    """
    return open_face(work, find_search(work, search_id))


@command("searches.show-candidate")
def show_candidate_picture(work: Work, candidate_id: str) -> bytes:
    """A candidate's picture, JPEG, as the collection has it. An examiner's time counts from the first look at it.

    Raises:
        MissingError: there is no such candidate, or the search's time was over, or the record is gone.
    """
    search, candidate = find_candidate(work, candidate_id)
    work.note(search.id, candidate=candidate_id)
    if candidate.image_id is None:
        raise MissingError(f"Whom {candidate_id[:40]} names has been deleted, as the search's time was over")
    picture = picture_of(work, candidate.image_id)
    if (
        case_of(work, search).may_examine(work.actor, candidate)
        and work.session.get(CandidateShowing, (candidate_id, work.actor.id)) is None
    ):
        work.session.add(CandidateShowing(candidate_id=candidate_id, person_id=work.actor.id, at=work.now))
    return picture


@command("searches.list")
def list_searches(work: Work, wanted: SearchFilter = _ALL, page: Page = _FIRST) -> Listing[SearchSummary]:
    """Searches, the newest first; an investigator's own, to everybody else all.

    Raises:
        InputError: `page.after` is no search's id.
    """
    among = select(Search)
    if not sees_all(work.actor):
        among = among.where(Search.searched_by == work.actor.id)
    if wanted.collection_id is not None:
        among = among.where(Search.collection_id == wanted.collection_id)
    if wanted.state is not None:
        among = among.where(Search.state == wanted.state)
    if wanted.mine_to_do:
        among = among.where(_due_from(work.actor))
    session = work.session
    total = session.scalar(select(func.count()).select_from(among.subquery())) or 0
    if page.after is not None:
        last = session.get(Search, page.after)
        if last is None or not may_see(work.actor, last):
            raise InputError(
                "The page to go on from is not there", "Begin with the first page", field="after"
            )
        among = among.where(tuple_(Search.searched_at, Search.id) < tuple_(last.searched_at, last.id))
    found = session.scalars(
        among.order_by(Search.searched_at.desc(), Search.id.desc()).limit(page.limit + 1)
    ).all()
    shown = found[: page.limit]
    work.note("", searches=len(shown))
    return Listing[SearchSummary](
        items=summaries_of(work, shown), next=shown[-1].id if len(found) > page.limit else None, total=total
    )


def _due_from(actor: Actor) -> ColumnElement[bool]:
    """Searches in which this person may do something next: the rules of `Case.due_from`, as a question."""
    mine = exists().where(SearchExamination.search_id == Search.id, SearchExamination.person_id == actor.id)
    examined = (
        select(func.count())
        .select_from(SearchExamination)
        .where(SearchExamination.candidate_id == SearchCandidate.id)
        .scalar_subquery()
    )
    by_me = exists().where(
        SearchExamination.candidate_id == SearchCandidate.id, SearchExamination.person_id == actor.id
    )
    due: list[ColumnElement[bool]] = []
    if Role.FACIAL_EXAMINER in actor.roles:
        waits = exists().where(
            SearchCandidate.search_id == Search.id,
            SearchCandidate.image_id == CollectionImage.id,
            examined < Search.examinations_needed,
            ~by_me,
        )
        due.append(
            and_(
                Search.state == "examination",
                Search.key_id.is_not(None),
                Search.searched_by != actor.id,
                waits,
            )
        )
    if actor.roles & {Role.FACIAL_EXAMINER, Role.AUTHORISING_OFFICER}:
        due.append(and_(Search.state == "review", Search.searched_by != actor.id, ~mine))
    due.append(and_(Search.state == "outcome", Search.searched_by == actor.id))
    return or_(*due)
