"""Corrections: a new row beside the one it corrects, with why. State and class follow from what stands then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.alerts._rows import Judged, hold_alert, judged, require_latest, settle
from overt.casework.alerts._sealing import Words, check_reason, seal_words
from overt.casework.alerts.adjudicating import check_fits, check_may_name, require_personal_data
from overt.casework.alerts.engaging import check_engagement
from overt.casework.alerts.routing import route_settled
from overt.casework.alerts.showing import view_of
from overt.casework.commands import Work, command
from overt.casework.events import note_event
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import Adjudication, Engagement, Outcome, new_id

if TYPE_CHECKING:
    from overt.casework.alerts.models import (
        AlertView,
        Correction,
        NewAdjudication,
        NewEngagement,
        NewOutcome,
    )
    from overt.casework.events import EventKind
    from overt.records.tables import Alert

__all__ = ["correct_adjudication", "correct_engagement", "correct_outcome"]


@command("alerts.correct-adjudication")
def correct_adjudication(
    work: Work, adjudication_id: str, adjudication: NewAdjudication, correction: Correction
) -> AlertView:
    """Correct one's own adjudication. Nobody else may: a judgement is whose it is.

    Where two adjudicate, neither can be corrected to "engage" once both are in, as it would no longer be blind.

    Raises:
        MissingError: there is no such adjudication.
        AuthorityError: it is somebody else's; or somebody else than an operator names officers.
        ConflictError: it has been corrected already, or would no longer be blind, or its data have been deleted.
        InputError: a reason is too short, or does not fit the decision.
    """
    before = _holding(work, Adjudication, adjudication_id, "adjudication")
    if all(row.person_id != work.actor.id for row in before.adjudications if row.id == adjudication_id):
        raise AuthorityError(
            f"The adjudication {adjudication_id} is somebody else's", "Only whoever made it can correct it"
        )
    row = require_latest(before.adjudications, adjudication_id, "adjudication")
    check_fits(adjudication)
    check_may_name(work, adjudication)
    words = check_reason(work, adjudication.reason, "reason")
    require_personal_data(before.alert)
    if before.second is not None and row.decision != adjudication.decision == "engage":
        raise ConflictError(
            f"Both adjudications of the alert {before.alert.id} are in, so that none can be changed to engage: "
            "it would not be blind to the other",
            "Nobody is approached on this alert",
        )
    new = Adjudication(
        id=new_id("adjudication"),
        alert_id=row.alert_id,
        place=row.place,
        person_id=work.actor.id,
        decision=adjudication.decision,
        reason_code=adjudication.reason_code,
        seconds_taken=row.seconds_taken,
        at=work.now,
        corrects_id=row.id,
        correction_code=correction.code,
    )
    sealed = seal_words(
        work, before.alert, new.id, Words(text=words, correction=_why(work, before.alert, correction))
    )
    assert sealed is not None  # noqa: S101 - a checked reason has words
    new.sealed_reason = sealed
    return _recorded(
        work,
        before,
        new,
        "adjudication",
        adjudication.officer_ids,
        decision=new.decision,
        reason_code=new.reason_code,
    )


@command("alerts.correct-engagement")
def correct_engagement(
    work: Work, engagement_id: str, engagement: NewEngagement, correction: Correction
) -> AlertView:
    """Correct an engagement; any engagement officer may, as who somebody was can be learned later.

    Raises:
        MissingError: there is no such engagement.
        ConflictError: it has been corrected already, or an outcome says that somebody was contacted.
        InputError: the times cannot be, or the reason is missing.
    """
    before = _holding(work, Engagement, engagement_id, "engagement")
    row = require_latest(before.engagements, engagement_id, "engagement")
    check_engagement(work, before, engagement)
    if engagement.identity == "not-contacted" and before.outcome is not None:
        raise ConflictError(
            f"The alert {row.alert_id} has an outcome ({before.outcome.id}), so somebody was contacted",
            "Say who it was: sought or other",
        )
    new = Engagement(
        id=new_id("engagement"),
        alert_id=row.alert_id,
        officer_id=work.actor.id,
        started_at=engagement.started_at,
        ended_at=engagement.ended_at,
        identity=engagement.identity,
        self_defined_group=engagement.self_defined_group,
        officer_defined_group=engagement.officer_defined_group,
        at=work.now,
        corrects_id=row.id,
        correction_code=correction.code,
    )
    words = Words(text=engagement.note.strip(), correction=_why(work, before.alert, correction))
    new.sealed_note = seal_words(work, before.alert, new.id, words)
    return _recorded(work, before, new, "engagement", identity=new.identity)


@command("alerts.correct-outcome")
def correct_outcome(work: Work, outcome_id: str, outcome: NewOutcome, correction: Correction) -> AlertView:
    """Correct an outcome; any engagement officer may.

    Raises:
        MissingError: there is no such outcome.
        ConflictError: it has been corrected already.
        InputError: the reason is missing.
    """
    before = _holding(work, Outcome, outcome_id, "outcome")
    row = require_latest(before.outcomes, outcome_id, "outcome")
    new = Outcome(
        id=new_id("outcome"),
        alert_id=row.alert_id,
        person_id=work.actor.id,
        outcome=outcome.outcome,
        at=work.now,
        corrects_id=row.id,
        correction_code=correction.code,
    )
    words = Words(text=outcome.note.strip(), correction=_why(work, before.alert, correction))
    new.sealed_note = seal_words(work, before.alert, new.id, words)
    return _recorded(work, before, new, "outcome", outcome=new.outcome)


def _holding(work: Work, table: type[Adjudication | Engagement | Outcome], row_id: str, what: str) -> Judged:
    """Everything judged of the alert that the row is about, the alert locked."""
    work.note(row_id[:40])
    alert_id = work.session.scalar(select(table.alert_id).where(table.id == row_id))
    if alert_id is None:
        raise MissingError(f"There is no {what} {row_id[:40]}", "Show the alert to see what is recorded")
    return judged(work, hold_alert(work, alert_id))


def _why(work: Work, alert: Alert, correction: Correction) -> str:
    """The reason in words, which is needed for as long as it can be kept."""
    if alert.key_id is None:
        if correction.reason:
            raise InputError(
                f"The words about {alert.id} have been deleted, as their time was over, and no new ones are kept",
                "Correct it with the reason's code alone",
                field="reason",
            )
        return ""
    return check_reason(work, correction.reason, "reason")


def _recorded(
    work: Work,
    before: Judged,
    new: Adjudication | Engagement | Outcome,
    kind: EventKind,
    officer_ids: tuple[str, ...] = (),
    **details: str,
) -> AlertView:
    alert = before.alert
    standing_before, state_before = before.standing(), alert.state
    work.session.add(new)
    work.session.flush()
    after = judged(work, alert)
    settle(alert, after.standing(second_needed=standing_before.second_needed))
    work.note(
        alert.id,
        correction=new.id,
        corrects=new.corrects_id,
        why=new.correction_code,
        state=alert.state,
        alert_class=alert.alert_class,
        **details,
    )
    routed = kind == "adjudication" and route_settled(work, alert, state_before, officer_ids)
    view = view_of(work, after)
    note_event(work, alert.deployment_id, kind, alert.id)
    if routed:
        note_event(work, alert.deployment_id, "routing", alert.id)
    return view
