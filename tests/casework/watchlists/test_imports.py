"""Bulk import: every row has its verdict, a bad one harms no other, twice adds nothing twice, death loses nothing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from overt.casework import Actor
from overt.casework import watchlists as w
from overt.casework.paging import Page
from overt.casework.watchlists import _import_looking
from overt.errors import AuthorityError, InputError, MissingError
from overt.records.tables import AuditEntry, ImportJob, ReferenceImage, WatchlistEntry
from tests.casework.watchlists.desk import COLUMNS, Desk, collins, folder_of, hopper, zip_of
from tests.offices import Clock, Staff

PICTURES = {
    "c.jpg": collins(),
    "h.jpg": hopper(),
    "m/c2.jpg": collins(mirrored=True),
    "bad.jpg": b"no picture",
}


def _results(report: list[w.ImportedRow]) -> dict[str, str]:
    return {row.reference: row.result for row in report}


def _table(desk: Desk) -> list[str]:
    return [
        desk.row("C", "c.jpg; m/c2.jpg"),
        desk.row("H", "h.jpg"),
        desk.row("bad", "bad.jpg"),
        desk.row("partly", "h.jpg;bad.jpg"),
        desk.row("gone", "nowhere.jpg"),
        desk.row("out", "../c.jpg"),
        desk.row("H", "c.jpg"),
        desk.row("old", "c.jpg", image_date="2001-01-01"),
        desk.row("vain", "c.jpg", category="disliked"),
        desk.row("none", ""),
        desk.row("date", "c.jpg", expires_on="tomorrow"),
    ]


EXPECTED = [
    ("C", "added", []),
    ("H", "added", []),
    ("bad", "refused", ["unreadable"]),
    ("partly", "added", ["unreadable"]),
    ("gone", "refused", ["missing"]),
    ("out", "refused", ["outside-folder"]),
    ("H", "refused", ["repeated"]),
    ("old", "refused", ["too-old"]),
    ("vain", "refused", ["outside-policy"]),
    ("none", "refused", ["malformed"]),
    ("date", "refused", ["malformed"]),
]


def _kinds(row: w.ImportedRow) -> list[str]:
    found = [*row.findings, *(one for image in row.images for one in image.findings)]
    return [one.kind for one in found if one.refuses]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_every_row_has_its_verdict_and_a_bad_one_harms_no_other(
    desk: Desk, tmp_path: Path, kind: str
) -> None:
    path = folder_of(tmp_path / "in", _table(desk), PICTURES)
    if kind == "zip":
        members = PICTURES | {"list.csv": path.read_bytes()}
        path = tmp_path / "all.zip"
        path.write_bytes(zip_of({f"in/{name}": content for name, content in members.items()}))
    done, report = desk.import_from(path)
    assert [(row.reference, row.result, _kinds(row)) for row in report] == EXPECTED
    assert (done.state, done.rows, done.done) == ("finished", 11, 11)
    assert (done.added, done.changed, done.unchanged, done.refused) == (3, 0, 0, 8)
    assert report[0].place == "line 2"
    assert [image.result for image in report[3].images] == ["added", "refused"]
    entry = desk.show(report[0].entry_id or "")
    assert (entry.reference, entry.status, entry.images) == ("C", "pending", 2)
    assert entry.category == "wanted for a serious offence"
    assert {one.source for one in entry.reference_images} == {"custody image"}
    pairs = w.list_look_alikes(desk.office, desk.manager, desk.watchlist.id, Page()).items
    assert {(one.first.reference, one.second.reference, one.kind) for one in pairs} in (
        {("H", "partly", "duplicate")},
        {("partly", "H", "duplicate")},
    )


def test_a_dry_run_says_the_same_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = folder_of(tmp_path, _table(desk), PICTURES)
    done, report = desk.import_from(path, dry_run=True)
    assert [(row.reference, row.result, _kinds(row)) for row in report] == EXPECTED
    assert (done.dry_run, done.added) == (True, 3)
    assert {row.entry_id for row in report} == {None}
    with desk.office.database.transaction() as session:
        for table in (WatchlistEntry, ReferenceImage):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_an_import_again_adds_nothing_and_looks_at_nothing_known(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_of(tmp_path, [desk.row("C", "c.jpg;m/c2.jpg"), desk.row("H", "h.jpg")], PICTURES)
    desk.import_from(path)
    entries = w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(), Page()).items
    for entry in entries:
        desk.approve(entry.id)
    before = [desk.show(entry.id) for entry in entries]
    from overt.gallery import EnrolmentDesk

    def never(*_: object) -> None:
        raise AssertionError("a known picture was judged")

    monkeypatch.setattr(EnrolmentDesk, "judge", never)
    done, report = desk.import_from(path)
    assert (done.unchanged, done.added, done.changed) == (2, 0, 0)
    assert [image.result for row in report for image in row.images] == ["unchanged"] * 3
    assert [desk.show(entry.id) for entry in entries] == before


def test_what_has_changed_is_changed_and_loses_its_approval(desk: Desk, tmp_path: Path) -> None:
    rows = [desk.row("C", "c.jpg"), desk.row("H", "h.jpg"), desk.row("S", "c.jpg")]
    _, report = desk.import_from(folder_of(tmp_path, rows, PICTURES))
    ids = {row.reference: row.entry_id or "" for row in report}
    for entry_id in ids.values():
        desk.approve(entry_id)
    rows = [
        desk.row("C", "c.jpg;m/c2.jpg"),
        desk.row("H", "h.jpg", instruction="Observe"),
        desk.row("S", "c.jpg"),
    ]
    done, report = desk.import_from(folder_of(tmp_path, rows, PICTURES))
    assert _results(report) == {"C": "changed", "H": "changed", "S": "unchanged"}
    assert done.changed == 2
    shown = {reference: desk.show(entry_id) for reference, entry_id in ids.items()}
    assert (shown["C"].images, shown["C"].status) == (2, "pending")
    assert (shown["H"].instruction, shown["H"].status) == ("Observe", "pending")
    assert shown["S"].status == "approved"


def test_a_withdrawn_subject_does_not_come_back_by_an_import(desk: Desk, tmp_path: Path) -> None:
    path = folder_of(tmp_path, [desk.row("C", "c.jpg")], PICTURES)
    _, (row,) = desk.import_from(path)
    w.withdraw_entry(desk.office, desk.manager, row.entry_id or "", w.Withdrawal(reason="Found"))
    _, (row,) = desk.import_from(path)
    assert (row.result, _kinds(row)) == ("refused", ["withdrawn"])


def test_a_list_that_is_full_takes_no_more(desk: Desk, tmp_path: Path) -> None:
    shorter = msgspec.structs.replace(desk.office.policy.watchlists, most_entries=1)
    desk.office.policy = msgspec.structs.replace(desk.office.policy, watchlists=shorter)
    path = folder_of(tmp_path, [desk.row("C", "c.jpg"), desk.row("H", "h.jpg")], PICTURES)
    for dry_run in (True, False):
        _, report = desk.import_from(path, dry_run=dry_run)
        assert _results(report) == {"C": "added", "H": "refused"}
        assert _kinds(report[1]) == ["outside-policy"]


def test_a_table_that_cannot_be_read_fails_the_import_and_says_so(desk: Desk, tmp_path: Path) -> None:
    path = folder_of(tmp_path, ["A,B"], {}, columns="reference,name")
    job = w.start_import(desk.office, desk.manager, desk.watchlist.id)
    with pytest.raises(InputError, match="lacks the columns"):
        w.carry_out_import(desk.office, desk.manager, job.id, w.open_source(path))
    shown = w.show_import(desk.office, desk.manager, job.id)
    assert shown.state == "failed"
    assert "lacks the columns" in shown.failure


class _Dying:
    """A source whose process dies while it reads a picture."""

    def __init__(self, source: w.ImportSource, after: int) -> None:
        self._source, self._left, self.name = source, after, source.name

    def table(self) -> bytes:
        return self._source.table()

    def fault_of(self, picture: str) -> str:
        return self._source.fault_of(picture)

    def read(self, picture: str, most: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise SystemExit
        return self._source.read(picture, most)

    def close(self) -> None:
        self._source.close()


def test_what_was_interrupted_is_carried_on_by_importing_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_import_looking, "_BATCH", 2)
    pictures = {f"{at}.jpg": collins(lighter=at) for at in range(5)}
    path = folder_of(tmp_path, [desk.row(f"R{at}", f"{at}.jpg") for at in range(5)], pictures)
    job = w.start_import(desk.office, desk.manager, desk.watchlist.id)
    with pytest.raises(SystemExit):
        w.carry_out_import(desk.office, desk.manager, job.id, _Dying(w.open_source(path), 4))
    shown = w.show_import(desk.office, desk.manager, job.id)
    assert (shown.state, shown.done, shown.added) == ("interrupted", 4, 4)
    done, report = desk.import_from(path)
    assert (done.added, done.unchanged) == (1, 4)
    assert len(report) == 5


def test_an_import_left_running_by_a_dead_process_is_marked_at_the_next_start(
    desk: Desk, tmp_path: Path
) -> None:
    job = w.start_import(desk.office, desk.manager, desk.watchlist.id)
    assert w.interrupt_imports(desk.office, Actor.software("server")) == 1
    assert w.show_import(desk.office, desk.manager, job.id).state == "interrupted"
    assert w.interrupt_imports(desk.office, Actor.software("server")) == 0
    source = w.open_source(folder_of(tmp_path, [desk.row("C", "c.jpg")], PICTURES))
    alive = w.carry_out_import(
        desk.office, desk.manager, job.id, source
    )  # the process was not dead after all
    assert (alive.state, alive.added) == ("finished", 1)


def test_progress_is_told_batch_by_batch(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_import_looking, "_BATCH", 2)
    path = folder_of(tmp_path, [desk.row(f"R{at}", "bad.jpg") for at in range(5)], PICTURES)
    told: list[tuple[int, int, int]] = []
    job = w.start_import(desk.office, desk.manager, desk.watchlist.id)

    def progress(done: int, total: int) -> None:
        told.append((done, total, w.show_import(desk.office, desk.manager, job.id).done))

    w.carry_out_import(desk.office, desk.manager, job.id, w.open_source(path), progress)
    assert told == [(2, 5, 2), (4, 5, 4), (5, 5, 5)]


def test_reports_are_sealed_and_the_chain_names_nobody(desk: Desk, tmp_path: Path) -> None:
    done, _ = desk.import_from(
        folder_of(tmp_path, [desk.row("SecretRef", "c.jpg", name="SecretName")], PICTURES)
    )
    with desk.office.database.transaction() as session:
        sealed = session.get_one(ImportJob, done.id).sealed_report or b""
        chain = " ".join(f"{one.subject}{one.details}" for one in session.scalars(select(AuditEntry)))
    assert b"Secret" not in sealed
    assert "Secret" not in chain


def test_imports_are_listed_newest_first_and_reports_by_result(
    desk: Desk, tmp_path: Path, clock: Clock
) -> None:
    path = folder_of(tmp_path, [desk.row("C", "c.jpg"), desk.row("bad", "bad.jpg")], PICTURES)
    first, _ = desk.import_from(path)
    clock.turn(seconds=1)
    second, _ = desk.import_from(path)
    page = w.list_imports(desk.office, desk.manager, desk.watchlist.id, Page(limit=1))
    rest = w.list_imports(desk.office, desk.manager, desk.watchlist.id, Page(after=page.next, limit=1))
    assert [one.id for one in (*page.items, *rest.items)] == [second.id, first.id]
    refused = w.show_import_report(desk.office, desk.manager, first.id, Page(), "refused")
    assert [row.reference for row in refused.items] == ["bad"]
    halves = [
        w.show_import_report(desk.office, desk.manager, first.id, Page(limit=1, after=at))
        for at in (None, "1")
    ]
    assert [half.items[0].reference for half in halves] == ["C", "bad"]
    assert [half.next for half in halves] == ["1", None]


def test_only_a_manager_imports(desk: Desk, staff: Staff, tmp_path: Path) -> None:
    with pytest.raises(AuthorityError):
        w.start_import(desk.office, staff("auditor"), desk.watchlist.id)
    with pytest.raises(MissingError):
        w.start_import(desk.office, desk.manager, "watchlist-0")


def _exported(desk: Desk, *, pictures: bool = False) -> bytes:
    out = io.BytesIO()
    view = w.export_watchlist(desk.office, desk.officer, desk.watchlist.id, out, pictures=pictures)
    assert view.entries == 2
    return out.getvalue()


def test_an_export_can_be_reviewed_and_imported_and_holds_no_formula_and_no_template(
    desk: Desk, tmp_path: Path, clock: Clock
) -> None:
    evil = '=cmd|"/c calc"!A1'
    desk.add("A", name=evil, notes="+1; @x", warnings=("a", "b"), date_of_birth=dt.date(1990, 1, 31))
    clock.turn(seconds=1)
    entry_id = desk.add("B", collins())
    table = _exported(desk).decode("utf-8-sig")
    cells = list(csv.DictReader(io.StringIO(table)))
    assert cells[0]["name"] == "'" + evil
    assert cells[0]["notes"] == "'+1; @x"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in cells for cell in row.values())
    assert (cells[1]["image"], cells[1]["status"]) == ("portrait.jpg", "pending")
    (tmp_path / "portrait.jpg").write_bytes(collins())
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    _, report = desk.import_from(tmp_path / "list.csv")
    assert _results(report) == {"A": "unchanged", "B": "unchanged"}
    archive = zipfile.ZipFile(io.BytesIO(_exported(desk, pictures=True)))
    (image,) = desk.show(entry_id).reference_images
    assert archive.namelist() == [f"images/{image.id}.jpg", "list.csv"]
    shown = w.show_image(desk.office, desk.manager, image.id).content
    assert archive.read(f"images/{image.id}.jpg") == shown
    with desk.office.database.transaction() as session:
        commands = session.scalars(select(AuditEntry.command)).all()
    assert commands.count("watchlists.export") == 2


def test_a_table_of_other_columns_is_no_table(desk: Desk, tmp_path: Path) -> None:
    assert COLUMNS.count(",") == 9
    with pytest.raises(InputError):
        desk.import_from(folder_of(tmp_path, [], {}))
