"""Who is on duty, as far as routing must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.actor import Role
from overt.records.tables import Duty, Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["officers_on_duty"]


def officers_on_duty(session: Session, deployment_id: str) -> tuple[str, ...]:
    """Ids of those on duty in a deployment who can act, the first to begin first.

    Somebody who was deactivated, or is no engagement officer any more, could not acknowledge and is left out.
    """
    present = session.execute(
        select(Person.id, Person.roles)
        .join(Duty, Duty.officer_id == Person.id)
        .where(Duty.deployment_id == deployment_id, Duty.ended_at.is_(None), Person.deactivated_at.is_(None))
        .order_by(Duty.began_at, Duty.id)
    ).all()
    return tuple(person_id for person_id, roles in present if Role.ENGAGEMENT_OFFICER in roles)
