"""When deployments have ended, and which watchlists were for them and are for none any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from overt.records.tables import Deployment, DeploymentMove

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["ENDED", "ended_deployments", "ended_lists"]

ENDED: Final = frozenset({"refused", "closed", "published", "expired", "cancelled"})
"""States in which a deployment has no use for a watchlist."""

_WAITING: Final = frozenset({"draft", "submitted", "authorised"})


def ended_deployments(session: Session) -> dict[str, datetime]:
    """Each deployment that has ended, and when: closed, or refused, expired or cancelled without having been live."""
    moved = (
        select(DeploymentMove.deployment_id, func.max(DeploymentMove.at).label("at"))
        .where(DeploymentMove.to_state.in_(ENDED), DeploymentMove.to_state != DeploymentMove.from_state)
        .group_by(DeploymentMove.deployment_id)
        .subquery()
    )
    rows = session.execute(
        select(Deployment.id, Deployment.closed_at, moved.c.at, Deployment.changed_at)
        .outerjoin(moved, moved.c.deployment_id == Deployment.id)
        .where(Deployment.state.in_(ENDED))
    )
    return {name: closed_at or moved_at or changed_at for name, closed_at, moved_at, changed_at in rows}


def ended_lists(session: Session, now: datetime) -> dict[str, datetime]:
    """Each watchlist that was named by a deployment and that none needs any more, and when the last one ended.

    A plan whose window has passed without its going live needs its lists no more than one that was cancelled.
    """
    ends = ended_deployments(session)
    last: dict[str, datetime] = {}
    needed: set[str] = set()
    for name, state, window_end, plan in session.execute(
        select(Deployment.id, Deployment.state, Deployment.window_end, Deployment.plan)
    ):
        end = ends.get(name)
        if end is None and state in _WAITING and window_end <= now:
            end = window_end
        for watchlist in plan.get("watchlists", ()):
            if end is None:
                needed.add(watchlist)
            else:
                last[watchlist] = max(end, last.get(watchlist, end))
    return {watchlist: end for watchlist, end in last.items() if watchlist not in needed}
