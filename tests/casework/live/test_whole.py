"""From the first line of a plan to a closed deployment, with the sealed engine on a filmed, simulated street."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from overt.biometrics import ModelPack
from overt.casework import alerts as a
from overt.casework import deployments as d
from overt.casework import watchlists as w
from overt.casework.live import RunView, Supervisor, list_runs, show_feed
from overt.errors import MissingError
from tests.casework.alerts.cases import judgement
from tests.casework.deployments.force import WHY, Force
from tests.casework.live.street import Street

SECONDS = 90.0


@pytest.fixture
def street(pack: ModelPack, street_film: Path, force: Force, tmp_path: Path) -> Street:
    """A force with people to look for."""
    force.clock.turn(hours=1, minutes=5)
    return Street.of(force, street_film, tmp_path)


def live(street: Street, **feed: object) -> str:
    """A deployment over the film that is live."""
    deployment = street.force.authorised(
        street.watchlist_id,
        feeds=[{"name": "north gate", "uri": str(street.film), **feed}],
        masked_fps=2,
    )
    d.start_deployment(street.force.office, street.force.operator, deployment.id)
    return deployment.id


def until(met: Callable[[], bool], what: str) -> None:
    """Wait for something that comes."""
    deadline = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < deadline, f"{what} has not come"
        time.sleep(0.1)


def alerts_about(street: Street, deployment_id: str, entry_id: str) -> list[str]:
    """The alerts that are about an entry."""
    office, operator = street.force.office, street.force.operator
    listed = a.list_alerts(office, operator, a.AlertFilter(deployment_id=deployment_id)).items
    shown = [a.show_alert(office, operator, alert.id) for alert in listed]
    return [alert.id for alert in shown if alert.entry is not None and alert.entry.entry_id == entry_id]


def last_run(street: Street, deployment_id: str) -> RunView:
    """The newest run."""
    return list_runs(street.force.office, street.force.operator, deployment_id)[-1]


@pytest.mark.slow
def test_a_deployment_from_its_plan_to_its_close(street: Street) -> None:
    force, office = street.force, street.force.office
    operator, officer = force.operator, force.staff("engagement-officer")
    with Supervisor(office):
        live_id = live(street, loop=True)
        until(lambda: bool(alerts_about(street, live_id, street.hopper)), "the alert")
        alert_id = alerts_about(street, live_id, street.hopper)[0]
        crop = a.show_crop(office, operator, alert_id)
        assert crop[:2] == b"\xff\xd8"
        seen = a.show_alert(office, officer, alert_id)
        assert seen.entry is not None
        assert (seen.entry.name, seen.score >= seen.threshold) == ("Grace Hopper", True)
        assert seen.meaning.expected_false_alerts_per_face is not None
        until(lambda: bool(show_masked(street, live_id)), "a masked picture")
        force.clock.turn(seconds=9)
        judged = a.adjudicate_alert(office, operator, alert_id, judgement(engage=True))
        assert (judged.state, judged.adjudications[0].seconds_taken) == ("engage", 9)
        begun = force.clock.turn(seconds=30)
        ended = force.clock.turn(minutes=4)
        met = a.NewEngagement(started_at=begun, ended_at=ended, identity="sought", self_defined_group="W1")
        a.record_engagement(office, officer, alert_id, met)
        done = a.record_outcome(office, officer, alert_id, a.NewOutcome(outcome="arrest"))
        assert (done.state, done.alert_class) == ("closed", "true-confirmed")
        d.close_deployment(office, operator, live_id, WHY)
        until(lambda: last_run(street, live_id).ended_at is not None, "the end of the run")
    run = last_run(street, live_id)
    assert (run.in_order, run.end_reason, run.entries) == (True, "the deployment is closed", 2)
    assert all(run.seals[name]["held"] for name in office.policy.deployments.required_seals)
    assert run.passages >= 2
    assert run.telemetry["erasure_ms"]["n"] > 0
    assert d.show_deployment(office, operator, live_id).state == "closed"


def show_masked(street: Street, deployment_id: str) -> bytes:
    """The newest masked picture, empty where there is none yet."""
    try:
        return show_feed(street.force.office, street.force.operator, deployment_id, "north gate").jpeg
    except MissingError:
        return b""


@pytest.mark.slow
def test_an_entry_that_is_withdrawn_while_it_runs_alerts_no_more(street: Street) -> None:
    force, office = street.force, street.force.office
    with Supervisor(office):
        live_id = live(street, loop=True)
        until(lambda: bool(alerts_about(street, live_id, street.hopper)), "the alert")
        withdrawal = w.Withdrawal(reason="the warrant was executed elsewhere")
        w.withdraw_entry(office, force.officer(), street.hopper, withdrawal)
        before = alerts_about(street, live_id, street.hopper)
        until(lambda: last_run(street, live_id).alerts_not_current > 0, "an alert that is not raised")
        assert alerts_about(street, live_id, street.hopper) == before


@pytest.mark.slow
def test_a_film_that_ends_leaves_the_deployment_suspended(street: Street) -> None:
    office = street.force.office
    with Supervisor(office):
        live_id = live(street, pace="max")
        until(
            lambda: d.show_deployment(office, street.force.operator, live_id).state == "suspended", "the end"
        )
    run = last_run(street, live_id)
    assert (run.in_order, run.end_reason) == (True, "every feed has ended")
    assert run.alerts_received >= 1
