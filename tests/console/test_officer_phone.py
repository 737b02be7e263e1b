"""The officer's page in a browser on a phone: four taps, no connection for a while, an app that can be installed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from overt.casework import Office
from overt.casework import alerts as a
from tests.casework.deployments.force import Force
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.street import NAME, WARNINGS, Street
from tests.console.visitors import Seat
from tests.offices import Clock, Staff

pytestmark = pytest.mark.system
OFFICER = "engagement-officer"
THUMB = 56


@pytest.fixture
def street(office: Office, staff: Staff, clock: Clock) -> Street:
    made = Street(Force(office, staff, clock))
    made.present()
    return made


@pytest.fixture
def phone(seats: Seats) -> Callable[..., Seat]:
    """An officer's; without a worker unless asked for, as Playwright does not see what goes past one."""

    def made(*, worker: bool = False, dark: bool = False) -> Seat:
        seat = seats(OFFICER, phone=True, dark=dark)
        if not worker:
            seat.page.add_init_script(
                "Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })"
            )
        return seat

    return made


def posts(seat: Seat, end: str) -> list[int]:
    """What the forms that were sent to such an address were answered with."""
    return [
        answer.status
        for answer in seat.answers
        if answer.request.method == "POST" and answer.url.endswith(end)
    ]


def connected(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Connected")


def test_an_alert_arrives_and_four_taps_record_what_came_of_it(
    phone: Callable[..., Seat], street: Street
) -> None:
    seat = phone()
    page = seat.open("/officer")
    connected(page)
    expect(page.locator("#no-cards")).to_be_visible()
    alert = street.routed()
    card = page.locator(f"#card-{alert}")
    expect(card).to_contain_text(WARNINGS[0])
    expect(page).to_have_title("(1) New alert · Overt")
    expect(page.locator("#urgent")).to_contain_text(f"Warning: {WARNINGS[0]}")
    button = card.get_by_role("button", name="I am on it")
    place = button.bounding_box()
    assert place is not None
    assert place["height"] >= THUMB
    assert place["y"] + place["height"] <= 740
    button.tap()
    expect(card).to_contain_text("You are on it")
    card.get_by_role("link", name=NAME).first.tap()
    page.wait_for_url(f"**/officer/alerts/{alert}")
    expect(page.locator(".looks svg image")).to_have_count(2)
    taps = page.locator("[data-tap]:visible")
    for name in ("Begin contact", "They are the person sought", "Contact is over", "Arrest"):
        tap = taps.filter(has_text=name)
        size = tap.bounding_box()
        assert size is not None
        assert size["height"] >= THUMB
        assert size["y"] + size["height"] <= 740
        tap.tap()
    expect(page.locator("[data-part=standing]")).to_contain_text("Done and closed")
    shown = street.shown(alert)
    (row,), (came,) = shown.engagements, shown.outcomes
    assert (shown.state, row.identity, came.outcome) == ("closed", "sought", "arrest")
    assert timedelta(0) < row.ended_at - row.started_at < timedelta(minutes=1)
    assert posts(seat, "/engagement") == [303]
    assert posts(seat, "/outcome") == [303]


def test_without_a_connection_taps_wait_and_are_sent_once(phone: Callable[..., Seat], street: Street) -> None:
    alert = street.routed()
    seat = phone()
    page = seat.open("/officer")
    connected(page)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text("Offline — alerts do not arrive")
    page.get_by_role("button", name="I am on it").tap()
    expect(page.locator("#connection")).to_have_text("Offline — 1 to be sent")
    expect(page.locator(f"#card-{alert}")).to_contain_text("Not sent yet: offline")
    assert street.shown(alert).acknowledged == 0
    page.context.set_offline(False)
    expect(page.locator(f"#card-{alert}")).to_contain_text("You are on it")
    connected(page)
    assert street.shown(alert).acknowledged == 1
    assert posts(seat, "/acknowledge") == [303]


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice(
    phone: Callable[..., Seat], street: Street
) -> None:
    alert = street.routed()
    seat = phone()
    page = seat.open(f"/officer/alerts/{alert}")
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/engagement", lose_the_first)
    page.locator("[data-tap=begin]").tap()
    page.locator("[data-code=other]").tap()
    page.locator("[data-tap=end]").tap()
    expect(page.locator(".recorded")).to_contain_text("They are somebody else", timeout=20_000)
    connected(page)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(street.shown(alert).engagements) == 1


def test_taps_are_undone(phone: Callable[..., Seat], street: Street) -> None:
    alert = street.routed()
    seat = phone()
    page = seat.open(f"/officer/alerts/{alert}")
    undo = page.locator("[data-tap=undo]")
    page.locator("[data-tap=begin]").tap()
    page.locator("[data-code=not-contacted]").tap()
    expect(page.locator("[data-taps-said]")).to_contain_text("Nobody was contacted")
    undo.tap()
    page.locator("[data-code=sought]").tap()
    page.locator("[data-tap=end]").tap()
    undo.tap()
    expect(page.locator("[data-tap=end]")).to_be_visible()
    assert not street.shown(alert).engagements
    page.once("dialog", lambda dialog: dialog.accept())
    page.close(run_before_unload=True)


def test_a_refused_tap_comes_back_with_its_reason(phone: Callable[..., Seat], street: Street) -> None:
    alert = street.routed()
    page = phone().open(f"/officer/alerts/{alert}")
    connected(page)
    page.locator("[data-tap=begin]").tap()
    page.locator("[data-code=sought]").tap()
    page.context.set_offline(True)
    page.locator("[data-tap=end]").tap()
    page.locator("[data-code=arrest]").tap()
    expect(page.locator("#connection")).to_have_text("Offline — 2 to be sent")
    a.record_engagement(street.office, street.officer, alert, street.engagement("other"))
    page.context.set_offline(False)
    expect(page.locator("#returned")).to_contain_text(f"An engagement of the alert {alert} is recorded")
    expect(page.locator("#returned .notice")).to_have_count(2)
    expect(page.locator("#returned")).to_contain_text(
        "It was not sent, as the contact before it was not recorded"
    )
    expect(page.locator(".recorded")).to_contain_text("They are somebody else")
    assert not street.shown(alert).outcomes
    for _ in range(2):
        page.get_by_role("button", name="I have seen it").first.tap()
    expect(page.locator("#returned .notice")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_shut_out(phone: Callable[..., Seat], street: Street, dark: bool) -> None:
    alert, waiting = street.routed(), street.take(1)
    page = phone(dark=dark).open("/officer")
    connected(page)
    no_barriers(page)
    page.goto(page.url + f"/alerts/{alert}")
    expect(page.locator(".looks svg image")).to_have_count(2)
    no_barriers(page)
    page.locator("[data-tap=begin]").tap()
    page.locator("[data-more] summary").tap()
    no_barriers(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(page.url.replace(alert, waiting))
    no_barriers(page)


def test_the_app_can_be_installed_and_says_that_it_is_offline(
    phone: Callable[..., Seat], street: Street
) -> None:
    street.routed()
    seat = phone(worker=True)
    page = seat.open("/officer")
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"].endswith("/officer.webmanifest")
    lacks = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {one["errorId"] for one in lacks} <= {"in-incognito"}  # as every context of a test is
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = page.evaluate("""async () => {
        const all = [];
        for (const name of await caches.keys())
            for (const one of await (await caches.open(name)).keys()) all.push(new URL(one.url).pathname);
        return all;
    }""")
    assert kept
    assert all(address.startswith("/static/") for address in kept)
    assert NAME not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    page.context.set_offline(True)
    page.goto(page.url)
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert NAME not in page.content()
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").tap()
    connected(page)
