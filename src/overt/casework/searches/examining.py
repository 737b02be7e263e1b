"""Examination: a facial examiner's comparison of the searched face with a candidate's, feature by feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.commands import Work, command
from overt.casework.searches._rows import case_of, find_candidate, settle
from overt.casework.searches._sealing import ExaminerWords, check_reason, seal_words
from overt.casework.searches._views import view_of
from overt.casework.searches.codes import FEATURES, SUPPORTS_DIFFERENT, SUPPORTS_SAME
from overt.errors import AuthorityError, ConflictError, InputError
from overt.records.tables import CandidateShowing, SearchExamination, new_id

if TYPE_CHECKING:
    from overt.casework.searches._rows import Case
    from overt.casework.searches.models import NewExamination, SearchView
    from overt.records.tables import SearchCandidate

__all__ = ["examine_candidate"]


@command("searches.examine")
def examine_candidate(work: Work, candidate_id: str, examination: NewExamination) -> SearchView:
    """Examine a candidate: the first time, or the second where the policy asked for two when it was searched.

    Raises:
        MissingError: there is no such candidate.
        InputError: the reason is too short, nothing was compared, or decision, support and findings do not fit.
        ConflictError: it is examined already, its picture was never shown to this person, or the search's personal
            data have been deleted.
        AuthorityError: whoever examines has searched, or has examined this candidate already.
    """
    search, candidate = find_candidate(work, candidate_id, hold=True)
    check_fits(examination)
    reason = check_reason(work, examination.reason)
    case = case_of(work, search)
    _require_open(work, case, candidate)
    shown = work.session.get(CandidateShowing, (candidate_id, work.actor.id))
    if shown is None:
        raise ConflictError(
            f"The picture of {candidate_id} has not been shown to you", "Look at both pictures, then examine"
        )
    row_id = new_id("examination")
    words = ExaminerWords(
        features={str(name): str(found) for name, found in examination.features.items()},
        notes={str(name): said for name, said in examination.notes.items()},
        reason=reason,
    )
    row = SearchExamination(
        id=row_id,
        search_id=search.id,
        candidate_id=candidate_id,
        place=len(case.of_candidate(candidate)) + 1,
        person_id=work.actor.id,
        support=examination.support,
        decision=examination.decision,
        sealed_words=seal_words(work, search, row_id, words),
        seconds_taken=max(0.0, (work.now - shown.at).total_seconds()),
        at=work.now,
    )
    work.session.add(row)
    view = view_of(work, settle(work, search))
    work.note(
        search.id,
        candidate=candidate_id,
        examination=row_id,
        place=row.place,
        support=row.support,
        decision=row.decision,
    )
    return view


def check_fits(examination: NewExamination) -> None:
    """Refuse what contradicts itself.

    Raises:
        InputError: nothing was compared; a note is about a feature that was not; or support, decision and findings
            speak against each other.
    """
    seen = {name for name, finding in examination.features.items() if finding != "not-visible"}
    if not examination.features:
        raise InputError(
            "No feature was compared",
            "Say of each feature what was found: " + ", ".join(FEATURES),
            field="features",
        )
    if loose := set(examination.notes) - set(examination.features):
        raise InputError(
            f"There is a note on {', '.join(sorted(loose))}, and no finding",
            "Give a finding with it",
            field="notes",
        )
    if examination.support != "no-conclusion" and not seen:
        raise InputError(
            "No feature could be seen, and the comparison is said to support something",
            "Where nothing can be seen there is no conclusion",
            field="support",
        )
    if examination.support in SUPPORTS_SAME and "different" in examination.features.values():
        raise InputError(
            "A feature differs and nothing accounts for it, and the comparison is said to support one person",
            "Say what accounts for it (explained), or correct the support",
            field="support",
        )
    if examination.decision == "put-forward" and examination.support not in SUPPORTS_SAME:
        what = "different people" if examination.support in SUPPORTS_DIFFERENT else "neither"
        raise InputError(
            f"The comparison supports {what}, and the candidate is put forward",
            "Put forward only whom the comparison supports as the same person",
            field="decision",
        )


def _require_open(work: Work, case: Case, candidate: SearchCandidate) -> None:
    search = case.search
    rows = case.of_candidate(candidate)
    if work.actor.id == search.searched_by:
        raise AuthorityError(
            "Whoever searched does not examine what was found", "Ask another facial examiner"
        )
    if any(row.person_id == work.actor.id for row in rows):
        raise AuthorityError(
            "The second examination is never made by whoever made the first", "Ask another facial examiner"
        )
    if search.key_id is None:
        raise ConflictError(
            f"The face of {search.id} has been deleted, as its time was over",
            "Without it nothing can be compared",
        )
    if candidate.id in case.gone:
        raise ConflictError(
            f"The record of {candidate.id} has been deleted in the collection",
            "Without its picture nothing can be compared",
        )
    if search.state != "examination" or len(rows) >= search.examinations_needed:
        raise ConflictError(f"The candidate {candidate.id} has been examined", "See what is due with it")
