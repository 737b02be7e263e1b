"""The contact on the street, and what came of it. Neither without what must come before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.alerts._rows import Judged, hold_alert, judged, settle
from overt.casework.alerts._sealing import Words, seal_words
from overt.casework.alerts.showing import view_of
from overt.casework.commands import Work, command
from overt.casework.events import note_event
from overt.errors import ConflictError, InputError
from overt.records.tables import Engagement, Outcome, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.alerts.models import AlertView, NewEngagement, NewOutcome
    from overt.records.tables import Adjudication, Alert

__all__ = ["check_engagement", "record_engagement", "record_outcome"]


@command("alerts.record-engagement")
def record_engagement(work: Work, alert_id: str, engagement: NewEngagement) -> AlertView:
    """Record that the person was approached, or could not be.

    Raises:
        MissingError: there is no such alert.
        ConflictError: it is not decided to engage, or an engagement is recorded.
        InputError: the times cannot be.
    """
    alert = hold_alert(work, alert_id)
    before = judged(work, alert)
    _require_decision_to_engage(before)
    check_engagement(work, before, engagement)
    row = Engagement(
        id=new_id("engagement"),
        alert_id=alert_id,
        officer_id=work.actor.id,
        started_at=engagement.started_at,
        ended_at=engagement.ended_at,
        identity=engagement.identity,
        self_defined_group=engagement.self_defined_group,
        officer_defined_group=engagement.officer_defined_group,
        at=work.now,
    )
    row.sealed_note = seal_words(work, alert, row.id, Words(text=engagement.note.strip()))
    work.session.add(row)
    after = _settled(work, alert)
    work.note(
        alert_id, engagement=row.id, identity=row.identity, state=alert.state, alert_class=alert.alert_class
    )
    view = view_of(work, after)
    note_event(work, alert.deployment_id, "engagement", alert_id)
    return view


@command("alerts.record-outcome")
def record_outcome(work: Work, alert_id: str, outcome: NewOutcome) -> AlertView:
    """Record what came of an engagement; this closes the alert.

    Raises:
        MissingError: there is no such alert.
        ConflictError: nobody was engaged, or an outcome is recorded.
    """
    alert = hold_alert(work, alert_id)
    before = judged(work, alert)
    if before.outcome is not None:
        raise ConflictError(
            f"An outcome of the alert {alert_id} is recorded ({before.outcome.id})", "Correct that one"
        )
    if before.engagement is None:
        raise ConflictError(
            f"There is no engagement of the alert {alert_id}, and so no outcome",
            "Record the engagement first",
        )
    if before.engagement.identity == "not-contacted":
        raise ConflictError(
            f"Nobody was contacted on the alert {alert_id}, and so there is no outcome",
            "Correct the engagement if somebody was",
        )
    row = Outcome(
        id=new_id("outcome"), alert_id=alert_id, person_id=work.actor.id, outcome=outcome.outcome, at=work.now
    )
    row.sealed_note = seal_words(work, alert, row.id, Words(text=outcome.note.strip()))
    work.session.add(row)
    after = _settled(work, alert)
    work.note(alert_id, outcome_id=row.id, outcome=row.outcome, state=alert.state)
    view = view_of(work, after)
    note_event(work, alert.deployment_id, "outcome", alert_id)
    return view


def check_engagement(work: Work, before: Judged, engagement: NewEngagement) -> None:
    """Refuse times that cannot be: before the alert, in the future, or the end before the start.

    Raises:
        InputError: it names the field.
    """
    if engagement.ended_at <= engagement.started_at:
        raise InputError("The engagement ends before it starts", "Mend the times", field="ended_at")
    if engagement.ended_at > work.now:
        raise InputError("The engagement ends in the future", "Record it when it is over", field="ended_at")
    cleared_at = _cleared_at(before)
    if engagement.started_at < cleared_at.replace(microsecond=0):
        raise InputError(
            f"The engagement starts before it was decided to engage ({cleared_at.isoformat(timespec='seconds')})",
            "Nobody is approached before that; mend the time",
            field="started_at",
        )


def _cleared_at(before: Judged) -> datetime:
    """When the last adjudicator came to say that the person may be approached."""
    came: dict[int, Adjudication] = {}
    said: dict[int, str] = {}
    for row in before.adjudications:
        if row.place not in came or (row.decision == "engage" and said[row.place] != "engage"):
            came[row.place] = row
        said[row.place] = row.decision
    return max(row.at for row in came.values())


def _require_decision_to_engage(before: Judged) -> None:
    alert = before.alert
    if before.engagement is not None:
        raise ConflictError(
            f"An engagement of the alert {alert.id} is recorded ({before.engagement.id})", "Correct that one"
        )
    if alert.state == "engage":
        return
    if alert.state == "open":
        what, remedy = "has not been adjudicated", "Adjudicate it first"
    elif alert.state == "second":
        what, remedy = "awaits its second adjudication", "Somebody else must adjudicate it first"
    else:
        what, remedy = "was adjudicated with: do not engage", "Nobody is to be approached on it"
    raise ConflictError(f"The alert {alert.id} {what}, so there can be no engagement", remedy)


def _settled(work: Work, alert: Alert) -> Judged:
    work.session.flush()
    after = judged(work, alert)
    settle(alert, after.standing())
    return after
