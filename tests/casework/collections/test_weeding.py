"""What is found is reported and never acted on; what is deleted is gone: from search, from rows, from every file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select

from overt.biometrics import ModelPack
from overt.casework import Actor
from overt.casework import collections as c
from overt.casework.retention import run_retention
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import (
    Base,
    CollectionImage,
    CollectionRecord,
    CollectionTemplate,
    IngestionRow,
    VaultKey,
)
from tests.casework.collections.suite import EVERY, Suite, folder_of
from tests.casework.retention.test_traces import database_files, parts_found
from tests.casework.watchlists.desk import collins, hopper
from tests.offices import Clock, Staff


def _count(suite: Suite, table: type[Base]) -> int:
    with suite.office.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_pairs_are_reported_once_and_nothing_is_done_about_them(suite: Suite, tmp_path: Path) -> None:
    suite.ingest(
        folder_of(
            tmp_path / "in",
            {
                "A/1.jpg": collins(),
                "B/1.jpg": collins(),
                "C/1.jpg": collins(mirrored=True),
                "D/1.jpg": collins(lighter=9),
                "D/2.jpg": hopper(),
            },
        )
    )
    assert suite.show().not_compared == 5
    found = c.compare_images(suite.office, suite.manager, suite.name)
    pairs = suite.pairs()
    assert len(pairs) == found == suite.show().pairs
    assert [pair for pair in pairs if pair[0] == "same-picture"] == [("same-picture", "A", "B")]
    assert [pair for pair in pairs if pair[0] == "two-people"] == [("two-people", "D", "D")]
    same = {frozenset(pair[1:]) for pair in pairs if pair[0] == "same-person"}
    assert same == {frozenset(pair) for pair in ("AC", "AD", "BC", "BD", "CD")}
    first = c.report_pairs(suite.office, suite.manager, suite.name, EVERY).items[0]
    assert first.score >= first.threshold
    assert first.kind == "same-picture"
    shown = suite.show()
    assert (shown.records, shown.images, shown.not_compared) == (4, 5, 0)
    assert c.compare_images(suite.office, suite.manager, suite.name) == 0, "each image is compared once"
    suite.ingest(folder_of(tmp_path / "more", {"E.jpg": hopper()}))
    assert c.compare_images(suite.office, suite.manager, suite.name) == 1
    c.delete_record(suite.office, suite.manager, suite.name, "D")
    assert "D" not in {reference for pair in suite.pairs() for reference in pair[1:]}


def test_a_record_that_is_deleted_is_gone_from_search_and_from_disk(suite: Suite, tmp_path: Path) -> None:
    suite.ingest(folder_of(tmp_path / "in", {"A.jpg": collins(), "B.jpg": hopper(), "A/bad.jpg": b"x"}))
    index = c.index_of(suite.office, suite.name)
    record = suite.record("A")
    with suite.office.database.reading() as session:
        row = session.get_one(CollectionRecord, record.id)
        image = session.scalars(select(CollectionImage).where(CollectionImage.record_id == record.id)).one()
        template = session.scalars(
            select(CollectionTemplate.sealed).where(CollectionTemplate.image_id == image.id)
        ).one()
        wrapped = session.get_one(VaultKey, row.key_id).wrapped
        traces = [wrapped, row.sealed, image.sealed_picture, template or b""]
    if suite.office.database.is_sqlite:
        assert parts_found(traces, database_files(suite.office.folder)) == len(traces), (
            "they are there to be found"
        )
    before = _count(suite, VaultKey)
    gone = c.delete_record(suite.office, suite.manager, suite.name, "a")
    assert (gone.record_id, gone.images, gone.rows) == (record.id, 1, 2)
    assert before - _count(suite, VaultKey) == gone.keys
    assert len(index) == 1, "an index that somebody holds lost it with the commit"
    assert suite.numbers() == [2]
    assert suite.ask(lambda work: c.images_by_number(work, suite.show().id, [1, 2])).keys() == {2}
    with pytest.raises(MissingError):
        suite.record("A")
    with pytest.raises(MissingError):
        c.delete_record(suite.office, suite.manager, suite.name, "A")
    with pytest.raises(MissingError):
        suite.ask(lambda work: c.picture_of(work, image.id))
    assert (
        suite.rows(c.list_ingestions(suite.office, suite.manager, suite.name, EVERY).items[0])[0].reference
        == "B"
    )
    if suite.office.database.is_sqlite:
        assert parts_found(traces, database_files(suite.office.folder)) == 0


def test_another_process_takes_out_of_its_index_what_was_deleted_here(suite: Suite, tmp_path: Path) -> None:
    if not suite.office.database.is_sqlite:
        pytest.skip("it opens the folder's own database")
    from overt.casework import open_office

    suite.ingest(folder_of(tmp_path / "in", {"A.jpg": collins(), "B.jpg": hopper()}))
    with open_office(suite.office.folder, environment={}) as other:
        elsewhere = c.index_of(other, suite.name)
        assert len(elsewhere) == 2
        c.delete_record(suite.office, suite.manager, suite.name, "B")
        suite.ingest(folder_of(tmp_path / "more", {"C.jpg": hopper()}))
        assert c.index_of(other, suite.name) is elsewhere
        assert len(elsewhere) == 2
        assert suite.numbers() == [1, 3], "no number is given twice"


def test_a_record_that_nobody_reviewed_goes_in_time(
    suite: Suite, tmp_path: Path, clock: Clock, staff: Staff
) -> None:
    (tmp_path / "list.csv").write_text("image,reference,review_by\na.jpg,A,2026-06-10\nh.jpg,H,2026-06-10\n")
    suite.ingest(folder_of(tmp_path, {"a.jpg": collins(), "h.jpg": hopper()}))
    assert suite.show().due_for_review == 0
    clock.turn(days=9)
    assert suite.show().due_for_review == 2
    review = c.RecordReview(review_by=dt.date(2027, 6, 10))
    assert (
        str(c.review_record(suite.office, suite.manager, suite.name, "A", review).review_by) == "2027-06-10"
    )
    with pytest.raises(InputError, match="2026-06-10 is not from tomorrow"):
        c.review_record(
            suite.office, suite.manager, suite.name, "A", c.RecordReview(review_by=dt.date(2026, 6, 10))
        )
    with pytest.raises(AuthorityError):
        c.review_record(suite.office, staff("investigator"), suite.name, "A", c.RecordReview())
    index = c.index_of(suite.office, suite.name)
    clock.turn(days=30)
    software = Actor.software("retention")
    assert run_retention(suite.office, software).counts == {"ingestion-reports": 1}
    clock.turn(days=3)
    assert run_retention(suite.office, software).counts["collection-records"] == 1
    assert suite.show().records == 1
    assert len(index) == 1
    assert _count(suite, IngestionRow) == 0


def test_a_collection_goes_whole(suite: Suite, tmp_path: Path) -> None:
    before = _count(suite, VaultKey)
    suite.ingest(folder_of(tmp_path / "in", {"A.jpg": collins(), "B.jpg": b"x"}))
    c.begin_re_embedding(suite.office, suite.manager, suite.name, "dlib")
    c.carry_out_re_embedding(suite.office, suite.manager, suite.name)
    index = c.index_of(suite.office, suite.name)
    c.compare_images(suite.office, suite.manager, suite.name)
    assert c.delete_collection(suite.office, suite.manager, suite.name) == 1
    assert len(index) == 0
    assert _count(suite, VaultKey) == before - 1
    for table in (CollectionRecord, CollectionImage, CollectionTemplate, IngestionRow):
        assert _count(suite, table) == 0


def test_templates_of_another_pack_stand_beside_until_the_switch(
    suite: Suite, tmp_path: Path, dlib_pack: ModelPack
) -> None:
    suite.ingest(folder_of(tmp_path / "in", {"A.jpg": collins(), "B.jpg": hopper()}))
    name, office, manager = suite.name, suite.office, suite.manager
    before = c.index_of(office, name)
    with pytest.raises(ConflictError, match="are of embedded"):
        c.begin_re_embedding(office, manager, name, "embedded")
    with pytest.raises(ConflictError, match="No other templates"):
        c.switch_templates(office, manager, name)
    begun = c.begin_re_embedding(office, manager, name, dlib_pack.manifest.id)
    assert begun.next is not None
    assert (begun.next.made, begun.next.left) == (0, 2)
    with pytest.raises(ConflictError, match="2 of 2 images have no template"):
        c.switch_templates(office, manager, name)
    assert c.abandon_re_embedding(office, manager, name).next is None
    c.begin_re_embedding(office, manager, name, dlib_pack.manifest.id)
    made = c.carry_out_re_embedding(office, manager, name)
    assert made.next is not None
    assert (made.next.made, made.next.refused, made.next.left) == (2, 0, 0)
    assert c.index_of(office, name) is before, "the search stays as it is"
    suite.ingest(folder_of(tmp_path / "more", {"C.jpg": collins(mirrored=True)}))
    with pytest.raises(ConflictError, match="1 of 3"):
        c.switch_templates(office, manager, name)
    c.carry_out_re_embedding(office, manager, name)
    switched = c.switch_templates(office, manager, name)
    assert (switched.pack, switched.dimension, switched.next) == ("dlib", 128, None)
    assert (switched.searched, switched.not_compared) == (3, 3)
    after = c.index_of(office, name)
    assert after.contract == dlib_pack.contract
    assert len(after) == 3
    assert _count(suite, CollectionTemplate) == 3, "the old ones are deleted"
    c.compare_images(office, manager, name)
    assert suite.pairs() == [("same-person", "A", "C")]
