"""The audit chain in the console: searched both ways, shown entry by entry, verified in place, exported, signed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from overt.casework import PERMISSIONS, Office
from overt.casework.system import show_system
from overt.console.command_words import COMMAND_WORDS, SUBJECTS, may_do
from overt.console.verifying import Asked, verifying_room
from overt.records.audit_export import verify_export
from overt.records.tables import AuditEntry
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Staff

Visit = Callable[..., Visitor]


def test_every_command_has_words() -> None:
    assert set(PERMISSIONS) <= set(COMMAND_WORDS)
    assert {name.partition(".")[0] for name in PERMISSIONS} == set(SUBJECTS)
    assert "publish a record" in dict(may_do("authorising-officer"))["Records"]
    assert dict(may_do("investigator"))["Searches"] == (
        "search a collection for one face",
        "list searches",
        "look at a search",
        "look at the face that was searched",
        "look at a candidate's picture",
        "record what came of a search",
    )


def test_entries_are_searched_and_paged_both_ways(visit: Visit, office: Office, staff: Staff) -> None:
    for _ in range(230):
        show_system(office, staff("administrator"))
    auditor = visit("auditor")
    first = auditor.get("/audit?command=system.show").text
    assert "230 entries" in first
    assert first.count("/audit/entries/") == 100
    assert "Newer" not in first
    last = re.findall(r"after=([0-9]+)", first)[0]
    older = auditor.get(f"/audit?command=system.show&after={last}").text
    assert older.count("/audit/entries/") == 100
    assert "Newer" in older
    last = re.findall(r"after=([0-9]+)", older)[0]
    older = auditor.get(f"/audit?command=system.show&after={last}").text
    assert older.count("/audit/entries/") == 30
    before = re.findall(r"before=([0-9]+)", older)[0]
    assert "after=" not in older.partition("Pages of the chain")[2]
    newer = auditor.get(f"/audit?command=system.show&before={before}").text
    assert newer.count("/audit/entries/") == 100
    before = re.findall(r"before=([0-9]+)", newer)[0]
    newest = auditor.get(f"/audit?command=system.show&before={before}").text
    assert newest.count("/audit/entries/") == 100
    assert "Newer" not in newest
    assert "No entry fits" in auditor.get("/audit?actor=nobody-of-this-name").text
    assert "administrator" in auditor.get("/audit?since=2026-06-01T09:00&until=2026-06-02T00:00").text


@pytest.mark.parametrize("wrong", ["since=yesterday", "after=x", "after=2&before=3", f"actor={'x' * 300}"])
def test_a_search_that_cannot_be_is_refused(visit: Visit, wrong: str) -> None:
    assert visit("auditor").get(f"/audit?{wrong}").status_code == 422


def test_an_entry_shows_its_digests_and_leads_to_what_it_is_about(visit: Visit, staff: Staff) -> None:
    auditor = visit("auditor")
    person = staff("lfr-operator")
    auditor.get(f"/people/{person.id}")
    found = auditor.get(f"/audit?subject={person.id}&command=people.show").text
    entry = re.search(r"/audit/entries/[0-9]+", found)
    assert entry is not None
    shown = auditor.get(entry[0]).text
    assert f'href="/people/{person.id}"' in shown
    assert "Its own digest" in shown
    assert auditor.get("/audit/entries/999").status_code == 404
    assert auditor.get("/audit/entries/0").status_code == 404


def test_the_chain_is_verified_in_place_and_a_broken_one_is_told(visit: Visit, office: Office) -> None:
    auditor = visit("auditor")
    auditor.get("/audit")
    begun = auditor.post("/audit/verification")
    assert (begun.status_code, begun.headers["location"]) == (303, "/audit/verification")
    verifying_room(office).wait()
    assert "The chain is whole." in auditor.get("/audit/verification").text
    assert auditor.get("/audit/verification/progress").json()["running"] is False
    refused = auditor.post("/audit/verification", {"anchor": "not an anchor"})
    assert refused.status_code == 422
    assert "SEQ:DIGEST" in refused.text
    auditor.post("/audit/verification", {"anchor": f"1:{'0' * 64}"})
    verifying_room(office).wait()
    assert "written anew" in auditor.get("/audit/verification").text
    with office.database.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(actor_name="somebody"))
    visit("administrator").post("/audit/verification")
    verifying_room(office).wait()
    found = visit("administrator").get("/audit/verification").text
    assert "The chain is broken at entry 2." in found
    assert "Asked by" in found


def test_one_verification_runs_at_a_time(office: Office, staff: Staff) -> None:
    room = verifying_room(office)
    auditor = staff("auditor")
    assert room.begin(auditor, 0, Asked())
    second = room.begin(auditor, 0, Asked())
    room.wait()
    assert room.last is not None
    assert room.last.verdict is not None
    assert not second or not room.is_running


def test_the_whole_chain_is_exported_and_verifies_elsewhere(visit: Visit, tmp_path: Path) -> None:
    auditor = visit("auditor")
    auditor.get("/audit")
    file = tmp_path / "audit.jsonl"
    file.write_bytes(auditor.post("/audit/export").content)
    assert verify_export(file).ok
    extract = auditor.post("/audit/export", {"command": "audit.list"})
    assert [json.loads(line)["command"] for line in extract.text.splitlines()] == ["audit.list"]
    assert "audit-extract.jsonl" in extract.headers["content-disposition"]


def test_a_checkpoint_is_shown_to_be_kept(visit: Visit) -> None:
    auditor = visit("auditor")
    auditor.get("/audit")
    assert "Anchor: <code" in auditor.post("/audit/checkpoint", {"once": "only-once-please"}).text


@pytest.mark.system
@pytest.mark.parametrize(("phone", "dark"), [(False, True), (True, False)])
def test_the_chain_in_a_browser(
    seats: Seats, office: Office, staff: Staff, *, phone: bool, dark: bool
) -> None:
    for _ in range(20):
        show_system(office, staff("administrator"))
    seat = seats("auditor", phone=phone, dark=dark)
    page = seat.open("/audit")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("What they did").select_option("system.show")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("20 entries, the newest first").wait_for()
    page.get_by_role("link", name="20", exact=True).click()
    page.get_by_role("heading", name="Entry 20").wait_for()
    no_barriers(page)
    seat.open("/audit/verification")
    page.get_by_role("button", name="Verify the whole chain").click()
    page.get_by_text("The chain is whole.", exact=True).wait_for()
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
