"""How the feeds fare now: from the engine's last word, in memory, and not a moment longer than it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from overt.casework import deployments as d
from overt.casework.live import FeedsNow, Supervisor, feeds_now
from overt.engine import Durations, Fault, FeedTelemetry, Telemetry
from overt.errors import AuthorityError
from overt.records.tables import AuditEntry
from tests.casework.deployments.force import Force
from tests.casework.live.engines import Garage


def told(*feeds: FeedTelemetry) -> Telemetry:
    return Telemetry(
        seconds=2.0,
        feeds=feeds,
        capture_to_alert_ms=Durations(),
        erasure_ms=Durations(),
        erasure_after_use_ms=Durations(),
    )


def wait_until(force: Force, deployment_id: str, so: Callable[[FeedsNow], bool]) -> FeedsNow:
    deadline = time.monotonic() + 20
    while True:
        now = feeds_now(force.office, force.operator, deployment_id)
        if so(now):
            return now
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def test_each_feed_s_figures_are_those_the_engine_told_last(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    starting = wait_until(force, live.id, lambda now: now.running_here)
    assert (starting.feeds, starting.as_of) == ((), None)
    assert "starting" in starting.says
    north = FeedTelemetry(
        name="north gate",
        state="running",
        frames_received=50,
        frames_skipped=7,
        faces_in_view=3,
        passages=9,
        frames_per_second=11.9,
        capture_to_decision_ms=Durations(n=43, p50=61.0, p95=88.0, p99=90.0, max=91.0),
    )
    engine.say(
        Fault(kind="stalled", feed="south gate", detail="no frame has come", remedy="look at the camera")
    )
    engine.say(told(north, FeedTelemetry(name="south gate", state="stalled", reconnections=2)))
    now = wait_until(force, live.id, lambda now: bool(now.feeds))
    first, second = now.feeds
    assert (first.health, first.last_fault, first.frames_per_second) == ("connected", None, 11.9)
    assert (first.latency_p50_ms, first.latency_p95_ms) == (61.0, 88.0)
    assert (first.faces_in_view, first.frames_skipped, first.passages) == (3, 7, 9)
    assert (second.health, second.latency_p50_ms, second.reconnections) == ("lost", None, 2)
    assert second.last_fault is not None
    assert (second.last_fault.kind, second.last_fault.at) == ("stalled", force.office.now())
    assert (now.says, now.as_of, now.engine_fault) == ("", force.office.now(), None)


def test_they_are_gone_with_the_engine_and_it_says_so(
    force: Force, supervisor: Supervisor, garage: Garage
) -> None:
    live = force.live()
    engine = garage.wait_for(1)
    engine.say(told(FeedTelemetry(name="north gate", state="running")))
    first = wait_until(force, live.id, lambda now: bool(now.feeds))
    engine.die()
    garage.wait_for(2)
    second = wait_until(force, live.id, lambda now: now.running_here and now.run_id != first.run_id)
    assert second.feeds == ()
    d.close_deployment(force.office, force.operator, live.id)
    over = wait_until(force, live.id, lambda now: not now.running_here)
    assert over.says.startswith("Not running here")


def test_only_who_may_watch_and_nothing_enters_the_chain(force: Force) -> None:
    waiting = force.authorised()

    def entries() -> int:
        with force.office.database.reading() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry)) or 0

    operator, before = force.operator, entries()
    assert not feeds_now(force.office, operator, waiting.id).running_here
    with pytest.raises(AuthorityError, match=r"live\.watch"):
        feeds_now(force.office, force.planner, waiting.id)
    assert entries() == before
