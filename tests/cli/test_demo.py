"""`overt demo`: its verdict is held against the scene's truth, and the whole of it runs."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from overt.cli._demo_result import DemoResult
from overt.cli._run_state import RaisedAlert, RunState, Sought
from overt.cli.demonstration import STAFF
from overt.engine import Closed, Durations, FeedTelemetry, Telemetry

if TYPE_CHECKING:
    from overt.evaluation.scene import FaceTruth
    from tests.cli.conftest import Film

DEMO = [sys.executable, "-c", "from overt.cli import main; main()", "demo"]
FIGURES = Telemetry(
    seconds=8,
    feeds=(FeedTelemetry(name="street", state="ended", frames_received=64, frames_processed=64, passages=3),),
    capture_to_alert_ms=Durations(),
    erasure_ms=Durations(n=70, p50=30, p95=60, p99=80, max=90),
    erasure_after_use_ms=Durations(n=70, p50=1, p95=2, p99=3, max=4),
)


def largest(film: Film, identity: str) -> FaceTruth:
    faces = (face for faces in film.truth.faces for face in faces if face.identity == identity)
    return max(faces, key=lambda face: face.eye_distance * (face.visible > 0.9))


def alert_on(face: FaceTruth, shift: float = 0.0) -> RaisedAlert:
    left, top, right, bottom = face.box
    return RaisedAlert(
        feed="street",
        entry="Grace Hopper",
        title="Grace Hopper",
        instruction="",
        passage=1,
        score=0.97,
        threshold=0.95,
        captured_at=dt.datetime(2026, 1, 31, tzinfo=dt.UTC),
        media_seconds=face.seconds,
        capture_to_alert_ms=200,
        observations=2,
        quality=0.5,
        box=(left + shift, top, right + shift, bottom),
    )


def result(film: Film, *alerts: RaisedAlert, figures: Telemetry = FIGURES) -> DemoResult:
    state = RunState("demo", ("street",), {"Grace Hopper": Sought("Grace Hopper")}, 0.95)
    state.alerts += alerts
    state.take(Closed(reason="every feed has ended", telemetry=figures))
    return DemoResult(state, film.truth, "grace-hopper")


def test_an_alert_on_the_wanted_person_is_true_and_on_another_or_nobody_false(film: Film) -> None:
    wanted, other = largest(film, "grace-hopper"), largest(film, "eileen-collins")
    good = result(film, alert_on(wanted))
    assert (good.true_alerts, good.false_alerts, good.worked()) == (1, 0, True)
    wrong = result(film, alert_on(wanted), alert_on(other))
    assert (wrong.true_alerts, wrong.false_alerts, wrong.worked()) == (1, 1, False)
    assert "eileen-collins" in "\n".join(wrong.words())
    beside = result(film, alert_on(wanted, shift=3 * (wanted.box[2] - wanted.box[0])))
    assert (beside.true_alerts, beside.false_alerts, beside.worked()) == (0, 1, False)


def test_it_did_not_work_without_an_alert_or_without_erasure(film: Film) -> None:
    assert not result(film).worked()
    nothing = Telemetry(
        seconds=8,
        feeds=FIGURES.feeds,
        capture_to_alert_ms=Durations(),
        erasure_ms=Durations(),
        erasure_after_use_ms=Durations(),
    )
    assert not result(film, alert_on(largest(film, "grace-hopper")), figures=nothing).worked()


def test_the_record_has_what_others_script_against(film: Film) -> None:
    record = json.loads(json.dumps(result(film, alert_on(largest(film, "grace-hopper"))).record()))
    assert record["simulated"] is True
    assert record["passages"] == 3
    assert record["false_alerts"] == 0
    for name in ("entry", "feed", "score", "capture_to_alert_ms"):
        assert name in record["alerts"][0]
    for name in ("latency_ms", "erasure_ms"):
        assert set(record[name]) == {"p50", "p95", "p99", "max"}
    assert isinstance(record["seals"], dict)
    assert record["people_ignored"] == record["people_near"] - 1


@pytest.mark.slow
def test_without_a_terminal_the_console_is_served_until_the_street_has_been_played_once() -> None:
    with subprocess.Popen(
        [*DEMO, "--port", "0", "--seconds", "12"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if "The live page:" in line:
                break
        address = line.rpartition(" ")[2].strip()
        page = httpx.get(address, follow_redirects=True)
        rest, told = running.communicate()
    assert running.returncode == 0, rest + told
    assert page.status_code == 200
    assert "Sign in" in page.text
    for member in STAFF:
        assert any(member.username in line and member.begins_at in line for line in said)
    assert "SIMULATED" in told
    assert "everything was overwritten" in rest
    assert "1 alert;" in rest or "alerts;" in rest, rest
    assert "no alerts" not in rest


@pytest.mark.slow
def test_the_demo_alerts_on_the_one_person_and_prints_one_json_object() -> None:
    done = subprocess.run(
        [*DEMO, "--headless", "--json", "--seconds", "12"], capture_output=True, text=True, check=False
    )
    record = json.loads(done.stdout)
    assert done.returncode == 0, record
    assert record["true_alerts"] >= 1
    assert record["false_alerts"] == 0
    assert record["erased"]
    assert "SIMULATED" in done.stderr


def test_a_camera_without_a_photo_is_refused_before_anything_starts() -> None:
    done = subprocess.run([*DEMO, "--camera", "0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--photo" in done.stderr


def test_a_scene_too_short_for_a_passage_is_refused() -> None:
    done = subprocess.run([*DEMO, "--seconds", "3"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "too short" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_camera_that_is_not_there_is_a_fault_and_the_exit_status_says_so(film: Film) -> None:
    photo = next(film.watchlist.iterdir())
    done = subprocess.run(
        [*DEMO, "--camera", "987", "--photo", str(photo), "--seconds", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    record = json.loads(done.stdout)
    assert done.returncode == 1
    assert record["simulated"] is False
    assert record["faults"][0]["kind"] == "unreachable"
