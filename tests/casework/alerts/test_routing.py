"""Routing: whoever is on duty is given what is to be engaged, once, and says who is on it."""

from __future__ import annotations

import json
import threading

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from overt.casework import Actor
from overt.casework import alerts as a
from overt.casework import duty as present
from overt.casework.alerts.routing import ROUTER
from overt.casework.live import events_after, watch_live
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import AlertRouting, AuditEntry
from tests.casework.alerts.cases import WHY, Case, judgement


def on_duty(case: Case, *names: str) -> list[Actor]:
    officers = [case.force.staff("engagement-officer", name=name) for name in names]
    for officer in officers:
        present.begin_duty(case.office, officer, case.deployment_id)
        case.force.clock.turn(seconds=1)
    return officers


def routed(case: Case, alert_id: str) -> list[str]:
    return [row.officer_id for row in a.show_alert(case.office, case.auditor, alert_id).routings]


def name(case: Case, alert_id: str, *officers: Actor, who: Actor | None = None) -> a.AlertView:
    """Adjudicate with engage, naming officers."""
    actor = who or case.operator
    a.show_alert(case.office, actor, alert_id)
    named = judgement(engage=True).model_copy(update={"officer_ids": tuple(one.id for one in officers)})
    return a.adjudicate_alert(case.office, actor, alert_id, named)


def test_what_is_to_be_engaged_goes_to_everybody_on_duty(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    began = watch_live(case.office, case.operator, case.deployment_id).seq
    view = case.adjudicate(case.take())
    assert [row.officer_id for row in view.routings] == [first.id, second.id]
    row = view.routings[0]
    assert (row.officer_name, row.at) == ("First (first)", case.office.now())
    assert (row.routed_by, row.routed_by_name) == (ROUTER.id, "software")
    assert (row.decided_by, row.decided_by_name) == (case.operator.id, "Lfr-Operator (lfr-operator)")
    assert (row.acknowledged_at, view.routed, view.acknowledged) == (None, 2, 0)
    heard = events_after(case.office, first, case.deployment_id, began)
    assert [event.kind for event in heard] == ["alert", "adjudication", "routing"]
    assert heard[-1].subject_id == view.id


def test_what_is_not_to_be_engaged_goes_to_nobody(case: Case) -> None:
    on_duty(case, "first")
    closed, still_open = case.take(), case.take()
    case.adjudicate(closed, engage=False)
    assert (routed(case, closed), routed(case, still_open)) == ([], [])
    for alert_id in (closed, still_open):
        with pytest.raises(ConflictError, match="is not routed"):
            a.route_alert(case.office, case.operator, alert_id, a.NewRouting(officer_ids=("person-1",)))


def test_with_nobody_on_duty_it_waits_for_whoever_comes(case: Case) -> None:
    waiting, engaged, closed = case.take(), case.take(), case.take()
    case.adjudicate(waiting)
    case.engage(engaged)
    case.adjudicate(closed, engage=False)
    assert routed(case, waiting) == []
    (late,) = on_duty(case, "late")
    assert (routed(case, waiting), routed(case, engaged), routed(case, closed)) == ([late.id], [], [])
    (row,) = a.show_alert(case.office, late, waiting).routings
    assert (row.routed_by, row.decided_by) == (ROUTER.id, case.operator.id)
    present.end_duty(case.office, late, case.deployment_id)
    on_duty(case, "late")
    assert routed(case, waiting) == [late.id]


def test_another_deployment_s_officers_are_left_alone(case: Case) -> None:
    other = Case(case.force)
    (elsewhere,) = on_duty(other, "elsewhere")
    alert_id = case.take()
    case.adjudicate(alert_id)
    assert routed(case, alert_id) == []
    with pytest.raises(ConflictError, match="Not on duty"):
        a.route_alert(case.office, case.operator, alert_id, a.NewRouting(officer_ids=(elsewhere.id,)))


def test_where_two_adjudicate_it_goes_when_the_second_has_said_engage_too(case_of_two: Case) -> None:
    case = case_of_two
    (first,) = on_duty(case, "first")
    alert_id = case.take()
    assert case.adjudicate(alert_id, case.operator).routings == ()
    second = case.force.staff("lfr-operator", name="second operator")
    (row,) = case.adjudicate(alert_id, second).routings
    assert (row.officer_id, row.decided_by) == (first.id, second.id)
    divided = case.take()
    case.adjudicate(divided, case.operator)
    case.adjudicate(divided, second, engage=False)
    assert routed(case, divided) == []


def test_an_operator_names_officers_with_the_decision(case: Case) -> None:
    first, second, third = on_duty(case, "first", "second", "third")
    view = name(case, case.take(), second, third, second)
    assert [row.officer_id for row in view.routings] == [second.id, third.id]
    assert {(row.routed_by, row.decided_by) for row in view.routings} == {(case.operator.id, None)}
    refused = case.take()
    with pytest.raises(AuthorityError, match="Only an LFR operator names"):
        name(case, refused, second, who=first)
    with pytest.raises(ConflictError, match=f"Not on duty in {case.deployment_id}: {case.officer.id}"):
        name(case, refused, second, case.officer)
    no = judgement(engage=False).model_copy(update={"officer_ids": (second.id,)})
    with pytest.raises(InputError, match="not to engage, and officers are named"):
        a.adjudicate_alert(case.office, case.operator, refused, no)
    assert a.show_alert(case.office, case.operator, refused).state == "open"


def test_an_operator_adds_officers_later_each_once(case: Case) -> None:
    (first,) = on_duty(case, "first")
    alert_id = case.take()
    name(case, alert_id, first)
    second, third = on_duty(case, "second", "third")
    assert routed(case, alert_id) == [first.id, second.id, third.id]
    apart = case.take()
    name(case, apart, first)
    began = watch_live(case.office, case.operator, case.deployment_id).seq
    view = a.route_alert(
        case.office, case.operator, apart, a.NewRouting(officer_ids=(third.id, first.id, third.id))
    )
    assert [(row.officer_id, row.routed_by) for row in view.routings] == [
        (first.id, case.operator.id),
        (third.id, case.operator.id),
    ]
    again = a.route_alert(case.office, case.operator, apart, a.NewRouting(officer_ids=(third.id,)))
    assert again.routings == view.routings
    heard = events_after(case.office, case.operator, case.deployment_id, began)
    assert [event.kind for event in heard] == ["routing"]
    with pytest.raises(AuthorityError):
        a.route_alert(case.office, first, apart, a.NewRouting(officer_ids=(second.id,)))
    with pytest.raises(MissingError):
        a.route_alert(case.office, case.operator, "alert-0", a.NewRouting(officer_ids=(second.id,)))
    with pytest.raises(ValidationError):
        a.NewRouting(officer_ids=())


def test_a_correction_routes_what_it_settles_and_nothing_twice(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alert_id = case.take()
    refused = case.adjudicate(alert_id, engage=False)
    (row,) = refused.adjudications
    view = a.correct_adjudication(case.office, case.operator, row.id, judgement(engage=True), WHY)
    assert [one.officer_id for one in view.routings] == [first.id, second.id]
    other = name(case, case.take(), first)
    reworded = judgement(engage=True, code="likely-same-person")
    view = a.correct_adjudication(case.office, case.operator, other.adjudications[0].id, reworded, WHY)
    assert [one.officer_id for one in view.routings] == [first.id]


def test_an_officer_says_that_they_are_on_it_and_all_see_it(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alert_id = case.take()
    case.adjudicate(alert_id)
    began = watch_live(case.office, case.operator, case.deployment_id).seq
    case.force.clock.turn(seconds=7)
    said = a.acknowledge_alert(case.office, first, alert_id)
    assert (said.officer_name, said.seconds_to_acknowledge) == ("First (first)", 7)
    case.force.clock.turn(seconds=5)
    assert a.acknowledge_alert(case.office, first, alert_id) == said
    assert a.acknowledge_alert(case.office, second, alert_id).seconds_to_acknowledge == 12
    heard = events_after(case.office, case.operator, case.deployment_id, began)
    assert [event.kind for event in heard] == ["acknowledgement", "acknowledgement"]
    for who in (case.operator, first, second, case.auditor):
        view = a.show_alert(case.office, who, alert_id)
        assert [(row.officer_name, row.seconds_to_acknowledge) for row in view.routings] == [
            ("First (first)", 7),
            ("Second (second)", 12),
        ]
        assert (view.routed, view.acknowledged) == (2, 2)
        assert view.acknowledged_by_you == (who in {first, second})


def test_only_who_was_given_it_and_only_before_it_is_closed(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alert_id = case.take()
    name(case, alert_id, first)
    with pytest.raises(AuthorityError, match="not routed to you"):
        a.acknowledge_alert(case.office, second, alert_id)
    with pytest.raises(AuthorityError, match=r"alerts\.acknowledge"):
        a.acknowledge_alert(case.office, case.operator, alert_id)
    both = case.take()
    case.adjudicate(both)
    said = a.acknowledge_alert(case.office, first, both)
    a.record_engagement(case.office, first, both, case.engagement())
    a.record_outcome(case.office, first, both, a.NewOutcome(outcome="information"))
    assert a.acknowledge_alert(case.office, first, both) == said
    with pytest.raises(ConflictError, match="is closed"):
        a.acknowledge_alert(case.office, second, both)


def test_my_alerts_are_those_routed_to_me_and_not_closed(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alerts = []
    for _ in range(3):
        case.force.clock.turn(seconds=1)
        alerts.append(case.take())
    mine, shared, closed = alerts
    name(case, mine, first)
    case.adjudicate(shared)
    case.adjudicate(closed)
    a.record_engagement(case.office, first, closed, case.engagement("not-contacted"))
    a.acknowledge_alert(case.office, second, shared)
    listed = a.list_my_alerts(case.office, first)
    assert [
        (one.id, one.routed_to_you, one.acknowledged_by_you, one.acknowledged) for one in listed.items
    ] == [
        (shared, True, False, 1),
        (mine, True, False, 0),
    ]
    assert [one.id for one in a.list_my_alerts(case.office, second).items] == [shared]
    page = a.list_my_alerts(case.office, first, Page(limit=1))
    assert (page.total, page.next) == (2, shared)
    assert a.list_my_alerts(case.office, first, Page(limit=1, after=shared)).items[0].id == mine
    with pytest.raises(AuthorityError):
        a.list_my_alerts(case.office, case.operator)


def test_officers_who_adjudicate_still_see_and_judge_everything(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alert_id = case.take()
    (listed,) = a.list_alerts(case.office, first, a.AlertFilter(deployment_id=case.deployment_id)).items
    assert (listed.id, listed.yours_to_adjudicate, listed.routed) == (alert_id, True, 0)
    view = case.adjudicate(alert_id, first)
    assert [row.officer_id for row in view.routings] == [first.id, second.id]
    assert {row.decided_by for row in view.routings} == {first.id}


def test_the_chain_has_ids_and_counts_of_it(case: Case) -> None:
    first, second = on_duty(case, "first", "second")
    alert_id = case.take()
    name(case, alert_id, first)
    a.route_alert(case.office, case.operator, alert_id, a.NewRouting(officer_ids=(second.id,)))
    a.acknowledge_alert(case.office, second, alert_id)
    with case.office.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == alert_id).order_by(AuditEntry.seq)
        ).all()
    by_command = {entry.command: json.loads(entry.details) for entry in entries}
    assert by_command["alerts.adjudicate"]["routed_to"] == [first.id]
    assert by_command["alerts.route"] == {"officers": [second.id], "already": 0}
    assert by_command["alerts.acknowledge"]["repeated"] is False


def test_whoever_comes_while_it_is_decided_is_given_it_all_the_same(case: Case) -> None:
    officers = [case.force.staff("engagement-officer", name=f"officer {n}") for n in range(6)]
    for officer in officers:
        alert_id = case.take()
        a.show_alert(case.office, case.operator, alert_id)
        start = threading.Barrier(2)

        def come(who: Actor = officer, together: threading.Barrier = start) -> None:
            together.wait(20)
            present.begin_duty(case.office, who, case.deployment_id)

        thread = threading.Thread(target=come)
        thread.start()
        start.wait(20)
        a.adjudicate_alert(case.office, case.operator, alert_id, judgement(engage=True))
        thread.join(60)
        with case.office.database.reading() as session:
            have = session.scalars(
                select(AlertRouting.officer_id).where(AlertRouting.alert_id == alert_id)
            ).all()
        assert officer.id in have
        assert len(have) == len(set(have))
