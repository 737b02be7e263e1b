"""What the database says of a deployment's alerts and of what people made of them, as it stands after corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from overt.casework.alerts.codes import OFFICER_DEFINED_GROUPS, SELF_DEFINED_GROUPS
from overt.casework.publication.measures import agreement_of, hide_small, rate_of, spread_of
from overt.casework.publication.model import (
    AdjudicationFigures,
    AlertFigures,
    GroupFigures,
    OutcomeFigures,
    RoutingFigures,
    StopFigures,
)
from overt.records.tables import Adjudication, Alert, AlertRouting, Engagement, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.casework.publication.model import TooFew

__all__ = ["Judged", "read_judged"]

Row = TypeVar("Row", Adjudication, Engagement, Outcome)

_OTHER = ("voluntary-interview", "appointment", "information", "safeguarding")
_STOPPED = ("sought", "other")


@dataclass(frozen=True)
class Judged:
    """A deployment's alerts and every judgement of them.

    Attributes:
        alerts: every alert.
        adjudications: as first recorded; corrections aside.
        routings: to whom alerts were given, and when they said that they were on them.
        engagements: of each alert that has one, as it stands.
        outcomes: of each alert that has one, as it stands.
        corrections: how many rows correct others.
    """

    alerts: Sequence[Alert]
    adjudications: Sequence[Adjudication]
    routings: Sequence[AlertRouting]
    engagements: Mapping[str, Engagement]
    outcomes: Mapping[str, Outcome]
    corrections: int

    @property
    def public(self) -> list[Alert]:
        """Alerts without those at a seed who was recognised as such."""
        return [alert for alert in self.alerts if not _is_seed(alert)]

    @property
    def seeds_recognised(self) -> int:
        """Alerts at seeds that were right."""
        return len(self.alerts) - len(self.public)

    def alert_figures(self, faces: int, not_raised: int) -> AlertFigures:
        """Alerts by class, and the false alert rate."""
        classes = [alert.alert_class for alert in self.public]
        false = sum(str(name).startswith("false-") for name in classes)
        return AlertFigures(
            total=len(classes),
            true_confirmed=classes.count("true-confirmed"),
            true_unconfirmed=classes.count("true-unconfirmed"),
            false_confirmed=classes.count("false-confirmed"),
            false_unconfirmed=classes.count("false-unconfirmed"),
            undecided=classes.count(None),
            not_raised=not_raised,
            false_alert_rate=rate_of(false, faces),
            false_share=rate_of(false, len(classes)),
        )

    def outcome_figures(self, alert_class: str) -> OutcomeFigures:
        """What came of the alerts of one class."""
        kinds = [
            None if (row := self.outcomes.get(alert.id)) is None else row.outcome
            for alert in self.public
            if alert.alert_class == alert_class
        ]
        return OutcomeFigures(
            arrest=kinds.count("arrest"),
            voluntary_interview=kinds.count("voluntary-interview"),
            appointment=kinds.count("appointment"),
            information=kinds.count("information"),
            safeguarding=kinds.count("safeguarding"),
            no_action=kinds.count("no-further-action"),
            not_recorded=kinds.count(None),
        )

    def adjudication_figures(self) -> AdjudicationFigures:
        """The time that judgements took, and how two blind to each other agreed."""
        by_alert: dict[str, dict[int, str]] = {}
        for row in self.adjudications:
            by_alert.setdefault(row.alert_id, {})[row.place] = row.decision
        pairs = [(places[1], places[2]) for places in by_alert.values() if {1, 2} <= places.keys()]
        return AdjudicationFigures(
            seconds=spread_of([row.seconds_taken for row in self.adjudications]),
            agreement=agreement_of(pairs),
        )

    def routing_figures(self) -> RoutingFigures:
        """How soon somebody was on what was to be engaged."""
        given: dict[str, datetime] = {}
        said: dict[str, datetime] = {}
        for row in self.routings:
            given[row.alert_id] = min(row.at, given.get(row.alert_id, row.at))
            if row.acknowledged_at is not None:
                said[row.alert_id] = min(row.acknowledged_at, said.get(row.alert_id, row.acknowledged_at))
        return RoutingFigures(
            routed=len(given),
            acknowledged=len(said),
            seconds=spread_of([(said[alert_id] - given[alert_id]).total_seconds() for alert_id in said]),
        )

    def stop_figures(self) -> StopFigures:
        """How many people were approached, and for how long."""
        engagements = [row for alert in self.public if (row := self.engagements.get(alert.id)) is not None]
        stops = [row for row in engagements if row.identity in _STOPPED]
        return StopFigures(
            stops=len(stops),
            minutes=spread_of([(row.ended_at - row.started_at).total_seconds() / 60 for row in stops]),
            not_contacted=len(engagements) - len(stops),
        )

    def self_defined(self) -> tuple[GroupFigures, ...]:
        """Stops by how people described themselves."""
        return self._groups("self_defined_group", SELF_DEFINED_GROUPS)

    def officer_defined(self) -> tuple[GroupFigures, ...]:
        """Stops by how officers described people."""
        return self._groups("officer_defined_group", OFFICER_DEFINED_GROUPS)

    def _groups(self, column: str, names: Mapping[Any, str]) -> tuple[GroupFigures, ...]:
        """Every group, whether anyone of it was stopped or not: a list of those that occur would tell of people."""
        by_group: dict[str, list[Alert]] = {code: [] for code in ("", *names)}
        for alert in self.public:
            stop = self.engagements.get(alert.id)
            if stop is not None and stop.identity in _STOPPED:
                by_group.setdefault(getattr(stop, column) or "", []).append(alert)
        not_recorded = by_group[""]
        if len(not_recorded) == sum(len(alerts) for alerts in by_group.values()):
            return ()
        stops = hide_small({code: len(alerts) for code, alerts in by_group.items()})
        return tuple(self._group(f"{code}: {names[code]}", by_group[code], stops[code]) for code in names)

    def _group(self, name: str, alerts: Sequence[Alert], stops: int | TooFew) -> GroupFigures:
        if not isinstance(stops, int):
            return GroupFigures(
                group=name, stops=stops, false_alerts=stops, arrest=stops, other=stops, no_action=stops
            )
        false = [alert for alert in alerts if alert.alert_class == "false-confirmed"]
        by_class = hide_small({"false": len(false), "true": len(alerts) - len(false)})
        kinds = [row.outcome for alert in alerts if (row := self.outcomes.get(alert.id)) is not None]
        outcomes = hide_small(
            {
                "arrest": kinds.count("arrest"),
                "other": sum(kinds.count(kind) for kind in _OTHER),
                "no_action": kinds.count("no-further-action"),
            }
        )
        return GroupFigures(
            group=name,
            stops=stops,
            false_alerts=by_class["false"],
            arrest=outcomes["arrest"],
            other=outcomes["other"],
            no_action=outcomes["no_action"],
        )


def read_judged(session: Session, deployment_id: str) -> Judged:
    """Read a deployment's alerts and everything judged of them."""
    alerts = session.scalars(
        select(Alert).where(Alert.deployment_id == deployment_id).order_by(Alert.received_at, Alert.id)
    ).all()
    adjudications = _rows(session, Adjudication, deployment_id)
    engagements = _rows(session, Engagement, deployment_id)
    outcomes = _rows(session, Outcome, deployment_id)
    return Judged(
        alerts=alerts,
        adjudications=[row for row in adjudications if row.corrects_id is None],
        routings=session.scalars(
            select(AlertRouting)
            .join(Alert, Alert.id == AlertRouting.alert_id)
            .where(Alert.deployment_id == deployment_id)
        ).all(),
        engagements={row.alert_id: row for row in _standing(engagements)},
        outcomes={row.alert_id: row for row in _standing(outcomes)},
        corrections=sum(
            row.corrects_id is not None for rows in (adjudications, engagements, outcomes) for row in rows
        ),
    )


def _rows(session: Session, table: type[Row], deployment_id: str) -> Sequence[Row]:
    return session.scalars(
        select(table)
        .join(Alert, Alert.id == table.alert_id)
        .where(Alert.deployment_id == deployment_id)
        .order_by(table.at, table.id)
    ).all()


def _standing(rows: Sequence[Row]) -> Iterable[Row]:
    """Those that no later row corrects."""
    corrected = {row.corrects_id for row in rows}
    return (row for row in rows if row.id not in corrected)


def _is_seed(alert: Alert) -> bool:
    return alert.seed and str(alert.alert_class).startswith("true-")
