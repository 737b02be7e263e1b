"""Enrolment, approval and imports as people do them: with a mouse, by keyboard alone, on a phone, in the dark."""

from __future__ import annotations

import base64
import datetime as dt

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as BrowserPage

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import watchlists as w
from overt.casework.paging import Page
from tests.casework.watchlists.desk import Desk, collins, hopper, jpeg
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.test_watchlists import archive_of
from tests.offices import Staff

pytestmark = pytest.mark.system

_DROP = """([name, content]) => {
  const file = new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name, { type: "image/jpeg" });
  const carried = new DataTransfer();
  carried.items.add(file);
  const on = (kind) => new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
  const place = document.querySelector("[data-place]");
  place.dispatchEvent(on("dragover"));
  place.dispatchEvent(on("drop"));
}"""


@pytest.fixture
def desk(office: Office, staff: Staff, pack: ModelPack) -> Desk:
    manager, officer = staff("watchlist-manager"), staff("authorising-officer")
    new = w.NewWatchlist(title="Tonight", purpose="High street", pack=pack.manifest.id)
    return Desk(office, manager, officer, w.create_watchlist(office, manager, new))


def drop(page: BrowserPage, content: bytes, name: str) -> None:
    """Drop a picture beside the file input, as from a folder's window."""
    page.evaluate(_DROP, [name, base64.b64encode(content).decode()])


def verdict(page: BrowserPage) -> Locator:
    """Where the verdict on a picture stands; a screen reader hears it from elsewhere."""
    return page.locator("[data-drop] [data-verdict]")


def fill_in(page: BrowserPage, desk: Desk) -> None:
    page.get_by_label("Name", exact=True).fill("Eileen Collins")
    page.get_by_label("Reference", exact=True).fill("C/1")
    page.get_by_label("Category").select_option(index=1)
    page.get_by_label("Lawful basis").fill("Warrant 17")
    page.get_by_label("Instruction to officers").fill("Arrest")
    page.get_by_label("Last day it may be used").fill(str(desk.today + dt.timedelta(days=20)))
    page.get_by_label("Where it comes from").fill("custody image")
    page.get_by_label("Day it was taken").fill(str(desk.today - dt.timedelta(days=50)))


def listed(desk: Desk) -> tuple[w.EntrySummary, ...]:
    return w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(), Page()).items


def test_a_picture_is_dropped_judged_on_itself_and_enrolled(seats: Seats, desk: Desk) -> None:
    page = seats("watchlist-manager").open(f"/watchlists/{desk.watchlist.id}/enrol")
    drop(page, jpeg(np.full((300, 300, 3), 120, np.uint8)), "wall.jpg")
    verdict(page).get_by_text("No face was found").wait_for()
    verdict(page).get_by_text("Give a picture that shows the whole face from the front").wait_for()
    drop(page, collins(), "collins.jpg")
    verdict(page).get_by_text("It is fit to be a reference image").wait_for()
    picture = page.locator("[data-preview]").bounding_box()
    face = page.locator(".drawn rect.taken").bounding_box()
    assert picture is not None
    assert face is not None
    assert picture["x"] < face["x"] < face["x"] + face["width"] < picture["x"] + picture["width"]
    assert picture["y"] < face["y"] < face["y"] + face["height"] < picture["y"] + picture["height"]
    assert page.locator(".drawn .eye").count() == 2
    no_barriers(page)

    fill_in(page, desk)
    page.get_by_role("button", name="Put them on the list").click()  # neither a date of birth nor “unknown”
    fault = page.locator("[data-faults]")
    fault.get_by_text("A date of birth is needed").wait_for()
    expect(fault).to_be_focused()
    assert page.get_by_label("Lawful basis").input_value() == "Warrant 17"
    page.get_by_text("collins.jpg").first.wait_for()
    page.locator(".drawn rect.taken").wait_for()  # the picture and its verdict are still there
    page.get_by_role("checkbox", name="Unknown").last.check()
    page.get_by_role("button", name="Put them on the list").click()
    page.get_by_role("heading", name="Eileen Collins").wait_for()
    page.locator(".said").get_by_text("waits for an authorising officer").wait_for()
    kept = page.locator("img.kept")
    kept.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('img.kept').naturalWidth > 0")
    assert [(one.name, one.images) for one in listed(desk)] == [("Eileen Collins", 1)]
    no_barriers(page)


def test_enrolment_by_keyboard_alone_on_a_phone_in_the_dark(seats: Seats, desk: Desk) -> None:
    page = seats("watchlist-manager", phone=True, dark=True).open(f"/watchlists/{desk.watchlist.id}/enrol")

    def tab_to(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == name:
                return
        raise AssertionError(f"{name} cannot be reached by Tab")

    tab_to("picture")
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Space")
    chosen.value.set_files({"name": "hopper.jpg", "mimeType": "image/jpeg", "buffer": hopper()})
    verdict(page).get_by_text("It is fit to be a reference image").wait_for()
    for name, text in (
        ("source", "passport office"),
        ("taken_unknown", " "),
        ("name", "Grace Hopper"),
        ("reference", "H/1"),
        ("category", "Missing"),
        ("lawful_basis", "Duty of care"),
        ("born_unknown", " "),
        ("instruction", "Bring home"),
        ("expires_on", ""),
    ):
        tab_to(name)
        if name.endswith("_unknown"):
            page.keyboard.press("Space")
        else:
            page.keyboard.type(text)
    page.keyboard.type((desk.today + dt.timedelta(days=9)).strftime("%m%d%Y"))
    verdict(page).get_by_text("Nobody knows when it was taken").wait_for()  # judged again, by the day
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_barriers(page)
    tab_to("then")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Grace Hopper").wait_for()
    (entry,) = listed(desk)
    assert (entry.category, entry.images) == ("missing or at risk of harm", 1)


def test_the_officer_ticks_a_whole_page_of_many(seats: Seats, desk: Desk) -> None:
    first = [desk.add("A", collins()), desk.add("B", hopper())]
    for at in range(120):
        desk.add(f"R{at:03}")
    seat = seats("authorising-officer", dark=True)
    page = seat.open(f"/watchlists/{desk.watchlist.id}?status=pending")
    assert page.locator("tbody tr").count() == 100
    page.get_by_text("100 of 122 shown").wait_for()
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Approve those ticked (2)").click()
    page.get_by_role("main").get_by_text("2 entries are approved").wait_for()
    assert {desk.show(one).status for one in first} == {"approved"}
    no_barriers(page)
    page.get_by_role("link", name="Next page").click()
    page.get_by_text("20 of 120 shown").wait_for()


def test_an_archive_is_dropped_tried_and_imported(seats: Seats, desk: Desk) -> None:
    page = seats("watchlist-manager").open(f"/watchlists/{desk.watchlist.id}/imports")
    archive = archive_of(desk, desk.row("A", "a.jpg"), desk.row("B", "b.jpg"), a=collins(), b=b"no picture")
    page.locator("#field-archive").set_input_files(
        {"name": "list.zip", "mimeType": "application/zip", "buffer": archive}
    )
    page.get_by_role("button", name="Try it first").click()
    page.locator("[data-import-progress]").get_by_text("It was a dry run: nothing was written").wait_for()
    assert not listed(desk)
    no_barriers(page)
    page.get_by_role("button", name="Import it now").click()
    page.locator("[data-import-progress] [data-dry-run=no]").get_by_text("2 of 2 rows were judged").wait_for()
    page.get_by_role("link", name="Read the report").click()
    page.get_by_role("link", name="Refused").click()
    page.get_by_text("This is not a picture that can be read").wait_for()
    assert [one.reference for one in listed(desk)] == ["A"]
    no_barriers(page)


@pytest.mark.parametrize(("phone", "dark"), [(False, True), (True, False)])
def test_nobody_is_shut_out_of_a_page(seats: Seats, desk: Desk, *, phone: bool, dark: bool) -> None:
    alike = desk.add("A", collins(), warnings=("may be armed",)), desk.add("B", collins(mirrored=True))
    manager = seats("watchlist-manager", phone=phone, dark=dark)
    here = f"/watchlists/{desk.watchlist.id}"
    for path in (
        "/watchlists",
        "/watchlists/new",
        here,
        f"{here}?text=nobody",
        f"{here}/settings",
        f"{here}/look-alikes",
        f"{here}/imports",
        f"/entries/{alike[0]}",
        f"/entries/{alike[0]}/change",
    ):
        page = manager.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        no_barriers(page)
    page = seats("authorising-officer", phone=phone, dark=dark).open(f"/entries/{alike[1]}")
    sides = [one.bounding_box() for one in page.locator("svg.face").all()]
    assert len({(round(one["width"]), round(one["height"])) for one in sides if one}) == 1
    no_barriers(page)
