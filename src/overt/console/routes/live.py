"""The live page: choosing a deployment, its state and its moves, its queue, its feeds' masked pictures."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from overt.casework import deployments, live
from overt.casework.deployments import DeploymentFilter, DeploymentView, MoveReason, State
from overt.casework.paging import Page
from overt.console.addresses import DeploymentId
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.live import head_parts, page_parts, queue_of
from overt.console.pages import fragment, page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import MissingError
from overt.web.answers import jpeg
from overt.web.service import Service, TheOffice, TheService

__all__ = ["live_page", "router"]

router = APIRouter()

FeedName = Annotated[str, Path(pattern=r"^\w[\w .-]{0,63}$")]
Watching = Annotated[Viewer, may("live.show-feed")]
_HERE: Final[tuple[State, ...]] = ("live", "suspended", "authorised")


@router.get("/live")
def choose(request: Request, office: TheOffice, viewer: Watching) -> Response:
    """Straight to the deployment that is live where exactly one is; else those that are to be watched or started."""
    rows: list[deployments.DeploymentSummary] = []
    for state in _HERE:
        listing = deployments.list_deployments(
            office, viewer.actor, DeploymentFilter(state=state), Page(limit=500)
        )
        rows += listing.items
        if state == "live" and len(rows) == 1:
            return RedirectResponse(f"/live/{rows[0].id}", status_code=303)
    return page(request, viewer, "live/index.html", rows=rows)


@router.get("/live/{deployment_id}")
def show(request: Request, service: TheService, viewer: Watching, deployment_id: DeploymentId) -> Response:
    """The page."""
    return live_page(request, service, viewer, deployment_id, Form())


def live_page(
    request: Request, service: Service, viewer: Viewer, deployment_id: str, form: Form, **more: Any
) -> Response:
    """The whole page, with an open alert where `more` has one."""
    parts = page_parts(service, viewer, deployment_id)
    return page(request, viewer, "live/live.html", form=form, **(parts | more))


@router.get("/live/{deployment_id}/head")
def show_head(service: TheService, viewer: Watching, deployment_id: DeploymentId) -> Response:
    """The head alone, for a page that was told that something of it has changed."""
    parts = head_parts(service, viewer, deployment_id)
    return HTMLResponse(fragment("live/head.html", viewer, form=Form(), now=service.office.now(), **parts))


@router.get("/live/{deployment_id}/queue")
def show_queue(
    office: TheOffice, viewer: Annotated[Viewer, may("live.show-feed")], deployment_id: DeploymentId
) -> Response:
    """The queue alone, for a page that was cut off for a while."""
    seq = live.watch_live(office, viewer.actor, deployment_id).seq
    queue = queue_of(office, viewer.actor, deployment_id)
    return HTMLResponse(fragment("live/queue_alone.html", viewer, queue=queue, seq=seq))


@router.get("/live/{deployment_id}/feeds/{feed}/picture")
def show_picture(
    service: TheService, viewer: Watching, deployment_id: DeploymentId, feed: FeedName
) -> Response:
    """A feed's newest masked picture. That somebody looks is in the audit chain, not each picture that they see."""
    looking = (viewer.actor.id, viewer.actor.session_id, deployment_id, feed)
    if service.looks.has_begun(looking):
        newest = live.newest_masked_frame(service.office, viewer.actor, deployment_id, feed)
        if newest is not None:
            return jpeg(newest.jpeg)
    frame = live.show_feed(service.office, viewer.actor, deployment_id, feed)
    service.looks.begin(looking)
    return jpeg(frame.jpeg)


Give = Callable[[Form, Service, Viewer, str], DeploymentView]


async def _move(  # noqa: PLR0917 - what every one of the four moves has
    request: Request, service: Service, viewer: Viewer, deployment_id: str, give: Give, said: str
) -> Response:
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(give, form, service, viewer, deployment_id)
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(
            live_page, request, service, viewer, deployment_id, form.refused(error)
        )
    return see_other(f"/live/{deployment_id}", said)


@router.post("/live/{deployment_id}/start")
async def start(
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.start")],
) -> Response:
    """Go live."""

    def give(form: Form, service: Service, viewer: Viewer, deployment_id: str) -> DeploymentView:
        start = deployments.start_deployment
        return form.give(service.office, viewer, start, DeploymentView, deployment_id)

    return await _move(request, service, viewer, deployment_id, give, "It is live; the engine is starting")


@router.post("/live/{deployment_id}/suspend")
async def suspend(
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.suspend")],
) -> Response:
    """Pause it."""

    def give(form: Form, service: Service, viewer: Viewer, deployment_id: str) -> DeploymentView:
        why = MoveReason(reason=form.text("pause_reason"))
        suspend = deployments.suspend_deployment
        return form.give(service.office, viewer, suspend, DeploymentView, deployment_id, why)

    return await _move(request, service, viewer, deployment_id, give, "It is paused")


@router.post("/live/{deployment_id}/resume")
async def resume(
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.resume")],
) -> Response:
    """Go on."""

    def give(form: Form, service: Service, viewer: Viewer, deployment_id: str) -> DeploymentView:
        why = MoveReason(reason=form.text("resume_reason")) if form.text("resume_reason") else None
        resume = deployments.resume_deployment
        return form.give(service.office, viewer, resume, DeploymentView, deployment_id, why)

    return await _move(
        request, service, viewer, deployment_id, give, "It is live again; the engine is starting"
    )


@router.post("/live/{deployment_id}/close")
async def close(
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.close")],
) -> Response:
    """End it for good."""

    def give(form: Form, service: Service, viewer: Viewer, deployment_id: str) -> DeploymentView:
        why = MoveReason(reason=form.text("end_reason"))
        close = deployments.close_deployment
        return form.give(service.office, viewer, close, DeploymentView, deployment_id, why)

    return await _move(request, service, viewer, deployment_id, give, "It has ended, and the engine erases")
