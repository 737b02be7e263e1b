"""The records of deployments: their figures and plots, the public page, publishing, downloads."""

import base64
import hashlib
import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, publication
from overt.casework import deployments as d
from overt.casework.paging import Page
from overt.casework.publication import wording as says
from overt.console.addresses import DeploymentId
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.plots import bar, swatch
from overt.console.record_views import drawings
from overt.console.viewer import Viewer, may
from overt.web.answers import file_answer
from overt.web.headers import page_policy
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

Version = Annotated[int | None, Query(ge=1, le=10**6)]
_SHOWN: Final = 50
_STATES: Final[tuple[d.State, ...]] = ("closed", "published", "live", "suspended")


@router.get("/records")
def all_records(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.list")],
    state: Literal["closed", "published", "live", "suspended"] = "closed",
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Deployments by where their record stands: to be published, published, or still going on."""
    listing = d.list_deployments(
        office, viewer.actor, d.DeploymentFilter(state=state), Page(after=after, limit=_SHOWN)
    )
    return page(
        request, viewer, "records/list.html", listing=listing, state=state, states=_STATES, after=after or ""
    )


@router.get("/deployments/{deployment_id}/record")
def show_record(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.preview")],
    deployment_id: DeploymentId,
) -> Response:
    """A deployment's figures as they are now, with plots, and every version that was published."""
    return _shown(request, office, viewer, deployment_id, Form())


@router.get("/deployments/{deployment_id}/record/page")
def public_page(
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.show")],
    deployment_id: DeploymentId,
    version: Version = None,
) -> Response:
    """The page for the public: a published version of it, or as it would be published now."""
    shown = publication.record_page(_record(office, viewer, deployment_id, version))
    styles = (
        base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        for style in re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    )
    headers = {"Content-Security-Policy": page_policy(styles)}
    return Response(shown, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/deployments/{deployment_id}/record/download")
def download(
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.show")],
    deployment_id: DeploymentId,
    kind: Literal["json", "csv", "html"],
    version: Version = None,
) -> Response:
    """The record as a file: a published version, or a preview, which says that it is one."""
    record = _record(office, viewer, deployment_id, version)
    name = f"{deployment_id}-{'preview' if version is None else version}.{kind}"
    if kind == "json":
        return file_answer(record.model_dump_json(indent=2) + "\n", "application/json", name)
    if kind == "csv":
        return file_answer(publication.record_csv([record]), "text/csv; charset=utf-8", name)
    return file_answer(publication.record_page(record), "text/html; charset=utf-8", name)


@router.post("/deployments/{deployment_id}/record/publish")
async def publish(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.publish")],
    deployment_id: DeploymentId,
) -> Response:
    """Publish it, as the next version."""
    form = await read_form(request, viewer)
    try:
        made = await run_in_threadpool(
            form.give, office, viewer, publication.publish_record, publication.PublishedView, deployment_id
        )
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, deployment_id, form.refused(error))
    return see_other(_address(deployment_id), f"Version {made.version} of the record is published")


@router.post("/deployments/{deployment_id}/record/seeds")
async def record_seeds(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("publication.record-seeds")],
    deployment_id: DeploymentId,
) -> Response:
    """How often seeds walked past."""
    form = await read_form(request, viewer)
    try:
        seeds = form.take(publication.SeedPasses)
        await run_in_threadpool(publication.record_seeds, office, viewer.actor, deployment_id, seeds)
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, deployment_id, form.refused(error))
    return see_other(_address(deployment_id), "The walks of seeds are recorded")


@router.post("/deployments/{deployment_id}/record/costs")
async def record_costs(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("deployments.record-costs")],
    deployment_id: DeploymentId,
) -> Response:
    """What it took."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(d.record_costs, office, viewer.actor, deployment_id, form.take(d.Costs))
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, deployment_id, form.refused(error))
    return see_other(_address(deployment_id), "Staff and cost are recorded")


def _shown(request: Request, office: Office, viewer: Viewer, deployment_id: str, form: Form) -> Response:
    deployment = d.show_deployment(office, viewer.actor, deployment_id)
    record = publication.preview_record(office, viewer.actor, deployment_id)
    course = publication.show_course(office, viewer.actor, deployment_id)
    return page(
        request,
        viewer,
        "records/record.html",
        form=form,
        deployment=deployment,
        record=record,
        summary=publication.record_summary(record),
        versions=publication.list_records(office, viewer.actor, deployment_id),
        course=course,
        drawn=drawings(record, course),
        says=says,
        bar=bar,
        swatch=swatch,
    )


def _record(
    office: Office, viewer: Viewer, deployment_id: str, version: int | None
) -> publication.DeploymentRecord:
    if version is None:
        return publication.preview_record(office, viewer.actor, deployment_id)
    return publication.show_record(office, viewer.actor, deployment_id, version).record


def _address(deployment_id: str) -> str:
    return f"/deployments/{deployment_id}/record"
