"""Whether a deployment may run, and the moves of one that does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment, plan_of
from overt.casework.deployments._sealing import open_confidential
from overt.casework.deployments.authorising import is_signature_good
from overt.casework.deployments.certifying import refuse_lost, refuse_uncertified
from overt.casework.deployments.freezing import content_of, drift_of
from overt.casework.deployments.states import move, next_state
from overt.casework.deployments.views import DeploymentView, deployment_view, standing_authorisation
from overt.engine.wire import FeedSpec
from overt.errors import ConflictError
from overt.records.tables import Deployment

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.biometrics import ModelPack, OperatingPoint
    from overt.casework.commands import Work
    from overt.casework.deployments.plan import FarFaces
    from overt.casework.deployments.submitting import MoveReason
    from overt.records.tables import Authorisation

__all__ = [
    "Due",
    "RunnablePlan",
    "cancel_deployment",
    "close_deployment",
    "due_moves",
    "end_window",
    "expire_deployment",
    "interrupt_deployment",
    "may_run",
    "resume_deployment",
    "start_deployment",
    "suspend_deployment",
]


@dataclass(frozen=True)
class RunnablePlan:
    """What the engine is started with, once nothing forbids it.

    Attributes:
        deployment_id: of the deployment.
        title: its title.
        digest: what was authorised.
        feeds: what is watched; the addresses may hold passwords.
        pack: the verified pack, licensed for live use.
        point: what decides an alert.
        entry_ids: of the entries to search for.
        required_seals: without one of which the engine must refuse to begin.
        masked_fps: masked pictures a second and feed.
        far: how faces too small for the usual copy are sought.
        window_end: when it must stop.
    """

    deployment_id: str
    title: str
    digest: str
    feeds: tuple[FeedSpec, ...] = field(repr=False)
    pack: ModelPack
    point: OperatingPoint
    entry_ids: tuple[str, ...] = field(repr=False)
    required_seals: tuple[str, ...]
    masked_fps: float
    far: FarFaces
    window_end: datetime


@dataclass(frozen=True)
class Due:
    """Deployments that the clock has something to say about, by id.

    Attributes:
        to_end: live or suspended, and their window is over.
        to_expire: submitted or authorised, and their window is over.
    """

    to_end: tuple[str, ...]
    to_expire: tuple[str, ...]


def may_run(work: Work, deployment_id: str) -> RunnablePlan:
    """Whether the engine may be started for a deployment now, and with what.

    Before the first start everything must be exactly as it was authorised. Once it is live or suspended, entries that
    have been withdrawn, deleted or have expired are left out and stop nothing; any other change does.

    Raises:
        ConflictError: it is not authorised, outside its window, or something has changed since it was frozen.
        PackError: the pack is missing, altered, or its licence forbids live use.
        ContractError: a watchlist is of another pack.
    """
    deployment = find_deployment(work, deployment_id)
    if deployment.state not in {"authorised", "live", "suspended"}:
        next_state(deployment.state, "start")
    authorisation = standing_authorisation(work, deployment)
    if authorisation is None or authorisation.digest != deployment.digest:
        raise ConflictError(f"{deployment.id} is not authorised as it is", "Have it submitted and authorised")
    _check_time(work, deployment, authorisation)
    if not is_signature_good(work, deployment, authorisation):
        raise ConflictError(
            f"The authorisation of {deployment.id} is not as it was signed: the database was altered",
            "Verify the audit chain, and have the deployment submitted and authorised again",
        )
    content = content_of(work, deployment)
    refuse_lost(deployment, content.certification)
    refuse_uncertified(work.office.policy, deployment, content.certification)
    drift = drift_of(work, deployment, content)
    if not (drift.none or (deployment.state != "authorised" and drift.only_fewer)):
        raise ConflictError(
            f"What was authorised of {deployment.id} has changed since ({drift})",
            "Have it withdrawn, submitted and authorised again",
        )
    plan = plan_of(deployment)
    today = work.now.date()
    entry_ids = tuple(entry_id for entry_id, facts in content.entries.items() if facts.expires_on >= today)
    if not entry_ids:
        raise ConflictError(f"No entry of {deployment.id} is current any more", "Nobody is left to look for")
    addresses = open_confidential(work, deployment).addresses
    return RunnablePlan(
        deployment_id=deployment.id,
        title=deployment.title,
        digest=authorisation.digest,
        feeds=tuple(
            FeedSpec(name=feed.name, uri=uri, pace=feed.pace, transport=feed.transport, loop=feed.loop)
            for feed, uri in zip(plan.feeds, addresses, strict=True)
        ),
        pack=content.pack,
        point=content.point,
        entry_ids=entry_ids,
        required_seals=tuple(sorted(work.office.policy.deployments.required_seals)),
        masked_fps=plan.masked_fps,
        far=plan.far,
        window_end=deployment.window_end,
    )


def due_moves(session: Session, now: datetime) -> Due:
    """Which windows are over. No authorisation stands longer than its window."""
    over = (
        select(Deployment.id)
        .where(Deployment.window_end <= now)
        .order_by(Deployment.window_end, Deployment.id)
    )
    to_end = session.scalars(over.where(Deployment.state.in_(("live", "suspended")))).all()
    to_expire = session.scalars(over.where(Deployment.state.in_(("submitted", "authorised")))).all()
    return Due(to_end=tuple(to_end), to_expire=tuple(to_expire))


@command("deployments.start")
def start_deployment(work: Work, deployment_id: str) -> DeploymentView:
    """Go live: the server starts the engine.

    Raises:
        ConflictError, PackError, ContractError: as `may_run`.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "start")
    runnable = may_run(work, deployment_id)
    move(work, deployment, "start")
    work.note(deployment.id, digest=runnable.digest, entries=len(runnable.entry_ids))
    return deployment_view(work, deployment)


@command("deployments.suspend")
def suspend_deployment(work: Work, deployment_id: str, why: MoveReason) -> DeploymentView:
    """Stop the engine for now. The window goes on."""
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "suspend", why.reason)
    return deployment_view(work, deployment)


@command("deployments.interrupt")
def interrupt_deployment(work: Work, deployment_id: str, reason: str) -> DeploymentView:
    """Suspend, by the software: the engine could not be kept running, or a crash has left the deployment live."""
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "interrupt", reason)
    return deployment_view(work, deployment)


@command("deployments.resume")
def resume_deployment(work: Work, deployment_id: str, why: MoveReason | None = None) -> DeploymentView:
    """Go live again.

    Raises:
        ConflictError, PackError, ContractError: as `may_run`.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "resume")
    runnable = may_run(work, deployment_id)
    move(work, deployment, "resume", "" if why is None else why.reason)
    work.note(deployment.id, digest=runnable.digest, entries=len(runnable.entry_ids))
    return deployment_view(work, deployment)


@command("deployments.close")
def close_deployment(work: Work, deployment_id: str, why: MoveReason | None = None) -> DeploymentView:
    """End a deployment for good, before its window does."""
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "close", "" if why is None else why.reason)
    return deployment_view(work, deployment)


@command("deployments.end-window")
def end_window(work: Work, deployment_id: str) -> DeploymentView:
    """Close a deployment whose window is over.

    Raises:
        ConflictError: the window is not over, or it is neither live nor suspended.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "end-window")
    if deployment.window_end > work.now:
        raise ConflictError(f"The window of {deployment.id} is not over", "Close it, or wait")
    move(work, deployment, "end-window")
    return deployment_view(work, deployment)


@command("deployments.expire")
def expire_deployment(work: Work, deployment_id: str) -> DeploymentView:
    """Let a submission or authorisation lapse whose time has passed without a start.

    Raises:
        ConflictError: its time has not passed, or it is neither submitted nor authorised.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "expire")
    if deployment.id not in due_moves(work.session, work.now).to_expire:
        raise ConflictError(f"The time of {deployment.id} has not passed", "Cancel it, or wait")
    move(work, deployment, "expire")
    return deployment_view(work, deployment)


@command("deployments.cancel")
def cancel_deployment(work: Work, deployment_id: str, why: MoveReason) -> DeploymentView:
    """Give a deployment up that has not run; what was authorised is void."""
    deployment = find_deployment(work, deployment_id, lock=True)
    move(work, deployment, "cancel", why.reason)
    return deployment_view(work, deployment)


def _check_time(work: Work, deployment: Deployment, authorisation: Authorisation) -> None:
    start, end = deployment.window_start, deployment.window_end
    if work.now < start:
        raise ConflictError(
            f"The window of {deployment.id} begins at {start:%Y-%m-%d %H:%M} UTC", "Start it then"
        )
    if work.now >= end:
        raise ConflictError(
            f"The window of {deployment.id} ended at {end:%Y-%m-%d %H:%M} UTC",
            "Plan another deployment",
        )
    if work.now >= authorisation.valid_until:
        raise ConflictError(
            f"The authorisation of {deployment.id} stood until {authorisation.valid_until:%Y-%m-%d %H:%M} UTC",
            "Have it submitted and authorised again",
        )
