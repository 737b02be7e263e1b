"""A planned feed with its address, for an engine to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.deployments._rows import find_deployment, plan_of
from overt.casework.deployments._sealing import open_confidential
from overt.casework.deployments.plan import Feed
from overt.errors import ConflictError, MissingError

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["feed_of_plan"]


def feed_of_plan(work: Work, deployment_id: str, name: str) -> tuple[Feed, str]:
    """A feed of a deployment that does not run, with its address, and the plan's model pack.

    Raises:
        ConflictError: the deployment is live or suspended, or its personal data has been deleted.
        MissingError: there is no such deployment, or no such feed in its plan.
    """
    deployment = find_deployment(work, deployment_id)
    if deployment.state in {"live", "suspended"}:
        raise ConflictError(
            f"{deployment.id} is {deployment.state}: its own engine holds its feeds",
            "Look at its live page",
        )
    plan = plan_of(deployment)
    addresses = open_confidential(work, deployment).addresses
    for feed, address in zip(plan.feeds, addresses, strict=True):
        if feed.name == name:
            return Feed(**feed.model_dump(), uri=address), plan.operating_point.pack
    raise MissingError(f"The plan of {deployment.id} has no feed {name[:64]!r}", "Look at the plan")
