"""What is kept for how long, and what is due."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, retention
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()


@router.get("/system/retention")
def show(request: Request, office: TheOffice, viewer: Annotated[Viewer, may("retention.show")]) -> Response:
    """Each kind of data with its clock."""
    return _shown(request, office, viewer, Form())


@router.post("/system/retention/runs")
async def run(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("retention.run")]
) -> Response:
    """Delete what is due, now."""
    form = await read_form(request, viewer)
    try:
        done = await run_in_threadpool(retention.run_retention, office, viewer.actor)
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, form.refused(error))
    many = sum(done.counts.values())
    return see_other(
        "/system/retention",
        f"Retention has run: {many} deleted" if many else "Retention has run: nothing was due",
    )


def _shown(request: Request, office: Office, viewer: Viewer, form: Form) -> Response:
    found = retention.show_retention(office, viewer.actor)
    return page(request, viewer, "system/retention.html", form=form, retention=found)
