"""Searches: listed, shown with what was found, their pictures, what came of them."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, searches
from overt.casework.paging import Page
from overt.casework.searches import FEATURES, OUTCOMES, SearchView
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.web.answers import jpeg
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 50


@router.get("/searches")
def all_searches(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.list")],
    state: Literal["", "examination", "review", "outcome", "closed"] = "",
    mine: Literal["", "yes"] = "",
    after: After = None,
) -> Response:
    """Searches, the newest first; an investigator's own."""
    wanted = searches.SearchFilter(state=state or None, mine_to_do=mine == "yes")
    listing = searches.list_searches(office, viewer.actor, wanted, Page(after=after, limit=_SHOWN))
    return page(
        request, viewer, "searches/list.html", listing=listing, state=state, mine=mine, after=after or ""
    )


@router.get("/searches/{search_id}")
def show(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("searches.show")], search_id: Id
) -> Response:
    """A search: the face beside whom it resembles, and what people made of it."""
    return _shown(request, office, viewer, search_id, Form())


@router.get("/searches/{search_id}/picture")
def searched_face(
    office: TheOffice, viewer: Annotated[Viewer, may("searches.show-face")], search_id: Id
) -> Response:
    """The face that was searched, with a margin; every other face in it is masked."""
    return jpeg(searches.show_searched_face(office, viewer.actor, search_id))


@router.get("/candidates/{candidate_id}/picture")
def candidate_picture(
    office: TheOffice, viewer: Annotated[Viewer, may("searches.show-candidate")], candidate_id: Id
) -> Response:
    """A candidate's picture, as the collection has it."""
    return jpeg(searches.show_candidate_picture(office, viewer.actor, candidate_id))


@router.post("/searches/{search_id}/outcome")
async def record_outcome(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.record-outcome")],
    search_id: Id,
) -> Response:
    """What came of it."""
    form = await read_form(request, viewer)
    try:
        new = form.take(searches.NewSearchOutcome)
        await run_in_threadpool(
            form.give, office, viewer, searches.record_search_outcome, SearchView, search_id, new
        )
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, search_id, form.refused(error))
    return see_other(f"/searches/{search_id}", "The outcome is recorded")


def _shown(request: Request, office: Office, viewer: Viewer, search_id: str, form: Form) -> Response:
    search = searches.show_search(office, viewer.actor, search_id)
    context: dict[str, Any] = {
        "search": search,
        "features": tuple(FEATURES),
        "to_examine": next((one for one in search.candidates if one.yours_to_examine), None),
        "outcomes": [code for code in OUTCOMES if (code == "no-lead") == (not search.put_forward)],
        "reason_words": office.policy.searches.reason_words,
    }
    return page(request, viewer, "searches/search.html", form=form, **context)
