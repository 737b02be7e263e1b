"""The live page in a browser: alerts as they come, the open alert, keys, and what is lost when the network is."""

from __future__ import annotations

import re
import time
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from overt.casework import Office
from overt.casework.live._frames import frames_of
from overt.engine import MaskedFrame
from overt.records.tables import ReferenceImage
from tests.casework.alerts import cases
from tests.casework.alerts.cases import Case
from tests.casework.deployments.force import Force
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.offices import Clock, Staff

pytestmark = pytest.mark.system


def picture(side: int = 200) -> bytes:
    drawn = np.full((side, side, 3), 120, np.uint8)
    cv2.circle(drawn, (side // 2, side // 2), side // 3, (200, 180, 160), -1)
    return cv2.imencode(".jpg", drawn)[1].tobytes()


@pytest.fixture
def case(office: Office, staff: Staff, clock: Clock, pack: object, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A deployment that is live, whose alerts have a picture that a browser can show."""
    monkeypatch.setattr(cases, "CROP", picture())
    made = Case(Force(office, staff, clock))
    frame = MaskedFrame(
        feed="north gate",
        captured_at=int(office.now().timestamp() * 1e9),
        width=200,
        height=200,
        faces_in_view=1,
        jpeg=picture(),
    )
    frames_of(office).put(made.deployment_id, frame)
    return made


def listed(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('#waiting [data-alert]')].map((one) => one.dataset.alert)"
    )
    return found


def connected(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-state", "on")


def test_an_alert_opens_by_itself_and_is_adjudicated_by_keyboard_alone(case: Case, seats: Seats) -> None:
    seat = seats("lfr-operator")
    page = seat.open("/live")
    connected(page)
    expect(page.locator("[data-feed] img")).to_be_visible()
    first = case.take(2)
    expect(page.locator("#alert-panel")).to_have_attribute("data-open", first)
    expect(page.locator("#urgent")).to_contain_text("A new alert: wanted for a serious offence, north gate")
    expect(page.locator("#news")).to_contain_text("1 new alert")
    assert page.title().startswith("(1 waiting)")
    no_barriers(page)
    page.keyboard.press("r")
    page.keyboard.type("half a sentence ")
    second = case.take(1)
    expect(page.locator(f"#item-{second}")).to_be_visible()
    expect(page.locator("#alert-panel")).to_have_attribute("data-open", first)
    expect(page.locator("textarea[name=reason]")).to_have_value("half a sentence ")
    page.keyboard.type("about ears")
    page.keyboard.press("Escape")
    expect(page.locator("input[value=do-not-engage]")).to_be_checked()
    page.keyboard.press("1")
    expect(page.locator("input[value=different-person]")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#alert-panel")).to_contain_text("Seed: a consenting person")
    expect(page.locator("#alert-panel")).to_have_attribute("data-open", first)
    assert listed(page) == [second]
    expect(page.locator("#offer button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#alert-panel")).to_have_attribute("data-open", second)
    page.keyboard.press("e")
    expect(page.locator("input[value=engage]")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#field-reason")).to_be_focused()


def test_what_another_decides_is_said_and_half_written_words_stay(
    case: Case, seats: Seats, staff: Staff
) -> None:
    seat = seats("lfr-operator")
    page = seat.open("/live")
    connected(page)
    alert_id = case.take()
    page.locator("textarea[name=reason]").fill("they look")
    case.adjudicate(alert_id, staff("lfr-operator", name="otto"), engage=False)
    expect(page.locator("#meanwhile")).to_contain_text(
        "Meanwhile it is closed. What you have written is still here."
    )
    expect(page.locator("textarea[name=reason]")).to_have_value("they look")
    expect(page.locator("#decided [data-alert]")).to_have_count(1)
    page.locator("input[value=look-alike]").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#alert-panel")).to_contain_text("What you had written was not recorded")
    expect(page.locator("#alert-panel")).to_contain_text("they look")


def test_over_a_lost_network_nothing_is_lost_or_repeated(case: Case, seats: Seats) -> None:
    seat = seats("lfr-operator")
    page = seat.open("/live")
    connected(page)
    taken = [case.take()]
    expect(page.locator("#waiting [data-alert]")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_attribute("data-state", "off", timeout=15_000)
    expect(page.locator("#connection")).to_contain_text("No connection. Alerts do not come; trying again")
    taken += [case.take() for _ in range(3)]
    page.context.set_offline(False)
    connected(page)
    expect(page.locator("#waiting [data-alert]")).to_have_count(4)
    taken.append(case.take())
    expect(page.locator("#waiting [data-alert]")).to_have_count(5)
    assert listed(page) == taken


def test_faces_are_shown_at_the_same_height_together_enlarged_and_in_turn(
    case: Case, seats: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = case.office
    with office.database.transaction() as session:
        session.execute(update(ReferenceImage).values(box=[20, 20, 120, 140]))
    entry = case.entries[0]
    opened = picture()
    monkeypatch.setattr("overt.casework.watchlists.images.open_picture", lambda *_: opened)
    alert_id = case.take()
    seat = seats("lfr-operator")
    page = seat.open(f"/live/{case.deployment_id}/alerts/{alert_id}")
    expect(page.locator(".looks svg image")).to_have_count(2)
    assert entry
    heights: list[Any] = page.evaluate(
        "() => [...document.querySelectorAll('.looks svg')].map((svg) => {"
        "  const box = svg.dataset.box.split(' ').map(Number);"
        "  return [Number(svg.querySelector('image').getAttribute('height')), box[3] - box[1]]; })"
    )
    (_, _), (reference, face) = heights
    assert reference == pytest.approx(200 / face)
    page.keyboard.press("+")
    boxes = page.locator("svg[data-zooms]").evaluate_all(
        "(all) => all.map((svg) => svg.getAttribute('viewBox'))"
    )
    assert len(set(boxes)) == 1
    assert boxes[0] != "-0.85 -0.85 1.7 1.7"
    page.keyboard.press("f")
    says = page.locator("[data-stage-says]")
    expect(says).to_have_text("Reference")
    expect(says).to_have_text("Probe")
    page.keyboard.press("f")
    expect(page.locator(".stage")).to_be_hidden()


def test_with_less_motion_asked_for_nothing_flickers_by_itself(
    case: Case, seats: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("overt.casework.watchlists.images.open_picture", lambda *_: picture())
    seat = seats("lfr-operator", phone=True, dark=True)
    seat.page.emulate_media(reduced_motion="reduce")
    page = seat.open(f"/live/{case.deployment_id}/alerts/{case.take()}")
    expect(page.locator(".looks svg image")).to_have_count(2)
    page.locator("[data-mode=flicker]").click()
    says = page.locator("[data-stage-says]")
    expect(says).to_have_text("Probe")
    page.wait_for_timeout(1200)
    expect(says).to_have_text("Probe")
    page.locator("[data-step]").click()
    expect(says).to_have_text("Reference")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    no_barriers(page)


def test_pausing_asks_first_and_says_what_is_missing(case: Case, seats: Seats) -> None:
    seat = seats("lfr-operator")
    page = seat.open("/live")
    connected(page)
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog", name="Pause this deployment?")
    dialog.get_by_label("Why").fill("The officers are all engaged")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.locator("#live-head")).to_have_attribute("data-state", "suspended")
    expect(page.locator("#live-head")).to_contain_text("Not so: This server runs engines")
    no_barriers(page)


@pytest.mark.slow
def test_twenty_a_second_reach_every_browser_once(case: Case, seats: Seats) -> None:
    watching = [seats("lfr-operator").open("/live") for _ in range(3)]
    for page in watching:
        connected(page)
        page.evaluate(
            "() => { window.added = []; new MutationObserver((changes) => { for (const change of changes)"
            " for (const item of change.addedNodes) window.added.push(item.dataset.alert); })"
            ".observe(document.getElementById('waiting'), { childList: true }); }"
        )
    taken, began = [], time.monotonic()
    for number in range(120):
        time.sleep(max(0.0, began + number / 20 - time.monotonic()))
        if number == 40:
            watching[0].context.set_offline(True)
        if number == 80:
            watching[0].context.set_offline(False)
        taken.append(case.take(number % 2))
    for page in watching:
        connected(page)
        expect(page.locator("#waiting [data-alert]")).to_have_count(120, timeout=30_000)
        assert listed(page) == taken
    for page in watching[1:]:
        assert page.evaluate("() => window.added") == taken
        assert re.match(r"\(120 waiting\)", page.title())
