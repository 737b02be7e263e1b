"""Duty: who is there, in one place at a time, and not a moment after the deployment is over."""

from __future__ import annotations

import threading

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from overt.casework import Actor, Role, people
from overt.casework import deployments as d
from overt.casework import duty as present
from overt.casework.live import events_after, watch_live
from overt.errors import AuthorityError, ConflictError, MissingError
from overt.records.tables import AuditEntry, Duty
from tests.casework.alerts.cases import Case
from tests.casework.deployments.force import WHY

HERE = present.NewDuty(call_sign="Sierra 21, bank corner")


def names(case: Case, deployment_id: str = "") -> list[str]:
    listed = present.list_duty(case.office, case.operator, deployment_id or case.deployment_id)
    return [one.officer_name for one in listed]


def test_an_officer_comes_is_seen_by_name_and_leaves(case: Case) -> None:
    begun = present.begin_duty(case.office, case.officer, case.deployment_id, HERE)
    assert (begun.officer_id, begun.call_sign, begun.ended_at) == (case.officer.id, HERE.call_sign, None)
    for who in (case.operator, case.officer, case.auditor):
        assert present.list_duty(case.office, who, case.deployment_id) == (begun,)
    assert begun.officer_name == "Engagement-Officer (engagement-officer)"
    case.force.clock.turn(minutes=30)
    left = present.end_duty(case.office, case.officer, case.deployment_id)
    assert (left.id, left.end_reason, left.ended_at) == (begun.id, "left", case.office.now())
    assert names(case) == []
    assert present.list_duty(case.office, case.operator, case.deployment_id, ended=True) == (left,)
    with pytest.raises(ConflictError, match="not on duty"):
        present.end_duty(case.office, case.officer, case.deployment_id)


def test_somebody_is_told_where_they_are_on_duty_and_the_chain_is_not(case: Case) -> None:
    def own(who: Actor) -> str | None:
        found = present.own_duty(case.office, who)
        return None if found is None else found.deployment_id

    assert own(case.officer) is None
    present.begin_duty(case.office, case.officer, case.deployment_id, HERE)
    with case.office.database.reading() as session:
        before = len(session.scalars(select(AuditEntry)).all())
    assert own(case.officer) == case.deployment_id
    assert own(case.force.staff("engagement-officer", name="another")) is None
    with case.office.database.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == before
    with pytest.raises(AuthorityError):
        present.own_duty(case.office, case.operator)
    present.end_duty(case.office, case.officer, case.deployment_id)
    assert own(case.officer) is None


def test_beginning_again_changes_the_call_sign_and_nothing_else(case: Case) -> None:
    begun = present.begin_duty(case.office, case.officer, case.deployment_id)
    assert begun.call_sign == ""
    case.force.clock.turn(minutes=5)
    again = present.begin_duty(case.office, case.officer, case.deployment_id, HERE)
    assert again == begun.model_copy(update={"call_sign": HERE.call_sign})
    assert present.begin_duty(case.office, case.officer, case.deployment_id) == again


def test_beginning_elsewhere_ends_the_first(case: Case) -> None:
    first = present.begin_duty(case.office, case.officer, case.deployment_id)
    other = Case(case.force).deployment_id
    began = watch_live(case.office, case.operator, case.deployment_id).seq
    present.begin_duty(case.office, case.officer, other)
    (ended,) = present.list_duty(case.office, case.operator, case.deployment_id, ended=True)
    assert (ended.id, ended.end_reason) == (first.id, "elsewhere")
    assert (len(names(case)), len(names(case, other))) == (0, 1)
    heard = events_after(case.office, case.operator, case.deployment_id, began)
    assert [(event.kind, event.subject_id) for event in heard] == [("duty", case.deployment_id)]


@pytest.mark.parametrize("how", ["close", "end-window"])
def test_it_ends_with_the_deployment(case: Case, how: str) -> None:
    present.begin_duty(case.office, case.officer, case.deployment_id)
    d.suspend_deployment(case.office, case.operator, case.deployment_id, WHY)
    assert len(names(case)) == 1
    if how == "close":
        d.close_deployment(case.office, case.operator, case.deployment_id)
    else:
        case.force.clock.turn(hours=9)
        d.end_window(case.office, case.force.software, case.deployment_id)
    (ended,) = present.list_duty(case.office, case.operator, case.deployment_id, ended=True)
    assert (ended.end_reason, ended.ended_at) == ("deployment", case.office.now())
    with pytest.raises(ConflictError, match="is closed, so nobody is on duty"):
        present.begin_duty(case.office, case.officer, case.deployment_id)


@pytest.mark.parametrize("how", ["cancel", "expire", "withdraw"])
def test_and_with_what_comes_to_nothing(case: Case, how: str) -> None:
    waiting = case.force.authorised(window_start="2026-06-02T10:00:00Z", window_end="2026-06-02T14:00:00Z")
    present.begin_duty(case.office, case.officer, waiting.id)
    if how == "cancel":
        d.cancel_deployment(case.office, case.force.planner, waiting.id, WHY)
    elif how == "withdraw":
        d.withdraw_deployment(case.office, case.force.planner, waiting.id, WHY)
    else:
        case.force.clock.turn(days=2)
        d.expire_deployment(case.office, case.force.software, waiting.id)
    (ended,) = present.list_duty(case.office, case.operator, waiting.id, ended=True)
    assert ended.end_reason == "deployment"


def test_nobody_is_on_duty_in_a_draft(case: Case) -> None:
    draft = case.force.draft()
    with pytest.raises(ConflictError, match="is draft, so nobody"):
        present.begin_duty(case.office, case.officer, draft.id)
    with pytest.raises(MissingError):
        present.begin_duty(case.office, case.officer, "deployment-0000000000000000")


def test_only_engagement_officers_are_and_only_those_concerned_see_it(case: Case) -> None:
    with pytest.raises(AuthorityError):
        present.begin_duty(case.office, case.operator, case.deployment_id)
    with pytest.raises(AuthorityError):
        present.list_duty(case.office, case.force.planner, case.deployment_id)


def test_whoever_is_deactivated_or_takes_another_post_is_not_there(case: Case) -> None:
    administrator = case.force.staff("administrator")
    gone = case.force.staff("engagement-officer", name="gone")
    moved = case.force.staff("engagement-officer", name="moved")
    for officer in (gone, moved):
        present.begin_duty(case.office, officer, case.deployment_id)
    assert len(names(case)) == 2
    people.deactivate_person(case.office, administrator, gone.id)
    people.change_person(
        case.office, administrator, moved.id, people.PersonChange(roles=(Role.LFR_OPERATOR,))
    )
    assert names(case) == []


def test_the_call_sign_is_sealed_and_in_no_audit_entry(case: Case) -> None:
    present.begin_duty(case.office, case.officer, case.deployment_id, HERE)
    with case.office.database.reading() as session:
        row = session.scalars(select(Duty)).one()
        assert row.sealed_call_sign is not None
        assert HERE.call_sign.encode() not in row.sealed_call_sign
        details = session.scalars(select(AuditEntry.details).where(AuditEntry.command.like("duty.%"))).all()
    assert details
    assert not any("Sierra" in text for text in details)
    with pytest.raises(ValidationError):
        present.NewDuty(call_sign="x" * 61)


def test_of_two_beginnings_at_once_one_stands(case: Case) -> None:
    places = [case.deployment_id, Case(case.force).deployment_id]
    officer: Actor = case.officer
    start, refused = threading.Barrier(2), []

    def begin(place: str) -> None:
        start.wait(20)
        try:
            present.begin_duty(case.office, officer, place)
        except ConflictError as error:
            refused.append(error)

    for _ in range(4):
        threads = [threading.Thread(target=begin, args=(place,)) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with case.office.database.reading() as session:
            open_now = session.scalars(select(Duty).where(Duty.ended_at.is_(None))).all()
        assert len(open_now) == 1
    assert all("at this very moment" in str(error) for error in refused)
