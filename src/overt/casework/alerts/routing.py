"""Routing: an alert that is to be engaged goes to the officers on duty, and they say who is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.casework.actor import Actor
from overt.casework.alerts._rows import hold_alert, judged
from overt.casework.alerts.models import Acknowledgement, AlertView, NewRouting
from overt.casework.alerts.present import officers_on_duty
from overt.casework.alerts.showing import view_of
from overt.casework.commands import Work, command
from overt.casework.events import note_event
from overt.casework.people import names_of
from overt.errors import AuthorityError, ConflictError
from overt.records.tables import Adjudication, Alert, AlertRouting, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ROUTER", "acknowledge_alert", "require_on_duty", "route_alert", "route_settled", "route_waiting"]

ROUTER: Final = Actor.software("routing")
"""Who routed an alert that no person named officers for."""

_TO_BE_ENGAGED: Final = "engage"


@command("alerts.route")
def route_alert(work: Work, alert_id: str, routing: NewRouting) -> AlertView:
    """Route an alert to officers on duty in its deployment, beside those who have it already.

    Raises:
        MissingError: there is no such alert.
        ConflictError: it is not to be engaged, or an officer named is not on duty there.
    """
    alert = hold_alert(work, alert_id)
    if alert.state != _TO_BE_ENGAGED:
        raise ConflictError(
            f"The alert {alert_id} is {alert.state}, so it is not routed",
            "Only an alert that was adjudicated with engage, and not engaged yet, goes to officers",
        )
    require_on_duty(work, alert.deployment_id, routing.officer_ids)
    routed = _route(work, alert, routing.officer_ids, by=work.actor.id)
    work.note(alert_id, officers=list(routed), already=len(set(routing.officer_ids)) - len(routed))
    view = view_of(work, judged(work, alert))
    if routed:
        note_event(work, alert.deployment_id, "routing", alert_id)
    return view


@command("alerts.acknowledge")
def acknowledge_alert(work: Work, alert_id: str) -> Acknowledgement:
    """Say that one is on it. Said again, the first time stands and the answer is the same.

    Raises:
        MissingError: there is no such alert.
        AuthorityError: it was not routed to whoever says so.
        ConflictError: it is closed.
    """
    alert = hold_alert(work, alert_id)
    row = work.session.scalar(
        select(AlertRouting).where(
            AlertRouting.alert_id == alert_id, AlertRouting.officer_id == work.actor.id
        )
    )
    if row is None:
        raise AuthorityError(
            f"The alert {alert_id} was not routed to you", "Ask the operator to route it to you"
        )
    repeated = row.acknowledged_at is not None
    if not repeated and alert.state == "closed":
        raise ConflictError(f"The alert {alert_id} is closed", "Nobody is to be approached on it any more")
    if row.acknowledged_at is None:
        row.acknowledged_at = work.now
    seconds = (row.acknowledged_at - row.at).total_seconds()
    work.note(alert_id, routing=row.id, repeated=repeated)
    answer = Acknowledgement(
        alert_id=alert_id,
        routing_id=row.id,
        officer_id=row.officer_id,
        officer_name=names_of(work.session, [row.officer_id])[row.officer_id],
        routed_at=row.at,
        acknowledged_at=row.acknowledged_at,
        seconds_to_acknowledge=seconds,
    )
    if not repeated:
        note_event(work, alert.deployment_id, "acknowledgement", alert_id)
    return answer


def require_on_duty(work: Work, deployment_id: str, officer_ids: Iterable[str]) -> None:
    """Refuse officers who are not there.

    Raises:
        ConflictError: it names them.
    """
    absent = sorted(set(officer_ids) - set(officers_on_duty(work.session, deployment_id)))
    if absent:
        raise ConflictError(
            f"Not on duty in {deployment_id}: {', '.join(one[:40] for one in absent)}",
            "Name officers who are; `overt deployments duty list` says who",
        )


def route_settled(work: Work, alert: Alert, before: str, officer_ids: tuple[str, ...] = ()) -> bool:
    """Route an alert that an adjudication has just settled on engaging; whether anybody has it now who had not.

    Args:
        work: the adjudicator's.
        alert: as settled, and held.
        before: the state that it was in.
        officer_ids: to whom, as the operator named them; everybody on duty where nobody is named.
    """
    if alert.state != _TO_BE_ENGAGED or before == _TO_BE_ENGAGED:
        return False
    if officer_ids:
        require_on_duty(work, alert.deployment_id, officer_ids)
        routed = _route(work, alert, officer_ids, by=work.actor.id)
    else:
        present = officers_on_duty(work.session, alert.deployment_id)
        routed = _route(work, alert, present, by=ROUTER.id, decided_by=work.actor.id)
    work.details["routed_to"] = list(routed)
    return bool(routed)


def route_waiting(work: Work, deployment_id: str, officer_id: str) -> tuple[str, ...]:
    """Give an officer who has come on duty what is to be engaged still; the ids of those alerts.

    The caller holds the deployment's row against everybody who judges its alerts.
    """
    waiting = work.session.scalars(
        select(Alert)
        .where(Alert.deployment_id == deployment_id, Alert.state == _TO_BE_ENGAGED)
        .order_by(Alert.received_at, Alert.id)
    ).all()
    given = []
    for alert in waiting:
        decided_by = work.session.scalar(
            select(Adjudication.person_id)
            .where(Adjudication.alert_id == alert.id, Adjudication.decision == "engage")
            .order_by(Adjudication.at.desc(), Adjudication.place.desc())
            .limit(1)
        )
        if _route(work, alert, (officer_id,), by=ROUTER.id, decided_by=decided_by):
            given.append(alert.id)
    return tuple(given)


def _route(
    work: Work, alert: Alert, officer_ids: Iterable[str], *, by: str, decided_by: str | None = None
) -> tuple[str, ...]:
    """A row for each officer who has not got the alert; their ids."""
    have = set(work.session.scalars(select(AlertRouting.officer_id).where(AlertRouting.alert_id == alert.id)))
    new = [officer_id for officer_id in dict.fromkeys(officer_ids) if officer_id not in have]
    for officer_id in new:
        work.session.add(
            AlertRouting(
                id=new_id("routing"),
                alert_id=alert.id,
                officer_id=officer_id,
                routed_by=by,
                decided_by=decided_by,
                at=work.now,
            )
        )
    work.session.flush()
    return tuple(new)
