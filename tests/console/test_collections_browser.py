"""What of the collections' pages only a browser shows: pictures that come when they are looked at, the switch."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import collections as c
from overt.records.tables import AuditEntry
from tests.casework.collections.suite import folder_of
from tests.casework.watchlists.desk import collins, hopper
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.offices import Staff

pytestmark = [pytest.mark.system, pytest.mark.slow]

PATIENCE_MS = 120_000
FILES = {
    "A/1.jpg": collins(),
    "C/1.jpg": collins(mirrored=True),
    "D/1.jpg": collins(lighter=9),
    "E/1.jpg": collins(lighter=18),
    "D/2.jpg": hopper(),
}


@pytest.fixture
def collection_id(office: Office, staff: Staff, tmp_path: Path, pack: ModelPack) -> str:
    """One person under four references, and a second under one of them; compared."""
    manager = staff("watchlist-manager")
    new = c.NewCollection(name="custody", purpose="Pictures taken in custody", pack=pack.manifest.id)
    made = c.create_collection(office, manager, new)
    source = c.open_pictures(folder_of(tmp_path / "in", FILES))
    job = c.begin_ingestion(office, manager, made.id, source)
    assert c.carry_out_ingestion(office, manager, job.id, source).added == len(FILES)
    assert c.compare_images(office, manager, made.id) == 7
    return made.id


def looked_at(office: Office) -> int:
    """How many pictures of records the chain says were looked at."""
    with office.database.reading() as session:
        return len(
            session.scalars(
                select(AuditEntry.seq).where(AuditEntry.command == "collections.show-picture")
            ).all()
        )


def whole(page: Page) -> None:
    """No barriers, and no wider than the window."""
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("phone", [False, True])
def test_a_pair_is_looked_at_and_decided_about(
    seats: Seats, office: Office, collection_id: str, phone: bool
) -> None:
    here = f"/collections/{collection_id}"
    page = seats("watchlist-manager", phone=phone).open(f"{here}/pairs")
    page.set_default_timeout(PATIENCE_MS)
    expect(page.get_by_role("article")).to_have_count(7, timeout=PATIENCE_MS)
    pictures = page.locator("img.kept")
    expect(pictures).to_have_count(14)
    pictures.last.scroll_into_view_if_needed()
    pictures.last.evaluate("one => one.decode()")  # fails where it is no picture
    whole(page)
    before = looked_at(office)
    page.get_by_role("link", name="Compare and decide").first.click()
    expect(page.locator(".looks svg image")).to_have_count(2, timeout=PATIENCE_MS)
    assert looked_at(office) == before + 2, "each look is in the chain"
    page.get_by_role("button", name="Overlay").click()
    expect(page.locator(".stage svg image")).to_have_count(2, timeout=PATIENCE_MS)
    whole(page)
    page.get_by_label("One person").check()
    page.get_by_label("Why", exact=True).evaluate("one => one.removeAttribute('required')")
    page.get_by_role("button", name="Record my decision").click()
    expect(page.locator("[data-faults]")).to_be_focused(timeout=PATIENCE_MS)
    expect(page.get_by_label("One person")).to_be_checked()
    expect(page.locator(".looks svg image")).to_have_count(2, timeout=PATIENCE_MS)
    page.get_by_label("Why", exact=True).fill("the same scar over the left eye")
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_text("Your decision is recorded")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("article")).to_have_count(6)
    page.get_by_role("link", name="Decided (1)").click()
    expect(page.get_by_text("the same scar over the left eye")).to_be_visible(timeout=PATIENCE_MS)
    whole(page)


def test_another_pack_is_followed_and_switched_to_only_when_asked_twice(
    seats: Seats, office: Office, staff: Staff, collection_id: str, dlib_pack: ModelPack
) -> None:
    here, manager = f"/collections/{collection_id}", staff("watchlist-manager")
    page = seats("watchlist-manager").open(f"{here}/templates")
    page.set_default_timeout(PATIENCE_MS)
    page.get_by_label("Model pack").select_option(dlib_pack.manifest.id)
    page.get_by_role("button", name="Make its templates").click()
    switch = page.get_by_role("button", name="Switch to them")
    expect(switch).to_be_visible(timeout=PATIENCE_MS)
    whole(page)
    switch.click()
    expect(page.get_by_role("dialog")).to_contain_text("There is no way back but to make them again")
    whole(page)
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    assert c.show_collection(office, manager, collection_id).next is not None
    switch.click()
    page.get_by_role("button", name="Switch now").click()
    expect(page.get_by_text("The new templates are searched from now on")).to_be_visible(timeout=PATIENCE_MS)
    assert c.show_collection(office, manager, collection_id).pack == dlib_pack.manifest.id
    page.goto(page.url + "/pairs")
    page.get_by_role("button", name="Compare 5 pictures").click()
    expect(page.get_by_text("The pictures are being compared")).to_be_visible(timeout=PATIENCE_MS)
