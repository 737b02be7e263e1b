"""A whole search through the pages: investigator, two examiners, reviewer, on portraits in the public domain."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Office, Role
from overt.casework import collections as c
from overt.casework import probes as p
from overt.records.tables import AuditEntry
from tests.casework.probes.pictures import encoded
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.gallery import portraits
from tests.offices import Staff

pytestmark = [pytest.mark.system, pytest.mark.slow]

PATIENCE_MS = 120_000


@pytest.fixture
def collection_id(office: Office, staff: Staff, tmp_path: Path, pack: ModelPack) -> str:
    """Two people, each with one picture."""
    manager = staff("watchlist-manager")
    new = c.NewCollection(name="custody", purpose="Pictures taken in custody", pack=pack.manifest.id)
    made = c.create_collection(office, manager, new)
    portraits.write(tmp_path / "pictures/HOPPER-1906/front.jpg", portraits.hopper())
    portraits.write(tmp_path / "pictures/COLLINS-1956/front.jpg", portraits.astronaut())
    source = c.open_pictures(tmp_path / "pictures")
    job = c.begin_ingestion(office, manager, made.id, source)
    assert c.carry_out_ingestion(office, manager, job.id, source).added == 2
    return made.id


def sat(seats: Seats, *roles: Role | str, name: str = "", phone: bool = False) -> Page:
    page = seats(*roles, name=name, phone=phone).open("/searches")
    page.set_default_timeout(PATIENCE_MS)
    return page


def examine(page: Page, support: str, decision: str, reason: str) -> None:
    page.get_by_role("link", name="Examine").first.click()
    expect(page.locator(".looks svg image")).to_have_count(2, timeout=PATIENCE_MS)
    ears = page.get_by_role("group", name="Ears: outer rim, inner folds, lobe, how they stand")
    ears.get_by_label("Alike", exact=True).check()
    ears.get_by_label("Note: ears").fill("the same fold in the rim")
    page.get_by_role("group", name="Neck: width, folds, larynx").get_by_label("Cannot be seen").check()
    page.get_by_label(support).check()
    page.get_by_label(decision, exact=True).check()
    page.get_by_label("Why", exact=True).fill(reason)
    page.get_by_role("button", name="Record my examination").click()
    expect(page.get_by_text("Your examination is recorded")).to_be_visible(timeout=PATIENCE_MS)


def test_a_search_from_the_picture_to_what_came_of_it(
    seats: Seats, office: Office, staff: Staff, collection_id: str
) -> None:
    investigator = sat(seats, "investigator")
    expect(investigator.get_by_text("There is no search yet")).to_be_visible(timeout=PATIENCE_MS)
    investigator.get_by_role("link", name="New search").first.click()
    investigator.get_by_label("Picture or clip").set_input_files(
        {"name": "doorbell.jpg", "mimeType": "image/jpeg", "buffer": encoded("JPEG")}
    )
    investigator.get_by_label("Why it is looked at").fill("the purse that was taken at the till")
    investigator.get_by_role("button", name="Find the faces").click()
    expect(investigator.get_by_role("heading", name="2 faces in doorbell.jpg")).to_be_visible(
        timeout=PATIENCE_MS
    )
    no_barriers(investigator)
    (probe,) = p.list_probes(office, staff("investigator"))
    left = min(probe.faces, key=lambda face: face.shots[0].picture_box[0])
    investigator.locator(f"input[value={left.id}]").check()
    investigator.get_by_label("Why this face is searched").fill("no")
    investigator.get_by_role("button", name="Search for this face").click()
    expect(investigator.locator("[data-faults]")).to_be_focused(timeout=PATIENCE_MS)
    expect(investigator.locator(f"input[value={left.id}]")).to_be_checked()
    investigator.get_by_label("Why this face is searched").fill("stood at the till when it was taken")
    investigator.get_by_label("Offence").select_option("theft")
    investigator.get_by_role("button", name="Search for this face").click()
    expect(investigator.get_by_role("heading", name="HOPPER-1906")).to_be_visible(timeout=PATIENCE_MS)
    expect(investigator.get_by_text("Rank 1 of 1")).to_be_visible(timeout=PATIENCE_MS)
    expect(investigator.get_by_text("0 of 2 examinations made")).to_be_visible(timeout=PATIENCE_MS)
    address = investigator.url
    no_barriers(investigator)

    first = sat(seats, "facial-examiner", name="first")
    first.goto(address)
    first.get_by_role("link", name="Examine the candidate").click()
    expect(first.locator(".looks svg image")).to_have_count(2, timeout=PATIENCE_MS)
    first.get_by_role("button", name="Landmarks").click()
    assert first.locator(".looks .marks circle").first.is_visible()
    first.keyboard.press("e")
    assert "matrix" in (first.locator(".looks svg:not([data-probe]) > g").get_attribute("transform") or "")
    first.keyboard.press("o")
    expect(first.locator(".stage svg image")).to_have_count(2, timeout=PATIENCE_MS)
    first.get_by_label("How much of the candidate shows").fill("0.25")
    expect(first.locator(".stage svg > g").nth(1)).to_have_attribute("opacity", "0.25")
    first.keyboard.press("f")
    expect(first.locator("[data-stage-says]")).to_have_text("Candidate", timeout=10_000)
    expect(first.locator("[data-stage-says]")).to_have_text("Searched face", timeout=10_000)
    no_barriers(first)
    first.goto(address)
    examine(
        first,
        "Moderate support that they are the same person",
        "Put forward as a lead",
        "the rim agrees well",
    )
    expect(first.get_by_text("1 of 2 examinations made")).to_be_visible(timeout=PATIENCE_MS)

    second = sat(seats, "facial-examiner", name="second", phone=True)
    second.goto(address)
    assert "the rim agrees well" not in second.content()
    second.get_by_role("link", name="Examine").first.click()
    expect(second.get_by_text("You are the second examiner")).to_be_visible(timeout=PATIENCE_MS)
    assert "the rim agrees well" not in second.content()
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    second.goto(address)
    examine(second, "No conclusion: support for neither", "Not put forward", "too little of it can be seen")

    reviewer = sat(seats, "authorising-officer")
    reviewer.goto(address)
    reviewer.get_by_role("link", name="Review it").click()
    expect(reviewer.get_by_text("the rim agrees well")).to_be_visible(timeout=PATIENCE_MS)
    expect(reviewer.get_by_text("too little of it can be seen")).to_be_visible(timeout=PATIENCE_MS)
    no_barriers(reviewer)
    reviewer.get_by_role("group", name="You decide").get_by_label("Put forward as a lead", exact=True).check()
    reviewer.get_by_label("In order", exact=True).check()
    reviewer.get_by_label("Why", exact=True).fill("a theft, one face, and both looked closely")
    reviewer.get_by_role("button", name="Record the review").click()
    expect(reviewer.get_by_text("The review is recorded")).to_be_visible(timeout=PATIENCE_MS)

    investigator.goto(address)
    investigator.get_by_role("link", name="Record what came of it").click()
    investigator.get_by_label("Other evidence than the face confirmed who it is").check()
    investigator.get_by_label("In words").fill("her own fingerprint on the till")
    investigator.get_by_role("button", name="Record it").click()
    expect(investigator.get_by_text("The outcome is recorded")).to_be_visible(timeout=PATIENCE_MS)
    expect(investigator.get_by_text("Closed").first).to_be_visible(timeout=PATIENCE_MS)

    with office.database.reading() as session:
        chain = set(session.scalars(select(AuditEntry.command)))
    assert {"probes.open", "probes.show-face", "searches.show-candidate", "searches.review"} <= chain
    assert {"searches.search", "searches.examine", "searches.record-outcome"} <= chain
