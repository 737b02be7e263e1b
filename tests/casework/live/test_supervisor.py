"""The supervisor: engines of live deployments, their restarts, their end, all of it in the record."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from overt.casework import Office, open_office
from overt.casework import deployments as d
from overt.casework.alerts import AlertFilter, list_alerts
from overt.casework.live import (
    RunView,
    Supervisor,
    events_after,
    list_runs,
    newest_masked_frame,
    prepare_run,
    show_feed,
    watch_live,
)
from overt.engine import Fault
from overt.errors import AuthorityError, ConflictError, MissingError, PackError, WireError
from overt.records.tables import Deployment
from tests.casework.deployments.force import WHY, Force
from tests.casework.live.engines import Garage, frame, telemetry

Until = Callable[..., Deployment]
Reasons = Callable[[str], list[str | None]]


def runs(force: Force, deployment_id: str) -> tuple[RunView, ...]:
    return list_runs(force.office, force.operator, deployment_id)


def wait_for_alerts(force: Force, deployment_id: str, n: int) -> list[str]:
    wanted, deadline = AlertFilter(deployment_id=deployment_id), time.monotonic() + 20
    while True:
        listed = list_alerts(force.office, force.operator, wanted)
        if listed.total >= n:
            return [alert.id for alert in listed.items]
        assert time.monotonic() < deadline, "the alert has not come"
        time.sleep(0.02)


def test_a_deployment_that_goes_live_gets_its_engine_and_its_alerts_a_row(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    assert len(engine.begin.entries) == 3
    assert engine.begin.feeds[0].uri.startswith("rtsp://")
    assert set(engine.begin.limits.required_seals) == set(force.office.policy.deployments.required_seals)
    engine.alert(0)
    wait_for_alerts(force, live.id, 1)
    d.close_deployment(force.office, force.operator, live.id)
    assert engine.gone.wait(20)
    (run,) = wait_for_end(force, live.id, 1)
    assert (run.in_order, run.end_reason, run.passages) == (True, "the deployment is closed", 3)
    assert (run.alerts_received, run.entries, run.provider) == (1, 3, "cpu")
    assert all(seal["held"] for seal in run.seals.values())


def wait_for_end(force: Force, deployment_id: str, n: int) -> tuple[RunView, ...]:
    deadline = time.monotonic() + 20
    while True:
        known = runs(force, deployment_id)
        if len(known) >= n and all(run.ended_at is not None for run in known):
            return known
        assert time.monotonic() < deadline, "the run has not ended"
        time.sleep(0.02)


def test_an_engine_that_dies_is_started_again_and_each_start_is_in_the_record(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until, reasons: Reasons
) -> None:
    live = force.live()
    for n in (1, 2, 3):
        engine = garage.wait_for(n)
        if n == 2:
            engine.alert(1)
        engine.die()
    until(live.id, "suspended")
    known = wait_for_end(force, live.id, 3)
    assert [(run.number, run.in_order, run.alerts_received) for run in known] == [
        (1, False, 0),
        (2, False, 1),
        (3, False, 0),
    ]
    assert known[0].end_reason == "The engine has died (status -9)"
    assert reasons(live.id)[-1] == "the engine has died 3 times: The engine has died (status -9)"


def test_a_fatal_fault_counts_as_a_death_and_is_kept(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    engine.say(Fault(kind="stalled", detail="no picture for 5 s", feed="north gate"))
    engine.say(Fault(kind="EngineError", detail="out of memory", fatal=True))
    engine.end("a fault in the engine")
    garage.wait_for(2)
    first, second = runs(force, live.id)
    assert [(fault.feed, fault.kind, fault.fatal) for fault in first.faults] == [
        ("north gate", "stalled", False),
        ("", "EngineError", True),
    ]
    assert (first.in_order, first.end_reason) == (True, "EngineError: out of memory")
    assert second.ended_at is None


def test_an_engine_that_says_what_none_may_say_is_taken_for_dead(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    garage.wait_for(1).babble(WireError("A message on the wire is not one that may cross it"))
    garage.wait_for(2)
    assert garage.engines[0].gone.is_set()
    first = runs(force, live.id)[0]
    assert (first.in_order, first.end_reason) == (False, "A message on the wire is not one that may cross it")


def test_a_runner_that_fails_leaves_nothing_live(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until, reasons: Reasons
) -> None:
    live = force.live()
    garage.wait_for(1).babble(PackError("Nobody foresaw this"))
    until(live.id, "suspended")
    assert reasons(live.id)[-1] == "Nobody foresaw this"
    assert [run.end_reason for run in wait_for_end(force, live.id, 1)] == ["Nobody foresaw this"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_no_engine_runs_on_without_its_supervisor(
    force: Force,
    supervisor: Supervisor,
    garage: Garage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    force.live()
    engine = garage.wait_for(1)

    def fail(_: Supervisor) -> None:
        raise LookupError

    monkeypatch.setattr(Supervisor, "_look", fail)
    assert engine.gone.wait(20)
    assert supervisor._thread is not None
    supervisor._thread.join(20)
    assert not supervisor.working


def test_a_required_seal_that_is_not_held_suspends(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until, reasons: Reasons
) -> None:
    garage.not_held = ("no-core-dump",)
    live = force.live()
    until(live.id, "suspended")
    assert reasons(live.id)[-1] == "required seals are not held: no-core-dump"
    (run,) = wait_for_end(force, live.id, 1)
    assert run.seals["no-core-dump"]["held"] is False
    assert len(garage.engines) == 1
    assert garage.engines[0].gone.wait(20)


def test_an_engine_that_refuses_to_begin_is_not_started_again(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until, reasons: Reasons
) -> None:
    garage.refuses = "memory-locked is required and not held"
    live = force.live()
    until(live.id, "suspended")
    assert reasons(live.id)[-1] == "the engine refused to begin: memory-locked is required and not held"
    assert len(wait_for_end(force, live.id, 1)) == 1


def test_when_every_feed_has_ended_nothing_stays_live(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until, reasons: Reasons
) -> None:
    live = force.live()
    garage.wait_for(1).end()
    until(live.id, "suspended")
    assert reasons(live.id)[-1] == "the engine has ended: every feed has ended"
    d.resume_deployment(force.office, force.operator, live.id)
    garage.wait_for(2)
    assert [run.number for run in runs(force, live.id)] == [1, 2]


def test_the_window_s_end_ends_it_though_nobody_does_anything(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    force.clock.turn(hours=5)
    until(live.id, "closed")
    assert engine.gone.wait(20)
    (run,) = wait_for_end(force, live.id, 1)
    assert (run.in_order, run.end_reason) == (True, "the window is over")


def test_an_authorisation_whose_time_has_passed_expires(
    force: Force, supervisor: Supervisor, garage: Garage, until: Until
) -> None:
    waiting = force.authorised()
    force.clock.turn(hours=8)
    until(waiting.id, "expired")
    assert garage.engines == []


def test_a_suspended_one_has_no_engine_and_a_resumed_one_a_new_run(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    first = garage.wait_for(1)
    d.suspend_deployment(force.office, force.operator, live.id, WHY)
    assert first.gone.wait(20)
    d.resume_deployment(force.office, force.operator, live.id)
    garage.wait_for(2)
    assert [run.end_reason for run in runs(force, live.id)] == ["the deployment is suspended", ""]


def test_entries_withdrawn_since_are_left_out_of_the_next_engine(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    first = garage.wait_for(1)
    force.alter_entry(first.begin.entries[0], status="withdrawn")
    first.die()
    assert set(garage.wait_for(2).begin.entries) == set(first.begin.entries[1:])
    assert runs(force, live.id)[-1].entries == 2


def test_what_was_live_is_suspended_when_the_server_is_stopped(
    force: Force, garage: Garage, until: Until, reasons: Reasons
) -> None:
    with Supervisor(force.office, start_engine=garage.start) as supervisor:
        assert supervisor.interrupted == ()
        live = force.live()
        garage.wait_for(1)
    until(live.id, "suspended", 0)
    assert reasons(live.id)[-1] == "the server was stopped"
    (run,) = runs(force, live.id)
    assert (run.in_order, run.end_reason) == (True, "the server was stopped")
    assert garage.engines[0].gone.is_set()


def test_figures_are_kept_at_the_end_and_shown_meanwhile(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    engine.say(telemetry(41))
    engine.alert(0)
    wait_for_alerts(force, live.id, 1)
    assert supervisor.telemetry()[live.id].feeds[0].passages == 41
    assert supervisor.working
    engine.die()
    garage.wait_for(2)
    assert runs(force, live.id)[0].passages == 41


def test_masked_pictures_are_held_in_memory_the_newest_alone_and_not_after_the_end(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    engine.say(frame(mark=b"first"))
    engine.say(frame(mark=b"second"))
    engine.alert(0)
    wait_for_alerts(force, live.id, 1)
    assert show_feed(force.office, force.operator, live.id, "north gate").jpeg == b"second"
    assert watch_live(force.office, force.operator, live.id).feeds == ("north gate",)
    with pytest.raises(MissingError, match="no masked picture"):
        show_feed(force.office, force.operator, live.id, "south gate")
    with pytest.raises(AuthorityError):
        newest_masked_frame(force.office, force.planner, live.id, "north gate")
    d.close_deployment(force.office, force.operator, live.id)
    assert engine.gone.wait(20)
    wait_for_end(force, live.id, 1)
    deadline = time.monotonic() + 20
    while newest_masked_frame(force.office, force.operator, live.id, "north gate") is not None:
        assert time.monotonic() < deadline, "a picture outlived its run"
        time.sleep(0.02)


def test_two_deployments_have_an_engine_each(force: Force, supervisor: Supervisor, garage: Garage) -> None:
    first, second = force.authorised(), force.authorised()
    force.clock.turn(hours=1, minutes=5)
    for deployment in (first, second):
        d.start_deployment(force.office, force.operator, deployment.id)
    engines = [garage.wait_for(1), garage.wait_for(2)]
    assert not set(engines[0].begin.entries) & set(engines[1].begin.entries)
    for engine in engines:
        engine.alert(0)
    for deployment in (first, second):
        wait_for_alerts(force, deployment.id, 1)
        (run,) = runs(force, deployment.id)
        assert (run.number, run.alerts_received) == (1, 1)


def test_only_a_live_deployment_gets_a_run(force: Force) -> None:
    waiting = force.authorised()
    with pytest.raises(ConflictError, match="authorised, not live"):
        prepare_run(force.office, force.software, waiting.id)


def test_listeners_learn_of_each_step(force: Force, supervisor: Supervisor, garage: Garage) -> None:
    live = force.live()
    began = watch_live(force.office, force.operator, live.id)
    garage.wait_for(1).alert(0)
    seen: list[str] = []
    seq, deadline = began.seq, time.monotonic() + 20
    while "alert" not in seen:
        assert time.monotonic() < deadline
        for event in events_after(force.office, force.operator, live.id, seq, 1.0):
            assert event.seq > seq
            seq = event.seq
            seen.append(event.kind)
    assert seen[-2:] == ["run", "alert"]


def test_what_another_process_does_is_found_and_what_happens_here_is_found_there(
    force: Force, supervisor: Supervisor, garage: Garage, office_folder: Path, database_url: str | None
) -> None:
    waiting = force.authorised()
    force.clock.turn(hours=1, minutes=5)
    with open_office(
        office_folder, database_url=database_url, environment={}, clock=force.clock
    ) as elsewhere:
        d.start_deployment(elsewhere, force.operator, waiting.id)
        engine = garage.wait_for(1)
        wait_for_kind(elsewhere, force, waiting.id, "run")
        engine.alert(0)
        wait_for_kind(elsewhere, force, waiting.id, "alert")


def wait_for_kind(office: Office, force: Force, deployment_id: str, kind: str) -> None:
    seq, deadline = 0, time.monotonic() + 20
    while True:
        events = events_after(office, force.operator, deployment_id, seq, 2.0)
        if kind in {event.kind for event in events}:
            return
        seq = events[-1].seq if events else seq
        assert time.monotonic() < deadline, f"no {kind}"
