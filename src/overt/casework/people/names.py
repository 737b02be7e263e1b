"""Colleagues' names, for views whose readers may not list people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.records.tables import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

__all__ = ["names_of"]


def names_of(session: Session, person_ids: Iterable[str]) -> dict[str, str]:
    """By id, `Full Name (username)`. For use inside a command that has checked who asks."""
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = session.execute(
        select(Person.id, Person.full_name, Person.username).where(Person.id.in_(wanted))
    ).all()
    return {person_id: f"{full_name} ({username})" for person_id, full_name, username in rows}
