"""Finding deployments, and reading what their rows hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.deployments.plan import StoredPlan
from overt.errors import MissingError
from overt.records.tables import Deployment

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["find_deployment", "plan_of"]


def find_deployment(work: Work, deployment_id: str, *, lock: bool = False) -> Deployment:
    """The deployment, locked against others' moves if asked.

    Raises:
        MissingError: there is none of this id.
    """
    work.note(deployment_id[:64])
    found = work.session.get(Deployment, deployment_id, with_for_update=lock)
    if found is None:
        raise MissingError(
            f"There is no deployment {deployment_id[:64]!r}", "See `overt deployments list` for their ids"
        )
    return found


def plan_of(deployment: Deployment) -> StoredPlan:
    """The plan as it is kept in the open: no feed has its address."""
    return StoredPlan.model_validate(deployment.plan)
