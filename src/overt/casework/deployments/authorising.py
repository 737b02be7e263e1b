"""The authorising officer's decision: signed, over exactly what was frozen, by somebody who did not plan it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import select

from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment
from overt.casework.deployments._sealing import open_text, seal_text
from overt.casework.deployments.certifying import refuse_lost, refuse_uncertified
from overt.casework.deployments.freezing import content_of, drift_of
from overt.casework.deployments.reviewing import deployment_review, shown_figures
from overt.casework.deployments.states import move, next_state, record_move
from overt.casework.deployments.views import DeploymentView, deployment_view, standing_authorisation
from overt.casework.people import check_password
from overt.errors import AuthorityError, ConflictError, InputError
from overt.records.audit import canonical
from overt.records.tables import Authorisation, DeploymentMove, new_id

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.casework.deployments.reviewing import DeploymentReview
    from overt.records.tables import Deployment

__all__ = [
    "STATEMENT_LENGTH",
    "Decision",
    "MinorsReason",
    "Refusal",
    "UrgentReview",
    "authorise_deployment",
    "is_signature_good",
    "refuse_deployment",
    "review_urgent",
]

STATEMENT_LENGTH: Final = 20
"""Least number of characters of an authorising officer's statement."""
_LABEL: Final = "overt authorisation 1"
_PLANNING: Final = ("create", "change", "submit")
_MODEL: Final = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

Digest = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="The digest that you saw: of what you decide over.")
]
Statement = Annotated[str, Field(min_length=STATEMENT_LENGTH, max_length=5000, repr=False)]


class MinorsReason(BaseModel):
    """Why entries under 18 are included."""

    model_config = _MODEL

    entry_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=20_000)]
    reason: Annotated[str, Field(min_length=10, max_length=2000, repr=False)]


class Decision(BaseModel):
    """To authorise: what was seen, why it is right, and the officer's password again."""

    model_config = _MODEL

    digest: Digest
    statement: Annotated[Statement, Field(description="Why it is necessary and proportionate.")]
    password: Annotated[SecretStr, Field(description="Your own, again.")]
    minors: Annotated[
        tuple[MinorsReason, ...],
        Field(description="Reasons that together name each entry under 18 that the review lists."),
    ] = ()


class Refusal(BaseModel):
    """To refuse."""

    model_config = _MODEL

    digest: Digest
    statement: Annotated[Statement, Field(description="Why it is refused.")]


class UrgentReview(BaseModel):
    """Another authorising officer's review of an urgent authorisation, made afterwards."""

    model_config = _MODEL

    upheld: Annotated[bool, Field(description="Whether it was right to authorise it urgently.")]
    statement: Statement


@command("deployments.authorise")
def authorise_deployment(work: Work, deployment_id: str, decision: Decision) -> DeploymentView:
    """Authorise what was submitted.

    Raises:
        AuthorityError: the officer planned, changed or submitted it.
        ConflictError: it is not submitted, the digest is another, what was frozen has changed since, or the window
            does not fit how long an authorisation stands.
        InputError: an entry under 18 has no reason, or a reason names another entry.
        SignInError: the password is wrong; it counts toward the lockout.
        PackError: the pack is missing, altered, or its licence forbids live use.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "authorise")
    _check_officer(work, deployment, "authorise")
    _check_digest(deployment, decision.digest)
    content = content_of(work, deployment)
    refuse_lost(deployment, content.certification)
    refuse_uncertified(work.office.policy, deployment, content.certification)
    drift = drift_of(work, deployment, content)
    if not drift.none:
        raise ConflictError(
            f"What was submitted of {deployment.id} has changed since ({drift})",
            "Have it withdrawn and submitted again, and look at it again",
        )
    valid_until = _valid_until(work, deployment)
    review = deployment_review(work, deployment, content)
    minors = _minors(review, decision.minors)
    check_password(work, work.actor.id, decision.password.get_secret_value())
    words = {"statement": decision.statement, "minors": minors}
    shown = shown_figures(review, content.pack)
    _decide(work, deployment, "authorised", words=words, shown=shown, valid_until=valid_until)
    move(work, deployment, "authorise")
    work.note(deployment.id, digest=decision.digest, urgent=deployment.urgent, under_18=len(minors))
    return deployment_view(work, deployment)


@command("deployments.refuse")
def refuse_deployment(work: Work, deployment_id: str, refusal: Refusal) -> DeploymentView:
    """Refuse what was submitted. A changed plan can be submitted again.

    Raises:
        AuthorityError: the officer planned, changed or submitted it.
        ConflictError: it is not submitted, or the digest is another.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "refuse")
    _check_officer(work, deployment, "refuse")
    _check_digest(deployment, refusal.digest)
    words = {"statement": refusal.statement}
    _decide(work, deployment, "refused", words=words, shown={}, valid_until=work.now)
    move(work, deployment, "refuse")
    work.note(deployment.id, digest=refusal.digest)
    return deployment_view(work, deployment)


@command("deployments.review-urgent")
def review_urgent(work: Work, deployment_id: str, review: UrgentReview) -> DeploymentView:
    """Review an urgent authorisation afterwards. It is done once, and by another officer than the one who gave it.

    Once the deployment's personal data has been deleted the outcome is kept, and the statement no more.

    Raises:
        AuthorityError: the officer gave it, or planned, changed or submitted the deployment.
        ConflictError: there is no urgent authorisation, or it has been reviewed.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    row = work.session.scalars(
        select(Authorisation)
        .where(
            Authorisation.deployment_id == deployment.id,
            Authorisation.urgent,
            Authorisation.decision == "authorised",
        )
        .order_by(Authorisation.reviewed_at.is_(None).desc(), Authorisation.at.desc())
        .limit(1)
    ).first()
    if row is None:
        raise ConflictError(f"{deployment.id} has no urgent authorisation", "There is nothing to review")
    if row.reviewed_at is not None:
        raise ConflictError(
            f"The urgent authorisation of {deployment.id} has been reviewed", "It is done once"
        )
    if row.officer_id == work.actor.id:
        raise AuthorityError(
            "An officer does not review their own urgent authorisation",
            "Ask another authorising officer",
        )
    _check_officer(work, deployment, "review")
    row.reviewed_at, row.reviewed_by, row.review_upheld = work.now, work.actor.id, review.upheld
    if deployment.key_id is not None:
        row.sealed_review = seal_text(work, deployment, f"review {row.id}", review.statement)
    record_move(work, deployment, "review-urgent", deployment.state)
    work.note(deployment.id, authorisation=row.id, upheld=review.upheld)
    return deployment_view(work, deployment)


def is_signature_good(work: Work, deployment: Deployment, row: Authorisation) -> bool:
    """Whether a decision is as the office signed it."""
    words = open_text(work, deployment, f"statement {row.id}", row.sealed_statement)
    return work.office.audit.is_signed(_LABEL, _signed(row, words), row.signature)


def _decide(
    work: Work,
    deployment: Deployment,
    decision: str,
    *,
    words: dict[str, Any],
    shown: dict[str, Any],
    valid_until: datetime,
) -> None:
    standing = standing_authorisation(work, deployment)
    if standing is not None:
        raise ConflictError(f"{deployment.id} is authorised already ({standing.id})", "See it")
    row = Authorisation(
        id=new_id("authorisation"),
        deployment_id=deployment.id,
        officer_id=work.actor.id,
        decision=decision,
        digest=deployment.digest or "",
        shown=shown,
        at=work.now,
        valid_until=valid_until,
        urgent=deployment.urgent,
    )
    row.sealed_statement = seal_text(work, deployment, f"statement {row.id}", words)
    row.signature = work.office.audit.sign(_LABEL, _signed(row, words))
    work.session.add(row)
    work.session.flush()


def _signed(row: Authorisation, words: dict[str, Any]) -> bytes:
    """What the signature is over: the digest, the officer, the time, the statement's digest and what was shown."""
    return canonical(
        {
            "authorisation": row.id,
            "deployment": row.deployment_id,
            "decision": row.decision,
            "digest": row.digest,
            "officer": row.officer_id,
            "at": row.at.isoformat(timespec="microseconds"),
            "valid_until": row.valid_until.isoformat(timespec="microseconds"),
            "urgent": row.urgent,
            "statement": hashlib.sha256(canonical(words)).hexdigest(),
            "shown": hashlib.sha256(canonical(row.shown)).hexdigest(),
        }
    )


def _check_officer(work: Work, deployment: Deployment, what: str) -> None:
    """Who planned a deployment does not decide over it."""
    planners = set(
        work.session.scalars(
            select(DeploymentMove.actor_id).where(
                DeploymentMove.deployment_id == deployment.id, DeploymentMove.move.in_(_PLANNING)
            )
        )
    )
    if work.actor.id in planners | {deployment.planner_id}:
        raise AuthorityError(
            f"{work.actor.name} planned or submitted {deployment.id} and may not {what} it",
            "Ask an authorising officer who had no part in planning it",
        )


def _check_digest(deployment: Deployment, seen: str) -> None:
    if deployment.digest is None or not hmac.compare_digest(seen, deployment.digest):
        raise ConflictError(
            f"The digest that you saw is not that of {deployment.id} as it is submitted now",
            "Look at it again (`overt deployments review`), and decide over what you see",
        )


def _valid_until(work: Work, deployment: Deployment) -> datetime:
    """How long an authorisation given now stands.

    Raises:
        ConflictError: the window is over, begins too far ahead, or does not end while an urgent one stands.
    """
    policy = work.office.policy.deployments
    if deployment.window_end <= work.now:
        raise ConflictError(f"The window of {deployment.id} is over", "Have it changed and submitted again")
    if deployment.urgent:
        until = work.now + timedelta(hours=policy.urgent_hours)
        if deployment.window_end > until:
            raise ConflictError(
                f"An urgent authorisation stands {policy.urgent_hours:g} hours, and the window of {deployment.id} "
                "ends later",
                "Have the window shortened, or have it submitted as not urgent",
            )
        return until
    if deployment.window_start > work.now + timedelta(days=policy.authorisation_days):
        raise ConflictError(
            f"The window of {deployment.id} begins more than {policy.authorisation_days:g} days from now",
            "Authorise it nearer to its time",
        )
    return deployment.window_end


def _minors(review: DeploymentReview, given: tuple[MinorsReason, ...]) -> dict[str, str]:
    """The reason for each entry under 18, by its id."""
    due = {problem.entry_id for problem in review.under_18}
    reasons = {entry_id: one.reason for one in given for entry_id in one.entry_ids}
    missing = sorted(due - reasons.keys())
    if missing:
        raise InputError(
            f"{len(missing)} of the entries are under 18 and have no reason: {', '.join(missing[:10])}",
            "Give your own reason for each, or have them withdrawn from the list",
            field="minors",
        )
    strange = sorted(reasons.keys() - due)
    if strange:
        raise InputError(
            f"A reason is given for {strange[0][:64]!r}, which is no entry under 18 of this deployment",
            "Name those that the review lists",
            field="minors",
        )
    return reasons
