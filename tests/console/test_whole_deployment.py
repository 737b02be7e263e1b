"""A whole deployment through the pages, by four people, on real footage; and all that their browsers were sent."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from overt.api import create_app
from overt.biometrics import FloatArray, ImageArray, ModelPack
from overt.casework import Actor, Office, live, watchlists
from overt.casework import alerts as a
from overt.casework import deployments as d
from overt.console import create_console
from overt.web import bind
from tests.casework.alerts.cases import judgement
from tests.console.conftest import Seats
from tests.console.test_sign_in import PASSWORD, give_password
from tests.console.wiretap import Recogniser, Wiretap
from tests.offices import Clock, Staff

pytestmark = [pytest.mark.system, pytest.mark.shared, pytest.mark.slow]

LONDON = ZoneInfo("Europe/London")
STATEMENT = "Necessary to find whom the court has asked for, and nothing less would do here."
PATIENCE_MS = 180_000


class RealClock(Clock):
    """The time that it is: footage, engine and browsers go by it."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def clock() -> Clock:
    """The office's clock."""
    return RealClock()


@pytest.fixture
def tap(office: Office, pack: ModelPack) -> Wiretap:
    """The server with its engines, and everything that it sends."""
    return Wiretap(create_app(office, live.Supervisor(office), pages=create_console))


@pytest.fixture
def address(tap: Wiretap) -> Iterator[str]:
    """The server at a socket of this machine's."""
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(tap, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://localhost:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    bound.close()


@pytest.fixture
def seats(office: Office, staff: Staff, chromium: Browser, address: str) -> Iterator[Seats]:
    """Browsers for people. Whatever a browser complained of fails the test."""
    made = Seats(office, staff, chromium, address)
    yield made
    faults = [fault for seat in made.made for fault in seat.faults]
    for seat in made.made:
        seat.page.context.close()
    assert not faults


def a_list_of(office: Office, manager: Actor, officer: Actor, pictures: list[Path]) -> str:
    """A list of the people of these pictures, approved."""
    made = watchlists.create_watchlist(
        office, manager, watchlists.NewWatchlist(title="The court's list", purpose="To be found")
    )
    for picture in pictures:
        entry = watchlists.add_entry(
            office,
            manager,
            made.id,
            watchlists.NewEntry.model_validate(
                {
                    "reference": picture.stem,
                    "name": picture.stem.replace("-", " ").title(),
                    "category": office.policy.watchlists.categories[0],
                    "lawful_basis": "A warrant",
                    "date_of_birth": "unknown",
                    "instruction": "Ask for their name",
                    "warnings": ("may run",),
                    "expires_on": (office.now() + timedelta(days=1)).date(),
                }
            ),
        )
        watchlists.add_image(
            office,
            manager,
            entry.id,
            watchlists.NewImage(
                content=picture.read_bytes(), file=picture.name, source="reference data", taken_on="unknown"
            ),
        )
        watchlists.approve_entry(office, officer, entry.id)
    return made.id


def plan(page: Page, film: Path) -> None:
    """The planner's part: seven steps, a masked test picture, and the plan is submitted."""
    onward = page.get_by_role("button", name="Next")
    page.get_by_label("Title").fill("Saturday market")
    page.get_by_label("Use case").select_option("crime-hotspot")
    page.get_by_role("textbox", name="Purpose").fill("To find people whom a court has asked for.")
    onward.click()
    page.get_by_label("The court's list").check()
    onward.click()
    page.get_by_label("Location").fill("High Street, Northtown")
    page.get_by_label("Zone of recognition").fill("Both pavements between the bank and the church")
    page.get_by_label("How the public is told").fill("Marked van; signs at both ends of the street")
    onward.click()
    begins = datetime.now(LONDON) - timedelta(minutes=2)
    page.get_by_label("Begins").fill(begins.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Ends").fill((begins + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"))
    onward.click()
    page.get_by_label("Name of the zone").fill("north gate")
    page.get_by_label("Address").fill(str(film))
    page.get_by_text("More about this feed").click()
    page.get_by_label("Play a film again and again").check()
    page.get_by_role("button", name="Test this feed").click()
    page.get_by_alt_text("Masked test picture of the feed north gate").wait_for(timeout=PATIENCE_MS)
    page.get_by_label("Masked pictures a second").fill("4")
    onward.click()
    page.get_by_label("Faces expected").fill("2000")
    onward.click()
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_text("The plan is kept as a draft").wait_for()
    page.get_by_text("Submit for authorisation").click()
    page.get_by_role("button", name="Submit it").click()
    page.get_by_text("An authorising officer can decide now").wait_for()


def sign(page: Page) -> None:
    """The authorising officer's part."""
    for box in page.locator("input[name=seen]").all():
        box.check()
    page.get_by_label("Why it is necessary").fill(STATEMENT)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Authorise exactly this").click()
    page.get_by_text("It can be started inside its window").wait_for()


def adjudicate(page: Page) -> None:
    """The operator's part, by keyboard, on the alert that has opened by itself."""
    page.locator("#alert-panel[data-state=open]").wait_for(timeout=PATIENCE_MS)
    assert page.get_by_role("radio", name="Do not engage").is_checked(), "nobody is engaged by default"
    assert page.get_by_text("may run").first.is_visible()
    page.get_by_role("radio", name=re.compile("^Engage")).check()
    page.get_by_role("radio", name=re.compile(r"^\d? ?Same person$")).check()
    page.get_by_label("In words").fill("Brow, nose and hairline agree")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#alert-panel")).to_have_attribute("data-state", "engage")


def decide_the_rest(office: Office, operator: Actor) -> None:
    """What a slow machine let come after the first: the film goes round, and each round is another passage."""
    for alert in a.list_alerts(office, operator, a.AlertFilter(state="open")).items:
        a.show_alert(office, operator, alert.id)
        a.adjudicate_alert(office, operator, alert.id, judgement(engage=False))


def engage(page: Page) -> None:
    """The officer's part: acknowledged, and four taps."""
    page.get_by_role("button", name="I am on it").first.tap()
    page.get_by_role("link", name=re.compile("Pictures and instruction")).first.tap()
    for tap in ("Begin contact", "They are the person sought", "Contact is over", "Voluntary interview"):
        page.get_by_role("button", name=tap).tap()
    page.get_by_text("Done and closed").first.wait_for(timeout=60_000)


def frames_of(film: Path, every: int) -> Iterator[ImageArray]:
    """Each so many of a film's frames, uint8 [h, w, 3], blue, green, red."""
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % every == 0:
                yield frame.to_ndarray(format="bgr24")


def test_a_whole_deployment_is_run_and_nobody_unmatched_is_ever_shown(  # noqa: PLR0917 - pytest gives each by name
    seats: Seats, office: Office, staff: Staff, tap: Wiretap, pack: ModelPack, shared_data: Path
) -> None:
    film = shared_data / "video/hamilton.mp4"
    sought = shared_data / "video/hamilton_gallery/lin-manuel-miranda.png"
    inspector = staff("authorising-officer")
    give_password(office, inspector.id)
    a_list_of(office, staff("watchlist-manager"), inspector, [sought])

    plan(seats("deployment-planner").open("/deployments/new"), film)
    (made,) = d.list_deployments(office, inspector).items
    sign(seats("authorising-officer", dark=True).open(f"/deployments/{made.id}/sign"))
    street = seats("engagement-officer", phone=True, dark=True).open("/officer")
    street.get_by_label("Saturday market").check()
    street.get_by_role("button", name="Begin duty").tap()
    street.get_by_text("On duty", exact=True).wait_for()
    van = seats("lfr-operator").open(f"/live/{made.id}")
    van.get_by_role("button", name="Go live").click()
    adjudicate(van)
    street.get_by_role("button", name="I am on it").first.wait_for()
    engage(street)
    van.get_by_role("button", name="End and erase").first.click()
    ending = van.get_by_role("dialog", name="End it for good")
    ending.get_by_label("Why").fill("The market has closed")
    ending.get_by_role("button", name="End and erase").click()
    van.get_by_text("It has ended, and the engine erases").wait_for()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not all(run.ended_at for run in live.list_runs(office, inspector, made.id)):
        assert time.monotonic() < deadline, "the engine has not ended"
        time.sleep(0.1)
    decide_the_rest(office, staff("lfr-operator"))
    desk = seats("authorising-officer", phone=True).open(f"/deployments/{made.id}/record")
    desk.get_by_role("button", name="Publish").first.click()
    desk.get_by_role("button", name="Publish it").click()
    desk.get_by_text("Version 1 of the record is published").wait_for()
    assert d.show_deployment(office, inspector, made.id).state == "published"
    (run,) = live.list_runs(office, inspector, made.id)
    assert run.in_order, "the engine has overwritten everything"
    nobody_unmatched(tap, pack, film, sought)


def nobody_unmatched(tap: Wiretap, pack: ModelPack, film: Path, sought: Path) -> None:
    """In no picture that was sent can a passer-by be recognised; unmasked, the same search finds them."""
    recogniser = Recogniser(pack)
    frames = list(frames_of(film, every=8))
    seen = np.concatenate([recogniser.templates(frame) for frame in frames])
    theirs = recogniser.of_jpeg(sought.read_bytes())
    alike = recogniser.threshold - 0.01
    for _ in range(3):  # whom the reference resembles, and whom those faces do: the one sought, turned aside
        theirs = np.concatenate([theirs, seen[(seen @ theirs.T).max(axis=1) >= alike]])
    passers_by: FloatArray = seen[(seen @ theirs.T).max(axis=1) < alike]
    assert len(passers_by) > 10, "there are people in the film who are not sought"
    raw = [cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames[:10]]
    assert sum(recogniser.is_recognisable(one, passers_by) for one in raw) > 5, (
        "unmasked, they would be found"
    )

    pictures = tap.pictures()
    masked = [one for one in pictures if "/feeds/" in one.path or "/tried/" in one.path]
    assert len(masked) > 5
    assert [one for one in pictures if "/feeds/" not in one.path and "/tried/" not in one.path]
    assert not [one.path for one in pictures if recogniser.is_recognisable(one.body, passers_by)]
    for one in tap.sent:
        assert (
            one.kind.startswith(("text/", "application/", "image/jpeg", "image/svg", "image/png"))
            or not one.body
        )
        assert b"data:image" not in one.body, "no picture comes by another way"
