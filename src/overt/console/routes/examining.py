"""Examination: two faces compared feature by feature, by one examiner and by another who is blind; the review."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, searches
from overt.casework.searches import FEATURES, FINDINGS, REVIEW_FAULTS, SUPPORT, SearchView
from overt.console.addresses import Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import MissingError
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()


@router.get("/searches/{search_id}/candidates/{candidate_id}")
def compare(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.show")],
    search_id: Id,
    candidate_id: Id,
) -> Response:
    """The searched face and a candidate's, side by side and over each other; and the form for whoever examines."""
    return _compared(request, office, viewer, search_id, candidate_id, Form())


@router.post("/searches/{search_id}/candidates/{candidate_id}")
async def examine(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.examine")],
    search_id: Id,
    candidate_id: Id,
) -> Response:
    """An examiner's comparison and decision; then on to the next candidate that is theirs."""
    form = await read_form(request, viewer)
    try:
        found = await run_in_threadpool(
            form.give, office, viewer, searches.examine_candidate, SearchView, candidate_id, _comparison(form)
        )
    except MissingError:
        raise
    except REFUSALS as error:
        refused = form.refused(error)
        return await run_in_threadpool(_compared, request, office, viewer, search_id, candidate_id, refused)
    further = next((one for one in found.candidates if one.yours_to_examine), None)
    if further is None:
        return see_other(f"/searches/{search_id}", "Your examination is recorded")
    return see_other(
        f"/searches/{search_id}/candidates/{further.id}",
        f"Your examination is recorded. This is candidate {further.rank}.",
    )


@router.get("/searches/{search_id}/review")
def review_page(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("searches.review")], search_id: Id
) -> Response:
    """Everything that a reviewer looks at, and the form."""
    return _reviewed(request, office, viewer, search_id, Form())


@router.post("/searches/{search_id}/review")
async def review(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("searches.review")], search_id: Id
) -> Response:
    """The review after the fact."""
    form = await read_form(request, viewer)
    settled = {
        name.removeprefix("settled-"): form.text(name)
        for name in form.values
        if name.startswith("settled-") and form.text(name)
    }
    try:
        shown = form.text("finding") != "in-order"  # the page shows no faults to name with a search in order
        faults = form.all("faults") if shown else ()
        new = form.take(searches.NewReview, settled=settled, faults=faults)
        await run_in_threadpool(form.give, office, viewer, searches.review_search, SearchView, search_id, new)
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(_reviewed, request, office, viewer, search_id, form.refused(error))
    return see_other(f"/searches/{search_id}", "The review is recorded")


def _comparison(form: Form) -> searches.NewExamination:
    """What was found of each feature; one that was not compared is left out, and so is its note, which is hidden."""
    findings = {code: form.text(f"feature-{code}") for code in FEATURES}
    notes = {code: form.text(f"note-{code}") for code in FEATURES}
    return form.take(
        searches.NewExamination,
        features={code: found for code, found in findings.items() if found},
        notes={code: note for code, note in notes.items() if note and findings[code]},
    )


def _compared(  # noqa: PLR0917 - a page of several parts
    request: Request, office: Office, viewer: Viewer, search_id: str, candidate_id: str, form: Form
) -> Response:
    search = searches.show_search(office, viewer.actor, search_id)
    candidate = next((one for one in search.candidates if one.id == candidate_id), None)
    if candidate is None:
        raise MissingError(f"{candidate_id} is no candidate of {search_id}", "Open it from its search")
    context: dict[str, Any] = {
        "search": search,
        "candidate": candidate,
        "features": tuple(FEATURES),
        "findings": tuple(FINDINGS),
        "supports": tuple(SUPPORT),
        "reason_words": office.policy.searches.reason_words,
    }
    return page(request, viewer, "searches/examine.html", form=form, **context)


def _reviewed(request: Request, office: Office, viewer: Viewer, search_id: str, form: Form) -> Response:
    context: dict[str, Any] = {
        "search": searches.show_search(office, viewer.actor, search_id),
        "features": tuple(FEATURES),
        "review_faults": tuple(REVIEW_FAULTS),
        "reason_words": office.policy.searches.reason_words,
    }
    return page(request, viewer, "searches/review.html", form=form, **context)
