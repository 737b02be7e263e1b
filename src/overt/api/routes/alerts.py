"""Alerts and what people made of them."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from overt.api.acting import TheActor
from overt.api.inputs import Id, ThePage, api_router
from overt.api.repeats import TheCreation
from overt.casework import alerts
from overt.casework.alerts import AlertView
from overt.casework.paging import Listing, Page
from overt.web.answers import JPEG, jpeg
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("alerts")


class AlertQuery(alerts.AlertFilter, Page):
    """Which alerts, and which page of them."""


class CorrectedAdjudication(BaseModel):
    """An adjudication as it should have been, and why it was not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adjudication: alerts.NewAdjudication
    correction: alerts.Correction


class CorrectedEngagement(BaseModel):
    """An engagement as it should have been recorded, and why it was not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engagement: alerts.NewEngagement
    correction: alerts.Correction


class CorrectedOutcome(BaseModel):
    """An outcome as it should have been recorded, and why it was not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: alerts.NewOutcome
    correction: alerts.Correction


@router.get("/alerts", operation_id="alerts.list", summary="Alerts, the newest first")
def list_all(
    office: TheOffice, actor: TheActor, query: Annotated[AlertQuery, Query()]
) -> Listing[alerts.AlertSummary]:
    """Of every deployment, or of one; in any state, or in one."""
    return alerts.list_alerts(office, actor, query, query)


@router.get("/self/alerts", operation_id="alerts.list-mine", summary="Alerts that were routed to you")
def list_mine(office: TheOffice, actor: TheActor, page: ThePage) -> Listing[alerts.AlertSummary]:
    """Those that are not closed, the newest first, with whether you and others have acknowledged them."""
    return alerts.list_my_alerts(office, actor, page)


@router.get("/alerts/{alert_id}", operation_id="alerts.show", summary="An alert")
def show(office: TheOffice, actor: TheActor, alert_id: Id) -> AlertView:
    """The time to decide counts from the first time that an adjudicator asks for it."""
    return alerts.show_alert(office, actor, alert_id)


@router.get(
    "/alerts/{alert_id}/crop",
    operation_id="alerts.show-crop",
    summary="An alert's picture",
    response_class=Response,
    responses=JPEG,
)
def show_crop(office: TheOffice, actor: TheActor, alert_id: Id) -> Response:
    """The face that alerted; every other face in it is masked."""
    return jpeg(alerts.show_crop(office, actor, alert_id))


@router.post(
    "/alerts/{alert_id}/adjudications",
    operation_id="alerts.adjudicate",
    status_code=201,
    summary="Adjudicate an alert",
)
def adjudicate(create: TheCreation, alert_id: Id, adjudication: alerts.NewAdjudication) -> AlertView:
    """The first judgement, or the second, blind to the first, where the policy asks for two."""
    return create(alerts.adjudicate_alert, AlertView, alert_id, adjudication)


@router.post(
    "/alerts/{alert_id}/routings",
    operation_id="alerts.route",
    status_code=201,
    summary="Route an alert to officers",
)
def route(create: TheCreation, alert_id: Id, routing: alerts.NewRouting) -> AlertView:
    """Beside those who have it. By itself it went to everybody on duty when it was decided to engage."""
    return create(alerts.route_alert, AlertView, alert_id, routing)


@router.post(
    "/alerts/{alert_id}/acknowledgements",
    operation_id="alerts.acknowledge",
    status_code=201,
    summary="Say that you are on it",
)
def acknowledge(create: TheCreation, alert_id: Id) -> alerts.Acknowledgement:
    """By an officer to whom it was routed. Said again, the answer is the same."""
    return create(alerts.acknowledge_alert, alerts.Acknowledgement, alert_id)


@router.post(
    "/alerts/{alert_id}/engagements",
    operation_id="alerts.record-engagement",
    status_code=201,
    summary="Record an engagement",
)
def record_engagement(create: TheCreation, alert_id: Id, engagement: alerts.NewEngagement) -> AlertView:
    """That the person was approached, and who they were; or that nobody could be."""
    return create(alerts.record_engagement, AlertView, alert_id, engagement)


@router.post(
    "/alerts/{alert_id}/outcomes",
    operation_id="alerts.record-outcome",
    status_code=201,
    summary="Record what came of an engagement",
)
def record_outcome(create: TheCreation, alert_id: Id, outcome: alerts.NewOutcome) -> AlertView:
    """This closes the alert."""
    return create(alerts.record_outcome, AlertView, alert_id, outcome)


@router.post(
    "/adjudications/{adjudication_id}/corrections",
    operation_id="alerts.correct-adjudication",
    status_code=201,
    summary="Correct one's own adjudication",
)
def correct_adjudication(create: TheCreation, adjudication_id: Id, asked: CorrectedAdjudication) -> AlertView:
    """The earlier row stays beside the new one."""
    return create(
        alerts.correct_adjudication, AlertView, adjudication_id, asked.adjudication, asked.correction
    )


@router.post(
    "/engagements/{engagement_id}/corrections",
    operation_id="alerts.correct-engagement",
    status_code=201,
    summary="Correct an engagement",
)
def correct_engagement(create: TheCreation, engagement_id: Id, asked: CorrectedEngagement) -> AlertView:
    """The earlier row stays beside the new one."""
    return create(alerts.correct_engagement, AlertView, engagement_id, asked.engagement, asked.correction)


@router.post(
    "/outcomes/{outcome_id}/corrections",
    operation_id="alerts.correct-outcome",
    status_code=201,
    summary="Correct an outcome",
)
def correct_outcome(create: TheCreation, outcome_id: Id, asked: CorrectedOutcome) -> AlertView:
    """The earlier row stays beside the new one."""
    return create(alerts.correct_outcome, AlertView, outcome_id, asked.outcome, asked.correction)
