"""`overt deployments`: from a plan's file to a closed deployment, by the people whose part it is."""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
import pytest

from overt.casework import live, open_office
from overt.engine import Fault
from tests.casework.deployments.force import ADDRESS, PASSWORD, STATEMENT, Force
from tests.casework.live.engines import Garage
from tests.casework.live.test_feed_tests import counted, frame, telling
from tests.cli.typed import Typed
from tests.offices import Clock, Staff

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Force]:
    """An office in a folder, and a force whose clock stands at this minute."""
    monkeypatch.delenv("OVERT_MASTER_KEY", raising=False)
    monkeypatch.setenv("OVERT_PASSWORD", PASSWORD)
    monkeypatch.setenv("COLUMNS", "200")
    clock = Clock(datetime.now(UTC))
    with open_office(
        tmp_path / "records", environment={}, clock=clock, password_cost=argon2.profiles.CHEAPEST
    ) as office:
        yield Force(office, Staff(office), clock)


@pytest.fixture
def overt(here: Force, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The command, on that office."""
    return Typed("deployments", here.office, monkeypatch, capsys)


def _window(force: Force) -> list[str]:
    now = force.clock()
    times = (now - timedelta(minutes=5), now + timedelta(hours=2))
    return ["--start", times[0].isoformat(), "--end", times[1].isoformat()]


def _list(force: Force, entries: int = 2) -> str:
    today = force.clock().date()
    return force.watchlist(
        entries,
        review_by=today + timedelta(days=5),
        expires_on=today + timedelta(days=50),
        taken_on=today - timedelta(days=90),
    )


def test_from_the_example_to_a_closed_deployment(
    here: Force, overt: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchlist_id = _list(here)
    officer = here.officer()
    made = overt.json(
        here.planner,
        "create",
        "--plan",
        str(ROOT / "examples" / "plan.toml"),
        "--watchlist",
        watchlist_id,
        *_window(here),
        "--confirmations",
        "3",
    )
    assert made["state"] == "draft"
    assert made["plan"]["watchlists"] == [watchlist_id]
    assert made["plan"]["operating_point"]["threshold"] == 0.965
    assert made["plan"]["operating_point"]["confirmations"] == 3
    assert made["plan"]["feeds"][0]["address"] == "rtsp://…@192.0.2.10:554/main"
    one = made["id"]
    changed = overt.json(here.planner, "change", one, "--threshold", "0.97", "--title", "Sunday market")
    assert changed["plan"]["operating_point"] == {**made["plan"]["operating_point"], "threshold": 0.97}
    submitted = overt.json(here.planner, "submit", one)
    assert submitted["entries"] == 2
    review = overt.json(officer, "review", one)
    assert (review["digest"], review["as_frozen"]) == (submitted["digest"], True)
    status, out, _ = overt(officer, "review", one)
    assert status == 0
    assert f"digest to sign: {submitted['digest']}" in out
    assert "fewer than" in out
    assert "! Uncertified" in out

    deciding = ("--digest", submitted["digest"], "--statement", STATEMENT)
    assert overt.json(officer, "authorise", one, *deciding)["state"] == "authorised"
    assert overt.json(here.operator, "start", one)["state"] == "live"
    monkeypatch.setattr(sys, "stdin", io.StringIO("heavy rain\n"))
    suspended = overt.json(here.operator, "suspend", one, "--reason", "-")
    assert (suspended["state"], suspended["moves"][-1]["reason"]) == ("suspended", "heavy rain")
    assert overt.json(here.operator, "resume", one)["state"] == "live"
    assert overt.json(here.operator, "close", one)["state"] == "closed"
    took = overt.json(here.operator, "record-costs", one, "--staff", "12", "--cost", "3000")
    assert took["costs"]["staff"] == 12
    status, out, _ = overt(here.planner, "show", one)
    assert status == 0
    assert "close: live → closed" in out
    assert STATEMENT in out
    assert "password" not in out


def test_what_is_refused_is_one_message_and_exit_status_1(here: Force, overt: Typed) -> None:
    one = overt.json(
        here.planner, "create", "--plan", str(ROOT / "examples" / "plan.toml"), "--watchlist", _list(here)
    )["id"]
    status, out, err = overt(here.operator, "start", one)
    assert (status, out) == (1, "")
    assert err.startswith("overt: A draft deployment cannot be started: only one that is authorised can.")
    status, _, err = overt(here.operator, "create", "--plan", str(ROOT / "examples" / "plan.toml"))
    assert status == 1
    assert "may not do this (deployments.create)" in err


def test_under_18_by_one_reason_and_a_refusal_by_name(here: Force, overt: Typed) -> None:
    watchlist_id = _list(here, 1)
    today = here.clock().date()
    for _ in range(2):
        here.add_entry(
            watchlist_id,
            born=today - timedelta(days=5000),
            expires_on=today + timedelta(days=50),
            review_by=today + timedelta(days=5),
        )
    officer = here.officer()
    plan = ("--plan", str(ROOT / "examples" / "plan.toml"), "--watchlist", watchlist_id, *_window(here))
    one = overt.json(here.planner, "create", *plan, "--urgent", "A credible threat to the event")["id"]
    digest = overt.json(here.planner, "submit", one)["digest"]
    deciding = ("--digest", digest, "--statement", STATEMENT)
    status, _, err = overt(officer, "authorise", one, *deciding)
    assert status == 1
    assert "2 of the entries are under 18" in err
    made = overt.json(officer, "authorise", one, *deciding, "--minors-reason", "Missing from care tonight")
    assert set(made["authorisation"]["minors"].values()) == {"Missing from care tonight"}
    listed = overt.json(officer, "list", "--urgent-review-due")
    assert [item["id"] for item in listed] == [one]
    other = here.officer("superintendent")
    reviewed = overt.json(other, "review-urgent", one, "--upheld", "--statement", STATEMENT)
    assert reviewed["authorisation"]["review_upheld"] is True
    assert overt.json(here.planner, "cancel", one, "--reason", "no longer needed")["state"] == "cancelled"


def test_a_refused_and_a_withdrawn_plan(here: Force, overt: Typed) -> None:
    plan = ("--plan", str(ROOT / "examples" / "plan.toml"), "--watchlist", _list(here), *_window(here))
    one = overt.json(here.planner, "create", *plan)["id"]
    overt.json(here.planner, "submit", one)
    assert overt.json(here.planner, "withdraw", one, "--reason", "a mistake")["state"] == "draft"
    digest = overt.json(here.planner, "submit", one)["digest"]
    deciding = ("--digest", digest, "--statement", STATEMENT)
    assert overt.json(here.officer(), "refuse", one, *deciding)["state"] == "refused"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("plan.toml", "title = ", "neither TOML nor"),
        ("plan.json", "[]", "holds no fields of a plan"),
        ("plan.json", '{"titel": "x"}', "The plan cannot be taken"),
        ("plan.toml", 'window_start = 2026-06-01T10:00:00\ntitle = "abc"', "The plan cannot be taken"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(
    here: Force, overt: Typed, name: str, text: str, words: str
) -> None:
    file = here.office.folder / name
    file.write_text(text, encoding="utf-8")
    status, _, err = overt(here.planner, "create", "--plan", str(file))
    assert status == 1
    assert words in err


def test_a_feed_given_as_an_option_has_a_name(here: Force, overt: Typed) -> None:
    status, _, err = overt(here.planner, "create", "--feed", "rtsp://10.0.0.1/main")
    assert status == 1
    assert "NAME=ADDRESS" in err


def test_a_feed_is_tried_and_its_masked_picture_written(
    here: Force, overt: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    garage = Garage(at_start=telling(counted(1.0, 10), frame(), counted(2.0, 30)))
    monkeypatch.setattr(live, "try_feed", functools.partial(live.try_feed, start_engine=garage.start))
    picture = tmp_path / "gate.jpg"
    status, out, _ = overt(
        here.planner, "test-feed", f"north gate={ADDRESS}", "--transport", "udp", "--picture", str(picture)
    )
    assert status == 0
    assert out == "north gate: 1920x1080, h264, 20.0 a second, faces in view: 2\n"
    assert picture.read_bytes() == b"jpeg"
    assert garage.engines[0].begin.feeds[0].transport == "udp"
    draft = here.draft(_list(here), window_start=here.clock(), window_end=here.clock() + timedelta(hours=1))
    told = overt.json(here.operator, "test-feed", "north gate", "--deployment", draft.id)
    assert (told["picture"], told["width"]) == ("anBlZw==", 1920)
    fault = Fault(kind="unreachable", feed="north gate", detail="10.0.0.8 refuses", remedy="Check the camera")
    garage.at_start = telling(fault)
    status, _, err = overt(here.operator, "test-feed", "north gate", "--deployment", draft.id)
    assert (status, "10.0.0.8 refuses" in err, "Check the camera" in err) == (1, True, True)
    status, _, err = overt(here.planner, "test-feed", "rtsp://10.0.0.1/main")
    assert (status, "NAME=ADDRESS" in err) == (1, True)
