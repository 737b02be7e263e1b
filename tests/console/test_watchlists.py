"""Watchlists, entries and imports in the console: who sees what, what is refused and how, what the chain holds."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import watchlists as w
from overt.casework.paging import Page
from overt.records.tables import AuditEntry
from tests.casework.watchlists.desk import COLUMNS, Desk, collins, hopper
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

Visit = Callable[..., Visitor]


@pytest.fixture
def desk(office: Office, staff: Staff, pack: ModelPack) -> Desk:
    manager, officer = staff("watchlist-manager"), staff("authorising-officer")
    new = w.NewWatchlist(title="Tonight", purpose="High street", pack=pack.manifest.id)
    return Desk(office, manager, officer, w.create_watchlist(office, manager, new))


def filled_in(desk: Desk, **fields: Any) -> dict[str, Any]:
    usual = {
        "name": "Eileen Collins",
        "reference": "C/1",
        "category": "wanted for a serious offence",
        "lawful_basis": "Warrant 17",
        "born_unknown": "yes",
        "instruction": "Arrest",
        "warnings": "may be armed\n\nneeds medication\n",
        "expires_on": str(desk.today + dt.timedelta(days=30)),
        "source": "custody image",
        "taken_on": str(desk.today - dt.timedelta(days=100)),
    }
    return {name: value for name, value in (usual | fields).items() if value is not None}


def entries(desk: Desk, **wanted: Any) -> tuple[w.EntrySummary, ...]:
    found = w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(**wanted), Page())
    return found.items


def said_in_chain(desk: Desk, command: str) -> int:
    with desk.office.database.reading() as session:
        return session.query(AuditEntry).filter(AuditEntry.command == command).count()


def test_a_list_is_made_changed_reviewed_and_deleted(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    refused = manager.post("/watchlists", {"title": "", "purpose": "Market day"})
    assert refused.status_code == 422
    assert "Market day" in refused.text
    made = manager.post("/watchlists", {"title": "Market", "purpose": "Market day", "pack": "embedded"})
    there = made.headers["location"]
    assert "Nobody is on this list" in manager.get(there).text
    assert manager.post(f"{there}/change", {"title": "Market", "purpose": ""}).status_code == 422
    manager.post(f"{there}/change", {"title": "Fair", "purpose": "Fair day"})
    assert "Fair day" in manager.get("/watchlists").text
    manager.post(f"{there}/review", {})
    assert "never" not in manager.get(there).text.partition("List reviewed")[2][:80]
    settings = manager.get(f"{there}/settings").text
    assert "no backup can bring any of it back" in settings
    assert manager.post(f"{there}/delete", {}).headers["location"] == "/watchlists"
    assert manager.get(there).status_code == 404


def test_a_review_that_is_past_due_is_said_loudly(visit: Visit, desk: Desk, clock: Clock) -> None:
    desk.add("A")
    clock.turn(days=9)
    manager = visit("watchlist-manager")
    assert "past due since" in manager.get("/watchlists").text
    assert "review is past due" in manager.get(f"/watchlists/{desk.watchlist.id}").text


def test_a_subject_is_enrolled_with_a_picture(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    there = f"/watchlists/{desk.watchlist.id}/entries"
    answer = manager.post(there, filled_in(desk), files={"picture": ("c.jpg", collins(), "image/jpeg")})
    assert answer.status_code == 303
    page = manager.get(answer.headers["location"]).text
    assert "Eileen Collins" in page
    assert "needs medication" in page
    (entry,) = entries(desk)
    assert (entry.status, entry.images, entry.warnings) == (
        "pending",
        1,
        ("may be armed", "needs medication"),
    )
    answer = manager.post(there, filled_in(desk, reference="C/2", without_picture="yes", then="another"))
    assert answer.headers["location"].endswith("/enrol")


def test_a_refused_form_says_everything_that_is_wrong_and_loses_no_word(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    there = f"/watchlists/{desk.watchlist.id}/entries"
    written = filled_in(desk, born_unknown=None, date_of_birth="", name="", taken_on="")
    answer = manager.post(there, written, files={"picture": ("", b"", "application/octet-stream")})
    assert answer.status_code == 422
    for said in ("A date of birth is needed", "There is no picture", "Warrant 17", 'href="#field-name"'):
        assert said in answer.text
    assert not entries(desk)


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (b"no picture at all", "This is not a picture that can be read"),
        (None, "No face was found"),
    ],
)
def test_a_refused_picture_is_told_in_words_and_adds_nothing(
    visit: Visit, desk: Desk, picture: bytes | None, said: str
) -> None:
    import numpy as np

    from tests.casework.watchlists.desk import jpeg

    content = picture or jpeg(np.full((300, 300, 3), 120, np.uint8))
    manager = visit("watchlist-manager")
    files = {"picture": ("c.jpg", content, "image/jpeg")}
    answer = manager.post(f"/watchlists/{desk.watchlist.id}/entries", filled_in(desk), files=files)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Eileen Collins"' in answer.text
    assert not entries(desk)
    judged = manager.post(f"/watchlists/{desk.watchlist.id}/judge", {}, files=files)
    assert judged.status_code == 200
    assert 'data-accepted="no"' in judged.text
    assert said in judged.text


def test_a_picture_is_judged_with_its_day_or_before_it_is_known(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    there = f"/watchlists/{desk.watchlist.id}/judge"
    files = {"picture": ("c.jpg", collins(), "image/jpeg")}
    fresh = manager.post(there, {"taken_on": ""}, files=files).text
    assert 'data-accepted="yes"' in fresh
    assert "Nobody knows" not in fresh
    assert '<rect class="taken good"' in fresh
    assert "Nobody knows" in manager.post(there, {"taken_unknown": "yes"}, files=files).text
    stale = manager.post(there, {"taken_on": "2010-01-01"}, files=files).text
    assert 'data-accepted="no"' in stale
    assert "Give a more recent picture" in stale
    assert not entries(desk)


def test_entries_are_approved_each_by_a_command_and_the_rest_is_told(visit: Visit, desk: Desk) -> None:
    grown, child = (
        desk.add("A", collins()),
        desk.add("B", hopper(), date_of_birth=desk.today.replace(year=2012)),
    )
    officer = visit("authorising-officer")
    there = f"/watchlists/{desk.watchlist.id}"
    assert "No entry is ticked" in officer.post(f"{there}/selected", {"do": "approve"}).text
    before = said_in_chain(desk, "entries.approve")
    ticked = {"do": "approve", "entry": [f"{grown}:2", f"{child}:2"]}
    answer = officer.post(f"{there}/selected?status=pending", ticked)
    assert "1 approved, 1 left" in answer.text
    assert "under 18" in answer.text
    assert said_in_chain(desk, "entries.approve") == before + 2
    reasoned = {"do": "approve", "entry": [f"{child}:2"], f"reason-{child}": "Missing since Tuesday"}
    answer = officer.post(f"{there}/selected?status=pending", reasoned)
    assert answer.headers["location"] == f"{there}?status=pending"
    assert {one.status for one in entries(desk)} == {"approved"}
    assert "Missing since Tuesday" in officer.get(f"/entries/{child}").text


def test_an_entry_that_was_changed_meanwhile_is_not_approved(visit: Visit, desk: Desk) -> None:
    entry_id = desk.add("A", collins())
    officer = visit("authorising-officer")
    w.change_entry(desk.office, desk.manager, entry_id, w.EntryChange(instruction="Speak to them"))
    answer = officer.post(f"/entries/{entry_id}/approve", {"revision": "2"})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert officer.post(f"/entries/{entry_id}/approve", {"revision": "3"}).status_code == 303


def test_an_entry_is_changed_reviewed_withdrawn_and_deleted(visit: Visit, desk: Desk) -> None:
    entry_id = desk.add("A", collins(), warnings=("violent",))
    manager, here = visit("watchlist-manager"), f"/entries/{entry_id}"
    assert ">violent</textarea>" in manager.get(f"{here}/change").text
    wrong = manager.post(f"{here}/change", filled_in(desk, expires_on="2020-01-01"))
    assert wrong.status_code == 422
    assert "has passed" in wrong.text, wrong.text.partition("<main")[2]
    assert manager.post(f"{here}/change", filled_in(desk, warnings="")).status_code == 303
    assert desk.show(entry_id).warnings == ()
    assert manager.post(f"{here}/review", {"watchlist_id": desk.watchlist.id}).status_code == 303
    assert manager.post(f"{here}/withdraw", {"reason": ""}).status_code == 422
    assert manager.post(f"{here}/withdraw", {"reason": "Found"}).status_code == 303
    assert "Found" in manager.get(here).text
    gone = manager.post(f"{here}/delete", {"watchlist_id": desk.watchlist.id})
    assert gone.headers["location"] == f"/watchlists/{desk.watchlist.id}"
    assert manager.get(here).status_code == 404


def test_another_picture_is_added_and_taken_away(visit: Visit, desk: Desk) -> None:
    entry_id = desk.add("A", collins())
    manager, here = visit("watchlist-manager"), f"/entries/{entry_id}"
    fields = {"source": "passport office", "taken_on": str(desk.today)}
    files = {"picture": ("m.jpg", collins(mirrored=True), "image/jpeg")}
    assert manager.post(f"{here}/images", fields, files=files).status_code == 303
    assert desk.show(entry_id).images == 2
    bad = manager.post(f"{here}/images", fields, files={"picture": ("m.jpg", b"x", "image/jpeg")})
    assert (bad.status_code, "passport office" in bad.text) == (422, True)
    image = desk.show(entry_id).reference_images[0].id
    gone = manager.post(f"/images/{image}/delete", {"entry_id": entry_id})
    assert gone.headers["location"] == here
    assert desk.show(entry_id).images == 1


def test_a_look_at_a_picture_is_in_the_chain_once_in_a_while(visit: Visit, desk: Desk) -> None:
    image = desk.show(desk.add("A", collins())).reference_images[0].id
    officer, other = visit("authorising-officer"), visit("auditor")
    before = said_in_chain(desk, "images.show")
    for visitor in (officer, officer, other, officer):
        answer = visitor.get(f"/images/{image}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
    assert said_in_chain(desk, "images.show") == before + 2
    w.delete_image(desk.office, desk.manager, image)
    assert officer.get(f"/images/{image}").status_code == 404


def test_entries_are_found_by_what_is_open_and_by_what_is_sealed(visit: Visit, desk: Desk) -> None:
    desk.add("A/1", warnings=("violent",))
    desk.add("B/2", expires_on=desk.today + dt.timedelta(days=3))
    planner = visit("deployment-planner")
    there = f"/watchlists/{desk.watchlist.id}"
    for query, shown, hidden in (
        ("text=a%2F1", "A/1", "B/2"),
        ("warned=true", "A/1", "B/2"),
        ("due=week", "B/2", "A/1"),
        ("status=pending&text=B", "B/2", "A/1"),
    ):
        page = planner.get(f"{there}?{query}").text.partition("<tbody>")[2]
        assert shown in page
        assert hidden not in page
    assert "No entry of this list is like that" in planner.get(f"{there}?text=nobody").text
    assert planner.get(f"{there}?status=nonsense").status_code == 422


def test_each_sees_what_is_theirs(visit: Visit, desk: Desk) -> None:
    entry_id = desk.add("A", collins())
    here = f"/watchlists/{desk.watchlist.id}"
    shown = {
        role: visit(role).get(here).text
        for role in ("watchlist-manager", "authorising-officer", "deployment-planner", "auditor")
    }
    assert "/enrol" in shown["watchlist-manager"]
    assert "Approve those ticked" in shown["authorising-officer"]
    for role in ("deployment-planner", "auditor"):
        assert 'name="entry"' not in shown[role]
        assert "/enrol" not in shown[role]
    assert "/export" not in shown["deployment-planner"]
    assert "/export" in shown["auditor"]
    assert f"/audit?subject={entry_id}" in visit("auditor").get(f"/entries/{entry_id}").text
    for role in ("administrator", "lfr-operator"):
        assert visit(role).get(here).status_code == 403
    assert visit("lfr-operator").get(f"/entries/{entry_id}").status_code == 403


def test_a_list_is_exported(visit: Visit, desk: Desk) -> None:
    desk.add("A", collins())
    auditor = visit("auditor")
    table = auditor.get(f"/watchlists/{desk.watchlist.id}/export")
    assert "Name of A" in table.text
    archive = auditor.get(f"/watchlists/{desk.watchlist.id}/export?pictures=true")
    assert "list.csv" in zipfile.ZipFile(io.BytesIO(archive.content)).namelist()


def test_look_alikes_stand_side_by_side(visit: Visit, desk: Desk) -> None:
    first, second = desk.add("A", collins()), desk.add("B", collins(mirrored=True))
    page = visit("auditor").get(f"/watchlists/{desk.watchlist.id}/look-alikes").text
    for entry_id in (first, second):
        image = desk.show(entry_id).reference_images[0].id
        assert f'href="/images/{image}"' in page
    assert "cannot reliably tell these two apart" in page


def archive_of(desk: Desk, *rows: str, **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("list.csv", "\n".join((COLUMNS, *rows)))
        for name, content in files.items():
            made.writestr(f"{name}.jpg", content)
    return out.getvalue()


def send(visitor: Visitor, desk: Desk, archive: bytes, *, dry_run: bool, **headers: str) -> Any:
    from overt.console.viewer import csrf_of

    told = {"Content-Type": "application/zip", "X-Overt-Csrf": csrf_of(visitor.secret or "")} | headers
    return visitor.client.request(
        "POST",
        f"/watchlists/{desk.watchlist.id}/imports?dry_run={str(dry_run).lower()}",
        content=archive,
        headers={
            "Origin": "http://localhost",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": f"overt-session={visitor.secret}",
            **told,
        },
    )


def finished(visitor: Visitor, import_id: str) -> str:
    """The progress of an import once it is over; the import itself is waited for by its own state."""
    import time

    until = time.monotonic() + 120
    while time.monotonic() < until:
        text = visitor.get(f"/imports/{import_id}/progress").text
        if 'data-state="running"' not in text:
            return text
        time.sleep(0.05)
    raise AssertionError("the import does not end")


def test_an_archive_is_tried_then_imported_and_its_rows_are_told(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    archive = archive_of(
        desk, desk.row("A", "a.jpg"), desk.row("=1+1", "b.jpg"), a=collins(), b=b"not a picture"
    )
    job = send(manager, desk, archive, dry_run=True).json()["id"]
    text = finished(manager, job)
    assert 'data-state="finished"' in text
    assert 'data-takes="1"' in text
    assert not entries(desk)
    looks = said_in_chain(desk, "imports.show")
    assert manager.get(f"/imports/{job}/progress").status_code == 200
    assert said_in_chain(desk, "imports.show") == looks
    job = send(manager, desk, archive, dry_run=False).json()["id"]
    finished(manager, job)
    assert [one.reference for one in entries(desk)] == ["A"]
    page = manager.get(f"/imports/{job}?result=refused").text
    assert "line 3" in page
    assert "Give a whole JPEG, PNG, WebP or BMP file" in page
    assert "line 2" not in page
    report = manager.get(f"/imports/{job}/report.csv?result=refused")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "'=1+1" in report.text
    assert "Give a whole JPEG" in report.text
    assert visit("auditor").get(f"/imports/{job}").status_code == 200
    assert "/imports/" in manager.get(f"/watchlists/{desk.watchlist.id}/imports").text


def test_an_archive_needs_the_pages_token_and_to_be_one(visit: Visit, desk: Desk) -> None:
    manager = visit("watchlist-manager")
    archive = archive_of(desk, desk.row("A", "a.jpg"), a=collins())
    assert send(manager, desk, archive, dry_run=True, **{"X-Overt-Csrf": "0" * 64}).status_code == 403
    assert send(manager, desk, archive, dry_run=True, Origin="https://elsewhere.test").status_code == 403
    assert send(manager, desk, archive, dry_run=True, **{"Content-Type": "text/plain"}).status_code == 415
    refused = send(manager, desk, b"no archive", dry_run=True)
    assert (refused.status_code, bool(refused.json()["remedy"])) == (422, True)
    assert send(visit("authorising-officer"), desk, archive, dry_run=True).status_code == 403


def test_an_import_that_was_cut_short_is_said_to_be(visit: Visit, desk: Desk) -> None:
    from overt.casework import Actor

    job = w.start_import(desk.office, desk.manager, desk.watchlist.id)
    w.interrupt_imports(desk.office, Actor.software("server"))
    page = visit("watchlist-manager").get(f"/imports/{job.id}").text
    assert "Interrupted" in page
    assert "Send the same archive again" in page
