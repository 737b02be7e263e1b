"""Reporting for duty in a deployment, and leaving it. A person is on duty in one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from sqlalchemy import select

from overt.casework.alerts.present import officers_on_duty
from overt.casework.alerts.routing import route_waiting
from overt.casework.commands import Work, command
from overt.casework.duty.models import DutyView, NewDuty
from overt.casework.events import hold_deployment_row, note_event
from overt.casework.people import names_of
from overt.errors import ConflictError, MissingError
from overt.records.tables import Deployment, Duty, Person, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from overt.casework.actor import Actor
    from overt.casework.office import Office

__all__ = ["begin_duty", "end_duty", "list_duty", "own_duty"]

_OPEN_TO_DUTY: Final = frozenset({"authorised", "live", "suspended"})
_NO_CALL_SIGN: Final = NewDuty()


@command("duty.begin")
def begin_duty(work: Work, deployment_id: str, duty: NewDuty = _NO_CALL_SIGN) -> DutyView:
    """Report for duty. Whoever is on duty elsewhere leaves there; whoever is on duty here may change their call sign.

    An officer who comes is given the alerts of the deployment that are to be engaged still.

    Raises:
        MissingError: there is no such deployment.
        ConflictError: it is not authorised, live or suspended; or the same person is beginning elsewhere right now.
    """
    work.note(deployment_id[:64])
    elsewhere = _open_duty(work, work.actor.id)
    held = _hold(work, deployment_id, elsewhere)
    deployment = held.get(deployment_id)
    if deployment is None:
        raise MissingError(f"There is no deployment {deployment_id[:64]}", "List the deployments")
    if deployment.state not in _OPEN_TO_DUTY:
        raise ConflictError(
            f"{deployment.id} is {deployment.state}, so nobody is on duty in it",
            "Report for duty once it is authorised, and before it is over",
        )
    # Of two beginnings by one person at the same moment the second waits here, and sees the first.
    work.session.get_one(Person, work.actor.id, with_for_update={"key_share": True}, populate_existing=True)
    before = _open_duty(work, work.actor.id)
    if before is not None and before.deployment_id not in held:
        raise ConflictError("You have begun duty elsewhere at this very moment", "Look, and begin again")
    if before is not None and before.deployment_id == deployment_id:
        return _changed(work, deployment, before, duty)
    if before is not None:
        before.ended_at, before.end_reason = work.now, "elsewhere"
        work.session.flush()
    row = Duty(id=new_id("duty"), deployment_id=deployment_id, officer_id=work.actor.id, began_at=work.now)
    row.sealed_call_sign = _seal(work, deployment, row.id, duty.call_sign)
    work.session.add(row)
    work.session.flush()
    given = route_waiting(work, deployment_id, work.actor.id)
    work.note(deployment_id, duty=row.id, left=None if before is None else before.id, routed=list(given))
    (view,) = _views(work, deployment, [row])
    if before is not None:
        note_event(work, before.deployment_id, "duty", before.deployment_id)
    note_event(work, deployment_id, "duty", deployment_id)
    for alert_id in given:
        note_event(work, deployment_id, "routing", alert_id)
    return view


@command("duty.end")
def end_duty(work: Work, deployment_id: str) -> DutyView:
    """Leave. What was routed stays in the record, and others have it still.

    Raises:
        MissingError: there is no such deployment.
        ConflictError: whoever leaves is not on duty there.
    """
    work.note(deployment_id[:64])
    deployment = _found(work, deployment_id)
    hold_deployment_row(work, deployment_id)
    row = work.session.scalar(
        select(Duty)
        .where(Duty.deployment_id == deployment_id, Duty.officer_id == work.actor.id, Duty.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise ConflictError(f"You are not on duty in {deployment_id}", "There is nothing to leave")
    row.ended_at, row.end_reason = work.now, "left"
    work.session.flush()
    work.note(deployment_id, duty=row.id)
    (view,) = _views(work, deployment, [row])
    note_event(work, deployment_id, "duty", deployment_id)
    return view


@command("duty.list")
def list_duty(work: Work, deployment_id: str, *, ended: bool = False) -> tuple[DutyView, ...]:
    """Who is on duty in a deployment, the first to begin first; with `ended`, who was, too.

    Whoever was deactivated meanwhile, or is no engagement officer any more, is not on duty, though they never left.

    Raises:
        MissingError: there is no such deployment.
    """
    work.note(deployment_id[:64])
    deployment = _found(work, deployment_id)
    wanted = select(Duty).where(Duty.deployment_id == deployment_id)
    if not ended:
        present = officers_on_duty(work.session, deployment_id)
        wanted = wanted.where(Duty.ended_at.is_(None), Duty.officer_id.in_(present))
    rows = work.session.scalars(wanted.order_by(Duty.began_at, Duty.id)).all()
    work.note(deployment_id, duties=len(rows))
    return _views(work, deployment, rows)


def own_duty(office: Office, actor: Actor) -> DutyView | None:
    """Where somebody is on duty themselves; None where they are not.

    It tells nobody but themselves, and so it is no entry in the audit chain, which has the beginning and the end.

    Raises:
        AuthorityError: duty is nothing that the actor can begin.
    """
    begin_duty.authorise(actor)
    with office.database.reading() as session:
        work = Work(office, session, actor, office.now())
        row = _open_duty(work, actor.id)
        if row is None:
            return None
        (view,) = _views(work, _found(work, row.deployment_id), [row])
        return view


def _found(work: Work, deployment_id: str) -> Deployment:
    deployment = work.session.get(Deployment, deployment_id)
    if deployment is None:
        raise MissingError(f"There is no deployment {deployment_id[:64]}", "List the deployments")
    return deployment


def _open_duty(work: Work, officer_id: str) -> Duty | None:
    return work.session.scalar(
        select(Duty)
        .where(Duty.officer_id == officer_id, Duty.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _hold(work: Work, deployment_id: str, elsewhere: Duty | None) -> Mapping[str, Deployment]:
    """The deployments concerned, held alone and in the order of their ids.

    So whoever is settling an alert of one has done so before its waiting alerts are looked for, or settles it after
    the officer has come: either way the officer is given it.
    """
    ids = {deployment_id} if elsewhere is None else {deployment_id, elsewhere.deployment_id}
    rows = work.session.scalars(
        select(Deployment)
        .where(Deployment.id.in_(ids))
        .order_by(Deployment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def _changed(work: Work, deployment: Deployment, row: Duty, duty: NewDuty) -> DutyView:
    """On duty here already: only the call sign can be new."""
    (view,) = _views(work, deployment, [row])
    if duty.call_sign in {"", view.call_sign}:
        work.note(deployment.id, duty=row.id, repeated=True)
        return view
    row.sealed_call_sign = _seal(work, deployment, row.id, duty.call_sign)
    work.session.flush()
    work.note(deployment.id, duty=row.id, call_sign_changed=True)
    (view,) = _views(work, deployment, [row])
    note_event(work, deployment.id, "duty", deployment.id)
    return view


def _seal(work: Work, deployment: Deployment, duty_id: str, call_sign: str) -> bytes | None:
    if not call_sign or deployment.key_id is None:
        return None
    return work.office.vault.seal(
        work.session, deployment.key_id, call_sign.encode(), about=f"{duty_id}.call-sign"
    )


def _opened(work: Work, deployment: Deployment, row: Duty) -> str | None:
    if deployment.key_id is None:
        return None
    if row.sealed_call_sign is None:
        return ""
    return work.office.vault.open_sealed(
        work.session, deployment.key_id, row.sealed_call_sign, about=f"{row.id}.call-sign"
    ).decode()


def _views(work: Work, deployment: Deployment, rows: Sequence[Duty]) -> tuple[DutyView, ...]:
    names = names_of(work.session, (row.officer_id for row in rows))
    return tuple(
        DutyView(
            id=row.id,
            deployment_id=row.deployment_id,
            officer_id=row.officer_id,
            officer_name=names[row.officer_id],
            call_sign=_opened(work, deployment, row),
            began_at=row.began_at,
            ended_at=row.ended_at,
            end_reason=cast('Literal["left", "elsewhere", "deployment"] | None', row.end_reason),
        )
        for row in rows
    )
