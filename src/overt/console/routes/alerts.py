"""The history of alerts: every one with what people made of it, and the forms that correct what was recorded."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from overt.casework import Office, alerts
from overt.casework.paging import Page
from overt.console.addresses import AlertId, Id
from overt.console.alert_forms import CORRECTIONS, Asked, blank_correction, choices
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import InputError, MissingError
from overt.web.answers import jpeg
from overt.web.service import TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

Kind = Literal["adjudication", "engagement", "outcome"]
_SHOWN: Final = 50


@router.get("/alerts")
def all_alerts(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("alerts.list")],
    deployment_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Literal["", "open", "second", "engage", "engaged", "closed"] = "",
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Alerts, the newest first."""
    wanted = alerts.AlertFilter(deployment_id=deployment_id or None, state=state or None)
    listing = alerts.list_alerts(office, viewer.actor, wanted, Page(after=after, limit=_SHOWN))
    return page(
        request, viewer, "alerts/list.html", listing=listing, wanted=wanted, state=state, after=after or ""
    )


@router.get("/alerts/{alert_id}")
def show(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("alerts.show")], alert_id: AlertId
) -> Response:
    """An alert with everything that was recorded of it."""
    alert = alerts.show_alert(office, viewer.actor, alert_id)
    return page(request, viewer, "alerts/alert.html", alert=alert, corrections=_own(viewer, alert))


@router.get("/alerts/{alert_id}/picture")
def picture(
    service: TheService, viewer: Annotated[Viewer, may("alerts.show-crop")], alert_id: AlertId
) -> Response:
    """The alert's picture: the face that alerted, every other masked."""
    return jpeg(alerts.show_crop(service.office, viewer.actor, alert_id))


@router.get("/alerts/{alert_id}/corrections/{kind}/{row_id}")
def correction_form(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[
        Viewer, may("alerts.correct-adjudication", "alerts.correct-engagement", "alerts.correct-outcome")
    ],
    alert_id: AlertId,
    kind: Kind,
    row_id: Id,
) -> Response:
    """The form for a correction, filled in with what was recorded."""
    return _form(request, office, viewer, alert_id, kind, row_id, None)


@router.post("/alerts/{alert_id}/corrections/{kind}/{row_id}")
async def correct(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[
        Viewer, may("alerts.correct-adjudication", "alerts.correct-engagement", "alerts.correct-outcome")
    ],
    alert_id: AlertId,
    kind: Kind,
    row_id: Id,
) -> Response:
    """A correction, beside what it corrects."""
    form = await read_form(request, viewer)
    model, given = CORRECTIONS[kind]
    try:
        why = alerts.Correction.model_validate(
            {"code": form.text("correction_code"), "reason": form.text("correction_reason")}
        )
        asked: BaseModel = Asked(form).of(model)
        await run_in_threadpool(form.give, office, viewer, given, alerts.AlertView, row_id, asked, why)
    except REFUSALS as error:
        refused = form.refused(_placed(error))
        return await run_in_threadpool(_form, request, office, viewer, alert_id, kind, row_id, refused)
    return see_other(f"/alerts/{alert_id}", "The correction is recorded beside what it corrects")


def _form(  # noqa: PLR0917 - the address's parts, and the form
    request: Request,
    office: Office,
    viewer: Viewer,
    alert_id: str,
    kind: Kind,
    row_id: str,
    form: Form | None,
) -> Response:
    alert = alerts.show_alert(office, viewer.actor, alert_id)
    if row_id not in _own(viewer, alert):
        raise MissingError(
            f"There is no {kind} {row_id} of this alert that you can correct",
            "Open the alert: what you can correct says so",
        )
    return page(
        request,
        viewer,
        "alerts/correct.html",
        form=form or blank_correction(alert, row_id),
        alert=alert,
        kind=kind,
        row_id=row_id,
        choices=choices(),
        length=office.policy.alerts.reason_length,
    )


def _own(viewer: Viewer, alert: alerts.AlertView) -> frozenset[str]:
    """What the viewer may correct: their own adjudications, and any engagement or outcome, as it stands."""
    rows: list[str] = []
    if viewer.may("alerts.correct-adjudication") and not alert.personal_data_deleted:
        rows += [row.id for row in alert.adjudications if row.stands and row.person_id == viewer.actor.id]
    if viewer.may("alerts.correct-engagement"):
        rows += [row.id for row in alert.engagements if row.stands]
    if viewer.may("alerts.correct-outcome"):
        rows += [row.id for row in alert.outcomes if row.stands]
    return frozenset(rows)


def _placed(error: Exception) -> Exception:
    """What is said of the correction's own fields stands at them."""
    if isinstance(error, ValidationError) and error.title == "Correction":
        return InputError("Say why it is corrected", "Choose one of the reasons", field="correction_code")
    return error
