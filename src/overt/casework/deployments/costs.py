"""What a deployment took, recorded when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment
from overt.casework.deployments.states import record_move
from overt.casework.deployments.views import DeploymentView, deployment_view
from overt.errors import ConflictError, InputError

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["Costs", "record_costs"]

_MODEL: Final = ConfigDict(frozen=True, extra="forbid")


class Costs(BaseModel):
    """Staff and cost. Published."""

    model_config = _MODEL

    staff: Annotated[int | None, Field(ge=0, le=10_000, description="Officers and staff.")] = None
    staff_hours: Annotated[
        float | None, Field(ge=0, le=1e6, description="Hours of all of them together.")
    ] = None
    cost: Annotated[float | None, Field(ge=0, le=1e9)] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="As ISO 4217 has it.")] = "GBP"


@command("deployments.record-costs")
def record_costs(work: Work, deployment_id: str, costs: Costs) -> DeploymentView:
    """Record what a closed deployment took; recorded again, the later figures stand and both are in the audit chain.

    Raises:
        ConflictError: the deployment is not over.
        InputError: nothing is given.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    if deployment.state not in {"closed", "published"}:
        raise ConflictError(
            f"The costs of {deployment.id} cannot be recorded: it is {deployment.state}, and only one that is closed "
            "or published has them",
            "Close it first",
        )
    if costs.staff is None and costs.staff_hours is None and costs.cost is None:
        raise InputError("No figure is given", "Give staff, staff_hours or cost", field="cost")
    deployment.costs = costs.model_dump(mode="json")
    record_move(work, deployment, "record-costs", deployment.state)
    work.note(deployment.id, **deployment.costs)
    return deployment_view(work, deployment)
