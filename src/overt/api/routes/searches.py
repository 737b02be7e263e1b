"""Retrospective searches: one face of a probe that is open, what was found, and what people made of it."""

from typing import Annotated

from fastapi import Query, Response

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.api.repeats import TheCreation
from overt.casework import searches
from overt.casework.paging import Listing, Page
from overt.casework.searches import SearchView
from overt.web.answers import JPEG, file_answer, jpeg, of_type
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("searches")


class SearchQuery(searches.SearchFilter, Page):
    """Which searches, and which page of them."""


Period = Annotated[searches.FiguresPeriod, Query()]


@router.post(
    "/searches", operation_id="searches.search", status_code=201, summary="Search a collection for one face"
)
def search(create: TheCreation, new: searches.NewSearch) -> SearchView:
    """One face of a probe that you have open, for a reason of its own. No candidate is a proper answer."""
    return create(searches.search_collection, SearchView, new)


@router.get("/searches", operation_id="searches.list", summary="Searches, the newest first")
def list_all(
    office: TheOffice, actor: TheActor, query: Annotated[SearchQuery, Query()]
) -> Listing[searches.SearchSummary]:
    """An investigator's own; to facial examiners, authorising officers and auditors all of them."""
    return searches.list_searches(office, actor, query, query)


@router.get("/searches/{search_id}", operation_id="searches.show", summary="A search")
def show(office: TheOffice, actor: TheActor, search_id: Id) -> SearchView:
    """While it is examined, an examiner sees no other's examination."""
    return searches.show_search(office, actor, search_id)


@router.get(
    "/searches/{search_id}/face",
    operation_id="searches.show-face",
    summary="The face that was searched",
    response_class=Response,
    responses=JPEG,
)
def show_face(office: TheOffice, actor: TheActor, search_id: Id) -> Response:
    """With what surrounds it; every other face is masked."""
    return jpeg(searches.show_searched_face(office, actor, search_id))


@router.get(
    "/candidates/{candidate_id}/picture",
    operation_id="searches.show-candidate",
    summary="A candidate's picture",
    response_class=Response,
    responses=JPEG,
)
def show_candidate(office: TheOffice, actor: TheActor, candidate_id: Id) -> Response:
    """As the collection has it. An examiner's time counts from their first look."""
    return jpeg(searches.show_candidate_picture(office, actor, candidate_id))


@router.post(
    "/candidates/{candidate_id}/examinations",
    operation_id="searches.examine",
    status_code=201,
    summary="Examine a candidate",
)
def examine(create: TheCreation, candidate_id: Id, examination: searches.NewExamination) -> SearchView:
    """The first examination, or the second, blind to the first, where the policy asked for two."""
    return create(searches.examine_candidate, SearchView, candidate_id, examination)


@router.post(
    "/searches/{search_id}/reviews",
    operation_id="searches.review",
    status_code=201,
    summary="Review a search",
)
def review(create: TheCreation, search_id: Id, review: searches.NewReview) -> SearchView:
    """By somebody who neither searched nor examined, who also decides where the examiners disagree."""
    return create(searches.review_search, SearchView, search_id, review)


@router.post(
    "/searches/{search_id}/outcomes",
    operation_id="searches.record-outcome",
    status_code=201,
    summary="Record what came of a search",
)
def record_outcome(create: TheCreation, search_id: Id, outcome: searches.NewSearchOutcome) -> SearchView:
    """This closes it. Recorded again, the later one stands."""
    return create(searches.record_search_outcome, SearchView, search_id, outcome)


@router.get(
    "/search-figures", operation_id="searches.show-figures", summary="The figures of searches by month"
)
def show_figures(office: TheOffice, actor: TheActor, period: Period) -> searches.SearchFigures:
    """The last twelve months where none are named. What is too few to say is left out."""
    return searches.show_search_figures(office, actor, period)


@router.get(
    "/search-figures.csv",
    operation_id="searches.show-figures-csv",
    summary="The same as CSV",
    response_class=Response,
    responses=of_type("text/csv"),
)
def show_figures_csv(office: TheOffice, actor: TheActor, period: Period) -> Response:
    """A line for each figure of each month."""
    made = searches.show_search_figures(office, actor, period)
    return file_answer(searches.figures_csv(made), "text/csv; charset=utf-8", "search-figures.csv")
