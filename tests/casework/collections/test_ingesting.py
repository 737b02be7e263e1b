"""Ingestion: every row has its verdict, twice adds nothing twice, death in the middle loses and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from overt.casework import collections as c
from overt.casework.collections import _looking
from overt.errors import AuthorityError, InputError, MissingError
from overt.gallery import EnrolmentDesk
from overt.records.tables import AuditEntry, CollectionImage, CollectionTemplate
from tests.casework.collections.suite import EVERY, Suite, folder_of
from tests.casework.watchlists.desk import collins, hopper, zip_of
from tests.offices import Staff

FILES = {
    "A-1/front.jpg": collins(),
    "A-1/later/side.jpg": collins(mirrored=True),
    "B-2.jpg": hopper(),
    "bad.jpg": b"no picture",
    ".hidden/x.jpg": hopper(),
    "notes.txt": b"nothing to do with it",
}
RESULTS = {
    "A-1/front.jpg": "added",
    "A-1/later/side.jpg": "added",
    "B-2.jpg": "added",
    "bad.jpg": "unreadable",
}


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_pictures_without_a_table_go_by_their_folders(suite: Suite, tmp_path: Path, kind: str) -> None:
    path = folder_of(tmp_path / "in", FILES)
    if kind == "archive":
        path = tmp_path / "in.zip"
        path.write_bytes(zip_of(FILES))
    done = suite.ingest(path)
    assert suite.results(done) == RESULTS
    assert (done.kind, done.state, done.rows, done.done) == (kind, "finished", 4, 4)
    assert (done.added, done.unchanged, done.refused, done.refused_by) == (3, 0, 1, {"unreadable": 1})
    assert done.rate is not None
    assert done.rate > 0
    assert [row.reference for row in suite.rows(done)] == ["A-1", "A-1/later", "B-2", "bad"]
    shown = suite.show()
    assert (shown.records, shown.images, shown.searched) == (3, 3, 3)
    record = suite.record("  b-2 ")
    assert [image.file for image in record.images] == ["B-2.jpg"]
    assert record.images[0].measures["quality"] == record.images[0].quality > 0
    assert suite.numbers() == [1, 2, 3]


def test_a_manifest_says_whose_and_what_besides_and_its_bad_rows_harm_no_other(
    suite: Suite, tmp_path: Path
) -> None:
    table = """\
Image,Reference,Image date,Review-by,Name,Suite
m/1.jpg,A/1,2026-01-31,2027-01-31,Ann Example,7
m/2.jpg,A/1,unknown,,Ann Example,
h.jpg,H/2,,,Other Example,3
gone.jpg,H/2,,,,
../out.jpg,X/1,,,,
/etc/passwd,X/2,,,,
h.jpg,,,,,
,X/3,,,,
h.jpg,X/4,yesterday,,,
h.jpg,X/5,,,,,,more
"""
    folder_of(tmp_path, {"out.jpg": hopper()})
    path = folder_of(
        tmp_path / "in",
        {
            "m/1.jpg": collins(),
            "m/2.jpg": collins(mirrored=True),
            "h.jpg": hopper(),
            "list.csv": table.encode(),
        },
    )
    done = suite.ingest(path / "list.csv")
    rows = suite.rows(done)
    assert [row.result for row in rows] == ["added"] * 3 + ["refused"] * 7
    assert [[one.kind for one in row.findings] for row in rows[3:]] == [
        ["missing"],
        ["outside-folder"],
        ["outside-folder"],
        ["malformed"],
        ["malformed"],
        ["malformed"],
        ["malformed"],
    ]
    record = suite.record("A/1")
    assert record.columns == {"name": "Ann Example", "suite": "7"}
    assert str(record.review_by) == "2027-01-31"
    assert {str(image.taken_on) for image in record.images} == {"2026-01-31", "None"}
    assert c.open_pictures(path).kind == "manifest", "a table in the folder is its table"


def test_the_same_again_looks_at_nothing_and_adds_nothing(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_of(tmp_path / "in", {name: FILES[name] for name in ("A-1/front.jpg", "B-2.jpg")})
    first = suite.ingest(path)

    def never(*_: object) -> None:
        raise AssertionError("a picture that is there was judged again")

    with monkeypatch.context() as patched:
        patched.setattr(EnrolmentDesk, "judge", never)
        again = suite.ingest(path)
    assert again.id != first.id
    assert (again.added, again.unchanged, again.refused) == (0, 2, 0)
    folder_of(path, {"C-3.jpg": collins(mirrored=True)})
    more = suite.ingest(path)
    assert (more.added, more.unchanged) == (1, 2)
    assert suite.numbers() == [1, 2, 3]


def test_what_a_later_table_says_of_a_record_is_brought_in(suite: Suite, tmp_path: Path) -> None:
    path = folder_of(tmp_path, {"h.jpg": hopper()})
    for name, wanted in (("A", "added"), ("A", "unchanged"), ("B", "changed"), ("B", "unchanged")):
        (path / "list.csv").write_text(f"image,reference,name\nh.jpg,H,{name}\n")
        assert suite.results(suite.ingest(path)) == {"h.jpg": wanted}
    assert suite.record("H").columns == {"name": "B"}


def test_rows_that_repeat_each_other_count_once(suite: Suite, tmp_path: Path) -> None:
    folder_of(tmp_path, {"h.jpg": hopper(), "same.jpg": hopper()})
    (tmp_path / "list.csv").write_text("image,reference\nh.jpg,H\nh.jpg,H\nsame.jpg,H\n")
    done = suite.ingest(tmp_path)
    assert (done.rows, done.done, done.added, done.unchanged) == (3, 3, 1, 2)
    assert suite.show().images == 1


def test_nothing_is_made_by_the_way(suite: Suite, tmp_path: Path) -> None:
    source = c.open_pictures(folder_of(tmp_path, {"h.jpg": hopper()}))
    with pytest.raises(MissingError, match=r"no collection nobody.*overt collection create"):
        c.begin_ingestion(suite.office, suite.manager, "nobody", source)


def test_only_a_watchlist_manager_brings_pictures_in(suite: Suite, staff: Staff, tmp_path: Path) -> None:
    source = c.open_pictures(folder_of(tmp_path, {"h.jpg": hopper()}))
    for role in ("investigator", "facial-examiner", "auditor", "administrator"):
        with pytest.raises(AuthorityError):
            c.begin_ingestion(suite.office, staff(role), suite.name, source)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": b"x"}, "holds no picture"),
        ({"a.csv": b"image,reference\n", "b.csv": b"x"}, "2 CSV files"),
        ({"a.csv": b"image,reference\n"}, "has no rows"),
        ({"a.csv": b"picture,who\n1.jpg,A\n"}, "lacks the columns image, reference"),
        ({"a.csv": b"\xff\xfe\x00\x00"}, "a.csv"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_source_that_makes_no_sense_is_refused_whole(
    tmp_path: Path, files: dict[str, bytes], message: str, kind: str
) -> None:
    path = folder_of(tmp_path / "in", files)
    if kind == "archive":
        path = tmp_path / "in.zip"
        path.write_bytes(zip_of(files))
    with pytest.raises(InputError, match=message) as found:
        c.open_pictures(path)
    assert found.value.field == "source"
    assert str(tmp_path) not in str(found.value)


def test_a_link_out_of_the_folder_is_not_followed(suite: Suite, tmp_path: Path) -> None:
    secret = folder_of(tmp_path / "elsewhere", {"h.jpg": hopper()})
    path = folder_of(tmp_path / "in", {"c.jpg": collins()})
    (path / "file.jpg").symlink_to(secret / "h.jpg")
    (path / "folder").symlink_to(secret, target_is_directory=True)
    assert suite.results(suite.ingest(path)) == {"c.jpg": "added", "file.jpg": "outside-folder"}


def test_a_zip_that_would_lead_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.zip"
    path.write_bytes(zip_of({"a.jpg": hopper(), "../b.jpg": hopper()}))
    with pytest.raises(InputError, match="leads outside"):
        c.open_pictures(path)


def test_the_audit_chain_holds_counts_and_never_a_reference(suite: Suite, tmp_path: Path) -> None:
    suite.ingest(folder_of(tmp_path / "in", {"Jane-Example.jpg": hopper(), "bad.jpg": b"x"}))
    c.delete_record(suite.office, suite.manager, suite.name, "Jane-Example")
    with suite.office.database.reading() as session:
        entries = session.scalars(select(AuditEntry)).all()
    told = {entry.command: entry for entry in entries}
    assert {"collections.ingest", "collections.take-rows", "collections.delete-record"} <= set(told)
    assert "Jane" not in "".join(str(entry.details) + entry.subject for entry in entries)
    assert '"added":1' in told["collections.take-rows"].details.replace(" ", "")


CHILD = """
import os, signal, sys
from pathlib import Path
from overt.casework import Actor, Role, collections as c, open_office
from overt.casework.collections import _looking, ingesting

_looking._BATCH = 2
folder, pictures, person = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
taken, take = [], ingesting.take_batch


def take_and_die(*args):
    result = take(*args)
    taken.append(result)
    if len(taken) == 3:  # its rows are written, and not committed
        os.kill(os.getpid(), signal.SIGKILL)
    return result


ingesting.take_batch = take_and_die
with open_office(folder, environment={}) as office:
    manager = Actor(person, "manager", frozenset({Role.WATCHLIST_MANAGER}), "cli")
    source = c.open_pictures(pictures)
    job = c.begin_ingestion(office, manager, "custody", source)
    c.carry_out_ingestion(office, manager, job.id, source)
"""


def test_killed_in_the_middle_and_begun_again_each_image_is_there_once(suite: Suite, tmp_path: Path) -> None:
    if not suite.office.database.is_sqlite:
        pytest.skip("the child opens the folder's own database")
    files = {f"P-{n}.jpg": collins(lighter=n) for n in range(6)} | {"bad.jpg": b"x"}
    path = folder_of(tmp_path / "in", files)
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    ended = subprocess.run(
        [sys.executable, str(child), str(suite.office.folder), str(path), suite.manager.id],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    (cut_short,) = c.list_ingestions(suite.office, suite.manager, suite.name, EVERY).items
    assert (cut_short.state, cut_short.done, suite.show().images) == ("running", 4, 4)
    judged = []
    judge = EnrolmentDesk.judge
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EnrolmentDesk, "judge", lambda *args: judged.append(args[2]) or judge(*args))
        done = suite.ingest(path)
    assert judged == ["P-4.jpg", "P-5.jpg", "bad.jpg"]
    assert (done.id, done.state, done.rows, done.done) == (cut_short.id, "finished", 7, 7)
    assert (done.added, done.unchanged, done.refused) == (6, 0, 1)
    with suite.office.database.reading() as session:
        assert session.scalar(select(func.count(CollectionImage.id))) == 6
        assert session.scalar(select(func.count()).select_from(CollectionTemplate)) == 6
    assert suite.numbers() == [1, 2, 3, 4, 5, 6]


def test_two_at_once_on_the_same_source_take_each_row_once(suite: Suite, tmp_path: Path) -> None:
    path = folder_of(tmp_path / "in", {f"P-{n}.jpg": collins(lighter=n) for n in range(4)})
    first, second = c.open_pictures(path), c.open_pictures(path)
    job = c.begin_ingestion(suite.office, suite.manager, suite.name, first)
    assert c.begin_ingestion(suite.office, suite.manager, suite.name, second).id == job.id
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_looking, "_BATCH", 2)
        other = _looking.looked_at(suite.office, suite.show().id, job.id, list(second.rows()), second)
        ahead = next(other)
        done = c.carry_out_ingestion(suite.office, suite.manager, job.id, first)
        other.close()
    assert (done.added, done.done) == (4, 4)
    from overt.casework.collections.ingesting import _take_rows

    assert _take_rows(suite.office, suite.manager, job.id, ahead, 4, 0.0) == (4, [])
    assert suite.show().images == 4


def test_what_is_found_names_its_image_and_the_picture_is_the_kept_face(suite: Suite, tmp_path: Path) -> None:
    suite.ingest(folder_of(tmp_path / "in", FILES))
    index = c.index_of(suite.office, suite.name)
    probe = np.ones((1, index.contract.dimension), np.float32)
    found = index.search(probe, 5).ids[0]
    facts = suite.ask(lambda work: c.images_by_number(work, suite.show().id, [int(one) for one in found]))
    assert {one.reference for one in facts.values()} == {"A-1", "A-1/later", "B-2"}
    one = next(iter(facts.values()))
    left, top, right, bottom = one.box
    assert all(left < x < right and top < y < bottom for x, y in one.landmarks)
    assert len(one.landmarks) == 5
    assert suite.ask(lambda work: c.picture_of(work, one.image_id)).startswith(b"\xff\xd8")
