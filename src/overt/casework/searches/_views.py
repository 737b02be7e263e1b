"""A search as somebody may see it, out of its rows and its collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from overt.casework.actor import Role
from overt.casework.collections import images_by_number
from overt.casework.people import names_of
from overt.casework.searches._rows import Case, cases_of, sees_all
from overt.casework.searches._sealing import CaseWords, ExaminerWords, Said, open_words
from overt.casework.searches.models import (
    CandidateView,
    ExaminationView,
    FaceInPicture,
    ReviewView,
    SearchedFaceView,
    SearchOutcomeView,
    SearchSummary,
    SearchView,
)
from overt.casework.searches.thresholds import chance_of
from overt.casework.watchlists import FindingView
from overt.records.tables import Collection, Search, SearchCandidate, SearchExamination

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from overt.casework.collections import ImageFacts
    from overt.casework.commands import Work
    from overt.casework.searches.codes import Feature, FeatureFinding

__all__ = ["summaries_of", "view_of"]


def summaries_of(work: Work, searches: Sequence[Search]) -> tuple[SearchSummary, ...]:
    """Searches as a listing has them."""
    names = names_of(work.session, {search.searched_by for search in searches})
    collections = _collections(work, searches)
    return tuple(
        SearchSummary(**_summary(work, case, names, collections)) for case in cases_of(work, searches)
    )


def view_of(work: Work, case: Case) -> SearchView:
    """A search as whoever asks may see it."""
    search, actor = case.search, work.actor
    words = open_words(work, search, search.id, search.sealed_words, CaseWords)
    people = {search.searched_by} | {row.person_id for row in case.examinations}
    people |= {row.person_id for row in case.outcomes}
    names = names_of(work.session, people | ({case.review.person_id} if case.review else set()))
    images = images_by_number(
        work, search.collection_id, [one.number for one in case.candidates if one.number is not None]
    )
    standing = case.standing
    examined = search.state != "examination"
    open_to = examined or Role.AUDITOR in actor.roles
    threshold_chance = chance_of(search.chance)
    return SearchView(
        **_summary(work, case, names, _collections(work, [search])),
        reason=None if words is None else words.reason,
        authority=None if words is None else words.authority,
        requested_by=None if words is None else words.requested_by,
        probe=None if words is None else words.probe,
        probe_kind=cast("Any", search.probe_kind),
        pack=search.pack,
        pack_version=search.pack_version,
        threshold=search.threshold,
        threshold_aim=search.aim,
        threshold_chance=threshold_chance,
        threshold_holds=threshold_chance is not None and threshold_chance.rate <= search.aim,
        most_candidates=search.most_candidates,
        examinations_needed=search.examinations_needed,
        faces_in_probe=search.faces_in_probe,
        verdict=cast("Any", search.verdict),
        quality=search.quality,
        measures=search.measures,
        findings=tuple(FindingView.model_validate(one) for one in search.findings),
        face=_searched_face(search),
        candidates=tuple(
            _candidate(work, case, one, names, images, open_to=open_to) for one in case.candidates
        ),
        disputed=standing.disputed if open_to else 0,
        put_forward=standing.put_forward if examined else None,
        same_probe=_same_probe(work, search),
        review=_review(work, case, names),
        outcomes=_outcomes(work, case, names),
    )


def _summary(
    work: Work, case: Case, names: Mapping[str, str], collections: Mapping[str, str]
) -> dict[str, Any]:
    search = case.search
    return {
        "id": search.id,
        "collection_id": search.collection_id,
        "collection": collections.get(search.collection_id),
        "state": search.state,
        "offence": search.offence,
        "searched_at": search.searched_at,
        "searched_by": search.searched_by,
        "searched_by_name": names.get(search.searched_by, search.searched_by),
        "images": search.images,
        "candidates_returned": len(case.candidates),
        "due_from_you": case.due_from(work.actor),
        "personal_data_deleted": search.personal_data_deleted_at is not None,
    }


def _collections(work: Work, searches: Sequence[Search]) -> dict[str, str]:
    ids = {search.collection_id for search in searches}
    rows = work.session.execute(select(Collection.id, Collection.name).where(Collection.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _searched_face(search: Search) -> SearchedFaceView | None:
    if search.sealed_face is None:
        return None
    return SearchedFaceView.model_validate(search.face)


def _candidate(
    work: Work,
    case: Case,
    row: SearchCandidate,
    names: Mapping[str, str],
    images: Mapping[int, ImageFacts],
    *,
    open_to: bool,
) -> CandidateView:
    chance = chance_of(row.chance)
    image = None if row.number is None else images.get(row.number)
    standing = case.standing_of(row)
    return CandidateView(
        id=row.id,
        rank=row.rank,
        reference=None if image is None else image.reference,
        record_id=row.record_id,
        image_id=row.image_id,
        score=row.score,
        false_candidate_rate=None if chance is None else chance.rate,
        false_candidate_rate_is_upper_bound=chance is not None and chance.none_counted,
        chance=chance,
        face=None
        if image is None
        else FaceInPicture(
            width=image.width, height=image.height, box=cast("Any", image.box), landmarks=image.landmarks
        ),
        taken_on=None if image is None or image.taken_on is None else image.taken_on.isoformat(),
        examinations=tuple(
            _examination(work, case.search, one, names) for one in case.shown_to(work.actor, row)
        ),
        examinations_made=len(case.of_candidate(row)),
        yours_to_examine=case.may_examine(work.actor, row),
        disputed=standing.disputed and open_to,
        decision=standing.decision if open_to else None,
    )


def _examination(
    work: Work, search: Search, row: SearchExamination, names: Mapping[str, str]
) -> ExaminationView:
    words = open_words(work, search, row.id, row.sealed_words, ExaminerWords)
    return ExaminationView(
        id=row.id,
        place=row.place,
        person_id=row.person_id,
        person_name=names.get(row.person_id, row.person_id),
        features=cast("dict[Feature, FeatureFinding]", words.features if words else {}),
        notes=cast("dict[Feature, str]", words.notes if words else {}),
        support=cast("Any", row.support),
        decision=cast("Any", row.decision),
        reason=None if words is None else words.reason,
        seconds_taken=row.seconds_taken,
        at=row.at,
    )


def _review(work: Work, case: Case, names: Mapping[str, str]) -> ReviewView | None:
    row = case.review
    if row is None:
        return None
    words = open_words(work, case.search, row.id, row.sealed_words, Said)
    return ReviewView(
        id=row.id,
        person_id=row.person_id,
        person_name=names.get(row.person_id, row.person_id),
        finding=cast("Any", row.finding),
        faults=cast("Any", tuple(row.faults)),
        reason=None if words is None else words.text,
        settled=row.settled,
        at=row.at,
    )


def _outcomes(work: Work, case: Case, names: Mapping[str, str]) -> tuple[SearchOutcomeView, ...]:
    replaced = {row.corrects_id for row in case.outcomes}
    shown = []
    for row in case.outcomes:
        words = open_words(work, case.search, row.id, row.sealed_words, Said)
        shown.append(
            SearchOutcomeView(
                id=row.id,
                person_id=row.person_id,
                person_name=names.get(row.person_id, row.person_id),
                outcome=cast("Any", row.outcome),
                note=None if words is None else words.text,
                at=row.at,
                corrects_id=row.corrects_id,
                stands=row.id not in replaced,
            )
        )
    return tuple(shown)


def _same_probe(work: Work, search: Search) -> tuple[str, ...]:
    if search.probe_mac is None:
        return ()
    others = select(Search.id).where(
        Search.collection_id == search.collection_id,
        Search.probe_mac == search.probe_mac,
        Search.id != search.id,
    )
    if not sees_all(work.actor):
        others = others.where(Search.searched_by == work.actor.id)
    return tuple(work.session.scalars(others.order_by(Search.searched_at, Search.id).limit(100)))
