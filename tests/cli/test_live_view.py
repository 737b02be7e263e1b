"""The live view and the closing words: what officers read, and that no face and no secret is in it."""

from __future__ import annotations

import io
from dataclasses import replace

import msgspec
import pytest
from rich.console import Console

from overt.biometrics import Contract
from overt.biometrics.packs import MeasuredRate
from overt.cli._run_state import RunState, Sought
from overt.cli._summary import alert_record, alert_words, summary_record, summary_words
from overt.cli.live_view import live_view
from overt.engine import Alert, Closed, Durations, Fault, FeedTelemetry, Ready, SealState, Telemetry

READY = Ready(
    contract=Contract(pack="embedded", version="1", dimension=128),
    provider="cpu",
    seals={
        "no-core-dump": SealState(held=True),
        "memory-locked": SealState(held=False, detail="the limit of locked memory is 64 KiB"),
    },
    n_entries=1,
    n_templates=2,
)
ALERT = Alert(
    feed="High Street",
    entry="E1",
    passage=3,
    score=0.971,
    threshold=0.95,
    observations=3,
    quality=0.7,
    captured_at=1_764_000_000_123_456_789,
    media_seconds=12.25,
    capture_to_alert_ms=212.2,
    box=(1, 2, 3, 4),
    crop=b"\xff\xd8 a picture",
)
FIGURES = Telemetry(
    seconds=75.2,
    feeds=(
        FeedTelemetry(
            name="High Street",
            state="running",
            width=1280,
            height=720,
            frames_received=900,
            frames_processed=890,
            frames_skipped=10,
            faces_in_view=4,
            passages=12,
            alerts=1,
            frames_per_second=11.9,
        ),
        FeedTelemetry(name="van mast", state="reconnecting", reconnections=2),
    ),
    capture_to_alert_ms=Durations(n=1, p50=212.2, p95=212.2, p99=212.2, max=212.2),
    erasure_ms=Durations(n=12_345, p50=45.1, p95=120, p99=160, max=512.1),
    erasure_after_use_ms=Durations(n=12_345, p50=0.3, p95=1.2, p99=2, max=9),
    resident_mib=311.7,
)
STALLED = Fault(
    kind="stalled", feed="van mast", detail="No frame has come for 5 s", remedy="Look at the camera"
)


def fresh() -> RunState:
    sought = {"E1": Sought("Grace Hopper", "Confirm identity, then call control")}
    return RunState("watching 2 feeds", ("High Street", "van mast"), sought, 0.95)


def running() -> RunState:
    state = fresh()
    for message in (READY, FIGURES, ALERT, STALLED):
        state.take(message)
    return state


def shown(state: RunState, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(live_view(state, width=width))
    text = console.export_text()
    assert max(len(line) for line in text.splitlines()) <= width
    return text


@pytest.mark.parametrize("width", [80, 140])
def test_everything_that_matters_is_shown_at_any_width(width: int) -> None:
    text = " ".join(shown(running(), width).split())
    for said in (
        "High Street",
        "running",
        "reconnecting",
        "11.9",
        "12,345",
        "512",
        "1 of 2 held",
        "not held: memory-locked",
        "the limit of locked memory",
        "Grace Hopper (E1)",
        "0.971 ≥ 0.950",
        "a person decides",
        "call control",
        "van mast: stalled",
        "Look at the camera",
        "312 MiB",
        "Ctrl-C",
    ):
        assert said in text, said


def test_a_run_that_has_only_begun_can_be_shown() -> None:
    text = shown(fresh(), 80)
    assert "opening" in text
    assert "the engine is loading" in text
    assert "No alerts" in text


def test_the_newest_alerts_stand_first_and_the_others_are_counted() -> None:
    state = fresh()
    for passage in range(20):
        state.take(msgspec.structs.replace(ALERT, passage=passage, score=0.951 + passage / 1000))
    text = shown(state, 120)
    assert text.index("0.970") < text.index("0.969")
    assert "0.951 ≥" not in text
    assert "and 12 earlier" in text


def test_stopping_is_said() -> None:
    assert "Stopping (Ctrl-C)" in shown(replace(running(), stopping="Ctrl-C"), 80)


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    state = RunState(
        "watching", ("[red]x[/red]",), {"E1": Sought("[bold]Eve[/bold]", "[link=x]go[/link]")}, 0.9
    )
    state.take(ALERT)
    text = shown(state, 120)
    assert "[bold]Eve[/bold]" in text
    assert "[link=x]go[/link]" in text
    assert "[red]x[/red]" in text


def test_nothing_that_others_wrote_can_steer_the_terminal() -> None:
    state = RunState("watching", ("gate",), {"E1": Sought("Eve\x1b[2J", "go\nAlert: \x9b1m")}, 0.9)
    state.take(ALERT)
    state.take(Fault(kind="corrupt", feed="gate", detail="codec \x1b]0;x\x07"))
    texts = [shown(state, 120), *summary_words(state), repr(alert_record(state.alerts[0]))]
    for text in texts:
        assert not set(text) & {"\x1b", "\x9b", "\x07"}
    assert all("\n" not in line for line in summary_words(state))


def test_an_alert_says_how_many_strangers_would_score_so_and_no_more() -> None:
    row = MeasuredRate(
        threshold=0.5, watchlist=100, trials=1000, false_positives=10, data="portraits", date="2026-01-01"
    )
    state = RunState("watching", ("gate",), {}, 0.5, measured=(row,), comparisons=100)
    state.take(ALERT)
    (alert,) = state.alerts
    assert "About 1 in 100 strangers would score so; whether it is them, no score says." in alert_words(alert)
    assert "about 1 in 100 strangers" in shown(state, 120)
    assert alert_record(alert)["strangers"] == "about 1 in 100 strangers"
    assert alert_record(alert)["strangers_at_most"] == pytest.approx(0.0183, abs=1e-4)
    unmeasured = running().alerts[0]
    assert "strangers" not in alert_words(unmeasured)
    assert alert_record(unmeasured)["strangers"] is None


def test_a_match_on_the_upper_face_is_told_apart() -> None:
    state = RunState("watching", ("gate",), {}, 0.5)
    state.take(ALERT)
    assert "upper face" not in shown(state, 120)
    state.take(msgspec.structs.replace(ALERT, covering="lower"))
    assert "on the upper face" in shown(state, 120)
    assert "upper face alone" in alert_words(state.alerts[1])
    assert [alert_record(alert)["covering"] for alert in state.alerts] == [None, "lower"]


def test_no_picture_stays_in_the_state_or_in_what_is_printed() -> None:
    state = running()
    record = alert_record(state.alerts[0])
    assert "a picture" not in repr(state) + repr(record) + repr(summary_record(state))
    assert record["captured_at"] == "2025-11-24T16:00:00.123Z"
    assert record["name"] == "Grace Hopper"


def closed(state: RunState, figures: Telemetry = FIGURES) -> RunState:
    state.take(Closed(reason="every feed has ended", telemetry=figures))
    return state


def test_a_run_worked_only_if_a_feed_was_searched_and_everything_erased() -> None:
    assert not running().worked()
    assert closed(running()).worked()
    failed = tuple(msgspec.structs.replace(feed, state="failed") for feed in FIGURES.feeds)
    assert not closed(running(), msgspec.structs.replace(FIGURES, feeds=failed)).worked()
    empty = tuple(msgspec.structs.replace(feed, frames_processed=0) for feed in FIGURES.feeds)
    assert not closed(running(), msgspec.structs.replace(FIGURES, feeds=empty)).worked()
    fatal = running()
    fatal.take(Fault(kind="failed", detail="The engine has failed", fatal=True))
    assert not closed(fatal).worked()


def test_the_summary_tells_what_was_seen_alerted_and_erased() -> None:
    state = closed(running())
    record = summary_record(state)
    assert record["type"] == "summary"
    assert (record["passages"], record["alerts"], record["faults"]) == (12, 1, 1)
    assert record["latency_ms"] == {"p50": 212.2, "p95": 212.2, "p99": 212.2, "max": 212.2}
    assert record["erasure_ms"]["max"] == 512.1
    assert record["seals"] == {"no-core-dump": True, "memory-locked": False}
    words = "\n".join(summary_words(state))
    assert "12 passages with a usable face, in 890 frames (10 skipped)" in words
    assert "12,345 buffers overwritten" in words
    assert "A person decides" in words
    assert "not held: memory-locked" in words


def test_an_engine_that_died_is_not_said_to_have_erased() -> None:
    words = "\n".join(summary_words(running()))
    assert "without confirming" in words
    assert summary_record(running())["erased"] is False
