"""A search's rows, what was decided in it, and who may do what in it next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from sqlalchemy import select

from overt.casework.actor import Role
from overt.casework.searches.standing import CandidateStanding, SearchStanding
from overt.errors import MissingError
from overt.records.tables import (
    CollectionImage,
    Search,
    SearchCandidate,
    SearchExamination,
    SearchOutcome,
    SearchReview,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from overt.casework.actor import Actor
    from overt.casework.commands import Work
    from overt.casework.searches.codes import SearchDecision

__all__ = [
    "Case",
    "case_of",
    "cases_of",
    "find_candidate",
    "find_search",
    "hold_search",
    "may_see",
    "sees_all",
    "settle",
]

Row = TypeVar("Row", SearchCandidate, SearchExamination, SearchReview, SearchOutcome)

_SEES_ALL: Final = frozenset({Role.FACIAL_EXAMINER, Role.AUTHORISING_OFFICER, Role.AUDITOR})
_REVIEWS: Final = frozenset({Role.FACIAL_EXAMINER, Role.AUTHORISING_OFFICER})


@dataclass(frozen=True)
class Case:
    """A search with everything recorded of it, in the order of its making."""

    search: Search
    candidates: Sequence[SearchCandidate]
    examinations: Sequence[SearchExamination]
    review: SearchReview | None
    outcomes: Sequence[SearchOutcome]
    gone: frozenset[str] = frozenset()
    """Ids of candidates whose picture is deleted in the collection."""

    @property
    def standing(self) -> SearchStanding:
        """Where it stands."""
        return SearchStanding(
            candidates=tuple(self.standing_of(candidate) for candidate in self.candidates),
            reviewed=self.review is not None,
            has_outcome=bool(self.outcomes),
        )

    @property
    def outcome(self) -> SearchOutcome | None:
        """The outcome that stands."""
        corrected = {row.corrects_id for row in self.outcomes}
        return next((row for row in self.outcomes if row.id not in corrected), None)

    def of_candidate(self, candidate: SearchCandidate) -> list[SearchExamination]:
        """A candidate's examinations, the first before the second."""
        return sorted(
            (row for row in self.examinations if row.candidate_id == candidate.id), key=lambda row: row.place
        )

    def standing_of(self, candidate: SearchCandidate) -> CandidateStanding:
        """What was decided about a candidate."""
        settled = {} if self.review is None else self.review.settled
        return CandidateStanding(
            decisions={
                row.place: cast("SearchDecision", row.decision) for row in self.of_candidate(candidate)
            },
            needed=self.search.examinations_needed,
            settled=settled.get(candidate.id),
            gone=candidate.id in self.gone,
        )

    def shown_to(self, actor: Actor, candidate: SearchCandidate) -> list[SearchExamination]:
        """The examinations that this person may see: while some are due, their own, and an auditor all.

        Whoever has still to examine must not know what another found, of this candidate or of the next.
        """
        rows = self.of_candidate(candidate)
        if self.search.state != "examination" or Role.AUDITOR in actor.roles:
            return rows
        return [row for row in rows if row.person_id == actor.id]

    def may_examine(self, actor: Actor, candidate: SearchCandidate) -> bool:
        """Whether this person may examine the candidate: neither who searched, nor who has examined it.

        Nobody may whose picture is deleted.
        """
        rows = self.of_candidate(candidate)
        return (
            self.search.state == "examination"
            and self.search.key_id is not None
            and Role.FACIAL_EXAMINER in actor.roles
            and actor.id != self.search.searched_by
            and candidate.id not in self.gone
            and len(rows) < self.search.examinations_needed
            and all(row.person_id != actor.id for row in rows)
        )

    def takes_part(self, person_id: str) -> bool:
        """Whether this person searched or examined."""
        return person_id == self.search.searched_by or any(
            row.person_id == person_id for row in self.examinations
        )

    def due_from(self, actor: Actor) -> Literal["examine", "review", "outcome", ""]:
        """What this person may do next."""
        state = self.search.state
        if any(self.may_examine(actor, candidate) for candidate in self.candidates):
            return "examine"
        if state == "review" and actor.roles & _REVIEWS and not self.takes_part(actor.id):
            return "review"
        if state == "outcome" and actor.id == self.search.searched_by:
            return "outcome"
        return ""


def sees_all(actor: Actor) -> bool:
    """Whether this person may see searches of others too."""
    return bool(actor.roles & _SEES_ALL)


def may_see(actor: Actor, search: Search) -> bool:
    """Whether it is this person's to see: an investigator sees their own searches and no others."""
    return sees_all(actor) or actor.id == search.searched_by


def find_search(work: Work, search_id: str) -> Search:
    """A search that whoever asks may see.

    Raises:
        MissingError: there is none of this id, or none that is theirs to see.
    """
    work.note(search_id[:40])
    return _seen(work, work.session.get(Search, search_id), f"There is no search {search_id[:40]}")


def hold_search(work: Work, search_id: str) -> Search:
    """The same, locked until the transaction ends: whoever records something of it holds it."""
    find_search(work, search_id)
    return work.session.get_one(Search, search_id, with_for_update=True, populate_existing=True)


def find_candidate(work: Work, candidate_id: str, *, hold: bool = False) -> tuple[Search, SearchCandidate]:
    """A candidate and its search.

    Raises:
        MissingError: there is none of this id, or none that is theirs to see.
    """
    work.note(candidate_id[:40])
    candidate = work.session.get(SearchCandidate, candidate_id)
    missing = f"There is no candidate {candidate_id[:40]}"
    if candidate is None:
        raise MissingError(missing, "Show its search")
    search = _seen(work, work.session.get(Search, candidate.search_id), missing)
    if hold:
        search = work.session.get_one(Search, search.id, with_for_update=True, populate_existing=True)
    return search, candidate


def _seen(work: Work, search: Search | None, missing: str) -> Search:
    if search is None or not may_see(work.actor, search):
        raise MissingError(missing, "See `overt searches list`")
    return search


def case_of(work: Work, search: Search) -> Case:
    """Everything recorded of a search."""
    return cases_of(work, [search])[0]


def cases_of(work: Work, searches: Sequence[Search]) -> list[Case]:
    """The same of several, in their order."""
    ids = [search.id for search in searches]
    session = work.session
    candidates = session.scalars(
        select(SearchCandidate).where(SearchCandidate.search_id.in_(ids)).order_by(SearchCandidate.rank)
    ).all()
    there = set(
        session.scalars(
            select(SearchCandidate.id)
            .join(CollectionImage, CollectionImage.id == SearchCandidate.image_id)
            .where(SearchCandidate.search_id.in_(ids))
        )
    )
    examinations = session.scalars(
        select(SearchExamination)
        .where(SearchExamination.search_id.in_(ids))
        .order_by(SearchExamination.at, SearchExamination.id)
    ).all()
    reviews = session.scalars(select(SearchReview).where(SearchReview.search_id.in_(ids))).all()
    outcomes = session.scalars(
        select(SearchOutcome)
        .where(SearchOutcome.search_id.in_(ids))
        .order_by(SearchOutcome.at, SearchOutcome.id)
    ).all()
    return [
        Case(
            search=search,
            candidates=_of(search, candidates),
            examinations=_of(search, examinations),
            review=next(iter(_of(search, reviews)), None),
            outcomes=_of(search, outcomes),
            gone=frozenset(row.id for row in _of(search, candidates)) - there,
        )
        for search in searches
    ]


def _of(search: Search, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.search_id == search.id]


def settle(work: Work, search: Search) -> Case:
    """Write down where the search stands now; gives everything recorded of it."""
    work.session.flush()
    case = case_of(work, search)
    before, search.state = search.state, case.standing.state
    if search.state == "closed" and before != "closed":
        search.closed_at = work.now
    work.note(search.id, state=search.state)
    return case
