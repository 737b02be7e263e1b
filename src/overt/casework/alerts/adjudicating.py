"""Adjudication: a trained person's judgement, made before anyone is approached. Without one nobody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.actor import Role
from overt.casework.alerts._rows import hold_alert, judged, settle
from overt.casework.alerts._sealing import Words, check_reason, seal_words
from overt.casework.alerts.codes import REASONS_NOT_TO_ENGAGE, REASONS_TO_ENGAGE
from overt.casework.alerts.routing import route_settled
from overt.casework.alerts.showing import view_of
from overt.casework.commands import Work, command
from overt.casework.events import note_event
from overt.errors import AuthorityError, ConflictError, InputError
from overt.records.tables import Adjudication, AlertShowing, new_id

if TYPE_CHECKING:
    from overt.casework.alerts.models import AlertView, NewAdjudication
    from overt.records.tables import Alert

__all__ = ["adjudicate_alert", "check_fits", "check_may_name", "require_personal_data"]


@command("alerts.adjudicate")
def adjudicate_alert(work: Work, alert_id: str, adjudication: NewAdjudication) -> AlertView:
    """Adjudicate an alert: the first time, or the second where the policy asks for two.

    Raises:
        MissingError: there is no such alert.
        InputError: the reason is too short, or does not fit the decision.
        ConflictError: it has been decided, was never shown to this person, or its personal data have been deleted; or
            an officer named is not on duty.
        AuthorityError: the second adjudicator would be the first; or somebody else than an operator names officers.
    """
    alert = hold_alert(work, alert_id)
    check_fits(adjudication)
    check_may_name(work, adjudication)
    words = check_reason(work, adjudication.reason, "reason")
    if alert.state not in {"open", "second"}:
        raise ConflictError(
            f"The alert {alert_id} has been adjudicated: it is {_state_words(alert)}",
            "Whoever adjudicated it can correct that",
        )
    require_personal_data(alert)
    before = judged(work, alert)
    place = 1 if before.first is None else 2
    if before.first is not None and before.first.person_id == work.actor.id:
        raise AuthorityError(
            "The second adjudication is never made by whoever made the first",
            "Ask somebody else to adjudicate",
        )
    shown = work.session.get(AlertShowing, (alert_id, work.actor.id))
    if shown is None:
        raise ConflictError(
            f"The alert {alert_id} has not been shown to you", "Look at it first, and then adjudicate"
        )
    row = Adjudication(
        id=new_id("adjudication"),
        alert_id=alert_id,
        place=place,
        person_id=work.actor.id,
        decision=adjudication.decision,
        reason_code=adjudication.reason_code,
        seconds_taken=max(0.0, (work.now - shown.at).total_seconds()),
        at=work.now,
    )
    sealed = seal_words(work, alert, row.id, Words(text=words))
    assert sealed is not None  # noqa: S101 - a checked reason has words
    row.sealed_reason = sealed
    work.session.add(row)
    work.session.flush()
    after, state_before = judged(work, alert), alert.state
    second_needed = work.office.policy.deployments.second_adjudication if place == 1 else True
    settle(alert, after.standing(second_needed=second_needed))
    work.note(
        alert_id,
        adjudication=row.id,
        place=place,
        decision=row.decision,
        reason_code=row.reason_code,
        state=alert.state,
    )
    routed = route_settled(work, alert, state_before, adjudication.officer_ids)
    view = view_of(work, after)
    note_event(work, alert.deployment_id, "adjudication", alert_id)
    if routed:
        note_event(work, alert.deployment_id, "routing", alert_id)
    return view


def check_fits(adjudication: NewAdjudication) -> None:
    """Refuse a reason that speaks against its decision.

    Raises:
        InputError: it does.
    """
    fitting = REASONS_TO_ENGAGE if adjudication.decision == "engage" else REASONS_NOT_TO_ENGAGE
    if adjudication.reason_code not in fitting:
        raise InputError(
            f"{adjudication.reason_code} is no reason to decide {adjudication.decision}",
            f"Give one of: {', '.join(sorted(fitting))}",
            field="reason_code",
        )


def check_may_name(work: Work, adjudication: NewAdjudication) -> None:
    """Officers are named by an operator, and for an alert that is to be engaged.

    Raises:
        AuthorityError: somebody else names them.
        InputError: it is decided not to engage.
    """
    if not adjudication.officer_ids:
        return
    if adjudication.decision != "engage":
        raise InputError(
            "It is decided not to engage, and officers are named",
            "Leave the officers out",
            field="officer_ids",
        )
    if Role.LFR_OPERATOR not in work.actor.roles:
        raise AuthorityError(
            "Only an LFR operator names the officers that an alert goes to",
            "Leave them out; it goes to everybody on duty",
        )


def require_personal_data(alert: Alert) -> None:
    """Refuse to judge what can no longer be looked at.

    Raises:
        ConflictError: picture and entry have been deleted.
    """
    if alert.key_id is None:
        raise ConflictError(
            f"The picture and the entry of {alert.id} have been deleted, as their time was over",
            "Without them it can no longer be adjudicated",
        )


def _state_words(alert: Alert) -> str:
    words = {"engage": "to be engaged", "engaged": "engaged, and awaits its outcome"}
    return words.get(alert.state, alert.state)
