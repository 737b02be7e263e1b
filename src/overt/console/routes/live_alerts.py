"""The open alert on the live page: its pictures, its adjudication, corrections, and whom it goes to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from overt.casework import alerts, watchlists
from overt.casework.alerts import AlertView, Correction, NewAdjudication, NewRouting
from overt.console.addresses import AlertId, DeploymentId, Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.live import alert_parts
from overt.console.pages import fragment
from overt.console.routes.live import live_page
from overt.console.viewer import Viewer, may
from overt.errors import MissingError
from overt.web.answers import jpeg
from overt.web.service import Service, TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

Part = Annotated[str, Query(pattern=r"^(panel)?$")]


@router.get("/live/references/{image_id}")
def show_reference(
    office: TheOffice, image_id: Id, viewer: Annotated[Viewer, may("images.show")]
) -> Response:
    """A reference image. Each look is in the audit chain."""
    return jpeg(watchlists.show_image(office, viewer.actor, image_id).content)


@router.get("/live/crops/{alert_id}")
def show_crop(
    office: TheOffice, alert_id: AlertId, viewer: Annotated[Viewer, may("alerts.show-crop")]
) -> Response:
    """An alert's picture. Each look is in the audit chain."""
    return jpeg(alerts.show_crop(office, viewer.actor, alert_id))


@router.get("/live/{deployment_id}/alerts/{alert_id}")
def show(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    alert_id: AlertId,
    viewer: Annotated[Viewer, may("live.show-feed")],
    part: Part = "",
) -> Response:
    """Open an alert; for an adjudicator the clock runs from now on."""
    return _answer(_Where(request, service, viewer, deployment_id, alert_id, part), Form())


@router.post("/live/{deployment_id}/alerts/{alert_id}/adjudicate")
async def adjudicate(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    alert_id: AlertId,
    viewer: Annotated[Viewer, may("alerts.adjudicate")],
    part: Part = "",
) -> Response:
    """Record a judgement."""
    form = await read_form(request, viewer)

    def give() -> AlertView:
        judgement = form.take(NewAdjudication)
        return form.give(service.office, viewer, alerts.adjudicate_alert, AlertView, alert_id, judgement)

    return await _given(_Where(request, service, viewer, deployment_id, alert_id, part), form, give)


@router.post("/live/{deployment_id}/alerts/{alert_id}/correct/{adjudication_id}")
async def correct(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    alert_id: AlertId,
    adjudication_id: Id,
    viewer: Annotated[Viewer, may("alerts.correct-adjudication")],
    part: Part = "",
) -> Response:
    """Correct one's own judgement."""
    form = await read_form(request, viewer)

    def give() -> AlertView:
        judgement = form.take(NewAdjudication)
        why = form.take(Correction, code=form.text("correction_code"), reason=form.text("correction_reason"))
        correct = alerts.correct_adjudication
        return form.give(service.office, viewer, correct, AlertView, adjudication_id, judgement, why)

    return await _given(_Where(request, service, viewer, deployment_id, alert_id, part), form, give)


@router.post("/live/{deployment_id}/alerts/{alert_id}/route")
async def route(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    alert_id: AlertId,
    viewer: Annotated[Viewer, may("alerts.route")],
    part: Part = "",
) -> Response:
    """Send an alert that is to be engaged to further officers."""
    form = await read_form(request, viewer)

    def give() -> AlertView:
        routing = form.take(NewRouting, officer_ids=form.all("officer_ids"))
        return form.give(service.office, viewer, alerts.route_alert, AlertView, alert_id, routing)

    return await _given(_Where(request, service, viewer, deployment_id, alert_id, part), form, give)


@dataclass(frozen=True)
class _Where:
    """Whose answer it is to be: an alert's on its deployment's page, or in its panel alone."""

    request: Request
    service: Service
    viewer: Viewer
    deployment_id: str
    alert_id: str
    part: str


async def _given(where: _Where, form: Form, give: Callable[[], AlertView]) -> Response:
    """To the alert as it stands then; where it is refused, to the form with what was written."""
    try:
        await run_in_threadpool(give)
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(_answer, where, form.refused(error))
    address = f"/live/{where.deployment_id}/alerts/{where.alert_id}"
    return RedirectResponse(f"{address}?part={where.part}" if where.part else address, status_code=303)


def _answer(where: _Where, form: Form) -> Response:
    """The alert as it stands now, with a form as it was sent."""
    alert = alerts.show_alert(where.service.office, where.viewer.actor, where.alert_id)
    if alert.deployment_id != where.deployment_id:
        raise MissingError(f"{alert.id} is no alert of {where.deployment_id}", "Open it from its own page")
    parts = alert_parts(where.service, where.viewer, alert)
    if where.part:
        written = fragment("live/alert.html", where.viewer, form=form, **parts)
        return HTMLResponse(written, status_code=form.status)
    return live_page(where.request, where.service, where.viewer, where.deployment_id, form, **parts)
