"""A live deployment through the API: its stream of events, its masked pictures, its figures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from overt.casework import Office, deployments
from overt.casework.live._frames import frames_of
from overt.engine import Durations, FeedTelemetry, MaskedFrame, Telemetry
from overt.records.tables import AuditEntry
from overt.web.serving import bind
from tests.api.conftest import Caller, Callers, Client, is_problem
from tests.casework.alerts.cases import Case
from tests.casework.deployments.force import Force
from tests.offices import Clock, Staff

WHY = {"reason": "The weather has turned"}


@pytest.fixture
def case(office: Office, staff: Staff, clock: Clock, pack: object) -> Case:
    """A deployment that is live."""
    return Case(Force(office, staff, clock))


@pytest.fixture
def address(app: FastAPI, client: Client) -> Iterator[str]:
    """The application, which `client` has started, behind a real socket: for answers that come piece by piece."""
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/api/v1"
    server.should_exit = True
    thread.join()
    bound.close()


def _events(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    found = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [event for event in found if "event" in event]


def test_what_has_happened_is_told_from_the_last_event_that_was_seen_and_ends_with_the_deployment(
    callers: Callers, case: Case
) -> None:
    alert = case.take()
    operator = callers("lfr-operator")
    assert operator("POST", f"/deployments/{case.deployment_id}/close", WHY).status_code == 200
    answer = operator("GET", f"/deployments/{case.deployment_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = _events(answer.text)
    assert [event["event"] for event in told][-3:] == ["alert", "move", "end"]
    taken = next(event for event in told if event["event"] == "alert")
    assert json.loads(taken["data"])["subject_id"] == alert
    assert set(json.loads(taken["data"])) == {"seq", "at", "kind", "subject_id"}
    later = operator(
        "GET", f"/deployments/{case.deployment_id}/events", headers={"Last-Event-ID": taken["id"]}
    )
    assert [event["event"] for event in _events(later.text)] == ["move", "end"]


def test_an_alert_is_told_while_the_stream_is_open(callers: Callers, case: Case, address: str) -> None:
    operator = callers("lfr-operator")
    headers = {"Authorization": f"Bearer {operator.token}"}
    kinds: list[str] = []
    with httpx.stream(
        "GET", f"{address}/deployments/{case.deployment_id}/events", headers=headers, timeout=30
    ) as stream:
        for line in stream.iter_lines():
            if not line.startswith("event: "):
                continue
            kinds.append(line.removeprefix("event: "))
            if kinds.count("alert") == 0 and kinds[-1] in {"run", "move"}:
                case.take()
            elif kinds[-1] == "alert" and kinds.count("alert") == 1:
                deployments.close_deployment(case.office, case.operator, case.deployment_id)
    assert kinds[-2:] == ["move", "end"]
    assert "alert" in kinds


def test_a_stream_is_for_those_who_may_watch(callers: Callers, case: Case) -> None:
    path = f"/deployments/{case.deployment_id}/events"
    is_problem(callers("administrator")("GET", path), 403)
    is_problem(callers.nobody()("GET", path), 401)
    is_problem(callers("lfr-operator")("GET", "/deployments/deployment-0123456789abcdef/events"), 404)
    is_problem(callers("lfr-operator")("GET", path, headers={"Last-Event-ID": "x"}), 422)


def _looks(office: Office) -> int:
    with office.database.transaction() as session:
        found = session.scalars(
            select(AuditEntry.seq).where(AuditEntry.command == "live.show-feed", AuditEntry.outcome == "done")
        )
        return len(found.all())


def test_a_masked_picture_is_shown_and_the_look_is_entered_once(
    callers: Callers, case: Case, office: Office
) -> None:
    path = f"/deployments/{case.deployment_id}/feeds/north%20gate/picture"
    operator = callers("lfr-operator")
    is_problem(operator("GET", path), 404)
    for number in range(3):
        frame = MaskedFrame(
            feed="north gate",
            captured_at=number,
            width=4,
            height=3,
            faces_in_view=1,
            jpeg=b"\xff\xd8 picture %d" % number,
        )
        frames_of(office).put(case.deployment_id, frame)
        answer = operator("GET", path)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
        assert answer.content == frame.jpeg
    assert _looks(office) == 1
    is_problem(callers("engagement-officer")("GET", path), 403)


def test_an_alert_goes_from_the_engine_to_its_outcome(callers: Callers, case: Case) -> None:
    alert = f"/alerts/{case.take()}"
    operator, officer = callers("lfr-operator"), callers("engagement-officer")
    assert operator("GET", alert).json()["yours_to_adjudicate"] is True
    assert operator("GET", f"{alert}/crop").headers["content-type"] == "image/jpeg"
    case.force.clock.turn(seconds=9)
    judged = operator(
        "POST",
        f"{alert}/adjudications",
        {"decision": "engage", "reason_code": "same-person", "reason": "ears and hairline agree"},
    )
    assert judged.status_code == 201, judged.text
    is_problem(operator("POST", f"{alert}/outcomes", {"outcome": "arrest"}), 403)
    is_problem(officer("POST", f"{alert}/outcomes", {"outcome": "arrest"}), 409)
    now = case.force.clock.turn(minutes=3)
    times = {"started_at": str(now - timedelta(minutes=2)), "ended_at": str(now)}
    engaged = officer("POST", f"{alert}/engagements", {**times, "identity": "sought"})
    assert engaged.status_code == 201, engaged.text
    closed = officer("POST", f"{alert}/outcomes", {"outcome": "arrest"}).json()
    assert (closed["state"], closed["alert_class"]) == ("closed", "true-confirmed")
    assert officer("GET", "/alerts", params={"state": "closed"}).json()["total"] == 1


class Engines:
    """A supervisor's figures, without one."""

    working = True

    def __init__(self, deployment_id: str) -> None:
        feed = FeedTelemetry(
            name="north gate",
            state="live",
            frames_received=100,
            frames_processed=90,
            frames_skipped=8,
            passages=12,
            alerts=1,
        )
        erasure = Durations(n=50, p50=30.0, p95=60.0, p99=80.0, max=90.0)
        self.figures = {
            deployment_id: Telemetry(
                seconds=9,
                feeds=(feed,),
                capture_to_alert_ms=Durations(n=1, p50=210.0),
                erasure_ms=erasure,
                erasure_after_use_ms=Durations(),
            )
        }

    def start(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        """Nothing to close."""

    def telemetry(self) -> dict[str, Telemetry]:
        """What an engine would have said."""
        return self.figures


def test_figures_of_the_engines_name_no_person_and_no_entry(
    callers: Callers, case: Case, office: Office
) -> None:
    from overt.api import create_app
    from tests.api.conftest import client_of

    case.take()
    engines: Any = Engines(case.deployment_id)
    with client_of(create_app(office, engines)) as client:
        page = Caller(client, None, callers("administrator").token)("GET", "/metrics").text
    feed = f'deployment="{case.deployment_id}",feed="north gate",state="live"'
    for line in (
        f'overt_frames_total{{deployment="{case.deployment_id}",fate="skipped",feed="north gate",state="live"}} 8.0',
        f"overt_frames_waiting{{{feed}}} 2.0",
        f'overt_erasure_seconds{{deployment="{case.deployment_id}",quantile="0.95"}} 0.06',
        'overt_alerts{state="open"} 1.0',
        'overt_deployments{state="live"} 1.0',
        "overt_engine_runs_total 1.0",
        "overt_engine_restarts_total 0.0",
    ):
        assert line in page, page
    for held in (*case.entries, case.watchlist_id, "Sam", "Sought"):
        assert held not in page
