"""Duty: which engagement officers are present in a deployment."""

from typing import Annotated

from fastapi import Query

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.api.repeats import TheCreation
from overt.casework import duty
from overt.casework.duty import DutyView
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("duty", "/deployments")


@router.post("/{deployment_id}/duty", operation_id="duty.begin", status_code=201, summary="Report for duty")
def begin(create: TheCreation, deployment_id: Id, new: duty.NewDuty | None = None) -> DutyView:
    """Alerts that are to be engaged are routed to whoever is on duty. Whoever was on duty elsewhere leaves there."""
    return create(duty.begin_duty, DutyView, deployment_id, new or duty.NewDuty())


@router.post("/{deployment_id}/duty/end", operation_id="duty.end", status_code=201, summary="Leave duty")
def end(create: TheCreation, deployment_id: Id) -> DutyView:
    """One's own. It ends by itself when the deployment is over."""
    return create(duty.end_duty, DutyView, deployment_id)


@router.get("/{deployment_id}/duty", operation_id="duty.list", summary="Who is on duty")
def list_all(
    office: TheOffice,
    actor: TheActor,
    deployment_id: Id,
    ended: Annotated[bool, Query(description="Also those who have left.")] = False,
) -> tuple[DutyView, ...]:
    """The first to begin first, with their call signs."""
    return duty.list_duty(office, actor, deployment_id, ended=ended)
