"""The monthly figures of searches: to read, and to take away."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from overt.casework import Office, searches
from overt.casework.searches import FiguresPeriod, SearchFigures
from overt.console.forms import REFUSALS, Form, blank_form
from overt.console.pages import page
from overt.console.viewer import Viewer, may
from overt.errors import InputError
from overt.web.answers import file_answer
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

Month = Annotated[str, Query(max_length=10)]


@router.get("/searches/figures")
def figures_page(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.show-figures")],
    first: Month = "",
    last: Month = "",
) -> Response:
    """Month by month; the last twelve where nothing is said."""
    form, figures = blank_form(first=first, last=last), None
    try:
        figures = _figures(office, viewer, first, last)
    except REFUSALS as error:
        form = form.refused(error)
    else:
        if figures.months:
            form = Form({"first": (figures.months[0].month,), "last": (figures.months[-1].month,)})
    return page(request, viewer, "searches/figures.html", form=form, figures=figures)


@router.get("/searches/figures/export")
def export(
    office: TheOffice,
    viewer: Annotated[Viewer, may("searches.show-figures")],
    first: Month = "",
    last: Month = "",
    kind: Literal["csv", "json"] = "csv",
) -> Response:
    """The same figures as a table or as JSON."""
    figures = _figures(office, viewer, first, last)
    name = f"searches-{figures.months[0].month}-to-{figures.months[-1].month}.{kind}"
    if kind == "json":
        return file_answer(figures.model_dump_json(indent=2) + "\n", "application/json", name)
    return file_answer("\ufeff" + searches.figures_csv(figures), "text/csv; charset=utf-8", name)


def _figures(office: Office, viewer: Viewer, first: str, last: str) -> SearchFigures:
    try:
        period = FiguresPeriod(first=first or None, last=last or None)
    except ValidationError as error:
        where = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
        raise InputError("That is no month", "Write it as 2026-06", field=where) from error
    return searches.show_search_figures(office, viewer.actor, period)
