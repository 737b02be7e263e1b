"""Alerts: when their time is over a row of figures about nobody is left of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from overt.casework.retention.kinds import Counts, Dated
from overt.records.tables import Adjudication, Alert, Engagement, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from overt.casework.commands import Work

__all__ = ["Alerts"]


class Alerts(Dated):
    """What tells of a person in an alert: its picture, whom it names, reasons and notes in free words.

    An alert that nobody has dealt with by then is closed as it stands; without a class it counts as undecided.
    """

    name = "alerts"
    figure = "alert_hours"
    counts_from = "the alert"

    def since(self) -> ColumnElement[Any]:
        """The alert's coming in."""
        return Alert.__table__.c.received_at

    def key(self) -> ColumnElement[Any]:
        """Its id."""
        return Alert.__table__.c.id

    def only(self) -> list[ColumnElement[bool]]:
        """Those that still have it."""
        return [Alert.personal_data_deleted_at.is_(None)]

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """Destroy their keys and empty what was sealed under them; the figures stay."""
        session = work.session
        alerts = session.scalars(select(Alert).where(Alert.id.in_(keys)).with_for_update()).all()
        doomed = [alert.key_id for alert in alerts if alert.key_id is not None]
        unfinished = undecided = 0
        for alert in alerts:
            alert.entry_id = alert.key_id = alert.sealed_crop = None
            alert.personal_data_deleted_at = work.now
            if alert.state != "closed":
                alert.state = "closed"
                unfinished += 1
            if alert.alert_class is None:
                undecided += 1
        session.execute(update(Adjudication).where(Adjudication.alert_id.in_(keys)).values(sealed_reason=b""))
        session.execute(update(Engagement).where(Engagement.alert_id.in_(keys)).values(sealed_note=None))
        session.execute(update(Outcome).where(Outcome.alert_id.in_(keys)).values(sealed_note=None))
        session.flush()
        work.office.vault.destroy(session, doomed)
        counts = {self.name: len(alerts)}
        if unfinished:
            counts["alerts-unfinished"] = unfinished
        if undecided:
            counts["alerts-undecided"] = undecided
        return counts
