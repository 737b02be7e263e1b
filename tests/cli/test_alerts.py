"""`overt alerts`: from an alert to its outcome and a correction, by the people whose part it is."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import argon2
import pytest

from overt import casework
from overt.casework import open_office
from tests.casework.alerts.cases import CROP, Case
from tests.casework.deployments.force import Force
from tests.cli.typed import Typed
from tests.offices import Clock, Staff


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """A live deployment in a folder; the commands go by the clock of the test."""
    monkeypatch.delenv("OVERT_MASTER_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    clock = Clock()
    opened = functools.partial(open_office, clock=clock, password_cost=argon2.profiles.CHEAPEST)
    monkeypatch.setattr(casework, "open_office", opened)
    with opened(tmp_path / "records", environment={}) as office:
        yield Case(Force(office, Staff(office), clock))


@pytest.fixture
def overt(case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The command, on that office."""
    return Typed("alerts", case.office, monkeypatch, capsys)


ENGAGE = ("--decision", "engage", "--reason-code", "same-person", "--reason", "the ears agree")


def test_an_alert_from_its_first_look_to_its_outcome(case: Case, overt: Typed, tmp_path: Path) -> None:
    alert = case.take()
    (listed,) = overt.json(case.operator, "list", "--deployment", case.deployment_id, "--state", "open")
    assert (listed["id"], listed["yours_to_adjudicate"]) == (alert, True)

    status, _, err = overt(case.operator, "adjudicate", alert, *ENGAGE)
    assert status == 1
    assert "has not been shown to you" in err
    picture = tmp_path / "alert.jpg"
    status, out, _ = overt(case.operator, "show", alert, "--crop", str(picture))
    assert status == 0
    assert "the default is do-not-engage" in out
    assert picture.read_bytes() == CROP
    status, _, err = overt(case.operator, "show", alert, "--crop", str(picture))
    assert (status, "is there already" in err) == (1, True)

    assert overt.json(case.operator, "adjudicate", alert, *ENGAGE)["state"] == "engage"
    started = case.force.clock() + timedelta(seconds=1)
    times = ("--started", started.isoformat(), "--ended", (started + timedelta(seconds=1)).isoformat())
    case.force.clock.turn(minutes=1)
    status, _, err = overt(case.officer, "outcome", alert, "--outcome", "arrest")
    assert (status, "Record the engagement first" in err) == (1, True)
    status, _, err = overt(
        case.officer, "engagement", alert, "--started", "today", "--ended", "now", "--identity", "sought"
    )
    assert (status, "--started is no moment: today" in err) == (1, True)
    engaged = overt.json(case.officer, "engagement", alert, *times, "--identity", "sought")
    assert (engaged["state"], engaged["alert_class"]) == ("engaged", "true-confirmed")
    closed = overt.json(case.officer, "outcome", alert, "--outcome", "arrest")
    assert closed["state"] == "closed"

    (outcome,) = closed["outcomes"]
    why = ("--code", "entered-wrongly", "--correction", "it was an appointment")
    mended = overt.json(case.officer, "correct-outcome", outcome["id"], "--outcome", "appointment", *why)
    assert [(one["outcome"], one["stands"]) for one in mended["outcomes"]] == [
        ("arrest", False),
        ("appointment", True),
    ]
    status, out, _ = overt(case.auditor, "show", alert)
    assert status == 0
    assert "outcome, corrected" in out


def test_without_a_decision_nobody_is_engaged(case: Case, overt: Typed) -> None:
    alert = case.take()
    overt.json(case.operator, "show", alert)
    said = ("--reason-code", "different-person", "--reason", "the ears differ")
    judged = overt.json(case.operator, "adjudicate", alert, *said)
    assert (judged["state"], judged["alert_class"]) == ("closed", "false-unconfirmed")
    (adjudication,) = judged["adjudications"]
    assert adjudication["decision"] == "do-not-engage"
    why = ("--code", "entered-wrongly", "--correction", "I had the wrong picture open")
    mended = overt.json(case.operator, "correct-adjudication", adjudication["id"], *ENGAGE, *why)
    assert mended["state"] == "engage"


def test_who_may_not_adjudicate_is_told_which_roles_may(case: Case, overt: Typed) -> None:
    alert = case.take()
    status, _, err = overt(case.auditor, "adjudicate", alert, *ENGAGE)
    assert status == 1
    assert "lfr-operator" in err


def test_officers_on_duty_are_given_an_alert_and_say_who_is_on_it(
    case: Case, overt: Typed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    duty = Typed("deployments", case.office, monkeypatch, capsys, ("duty",))
    late = case.force.staff("engagement-officer", name="late")
    where = ("--call-sign", "Sierra 21")
    (begun,) = duty.json(case.officer, "duty", "begin", case.deployment_id, *where)
    duty.json(late, "duty", "begin", case.deployment_id)
    status, out, _ = duty(case.operator, "duty", "list", case.deployment_id)
    assert status == 0
    assert "Sierra 21" in out
    assert case.officer.id in out

    alert = case.take()
    overt.json(case.operator, "show", alert)
    judged = overt.json(case.operator, "adjudicate", alert, *ENGAGE, "--officer", begun["officer_id"])
    assert [row["officer_id"] for row in judged["routings"]] == [case.officer.id]
    status, _, err = overt(late, "acknowledge", alert)
    assert (status, "not routed to you" in err) == (1, True)
    overt.json(case.operator, "route", alert, late.id)
    (mine,) = overt.json(late, "list", "--mine")
    assert (mine["id"], mine["acknowledged_by_you"]) == (alert, False)
    status, _, err = overt(late, "list", "--mine", "--state", "open")
    assert (status, "every deployment and state" in err) == (1, True)
    case.force.clock.turn(seconds=9)
    status, out, _ = overt(late, "acknowledge", alert)
    assert (status, out.strip()) == (0, f"Late (late) is on {alert}, 9 s after its routing")
    status, out, _ = overt(case.operator, "show", alert)
    assert (status, "on it after 9 s" in out, "not acknowledged" in out) == (0, True, True)
    status, out, _ = overt(case.operator, "list")
    assert "1 of 2 officers on it" in out
    (left,) = duty.json(late, "duty", "end", case.deployment_id)
    assert left["end_reason"] == "left"
    assert len(duty.json(case.operator, "duty", "list", case.deployment_id, "--ended")) == 2
