"""An alert's rows, and how it stands after corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import select

from overt.casework.actor import Role
from overt.casework.alerts.standing import Judgement, Standing
from overt.casework.events import hold_deployment_row
from overt.errors import ConflictError, MissingError
from overt.records.tables import Adjudication, Alert, Engagement, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.actor import Actor
    from overt.casework.alerts.codes import Decision, Identity, ReasonCode
    from overt.casework.commands import Work

__all__ = ["ADJUDICATORS", "Judged", "find_alert", "hold_alert", "judged", "require_latest", "settle"]

Row = TypeVar("Row", Adjudication, Engagement, Outcome)

ADJUDICATORS = frozenset({Role.LFR_OPERATOR, Role.ENGAGEMENT_OFFICER})
"""Whoever may adjudicate, and so must not see the first adjudication while the second is due."""


@dataclass(frozen=True)
class Judged:
    """Every judgement of an alert, in the order of their making, the corrected ones too."""

    alert: Alert
    adjudications: Sequence[Adjudication]
    engagements: Sequence[Engagement]
    outcomes: Sequence[Outcome]

    @property
    def first(self) -> Adjudication | None:
        """The first adjudication, as corrected."""
        return self._latest(1)

    @property
    def second(self) -> Adjudication | None:
        """The second, as corrected."""
        return self._latest(2)

    @property
    def engagement(self) -> Engagement | None:
        """The engagement, as corrected."""
        return self.engagements[-1] if self.engagements else None

    @property
    def outcome(self) -> Outcome | None:
        """The outcome, as corrected."""
        return self.outcomes[-1] if self.outcomes else None

    def _latest(self, place: int) -> Adjudication | None:
        return next((row for row in reversed(self.adjudications) if row.place == place), None)

    def standing(self, *, second_needed: bool | None = None) -> Standing:
        """How the alert stands.

        Args:
            second_needed: whether a second adjudication is; None keeps to what was decided at the first one.
        """
        if second_needed is None:
            second_needed = self.alert.state == "second" or self.second is not None
        engagement = self.engagement
        return Standing(
            second_needed=second_needed,
            first=_judgement(self.first),
            second=_judgement(self.second),
            identity=None if engagement is None else cast("Identity", engagement.identity),
            has_outcome=self.outcome is not None,
        )

    def shown_to(self, actor: Actor) -> Sequence[Adjudication]:
        """The adjudications that this person may see: none but their own while the blind second one is due."""
        if self.alert.state != "second" or not actor.roles & ADJUDICATORS:
            return self.adjudications
        return [row for row in self.adjudications if row.person_id == actor.id]


def _judgement(row: Adjudication | None) -> Judgement | None:
    if row is None:
        return None
    return Judgement(cast("Decision", row.decision), cast("ReasonCode", row.reason_code))


def find_alert(work: Work, alert_id: str) -> Alert:
    """An alert.

    Raises:
        MissingError: there is none of this id.
    """
    work.note(alert_id[:40])
    return _found(work.session.get(Alert, alert_id), alert_id)


def hold_alert(work: Work, alert_id: str) -> Alert:
    """An alert, locked until the transaction ends: whoever judges it holds it.

    Raises:
        MissingError: there is none of this id.
    """
    hold_deployment_row(work, find_alert(work, alert_id).deployment_id)
    return work.session.get_one(Alert, alert_id, with_for_update=True, populate_existing=True)


def _found(alert: Alert | None, alert_id: str) -> Alert:
    if alert is None:
        raise MissingError(f"There is no alert {alert_id[:40]}", "List the deployment's alerts")
    return alert


def judged(work: Work, alert: Alert) -> Judged:
    """Everything judged of an alert."""
    return Judged(
        alert,
        _in_order(work, Adjudication, alert.id),
        _in_order(work, Engagement, alert.id),
        _in_order(work, Outcome, alert.id),
    )


def _in_order(work: Work, table: type[Row], alert_id: str) -> Sequence[Row]:
    """Rows by time; a correction comes after what it corrects, even in the same instant."""
    rows = list(
        work.session.scalars(select(table).where(table.alert_id == alert_id).order_by(table.at, table.id))
    )
    placed: list[Row] = []
    known = {row.id for row in rows}
    while rows:
        done = {row.id for row in placed}
        ready = next(
            row
            for row in rows
            if row.corrects_id is None or row.corrects_id in done or row.corrects_id not in known
        )
        rows.remove(ready)
        placed.append(ready)
    return placed


def require_latest(rows: Sequence[Row], row_id: str, what: str) -> Row:
    """The row of this id, if no later one corrects it.

    Raises:
        ConflictError: it has been corrected already.
    """
    row = next(row for row in rows if row.id == row_id)
    later = next((other.id for other in rows if other.corrects_id == row_id), None)
    if later is not None:
        raise ConflictError(f"{row_id} has been corrected already, by {later}", f"Correct the later {what}")
    return row


def settle(alert: Alert, standing: Standing) -> None:
    """Write down how the alert stands now."""
    alert.state, alert.alert_class = standing.state, standing.alert_class
