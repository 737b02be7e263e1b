"""Deployments: reasons, statements, call signs and feeds' addresses. The figures and the published record stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from overt.casework.retention.ends import ended_deployments
from overt.casework.retention.kinds import Counts, Kind
from overt.records.tables import Alert, Authorisation, Deployment, DeploymentMove, Duty, LiveEvent

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.casework.policy import RetentionPolicy

__all__ = ["Deployments"]


class Deployments(Kind):
    """What of a deployment is in free words or secret: reasons, statements, addresses, call signs. Its key goes last.

    A deployment waits for its alerts, whose keys its own key wraps.
    """

    name = "deployments"
    figure = "deployment_hours"
    counts_from = "the deployment's end"

    def held(self, session: Session) -> int:
        """Deployments that still have it."""
        return len(session.scalars(_keeping()).all())

    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """How many are due."""
        return len(self._over(session, policy, now))

    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first that has ended is due, or was."""
        ends = _ends(session)
        return min(ends.values()) + self.life(policy) if ends else None

    def delete(self, work: Work, most: int) -> Counts:
        """Destroy their keys and empty what was sealed under them."""
        session = work.session
        ids = self._over(session, work.office.policy.retention, work.now)[:most]
        if not ids:
            return {}
        deployments = session.scalars(
            select(Deployment).where(Deployment.id.in_(ids)).with_for_update()
        ).all()
        doomed = [deployment.key_id for deployment in deployments if deployment.key_id is not None]
        for deployment in deployments:
            deployment.sealed_feeds, deployment.key_id = b"", None
            deployment.personal_data_deleted_at = work.now
        session.execute(
            update(DeploymentMove).where(DeploymentMove.deployment_id.in_(ids)).values(sealed_reason=None)
        )
        session.execute(
            update(Authorisation)
            .where(Authorisation.deployment_id.in_(ids))
            .values(sealed_statement=b"", sealed_review=None)
        )
        session.execute(update(Duty).where(Duty.deployment_id.in_(ids)).values(sealed_call_sign=None))
        session.execute(delete(LiveEvent).where(LiveEvent.deployment_id.in_(ids)))
        session.flush()
        work.office.vault.destroy(session, doomed)
        return {self.name: len(deployments)}

    def _over(self, session: Session, policy: RetentionPolicy, now: datetime) -> list[str]:
        before = now - self.life(policy)
        ended = {name for name, end in _ends(session).items() if end <= before}
        if not ended:
            return []
        waiting = set(
            session.scalars(
                select(Alert.deployment_id).where(Alert.personal_data_deleted_at.is_(None)).distinct()
            )
        )
        return sorted(ended - waiting)


def _ends(session: Session) -> dict[str, datetime]:
    """Those that have ended and still have it."""
    keeping = set(session.scalars(_keeping()))
    return {name: end for name, end in ended_deployments(session).items() if name in keeping}


def _keeping() -> Select[str]:
    return select(Deployment.id).where(Deployment.personal_data_deleted_at.is_(None))
