"""Deployments in a real browser: planned in steps, a feed tried on real footage, signed with the keyboard alone."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page, Response

from overt.api import create_app
from overt.casework import Office
from overt.casework import deployments as d
from overt.casework.live import Supervisor
from overt.console import create_console
from overt.evaluation.scene import Scene, SceneSettings
from tests.casework.deployments.force import PASSWORD, STATEMENT, Force
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Seat
from tests.offices import Clock, Staff

pytestmark = pytest.mark.system


@pytest.fixture
def app(office: Office) -> FastAPI:
    """The server, with engines to run."""
    return create_app(office, Supervisor(office), pages=create_console)


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock) -> Force:
    """A force with lists."""
    return Force(office, staff, clock)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some seconds of a simulated street, with faces in it."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    Scene(SceneSettings(seconds=6)).write(path)
    return path


def tab_to(page: Page, selector: str) -> None:
    """Go to something by the Tab key alone."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def pictures_of(seat: Seat) -> list[Response]:
    """The photographs that came to a browser."""
    return [answer for answer in seat.answers if "image/jpeg" in answer.headers.get("content-type", "")]


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_planned_tried_submitted_and_signed_by_another(seats: Seats, force: Force, film: Path) -> None:
    force.watchlist(2)
    force.officer("authorising-officer")
    seat = seats("deployment-planner")
    page = seat.open("/deployments/new")
    page.get_by_role("button", name="Next").click()
    assert page.get_by_label("Title").is_visible(), "an empty step is not left"
    page.get_by_label("Title").fill("Saturday market")
    page.get_by_label("Use case").select_option("crime-hotspot")
    page.get_by_role("textbox", name="Purpose").fill("To find people who are wanted for serious offences.")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Test list").check()
    no_barriers(page)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Location").fill("High Street, Northtown")
    page.get_by_label("Zone of recognition").fill("Both pavements between the bank and the church")
    page.get_by_label("How the public is told").fill("Marked van; signs at both ends of the street")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Begins").fill("2026-06-01T11:00")
    page.get_by_label("Ends").fill("2026-06-01T15:00")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name of the zone").fill("north gate")
    page.get_by_label("Address").fill(str(film))
    page.get_by_role("button", name="Test this feed").click()
    picture = page.get_by_alt_text("Masked test picture of the feed north gate")
    picture.wait_for(timeout=60_000)
    assert page.get_by_text(re.compile("1280 . 720")).is_visible()
    for answer in pictures_of(seat):
        assert max(Image.open(io.BytesIO(answer.body())).size) <= 240, "it is as coarse as a masked frame is"
        assert "no-store" in answer.headers["cache-control"]
    assert page.locator("[data-just-tried]").evaluate("(place) => place === document.activeElement")
    no_barriers(page)
    page.get_by_role("button", name="Add a feed").click()
    second = page.get_by_role("group", name="Feed 2").get_by_label("Name of the zone")
    second.wait_for()
    assert second.evaluate("(field) => field === document.activeElement")
    assert picture.is_visible(), "what was tried stays in view"
    page.get_by_role("button", name="Remove feed 2").click()
    second.wait_for(state="detached")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Faces expected").fill("25000")
    page.locator("#expected").get_by_text("Uncertified.", exact=True).wait_for()
    no_barriers(page)
    page.go_back()
    assert page.get_by_label("Name of the zone").input_value() == "north gate", "back and forth loses nothing"
    page.go_forward()
    page.get_by_role("button", name="Next").click()
    page.locator("#check-list").get_by_text("2026-06-01 11:00 to 2026-06-01 15:00, Europe/London").wait_for()
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_text("The plan is kept as a draft").wait_for()
    no_barriers(page)
    page.get_by_text("Submit for authorisation").click()
    page.get_by_role("button", name="Submit it").click()
    page.get_by_text("An authorising officer can decide now").wait_for()
    assert pictures_of(seat)
    for answer in pictures_of(seat):
        assert "/deployments/tried/" in answer.url, "no other picture came to this browser"

    officer = seats("authorising-officer", dark=True)
    page = officer.open("/deployments")
    tab_to(page, "a[href$='/sign']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign")
    no_barriers(page)
    for _ in range(page.locator("input[name=seen]").count()):
        tab_to(page, "input[name=seen]")
        page.keyboard.press("Space")
    tab_to(page, "#field-statement")
    page.keyboard.type(STATEMENT)
    tab_to(page, "#field-password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "#sign-form button")
    page.keyboard.press("Enter")
    page.get_by_text("It can be started inside its window").wait_for()
    (made,) = d.list_deployments(force.office, force.planner).items
    assert made.state == "authorised"


def test_every_page_of_them_on_a_phone_in_the_dark(seats: Seats, force: Force) -> None:
    listed = force.watchlist(1)
    force.add_entry(listed, born=None, taken_on=None)
    submitted = force.submitted(listed, title="A title that somebody has made as long as can be, " * 3)
    officer = seats("authorising-officer", phone=True, dark=True)
    for path in ("/deployments", f"/deployments/{submitted.id}", f"/deployments/{submitted.id}/sign"):
        page = officer.open(path)
        no_barriers(page)
        fits(page)
    page.get_by_label("Why it is necessary").fill(STATEMENT)
    page.get_by_role("button", name="Authorise exactly this").click()
    assert page.locator("#field-seen-false-alerts").evaluate("(box) => box === document.activeElement")
    planner = seats("deployment-planner", phone=True)
    page = planner.open("/deployments/new#step-feeds")
    no_barriers(page)
    fits(page)
    page.get_by_label("Address").fill("gopher://camera")
    page.get_by_role("button", name="Test this feed").click()
    page.get_by_role("alert").filter(has_text="Nothing is lost").wait_for()
    no_barriers(page)
    fits(page)
    assert page.get_by_label("Address").input_value() == "gopher://camera"
