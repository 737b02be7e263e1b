"""Deployments as they are shown."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from overt.casework.certificates import Certification  # noqa: TC001 - pydantic reads the annotations
from overt.casework.deployments._rows import plan_of
from overt.casework.deployments._sealing import Confidential, open_confidential, open_text
from overt.casework.deployments.certifying import certification_shown
from overt.casework.deployments.plan import FeedView, PlanView, shown_address
from overt.casework.deployments.states import TABLE, Move, State
from overt.casework.people import names_of
from overt.records.tables import Authorisation, DeploymentMove, FrozenEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.casework.commands import Work
    from overt.casework.deployments.plan import StoredPlan
    from overt.records.tables import Deployment

__all__ = [
    "AuthorisationView",
    "CostsView",
    "DeploymentSummary",
    "DeploymentView",
    "MoveView",
    "authorisation_view",
    "deployment_summary",
    "deployment_view",
    "standing_authorisation",
]

_MODEL: Final = ConfigDict(frozen=True, extra="forbid")


class MoveView(BaseModel):
    """One move."""

    model_config = _MODEL

    move: str
    from_state: str
    to_state: str
    actor_id: str
    actor_name: Annotated[str, Field(description="Full name and username; `software` for the software.")]
    at: datetime
    reason: Annotated[
        str, Field(repr=False, description="Empty where none was given or it has been deleted.")
    ]


class AuthorisationView(BaseModel):
    """An authorising officer's decision."""

    model_config = _MODEL

    id: str
    officer_id: str
    officer_name: Annotated[str, Field(description="Full name and username.")]
    decision: Annotated[str, Field(description="authorised or refused.")]
    digest: Annotated[str, Field(description="SHA-256 of what it was decided over, hexadecimal.")]
    at: datetime
    valid_until: datetime
    urgent: bool
    statement: Annotated[str, Field(repr=False)]
    minors: Annotated[
        dict[str, str], Field(repr=False, description="Why entries under 18 are included, by their ids.")
    ]
    shown: Annotated[dict[str, Any], Field(description="The figures that the officer was shown.")]
    signature: Annotated[str, Field(description="Ed25519 by the office's key, hexadecimal.")]
    voided_at: datetime | None
    void_reason: str
    review_due: Annotated[bool, Field(description="Urgent, and not yet reviewed by another officer.")]
    reviewed_at: datetime | None
    reviewed_by: str | None
    reviewed_by_name: Annotated[str, Field(description="Empty where nobody has.")]
    review_upheld: bool | None
    review: Annotated[str, Field(repr=False)]


class CostsView(BaseModel):
    """What it took, as recorded when it was over."""

    model_config = _MODEL

    staff: int | None
    staff_hours: float | None
    cost: float | None
    currency: str


class DeploymentSummary(BaseModel):
    """A deployment in a listing."""

    model_config = _MODEL

    id: str
    title: str
    state: State
    location: str
    use_case: str
    window_start: datetime
    window_end: datetime
    urgent: bool
    urgent_review_due: Annotated[
        bool, Field(description="Its urgent authorisation has not been reviewed by another officer yet.")
    ]
    planner_id: str
    revision: int
    created_at: datetime
    false_alerts: Annotated[
        str,
        Field(
            description="False alerts to be expected, in words, of what was submitted; empty where nothing was or "
            "nothing is known."
        ),
    ]


class DeploymentView(BaseModel):
    """A deployment."""

    model_config = _MODEL

    id: str
    state: State
    moves_open: Annotated[
        tuple[Move, ...], Field(description="What can be done from this state, by whoever may.")
    ]
    planner_id: str
    planner_name: Annotated[str, Field(description="Full name and username.")]
    plan: PlanView
    revision: int
    digest: Annotated[str | None, Field(description="Of what was frozen at submission; null in draft.")]
    certification: Annotated[
        Certification,
        Field(
            description="Whether a certificate stands behind the operating point: now, and of a deployment that is "
            "over, as it was frozen."
        ),
    ]
    entries: Annotated[int, Field(description="Entries that were frozen.")]
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    live_at: datetime | None
    closed_at: datetime | None
    personal_data_deleted_at: datetime | None
    authorisation: Annotated[
        AuthorisationView | None,
        Field(description="The last decision, voided or not; null if there was none."),
    ]
    moves: tuple[MoveView, ...]
    costs: CostsView | None


def standing_authorisation(work: Work, deployment: Deployment) -> Authorisation | None:
    """The authorisation that holds, if one does."""
    return work.session.scalars(
        select(Authorisation)
        .where(
            Authorisation.deployment_id == deployment.id,
            Authorisation.decision == "authorised",
            Authorisation.voided_at.is_(None),
        )
        .order_by(Authorisation.at.desc())
        .limit(1)
    ).first()


def authorisation_view(
    work: Work, deployment: Deployment, row: Authorisation, names: Mapping[str, str]
) -> AuthorisationView:
    """A decision as it is shown; its words are empty once they have been deleted."""
    words: dict[str, Any] = {}
    review = ""
    if deployment.key_id is not None:
        words = open_text(work, deployment, f"statement {row.id}", row.sealed_statement)
        if row.sealed_review is not None:
            review = open_text(work, deployment, f"review {row.id}", row.sealed_review)
    return AuthorisationView(
        id=row.id,
        officer_id=row.officer_id,
        officer_name=names.get(row.officer_id, row.officer_id),
        decision=row.decision,
        digest=row.digest,
        at=row.at,
        valid_until=row.valid_until,
        urgent=row.urgent,
        statement=words.get("statement", ""),
        minors=words.get("minors", {}),
        shown=row.shown,
        signature=row.signature.hex(),
        voided_at=row.voided_at,
        void_reason=row.void_reason,
        review_due=_review_due(row),
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by,
        reviewed_by_name=names.get(row.reviewed_by or "", ""),
        review_upheld=row.review_upheld,
        review=review,
    )


def deployment_view(work: Work, deployment: Deployment) -> DeploymentView:
    """A deployment as it is shown."""
    last = work.session.scalars(
        select(Authorisation)
        .where(Authorisation.deployment_id == deployment.id)
        .order_by(Authorisation.at.desc(), Authorisation.id)
        .limit(1)
    ).first()
    frozen = work.session.scalar(
        select(func.count()).select_from(FrozenEntry).where(FrozenEntry.deployment_id == deployment.id)
    )
    moves = work.session.scalars(
        select(DeploymentMove)
        .where(DeploymentMove.deployment_id == deployment.id)
        .order_by(DeploymentMove.seq)
    ).all()
    state: Any = deployment.state
    people = {deployment.planner_id, *(row.actor_id for row in moves)}
    if last is not None:
        people |= {last.officer_id, last.reviewed_by or ""}
    names = names_of(work.session, people)
    return DeploymentView(
        id=deployment.id,
        state=state,
        moves_open=tuple(
            made
            for made, leads in TABLE.items()
            if deployment.state in leads and (deployment.key_id is not None or made == "publish")
        ),
        planner_id=deployment.planner_id,
        planner_name=names.get(deployment.planner_id, deployment.planner_id),
        plan=_plan_view(work, deployment),
        revision=deployment.revision,
        digest=deployment.digest,
        certification=certification_shown(work, deployment),
        entries=int(frozen or 0),
        created_at=deployment.created_at,
        changed_at=deployment.changed_at,
        submitted_at=deployment.submitted_at,
        live_at=deployment.live_at,
        closed_at=deployment.closed_at,
        personal_data_deleted_at=deployment.personal_data_deleted_at,
        authorisation=None if last is None else authorisation_view(work, deployment, last, names),
        moves=tuple(_move_view(work, deployment, row, names) for row in moves),
        costs=None if deployment.costs is None else CostsView(**deployment.costs),
    )


def deployment_summary(deployment: Deployment, *, review_due: bool, false_alerts: str) -> DeploymentSummary:
    """A deployment in a listing."""
    plan = plan_of(deployment)
    state: Any = deployment.state
    return DeploymentSummary(
        id=deployment.id,
        title=deployment.title,
        state=state,
        location=plan.location,
        use_case=plan.use_case,
        window_start=deployment.window_start,
        window_end=deployment.window_end,
        urgent=deployment.urgent,
        urgent_review_due=review_due,
        planner_id=deployment.planner_id,
        revision=deployment.revision,
        created_at=deployment.created_at,
        false_alerts=false_alerts,
    )


def _review_due(row: Authorisation) -> bool:
    return row.urgent and row.decision == "authorised" and row.reviewed_at is None


def _move_view(work: Work, deployment: Deployment, row: DeploymentMove, names: Mapping[str, str]) -> MoveView:
    reason = ""
    if row.sealed_reason is not None and deployment.key_id is not None:
        reason = open_text(work, deployment, "reason", row.sealed_reason)
    return MoveView(
        move=row.move,
        from_state=row.from_state,
        to_state=row.to_state,
        actor_id=row.actor_id,
        actor_name=names.get(row.actor_id, "software"),
        at=row.at,
        reason=reason,
    )


def _plan_view(work: Work, deployment: Deployment) -> PlanView:
    plan: StoredPlan = plan_of(deployment)
    confidential = Confidential(addresses=("",) * len(plan.feeds))
    if deployment.key_id is not None:
        confidential = open_confidential(work, deployment)
    feeds = tuple(
        FeedView(
            name=feed.name,
            address=shown_address(address),
            transport=feed.transport,
            pace=feed.pace,
            loop=feed.loop,
        )
        for feed, address in zip(plan.feeds, confidential.addresses, strict=True)
    )
    return PlanView(
        **plan.model_dump(exclude={"feeds"}), feeds=feeds, urgent_reason=confidential.urgent_reason
    )
