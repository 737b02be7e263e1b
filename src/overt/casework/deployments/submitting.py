"""Submission: everything that will be decided over is frozen under one digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment
from overt.casework.deployments.certifying import refuse_uncertified
from overt.casework.deployments.freezing import content_of, freeze
from overt.casework.deployments.states import move
from overt.casework.deployments.views import DeploymentView, deployment_view
from overt.errors import ConflictError

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.casework.deployments.freezing import Content

__all__ = ["MoveReason", "Submission", "submit_deployment", "withdraw_deployment"]

_MODEL: Final = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class MoveReason(BaseModel):
    """Why something is done, in free words. Sealed."""

    model_config = _MODEL

    reason: Annotated[str, Field(min_length=3, max_length=2000, repr=False)]


class Submission(BaseModel):
    """A deployment that was submitted, and which entries of its lists are not a part of it."""

    model_config = _MODEL

    deployment: DeploymentView
    digest: str
    entries: int
    pending: Annotated[tuple[str, ...], Field(description="Left out: not approved.")]
    expired: Annotated[tuple[str, ...], Field(description="Left out: expired before the window begins.")]
    without_image: Annotated[tuple[str, ...], Field(description="Left out: no reference image.")]


@command("deployments.submit")
def submit_deployment(work: Work, deployment_id: str) -> Submission:
    """Freeze plan, feeds, operating point, pack, seals and entries under one digest, for an officer to decide over.

    Raises:
        ConflictError: it is no draft, its window is over, no entry (or too many) would be searched for, or its
            operating point is not certified and the policy requires it.
        PackError: the pack is missing, altered, or its licence forbids live use.
        ContractError: a watchlist was enrolled with another pack.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "submit")
    if deployment.window_end <= work.now:
        raise ConflictError(f"The window of {deployment.id} is over", "Change it, and submit again")
    content = content_of(work, deployment)
    _check_size(work, content)
    refuse_uncertified(work.office.policy, deployment, content.certification)
    digest = freeze(work, deployment, content)
    left = content.left_out
    work.note(
        deployment.id,
        digest=digest,
        entries=len(content.entries),
        pending=len(left["pending"]),
        expired=len(left["expired"]),
        without_image=len(left["without-image"]),
        certificate=content.certification.certificate_id if content.certification.certified else None,
    )
    return Submission(
        deployment=deployment_view(work, deployment),
        digest=digest,
        entries=len(content.entries),
        pending=left["pending"],
        expired=left["expired"],
        without_image=left["without-image"],
    )


@command("deployments.withdraw")
def withdraw_deployment(work: Work, deployment_id: str, why: MoveReason) -> DeploymentView:
    """Take a submitted or authorised deployment back to draft; what was authorised is void."""
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "withdraw", why.reason)
    return deployment_view(work, deployment)


def _check_size(work: Work, content: Content) -> None:
    most = work.office.policy.watchlists.most_entries
    if not content.entries:
        left = content.left_out
        raise ConflictError(
            f"No entry would be searched for: {len(left['pending'])} are not approved, {len(left['expired'])} have "
            f"expired before the window begins, {len(left['without-image'])} have no image",
            "Have entries approved, or name another watchlist",
        )
    if len(content.entries) > most:
        raise ConflictError(
            f"{len(content.entries):,} entries would be searched for, and the policy allows {most:,}",
            "Name fewer watchlists, or withdraw entries that are not needed",
        )
