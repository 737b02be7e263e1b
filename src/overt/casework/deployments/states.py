"""A deployment's states and the moves between them: one table, and the one function that makes a move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from sqlalchemy import delete, select, update

from overt.casework.deployments._sealing import seal_text
from overt.casework.events import note_event
from overt.errors import ConflictError
from overt.records.tables import Authorisation, DeploymentMove, Duty, FrozenEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.casework.commands import Work
    from overt.records.tables import Deployment

__all__ = ["MOVES", "STATES", "TABLE", "Move", "State", "move", "next_state", "record_move"]

State = Literal[
    "draft",
    "submitted",
    "authorised",
    "refused",
    "live",
    "suspended",
    "closed",
    "published",
    "expired",
    "cancelled",
]
Move = Literal[
    "change",
    "submit",
    "withdraw",
    "authorise",
    "refuse",
    "start",
    "suspend",
    "interrupt",
    "resume",
    "close",
    "end-window",
    "expire",
    "cancel",
    "publish",
]
STATES: Final[tuple[State, ...]] = get_args(State)
MOVES: Final[tuple[Move, ...]] = get_args(Move)

TABLE: Final[Mapping[Move, Mapping[State, State]]] = {
    "change": {
        "draft": "draft",
        "submitted": "draft",
        "authorised": "draft",
        "refused": "draft",
        "expired": "draft",
    },
    "submit": {"draft": "submitted"},
    "withdraw": {"submitted": "draft", "authorised": "draft"},
    "authorise": {"submitted": "authorised"},
    "refuse": {"submitted": "refused"},
    "start": {"authorised": "live"},
    "suspend": {"live": "suspended"},
    "interrupt": {"live": "suspended"},
    "resume": {"suspended": "live"},
    "close": {"live": "closed", "suspended": "closed"},
    "end-window": {"live": "closed", "suspended": "closed"},
    "expire": {"submitted": "expired", "authorised": "expired"},
    "cancel": {
        "draft": "cancelled",
        "submitted": "cancelled",
        "authorised": "cancelled",
        "refused": "cancelled",
        "expired": "cancelled",
    },
    "publish": {"closed": "published", "published": "published"},
}
"""Move → the states it can be made from → the state it leads to. What is not here cannot happen."""

_OFFICERS_PRESENT: Final[frozenset[State]] = frozenset({"authorised", "live", "suspended"})
"""States in which officers can be on duty."""

_DONE: Final[Mapping[Move, str]] = {
    "change": "changed",
    "submit": "submitted",
    "withdraw": "withdrawn",
    "authorise": "authorised",
    "refuse": "refused",
    "start": "started",
    "suspend": "suspended",
    "interrupt": "interrupted",
    "resume": "resumed",
    "close": "closed",
    "end-window": "ended",
    "expire": "expired",
    "cancel": "cancelled",
    "publish": "published",
}
_VOIDS: Final[Mapping[Move, str]] = {
    "change": "the plan was changed",
    "withdraw": "the plan was withdrawn",
    "expire": "its time has passed",
    "cancel": "the deployment was cancelled",
}


def next_state(state: str, made: Move) -> State:
    """Where a move leads from a state.

    Raises:
        ConflictError: the move cannot be made from it.
    """
    leads = TABLE[made]
    for origin, to in leads.items():
        if origin == state:
            return to
    article = "an" if state[0] in "aeiou" else "a"
    raise ConflictError(
        f"{article.capitalize()} {state} deployment cannot be {_DONE[made]}: "
        f"only one that is {_or(list(leads))} can",
        "See the state that it is in, and what can be done from there, with `overt deployments show`",
    )


def move(work: Work, deployment: Deployment, made: Move, reason: str = "") -> State:
    """Make a move: the state, a row with the sealed reason, an event for listeners, facts for the audit entry.

    A move back to draft, an expiry and a cancellation void what was authorised and forget what was frozen. Once the
    deployment is over, or void, nobody is on duty in it.

    Args:
        work: the command's.
        deployment: locked for update by the caller.
        made: the move.
        reason: in free words.

    Raises:
        ConflictError: the move cannot be made from the state that the deployment is in.
    """
    before, after = deployment.state, next_state(deployment.state, made)
    deployment.state = after
    deployment.changed_at = work.now
    if made == "submit":
        deployment.submitted_at = work.now
    if made == "start":
        deployment.live_at = work.now
    if made in {"close", "end-window"}:
        deployment.closed_at = work.now
    if made in _VOIDS:
        voided = _void(work, deployment, _VOIDS[made])
        work.details["authorisation_voided"] = voided
    if after not in _OFFICERS_PRESENT:
        work.session.execute(
            update(Duty)
            .where(Duty.deployment_id == deployment.id, Duty.ended_at.is_(None))
            .values(ended_at=work.now, end_reason="deployment")
        )
    record_move(work, deployment, made, before, reason)
    return after


def record_move(work: Work, deployment: Deployment, made: str, before: str, reason: str = "") -> None:
    """The row, the event and the audit facts of something done to a deployment that is now in its new state."""
    work.session.add(
        DeploymentMove(
            deployment_id=deployment.id,
            move=made,
            from_state=before,
            to_state=deployment.state,
            actor_id=work.actor.id,
            at=work.now,
            sealed_reason=seal_text(work, deployment, "reason", reason) if reason else None,
        )
    )
    work.note(
        deployment.id, move=made, from_state=before, to_state=deployment.state, revision=deployment.revision
    )
    note_event(work, deployment.id, "move", deployment.id)


def _void(work: Work, deployment: Deployment, reason: str) -> bool:
    """Void the authorisation that stands, if one does, and forget what was frozen."""
    standing = work.session.scalars(
        select(Authorisation).where(
            Authorisation.deployment_id == deployment.id,
            Authorisation.decision == "authorised",
            Authorisation.voided_at.is_(None),
        )
    ).all()
    for authorisation in standing:
        authorisation.voided_at, authorisation.void_reason = work.now, reason
    work.session.execute(delete(FrozenEntry).where(FrozenEntry.deployment_id == deployment.id))
    deployment.digest = None
    deployment.certification = None
    deployment.submitted_at = None
    return bool(standing)


def _or(words: list[State]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
