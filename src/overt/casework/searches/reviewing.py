"""The review after the fact, and what came of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.commands import Work, command
from overt.casework.searches._rows import case_of, hold_search, settle
from overt.casework.searches._sealing import Said, check_reason, seal_words
from overt.casework.searches._views import view_of
from overt.errors import AuthorityError, ConflictError, InputError
from overt.records.tables import SearchOutcome, SearchReview, new_id

if TYPE_CHECKING:
    from overt.casework.searches._rows import Case
    from overt.casework.searches.models import NewReview, NewSearchOutcome, SearchView

__all__ = ["record_search_outcome", "review_search"]


@command("searches.review")
def review_search(work: Work, search_id: str, review: NewReview) -> SearchView:
    """Review a search once everybody who must examine has; a search that found nobody is reviewed too.

    Where the examiners disagree about a candidate the reviewer decides, by name. The software never does.

    Raises:
        MissingError: there is no such search.
        InputError: the reason is too short; a search that was not in order names no fault, or one that was names
            some; a candidate in dispute is not decided, or one that is not is.
        ConflictError: it is not to be reviewed now, or its personal data have been deleted.
        AuthorityError: whoever reviews has searched or examined.
    """
    search = hold_search(work, search_id)
    reason = check_reason(work, review.reason)
    case = case_of(work, search)
    if case.takes_part(work.actor.id):
        raise AuthorityError(
            "A search is reviewed by somebody who neither searched nor examined",
            "Ask somebody else to review it",
        )
    if search.state != "review":
        raise ConflictError(f"The search {search_id} is not to be reviewed now: it is in {search.state}")
    _check_faults(review)
    _check_settled(case, review)
    row_id = new_id("review")
    work.session.add(
        SearchReview(
            id=row_id,
            search_id=search_id,
            person_id=work.actor.id,
            finding=review.finding,
            faults=list(review.faults),
            settled=dict(review.settled),
            sealed_words=seal_words(work, search, row_id, Said(text=reason)),
            at=work.now,
        )
    )
    view = view_of(work, settle(work, search))
    work.note(
        search_id,
        review=row_id,
        finding=review.finding,
        faults=list(review.faults),
        settled=dict(review.settled),
    )
    return view


@command("searches.record-outcome")
def record_search_outcome(work: Work, search_id: str, outcome: NewSearchOutcome) -> SearchView:
    """Record what came of a search, which closes it; again, as more is learned: the later one stands.

    Raises:
        MissingError: there is no such search.
        InputError: the outcome does not fit what was put forward; or one that takes another's place has no note.
        ConflictError: it is not reviewed yet, or its personal data have been deleted.
    """
    search = hold_search(work, search_id)
    case = case_of(work, search)
    if search.state not in {"outcome", "closed"}:
        raise ConflictError(
            f"Nothing can have come of {search_id} yet: it is in {search.state}",
            "It is examined and reviewed first",
        )
    if (outcome.outcome == "no-lead") != (case.standing.put_forward == 0):
        raise InputError(
            "A candidate was put forward: that is a lead"
            if outcome.outcome == "no-lead"
            else "No candidate was put forward, so there was no lead to follow",
            "Say what came of it" if outcome.outcome == "no-lead" else "Record no-lead",
            field="outcome",
        )
    before, note = case.outcome, " ".join(outcome.note.split())
    if before is not None:
        note = check_reason(work, note, "note")
    row_id = new_id("outcome")
    sealed = seal_words(work, search, row_id, Said(text=note))
    work.session.add(
        SearchOutcome(
            id=row_id,
            search_id=search_id,
            person_id=work.actor.id,
            outcome=outcome.outcome,
            sealed_words=sealed,
            at=work.now,
            corrects_id=None if before is None else before.id,
        )
    )
    view = view_of(work, settle(work, search))
    work.note(search_id, outcome=outcome.outcome, row=row_id, corrects="" if before is None else before.id)
    return view


def _check_faults(review: NewReview) -> None:
    if (review.finding == "in-order") == bool(review.faults):
        raise InputError(
            "The search was in order, and faults are named"
            if review.faults
            else "It is not said what was not in order",
            "Name the faults of a search that was not in order, and none of one that was",
            field="faults",
        )


def _check_settled(case: Case, review: NewReview) -> None:
    disputed = {candidate.id for candidate in case.candidates if case.standing_of(candidate).disputed}
    if open_ := disputed - set(review.settled):
        raise InputError(
            f"The examiners disagree about {', '.join(sorted(open_))}",
            "Decide on each: put-forward or not-put-forward",
            field="settled",
        )
    if beyond := set(review.settled) - disputed:
        raise InputError(
            f"There is nothing to decide about {len(beyond)} of those named: the examiners agree, or they are not of "
            "this search",
            "Decide only on those that the examiners disagree about",
            field="settled",
        )
