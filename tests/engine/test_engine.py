"""The sealed engine as its parent meets it: a real process on a filmed street."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np
import psutil
import pytest

from overt.biometrics import Contract
from overt.engine import (
    Alert,
    Begin,
    Closed,
    Engine,
    EngineLimits,
    Fault,
    FeedSpec,
    MaskedFrame,
    Outward,
    Telemetry,
)
from overt.errors import EngineError
from tests.engine.conftest import WANTED, Street

Make = Callable[..., Begin]


def run(begin: Begin) -> list[Outward]:
    with Engine.start(begin) as engine:
        return list(engine.messages())


def of(kind: type, messages: list[Outward]) -> list:  # type: ignore[type-arg]
    return [message for message in messages if isinstance(message, kind)]


@pytest.fixture(scope="module")
def whole_run(begin: Make) -> list[Outward]:
    """Every message of one run over the street."""
    return run(begin())


def test_the_wanted_person_alerts_once_and_nobody_else_does(whole_run: list[Outward], street: Street) -> None:
    messages = whole_run
    (alert,) = of(Alert, messages)
    assert (alert.entry, alert.feed) == (WANTED, "north")
    assert alert.score >= alert.threshold
    shown = street.truth.who(alert.media_seconds, alert.box)
    assert shown is not None
    assert shown.identity == WANTED
    crop = cv2.imdecode(np.frombuffer(alert.crop, np.uint8), cv2.IMREAD_COLOR)
    assert min(crop.shape[:2]) > 20
    closed = messages[-1]
    assert isinstance(closed, Closed)
    assert closed.telemetry is not None
    (feed,) = closed.telemetry.feeds
    assert (feed.state, feed.alerts) == ("ended", 1)
    assert feed.frames_processed == feed.frames_received == len(street.truth.faces)
    assert feed.passages >= 2


def test_every_frame_crop_and_template_is_overwritten_and_timed(
    whole_run: list[Outward], street: Street
) -> None:
    closed = whole_run[-1]
    assert isinstance(closed, Closed)
    assert closed.telemetry is not None
    erasure, after_use = closed.telemetry.erasure_ms, closed.telemetry.erasure_after_use_ms
    assert erasure.n >= len(street.truth.faces) + 2 * closed.telemetry.feeds[0].passages
    assert erasure.p50 is not None
    assert erasure.max is not None
    assert 0 < erasure.p50 <= erasure.max
    assert after_use.max is not None


def test_two_feeds_at_once_alert_each_on_its_own(begin: Make, street: Street) -> None:
    messages = run(begin({"north": str(street.film), "south": str(street.film)}))
    assert sorted(alert.feed for alert in of(Alert, messages)) == ["north", "south"]


def test_every_seal_is_held_here_or_says_why(begin: Make) -> None:
    with Engine.start(begin()) as engine:
        seals = engine.ready.seals
    assert seals["inference-memory-scrubbed"].held
    assert len(seals) >= 10
    assert all(seal.detail for seal in seals.values())


def test_an_empty_watchlist_alerts_nobody_and_still_counts_passages(begin: Make) -> None:
    messages = run(begin(entries=(), templates=b"", entry_of_template=()))
    assert not of(Alert, messages)
    assert messages[-1].telemetry.feeds[0].passages >= 2


@pytest.mark.parametrize("bad", ["absent", "truncated", "noise"])
def test_a_bad_feed_is_a_fault_on_that_feed_alone(
    begin: Make, street: Street, tmp_path: Path, bad: str
) -> None:
    film = tmp_path / "bad.mp4"
    if bad == "truncated":
        film.write_bytes(street.film.read_bytes()[:20_000])
    elif bad == "noise":
        film.write_bytes(np.random.default_rng(0).bytes(50_000))
    messages = run(begin({"south": str(film), "north": str(street.film)}))
    faults = of(Fault, messages)
    assert faults
    assert {fault.feed for fault in faults} == {"south"}
    assert not any(fault.fatal for fault in faults)
    assert [alert.feed for alert in of(Alert, messages)] == ["north"]


def test_masked_frames_are_small_and_come_as_often_as_asked(begin: Make, street: Street) -> None:
    live = (FeedSpec(name="north", uri=str(street.film), pace="live"),)
    begun = msgspec.structs.replace(begin(limits=EngineLimits(masked_fps=4)), feeds=live)
    frames = of(MaskedFrame, run(begun))
    assert 5 <= len(frames) <= 4 * street.truth.seconds + 1
    picture = cv2.imdecode(np.frombuffer(frames[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[:2] == (frames[0].height, frames[0].width)
    assert max(picture.shape) <= 240


def test_telemetry_comes_while_it_runs(whole_run: list[Outward]) -> None:
    telemetry = of(Telemetry, whole_run)
    assert len(telemetry) >= 2
    assert telemetry[-1].resident_mib > 10
    latencies = [feed.capture_to_decision_ms for one in telemetry for feed in one.feeds]
    measured = [latency for latency in latencies if latency.n]
    assert measured
    assert all(0 < latency.p50 <= latency.p95 <= latency.max for latency in measured)
    assert max(feed.faces_in_view for one in telemetry for feed in one.feeds) >= 1


def test_stop_ends_it_with_everything_closed(begin: Make, street: Street) -> None:
    endless = (FeedSpec(name="north", uri=str(street.film), pace="live", loop=True),)
    with Engine.start(msgspec.structs.replace(begin(), feeds=endless)) as engine:
        messages = engine.messages()
        next(messages)
        engine.stop("the shift is over")
        rest = list(messages)
    assert isinstance(rest[-1], Closed)
    assert rest[-1].reason == "the shift is over"
    assert not psutil.pid_exists(engine.pid)


def test_an_engine_that_is_killed_is_an_error_and_not_a_silence(begin: Make, street: Street) -> None:
    endless = (FeedSpec(name="north", uri=str(street.film), pace="live", loop=True),)
    with Engine.start(msgspec.structs.replace(begin(), feeds=endless)) as engine:
        messages = engine.messages()
        next(messages)
        os.kill(engine.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="died"):
            list(messages)


def test_it_ends_when_its_parent_is_killed(begin: Make, street: Street, tmp_path: Path) -> None:
    endless = (FeedSpec(name="north", uri=str(street.film), pace="live", loop=True),)
    plan = tmp_path / "begin.msgpack"
    plan.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(begin(), feeds=endless)))
    script = (
        "import sys, pathlib, msgspec\n"
        "from overt.engine import Begin, Engine\n"
        "begin = msgspec.msgpack.decode(pathlib.Path(sys.argv[1]).read_bytes(), type=Begin)\n"
        "engine = Engine.start(begin)\n"
        "print(engine.pid, flush=True)\n"
        "for message in engine.messages(): pass\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(plan)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    engine = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    killed = time.monotonic()
    while engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - killed < 5, "the engine outlived its parent"
        time.sleep(0.01)


def test_a_watchlist_of_another_pack_is_refused_by_name(begin: Make) -> None:
    other = Contract(pack="other", version="9", dimension=128)
    with pytest.raises(EngineError, match=r"made by other 9.*Enrol the watchlist again"):
        Engine.start(begin(contract=other))


def test_a_pack_that_is_not_there_is_refused_by_name(begin: Make, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="nowhere"):
        Engine.start(begin(pack=str(tmp_path / "nowhere")))


def test_a_required_seal_that_is_not_held_refuses_to_begin(begin: Make) -> None:
    limits = EngineLimits(required_seals=("no-such-seal",))
    with pytest.raises(EngineError, match="no-such-seal is required and not held"):
        Engine.start(begin(limits=limits))
