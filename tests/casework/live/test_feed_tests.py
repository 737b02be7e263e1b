"""Trying a feed: what the engine is told, what comes of it, and what is entered in the chain."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from sqlalchemy import select

from overt.casework import Office
from overt.casework import deployments as d
from overt.casework.live import FeedTest, try_feed
from overt.engine import Closed, Engine, Fault, Telemetry
from overt.errors import AuthorityError, ConflictError, EngineError, MissingError, RateError
from overt.records.tables import AuditEntry
from tests.casework.deployments.force import ADDRESS, Force
from tests.casework.live.engines import Garage, ToldEngine, frame, telemetry

FEED = d.Feed(name="north gate", uri=ADDRESS, transport="udp")


def counted(seconds: float, received: int) -> Telemetry:
    """What an engine tells of a feed of 1920 by 1080."""
    told = telemetry(0)
    feed = msgspec.structs.replace(
        told.feeds[0], width=1920, height=1080, codec="h264", frames_received=received
    )
    return msgspec.structs.replace(told, seconds=seconds, feeds=(feed,))


def chain(office: Office) -> list[tuple[str, str, str]]:
    """The entries about trying feeds: command, outcome, details."""
    with office.database.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return [(row.command, row.outcome, row.details) for row in rows if "feed" in row.command]


def telling(*messages: object) -> Callable[[ToldEngine], None]:
    """An engine that says these things as soon as it runs."""

    def tell(engine: ToldEngine) -> None:
        for message in messages:
            engine.say(message)  # type: ignore[arg-type]  # what an engine can say

    return tell


def test_the_engine_is_sealed_looks_for_nobody_and_is_stopped(force: Force, garage: Garage) -> None:
    garage.at_start = telling(counted(1.0, 10), frame(), counted(2.5, 40), frame(mark=b"later"))
    seen = try_feed(force.office, force.planner, FeedTest(feed=FEED), garage.start)
    assert seen.picture == b"jpeg"
    assert (seen.width, seen.height, seen.codec, seen.frames_per_second) == (1920, 1080, "h264", 20.0)
    assert (seen.fault, seen.remedy) == ("", "")
    (engine,) = garage.engines
    assert engine.gone.is_set()
    assert (engine.begin.entries, engine.begin.templates) == ((), b"")
    assert set(engine.begin.limits.required_seals) == set(force.office.policy.deployments.required_seals)
    assert engine.begin.feeds[0].uri == ADDRESS


def test_both_its_beginning_and_its_end_are_in_the_chain_without_the_address(
    force: Force, garage: Garage
) -> None:
    garage.at_start = telling(
        Fault(kind="unreachable", feed="north gate", detail="10.0.0.8 does not answer", remedy="Look at it")
    )
    seen = try_feed(force.office, force.planner, FeedTest(feed=FEED), garage.start)
    assert (seen.picture, seen.fault, seen.remedy) == (None, "10.0.0.8 does not answer", "Look at it")
    entered = chain(force.office)
    assert [(name, outcome) for name, outcome, _ in entered] == [
        ("deployments.test-feed", "done"),
        ("deployments.end-feed-test", "done"),
    ]
    assert '"kind":"rtsp"' in entered[0][2]
    assert '"outcome":"unreachable"' in entered[1][2]
    assert not any("10.0.0.8" in details or "s3cret" in details for _, _, details in entered)


def test_odd_timestamps_are_told_with_the_picture(force: Force, garage: Garage) -> None:
    odd = Fault(kind="wrong-time", feed="north gate", detail="The times leap", remedy="Set its clock")
    garage.at_start = telling(odd, counted(1.0, 10), frame(), counted(2.0, 22))
    seen = try_feed(force.office, force.planner, FeedTest(feed=FEED), garage.start)
    assert (seen.picture, seen.fault_kind) == (b"jpeg", "wrong-time")


def test_a_feed_that_ends_without_a_picture_says_so(force: Force, garage: Garage) -> None:
    garage.at_start = telling(counted(0.5, 0), Closed(reason="every feed has ended"))
    seen = try_feed(force.office, force.planner, FeedTest(feed=FEED), garage.start)
    assert seen.picture is None
    assert "No picture" in seen.fault
    assert seen.remedy


def test_a_planned_feed_is_opened_at_its_sealed_address(force: Force, garage: Garage) -> None:
    garage.at_start = telling(counted(1.0, 10), frame(), counted(2.0, 20))
    draft = force.draft()
    asked = FeedTest(deployment_id=draft.id, feed_name="north gate")
    assert try_feed(force.office, force.operator, asked, garage.start).picture
    assert garage.engines[0].begin.feeds[0].uri == ADDRESS
    with pytest.raises(MissingError, match="no feed 'south gate'"):
        try_feed(
            force.office,
            force.operator,
            FeedTest(deployment_id=draft.id, feed_name="south gate"),
            garage.start,
        )


def test_while_a_deployment_runs_its_feeds_are_its_own_engines(force: Force, garage: Garage) -> None:
    live = force.live()
    with pytest.raises(ConflictError, match="its own engine"):
        try_feed(
            force.office,
            force.operator,
            FeedTest(deployment_id=live.id, feed_name="north gate"),
            garage.start,
        )
    assert not garage.engines


def test_one_at_a_time(force: Force, garage: Garage) -> None:
    asked = FeedTest(feed=FEED)
    first = threading.Thread(target=try_feed, args=(force.office, force.planner, asked, garage.start))
    planner, operator = force.planner, force.operator
    assert planner
    first.start()
    engine = garage.wait_for(1)
    with pytest.raises(RateError, match="Another feed"):
        try_feed(force.office, operator, asked, garage.start)
    for message in (counted(1.0, 10), frame(), counted(2.0, 20)):
        engine.say(message)
    first.join(20)
    assert not first.is_alive()
    garage.at_start = telling(counted(1.0, 10), frame(), counted(2.0, 20))
    assert try_feed(force.office, operator, asked, garage.start).picture


def test_only_planners_and_operators_and_only_where_engines_run(force: Force, garage: Garage) -> None:
    asked = FeedTest(feed=FEED)
    with pytest.raises(AuthorityError):
        try_feed(force.office, force.officer(), asked, garage.start)
    with pytest.raises(ConflictError, match="no engines"):
        try_feed(force.office, force.planner, asked, None)
    garage.refuses = "The seal landlock is required and not held"
    with pytest.raises(EngineError, match="landlock"):
        try_feed(force.office, force.planner, asked, garage.start)
    assert not garage.engines
    garage.refuses = ""
    garage.at_start = telling(counted(1.0, 10), frame(), counted(2.0, 20))
    assert try_feed(force.office, force.planner, asked, garage.start).picture, "the turn was not given back"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"deployment_id": "deployment-1"},
        {"feed_name": "x"},
        {"feed": FEED, "deployment_id": "d", "feed_name": "x"},
    ],
)
def test_either_a_feed_or_one_of_a_plan_is_named(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FeedTest.model_validate(asked)


@pytest.mark.slow
def test_a_real_engine_shows_a_masked_picture_of_a_real_film(force: Force, street_film: Path) -> None:
    feed = d.Feed(name="street", uri=str(street_film))
    seen = try_feed(force.office, force.planner, FeedTest(feed=feed), Engine.start)
    assert (seen.width, seen.height, seen.codec) == (1280, 720, "h264")
    assert seen.picture is not None
    picture = np.asarray(Image.open(io.BytesIO(seen.picture)))
    assert picture.shape == (seen.picture_height, seen.picture_width, 3)
    assert max(picture.shape) <= 240, (
        "a masked picture is reduced until a missed face is too small to be known"
    )
    assert seen.frames_per_second == pytest.approx(12, rel=0.3)
    gone = try_feed(force.office, force.planner, FeedTest(feed=d.Feed(name="gone", uri="/no/such/film.mp4")))
    assert (gone.picture, gone.fault_kind) == (None, "unreachable")
    assert gone.remedy
