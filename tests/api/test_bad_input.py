"""Bad input through the API: each refused or handled with a clear error, nothing lost, nothing leaked."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
from datetime import timedelta
from typing import Any

import cv2
import httpx
import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from tests.api.conftest import Caller, Callers, is_problem
from tests.gallery.portraits import astronaut, hopper, png_of, with_orientation
from tests.offices import Clock

HEADER = "reference,name,category,lawful_basis,date_of_birth,instruction,expires_on,image,image_source,image_date\n"
CATEGORY = "subject to a court order"


def _jpeg(image: Any) -> bytes:
    done, content = cv2.imencode(".jpg", image)
    assert done
    return bytes(content)


def _row(reference: str, image: str, name: str = "Eileen Collins") -> str:
    words = (reference, name, CATEGORY, "Warrant 7", "unknown", "Confirm", "2026-06-20", image)
    return ",".join((*words, "custody", "2025-06-01")) + "\n"


def _zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def manager(callers: Callers, pack: ModelPack) -> Caller:
    """A watchlist manager."""
    return callers("watchlist-manager")


@pytest.fixture
def listed(manager: Caller) -> str:
    """The id of a list."""
    made = manager("POST", "/watchlists", {"title": "Courts", "purpose": "Wanted by the courts"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.fixture
def entry(manager: Caller, listed: str) -> str:
    """The id of an entry."""
    made = manager("POST", f"/watchlists/{listed}/entries", _entry())
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _entry(reference: str = "W-1") -> dict[str, Any]:
    return {
        "reference": reference,
        "name": "Eileen Collins",
        "category": CATEGORY,
        "lawful_basis": "Warrant 7",
        "date_of_birth": "unknown",
        "instruction": "Confirm who she is",
        "expires_on": "2026-06-20",
    }


def _offer(manager: Caller, entry: str, content: bytes, **more: Any) -> httpx.Response:
    fields = {"source": "custody", "taken_on": "2025-06-01"} | more
    return manager(
        "POST", f"/entries/{entry}/images", files={"picture": ("picture.jpg", content)}, data=fields
    )


def _import(manager: Caller, listed: str, content: bytes, *, dry_run: bool = False) -> httpx.Response:
    return manager(
        "POST",
        f"/watchlists/{listed}/imports",
        content=content,
        params={"dry_run": dry_run},
        headers={"Content-Type": "application/zip"},
    )


def _finished(manager: Caller, listed: str, content: bytes, **more: bool) -> dict[str, Any]:
    begun = _import(manager, listed, content, **more)
    assert begun.status_code == 202, begun.text
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        view: dict[str, Any] = manager("GET", f"/imports/{begun.json()['id']}").json()
        if view["state"] != "running":
            return view
        time.sleep(0.05)
    raise AssertionError(view)


def _nothing_is_left_of_uploads(office: Office) -> None:
    folder = office.folder / "tmp"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_file_that_is_no_fit_picture_is_refused_with_its_reason(manager: Caller, entry: str) -> None:
    for content in (
        b"",
        b"no picture at all" * 99,
        _jpeg(astronaut())[:2000],
        png_of(10_000, 10_000),
        png_of(50_000, 50_000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ):
        answer = _offer(manager, entry, content)
        assert answer.status_code == 200, answer.text
        outcome = answer.json()
        assert (outcome["result"], outcome["image_id"]) == ("refused", None)
        assert [found["detail"] for found in outcome["verdict"]["findings"] if found["refuses"]], outcome
    assert manager("GET", f"/entries/{entry}").json()["images"] == 0


def test_a_picture_is_taken_once_turned_as_it_was_held_and_without_its_metadata(
    manager: Caller, entry: str, office: Office
) -> None:
    turned = with_orientation(_jpeg(cv2.rotate(astronaut(), cv2.ROTATE_90_COUNTERCLOCKWISE)), 6)
    first, again = _offer(manager, entry, turned), _offer(manager, entry, turned)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert again.json()["result"] == "unchanged"
    shown = manager("GET", f"/images/{first.json()['image_id']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    assert b"Exif" not in shown.content
    _nothing_is_left_of_uploads(office)


def test_a_form_that_does_not_fit_is_told_where(manager: Caller, entry: str) -> None:
    fit: dict[str, str] = {"source": "x", "taken_on": "unknown"}
    for files, data in (
        ({"x": b""}, fit),
        ({"picture": b"x"}, {"source": "x"}),
        ({"picture": b"x"}, fit | {"taken_on": "yesterday"}),
        ({"picture": b"x"}, fit | {"more": "y"}),
        ({"picture": b"x", "other": b"y"}, fit),
        ({"source": b"x"}, {"picture": "x", "taken_on": "unknown"}),
    ):
        sent = {name: ("x.jpg", content) for name, content in files.items()}
        answer = manager("POST", f"/entries/{entry}/images", files=sent, data=data)
        is_problem(answer, 400 if len(files) + len(data) > 3 else 422)


def test_a_body_that_is_no_form_or_no_zip_is_not_read(manager: Caller, entry: str, listed: str) -> None:
    is_problem(manager("POST", f"/entries/{entry}/images", {"picture": "x"}), 415)
    broken = {"Content-Type": "multipart/form-data"}
    is_problem(manager("POST", f"/entries/{entry}/images", content=b"--x", headers=broken), 400)
    is_problem(manager("POST", f"/watchlists/{listed}/imports", content=b"x"), 415)


def test_a_picture_over_the_limit_is_stopped(manager: Caller, entry: str) -> None:
    is_problem(_offer(manager, entry, bytes(33 << 20)), 413)


def _linked() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("list.csv", HEADER)
        link = zipfile.ZipInfo("a.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def _encrypted() -> bytes:
    content = bytearray(_zip({"list.csv": HEADER.encode()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    return bytes(content)


def test_an_unsafe_archive_is_refused_whole_before_an_import_begins(
    manager: Caller, listed: str, office: Office
) -> None:
    table = {"list.csv": HEADER.encode()}
    unsafe = {
        "empty": b"",
        "an empty archive": b"PK\x05\x06" + bytes(18),
        "noise": os.urandom(5000),
        "cut short": _zip(table)[:-30],
        "no table": _zip({"a.jpg": b"x"}),
        "two tables": _zip({"a.csv": HEADER.encode(), "b.csv": HEADER.encode()}),
        "a table outside": _zip({"../../list.csv": HEADER.encode()}),
        "a picture outside": _zip(table | {"../../../etc/cron.d/x": b"x"}),
        "from the root": _zip({"/list.csv": HEADER.encode()}),
        "a drive": _zip(table | {"C:\\x.jpg": b"x"}),
        "an archive in it": _zip(table | {"more.zip": _zip({"a.jpg": b"x"})}),
        "a bomb": _zip(table | {"a.jpg": bytes(64 << 20)}),
        "a link": _linked(),
        "encrypted": _encrypted(),
    }
    for name, content in unsafe.items():
        answer = _import(manager, listed, content)
        assert answer.status_code == 422, (name, answer.text)
        assert str(office.folder) not in str(is_problem(answer, 422))
    assert manager("GET", f"/watchlists/{listed}/imports").json()["total"] == 0
    _nothing_is_left_of_uploads(office)


def test_a_table_that_cannot_be_read_fails_the_import_and_says_why(manager: Caller, listed: str) -> None:
    for table in (
        b"",
        b"\xff\xfe\x00\x01",
        b"reference;name\nx;y\n",
        b"nothing,that,is,known\n1,2,3,4\n",
        HEADER.encode("utf-16-be"),
        b'reference,name\n"open,',
        b"\x00\x00\x00",
    ):
        view = _finished(manager, listed, _zip({"list.csv": table}))
        assert view["state"] == "failed", (table, view)
        assert view["failure"]
    assert manager("GET", f"/watchlists/{listed}/entries").json()["total"] == 0


def test_a_bad_row_harms_no_other_and_importing_twice_adds_nothing_twice(
    manager: Caller, listed: str, office: Office
) -> None:
    rows = (
        HEADER,
        _row("W-1", "collins.jpg"),
        _row("W-1", "collins.jpg"),
        _row("W-2", "../../../etc/passwd"),
        _row("W-3", "missing.jpg"),
        _row("W-4", "broken.jpg"),
        _row("W-5", "hopper.jpg", name="Grace Hopper"),
    )
    content = _zip(
        {
            "list.csv": "".join(rows).encode(),
            "collins.jpg": _jpeg(astronaut()),
            "hopper.jpg": _jpeg(hopper()),
            "broken.jpg": _jpeg(hopper())[:1000],
        }
    )
    assert _finished(manager, listed, content, dry_run=True)["added"] == 2
    assert manager("GET", f"/watchlists/{listed}/entries").json()["total"] == 0
    first = _finished(manager, listed, content)
    assert (first["state"], first["rows"], first["added"], first["refused"]) == ("finished", 6, 2, 4)
    report = manager("GET", f"/imports/{first['id']}/report", params={"result": "refused"}).json()
    assert report["total"] == 4
    assert all(found["findings"] or found["images"] for found in report["items"])
    assert "root:" not in str(report)
    again = _finished(manager, listed, content)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    entries = manager("GET", f"/watchlists/{listed}/entries").json()
    assert sorted(one["name"] for one in entries["items"]) == ["Eileen Collins", "Grace Hopper"]
    _nothing_is_left_of_uploads(office)


def test_an_export_for_review_comes_as_a_table_and_as_an_archive_and_holds_no_template(
    manager: Caller, listed: str, entry: str
) -> None:
    assert _offer(manager, entry, _jpeg(astronaut())).status_code == 201
    table = manager("GET", f"/watchlists/{listed}/export")
    assert table.headers["content-type"].startswith("text/csv")
    assert "Eileen Collins" in table.text
    archive = manager("GET", f"/watchlists/{listed}/export", params={"pictures": True})
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.testzip() is None
        assert sorted(name.rpartition(".")[2] for name in opened.namelist()) == ["csv", "jpg"]


def test_a_reference_that_is_there_already_is_a_conflict(manager: Caller, listed: str, entry: str) -> None:
    found = is_problem(manager("POST", f"/watchlists/{listed}/entries", _entry()), 409)
    assert "Eileen" not in str(found)
    assert manager("GET", f"/watchlists/{listed}/entries").json()["total"] == 1


def test_a_token_that_has_expired_or_was_revoked_lets_nobody_in(callers: Callers, clock: Clock) -> None:
    auditor = callers("auditor")
    made = [
        auditor("POST", "/self/tokens", {"name": name, "scopes": ["audit"], "days": 1}).json()
        for name in ("short", "lost")
    ]
    programs = [callers.nobody(), callers.nobody()]
    for program, token in zip(programs, made, strict=True):
        program.token = token["secret"]
        assert program("GET", "/audit/entries").status_code == 200
    is_problem(programs[0]("GET", "/people"), 403)
    assert auditor("POST", f"/self/tokens/{made[1]['token']['id']}/revoke").status_code == 200
    is_problem(programs[1]("GET", "/audit/entries"), 401)
    clock.turn(seconds=timedelta(days=1).total_seconds())
    is_problem(programs[0]("GET", "/audit/entries"), 401)
    is_problem(auditor("GET", "/audit/entries"), 401)


def test_a_wrong_role_uploads_nothing(callers: Callers, listed: str, entry: str) -> None:
    for role in ("administrator", "lfr-operator", "auditor", "authorising-officer"):
        other = callers(role)
        is_problem(_offer(other, entry, _jpeg(astronaut())), 403)
        is_problem(_import(other, listed, _zip({"list.csv": HEADER.encode()})), 403)
