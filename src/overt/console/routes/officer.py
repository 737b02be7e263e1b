"""The officer's page: duty, the alerts routed to them, one alert with its pictures, and what they record of it."""

from collections.abc import Callable
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from overt.casework import alerts, deployments, duty
from overt.casework.alerts import (
    AlertFilter,
    AlertState,
    AlertView,
    NewAdjudication,
    NewEngagement,
    NewOutcome,
)
from overt.casework.deployments import DeploymentFilter, DeploymentSummary, State
from overt.casework.duty import DutyView, NewDuty
from overt.casework.paging import Listing, Page
from overt.console.addresses import After, AlertId
from overt.console.alert_forms import Asked, choices
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.live import alert_parts
from overt.console.officer import card_of, cards_of
from overt.console.pages import fragment, page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import ConflictError, MissingError
from overt.web.service import Service, TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

Mine = Annotated[Viewer, may("alerts.list-mine")]
Engaging = Annotated[Viewer, may("alerts.acknowledge", "alerts.record-engagement")]

_OPEN_TO_DUTY: Final[tuple[State, ...]] = ("live", "suspended", "authorised")
_UNDECIDED: Final[tuple[AlertState, ...]] = ("open", "second")
_IDENTITIES: Final = ("sought", "other", "not-contacted")
_OUTCOMES: Final = get_args(alerts.NewOutcome.model_fields["outcome"].annotation)
_SHOWN: Final = 100


@router.get("/officer")
def my_alerts(request: Request, office: TheOffice, viewer: Mine, after: After = None) -> Response:
    """Duty, and the alerts routed to whoever looks."""
    return _list(request, office, viewer, Form(), after)


@router.get("/officer/cards/{alert_id}")
def one_card(
    office: TheOffice, viewer: Annotated[Viewer, may("alerts.list-mine")], alert_id: AlertId
) -> Response:
    """A card alone, for a page that was told that something of it has changed."""
    card = card_of(office, viewer.actor, alert_id)
    return HTMLResponse(fragment("officer/card.html", viewer, card=card, form=Form()))


@router.get("/officer/to-judge")
def to_judge(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("alerts.adjudicate")]
) -> Response:
    """The alerts of the deployment where they are on duty that nobody has decided, the oldest first."""
    own = duty.own_duty(office, viewer.actor) if viewer.may("duty.begin") else None
    where = None if own is None else own.deployment_id
    waiting = [_undecided(office, viewer, where, state) for state in _UNDECIDED]
    rows = sorted((one for listing in waiting for one in listing.items), key=lambda one: one.received_at)
    total = sum(listing.total for listing in waiting)
    return page(request, viewer, "officer/to_judge.html", rows=rows, total=total, own=own)


@router.post("/officer/duty/begin")
async def begin_duty(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("duty.begin")]
) -> Response:
    """Report for duty."""
    form = await read_form(request, viewer)
    try:
        asked = form.take(NewDuty)
        where = form.text("deployment_id")[:64]
        await run_in_threadpool(form.give, office, viewer, duty.begin_duty, DutyView, where, asked)
    except (*REFUSALS, MissingError) as error:
        return await run_in_threadpool(_list, request, office, viewer, form.refused(_placed(error)), None)
    return see_other("/officer", "You are on duty")


@router.post("/officer/duty/end")
async def end_duty(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("duty.end")]
) -> Response:
    """Leave."""
    form = await read_form(request, viewer)
    try:
        where = form.text("deployment_id")[:64]
        await run_in_threadpool(form.give, office, viewer, duty.end_duty, DutyView, where)
    except (*REFUSALS, MissingError) as error:
        return await run_in_threadpool(_list, request, office, viewer, form.refused(_placed(error)), None)
    return see_other("/officer", "You are off duty")


@router.get("/officer/alerts/{alert_id}")
def show(request: Request, service: TheService, viewer: Engaging, alert_id: AlertId) -> Response:
    """An alert. For an adjudicator the clock runs from now on where it is not decided."""
    return _alert(request, service, viewer, alert_id, Form())


@router.post("/officer/alerts/{alert_id}/acknowledge")
async def acknowledge(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("alerts.acknowledge")],
    alert_id: AlertId,
) -> Response:
    """Say that one is on it."""

    def give(form: Form) -> BaseModel:
        answer = alerts.Acknowledgement
        return form.give(service.office, viewer, alerts.acknowledge_alert, answer, alert_id)

    return await _record(request, service, viewer, alert_id, give)


@router.post("/officer/alerts/{alert_id}/engagement")
async def engagement(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("alerts.record-engagement")],
    alert_id: AlertId,
) -> Response:
    """The contact on the street."""

    def give(form: Form) -> BaseModel:
        record = alerts.record_engagement
        return form.give(service.office, viewer, record, AlertView, alert_id, Asked(form).of(NewEngagement))

    return await _record(request, service, viewer, alert_id, give)


@router.post("/officer/alerts/{alert_id}/outcome")
async def outcome(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("alerts.record-outcome")],
    alert_id: AlertId,
) -> Response:
    """What came of it."""

    def give(form: Form) -> BaseModel:
        record = alerts.record_outcome
        return form.give(service.office, viewer, record, AlertView, alert_id, form.take(NewOutcome))

    return await _record(request, service, viewer, alert_id, give)


@router.post("/officer/alerts/{alert_id}/adjudicate")
async def adjudicate(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("alerts.adjudicate")],
    alert_id: AlertId,
) -> Response:
    """A judgement; without one nobody is engaged."""

    def give(form: Form) -> BaseModel:
        judge = alerts.adjudicate_alert
        return form.give(service.office, viewer, judge, AlertView, alert_id, form.take(NewAdjudication))

    return await _record(request, service, viewer, alert_id, give)


async def _record(
    request: Request, service: Service, viewer: Viewer, alert_id: str, give: Callable[[Form], BaseModel]
) -> Response:
    """Carry it out, and go to the alert as it stands then; where it is refused, to its form with what was written."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(give, form)
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(_alert, request, service, viewer, alert_id, form.refused(error))
    return see_other(f"/officer/alerts/{alert_id}")


def _alert(request: Request, service: Service, viewer: Viewer, alert_id: str, form: Form) -> Response:
    card = card_of(service.office, viewer.actor, alert_id)
    parts: dict[str, Any] = alert_parts(service, viewer, card.alert)
    return page(
        request,
        viewer,
        "officer/alert.html",
        form=form,
        card=card,
        own=duty.own_duty(service.office, viewer.actor) if viewer.may("duty.begin") else None,
        choices=choices(),
        identities=_IDENTITIES,
        outcomes=_OUTCOMES,
        **parts,
    )


def _list(request: Request, office: TheOffice, viewer: Viewer, form: Form, after: str | None) -> Response:
    own = duty.own_duty(office, viewer.actor)
    cards, onward, total = cards_of(office, viewer.actor, after)
    return page(
        request,
        viewer,
        "officer/list.html",
        form=form,
        own=own,
        where=None if own is None else deployments.show_deployment(office, viewer.actor, own.deployment_id),
        places=() if own is not None else _places(office, viewer),
        cards=cards,
        onward=onward,
        total=total,
        to_judge=0 if own is None else _waiting(office, viewer, own.deployment_id),
    )


def _places(office: TheOffice, viewer: Viewer) -> tuple[DeploymentSummary, ...]:
    """Where somebody can be on duty; what is live comes first."""
    found: list[DeploymentSummary] = []
    for state in _OPEN_TO_DUTY:
        wanted = DeploymentFilter(state=state)
        found += deployments.list_deployments(office, viewer.actor, wanted, Page(limit=_SHOWN)).items
    return tuple(found)


def _waiting(office: TheOffice, viewer: Viewer, deployment_id: str) -> int:
    return sum(_undecided(office, viewer, deployment_id, state, 1).total for state in _UNDECIDED)


def _undecided(
    office: TheOffice, viewer: Viewer, deployment_id: str | None, state: AlertState, limit: int = _SHOWN
) -> Listing[alerts.AlertSummary]:
    wanted = AlertFilter(deployment_id=deployment_id, state=state)
    return alerts.list_alerts(office, viewer.actor, wanted, Page(limit=limit))


def _placed(error: Exception) -> Exception:
    """A deployment that is not there is said at the form."""
    if isinstance(error, MissingError):
        return ConflictError(error.what, "Choose one of those that are shown")
    return error
