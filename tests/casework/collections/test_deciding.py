"""Whoever says what a pair shows has seen the pictures; it is said by name, and nothing follows by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import collections as c
from overt.casework.paging import Page
from overt.casework.retention import run_retention
from overt.errors import AuthorityError, InputError, MissingError, VaultError
from overt.records.tables import AuditEntry, CollectionPair, CollectionRecord
from tests.casework.collections.suite import EVERY, Suite, folder_of
from tests.casework.retention.test_traces import database_files, parts_found
from tests.casework.watchlists.desk import collins, hopper
from tests.offices import Clock, Staff

WHY = "The scar over her left eye is in both; brother ruled out by the desk sergeant"


def entries(office: Office, command: str) -> list[AuditEntry]:
    """What the chain says of a command."""
    with office.database.reading() as session:
        return list(
            session.scalars(select(AuditEntry).where(AuditEntry.command == command).order_by(AuditEntry.seq))
        )


@pytest.fixture
def paired(suite: Suite, tmp_path: Path) -> Suite:
    """One person under A and C, two people under D; compared."""
    files = {"A/1.jpg": collins(), "C/1.jpg": collins(mirrored=True), "D/1.jpg": hopper()}
    suite.ingest(folder_of(tmp_path / "in", files))
    c.compare_images(suite.office, suite.manager, suite.name)
    return suite


def the_pair(suite: Suite) -> c.PairView:
    (pair,) = c.report_pairs(suite.office, suite.manager, suite.name, EVERY).items
    return pair


def test_a_picture_is_shown_and_the_chain_says_who_saw_which(
    paired: Suite, staff: Staff, tmp_path: Path
) -> None:
    office, manager = paired.office, paired.manager
    image = paired.record("A").images[0]
    shown = c.show_picture(office, manager, paired.name, image.id)
    pixels = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape[:2] == (image.height, image.width)
    auditor = staff("auditor")
    assert c.show_picture(office, auditor, paired.show().id, image.id) == shown
    last = entries(office, "collections.show-picture")[-2:]
    assert [entry.actor_id for entry in last] == [manager.id, auditor.id]
    assert all(entry.subject == image.id for entry in last)
    for role in ("investigator", "facial-examiner", "administrator"):
        with pytest.raises(AuthorityError):
            c.show_picture(office, staff(role), paired.name, image.id)
    c.create_collection(office, manager, c.NewCollection(name="other", purpose="Another"))
    with pytest.raises(MissingError):
        c.show_picture(office, manager, "other", image.id)
    c.delete_record(office, manager, paired.name, "A")
    with pytest.raises(MissingError):
        c.show_picture(office, manager, paired.name, image.id)


def test_a_pair_is_decided_by_name_and_nothing_follows_from_it(
    paired: Suite, staff: Staff, clock: Clock
) -> None:
    office, manager, name = paired.office, paired.manager, paired.name
    pair = the_pair(paired)
    assert pair.decision is None
    assert {pair.first.reference, pair.second.reference} == {"A", "C"}
    assert pair.first.box[2] <= pair.first.width
    assert len(pair.first.landmarks) == 5
    before = paired.numbers()
    with pytest.raises(ValidationError):
        c.NewPairDecision(found="same-person", reason="  ")
    for role in ("auditor", "investigator"):
        with pytest.raises(AuthorityError):
            c.decide_pair(office, staff(role), name, pair.id, c.NewPairDecision(found="left", reason="hm"))
    first = c.decide_pair(office, manager, name, pair.id, c.NewPairDecision(found="left", reason="blurred"))
    assert first.decision is not None
    clock.turn(minutes=5)
    other = staff("watchlist-manager", name="wendy")
    shown = c.decide_pair(office, other, name, pair.id, c.NewPairDecision(found="same-person", reason=WHY))
    assert shown.decision is not None
    assert (shown.decision.found, shown.decision.reason) == ("same-person", WHY)
    assert (shown.decision.by, shown.decision.by_name) == (other.id, "Wendy (wendy)")
    assert shown.decision.at > first.decision.at
    assert c.show_pair(office, staff("auditor"), name, pair.id) == shown
    assert paired.numbers() == before
    assert paired.show().records == 3
    assert (paired.show().pairs, paired.show().pairs_decided) == (0, 1)
    listed = {
        decided: [one.id for one in c.report_pairs(office, manager, name, EVERY, decided=decided).items]
        for decided in (None, True, False)
    }
    assert listed == {None: [pair.id], True: [pair.id], False: []}
    said = entries(office, "collections.decide-pair")[-2:]
    assert '"instead_of":"left"' in said[1].details.replace(" ", "")
    assert not any(word in entry.details for entry in said for word in ("scar", "blurred"))


@pytest.mark.parametrize("reference", ["A", "C"])
def test_a_decision_goes_with_either_record(paired: Suite, reference: str) -> None:
    office, manager, name = paired.office, paired.manager, paired.name
    pair = the_pair(paired)
    c.decide_pair(office, manager, name, pair.id, c.NewPairDecision(found="same-person", reason=WHY))
    with office.database.reading() as session:
        reason = session.get_one(CollectionPair, pair.id).sealed_reason or b""
        outer, inner = (
            session.get_one(CollectionRecord, side.record_id).key_id for side in (pair.first, pair.second)
        )

    def opened() -> bytes:
        with office.database.reading() as session:
            content = office.vault.open_sealed(session, outer, reason, about=f"{pair.id}.reason.outer")
            return office.vault.open_sealed(session, inner, content, about=f"{pair.id}.reason")

    assert opened() == WHY.encode()
    if office.database.is_sqlite:
        assert parts_found([reason], database_files(office.folder)) == 1, "it is there to be found"
        assert parts_found([WHY.encode()], database_files(office.folder)) == 0
    c.delete_record(office, manager, name, reference)
    with pytest.raises(MissingError, match="There is no pair"):
        c.show_pair(office, manager, name, pair.id)
    with pytest.raises(VaultError):
        opened()
    if office.database.is_sqlite:
        assert parts_found([reason], database_files(office.folder)) == 0


def test_what_a_person_found_outlives_the_switch_and_is_not_found_again(
    paired: Suite, dlib_pack: ModelPack
) -> None:
    office, manager, name = paired.office, paired.manager, paired.name
    pair = the_pair(paired)
    decided = c.decide_pair(
        office, manager, name, pair.id, c.NewPairDecision(found="same-person", reason=WHY)
    )
    c.begin_re_embedding(office, manager, name, dlib_pack.manifest.id)
    c.carry_out_re_embedding(office, manager, name)
    shown = c.switch_templates(office, manager, name)
    assert (shown.pairs, shown.pairs_decided, shown.not_compared) == (0, 1, 3)
    c.compare_images(office, manager, name)
    assert the_pair(paired) == decided, "with the score and threshold of the day it was found"


def test_records_are_listed_that_are_due(suite: Suite, tmp_path: Path, clock: Clock, staff: Staff) -> None:
    rows = "image,reference,review_by\na.jpg,A,2026-06-10\nb.jpg,A,2026-06-10\nh.jpg,H,2026-06-04\n"
    (tmp_path / "list.csv").write_text(rows + "a.jpg,Z,2027-01-01\n")
    files = {"a.jpg": collins(), "b.jpg": collins(mirrored=True), "h.jpg": hopper()}
    suite.ingest(folder_of(tmp_path, files))
    office, manager, name = suite.office, suite.manager, suite.name
    assert c.list_due_records(office, manager, name).items == ()
    clock.turn(days=3)
    (due,) = c.list_due_records(office, manager, name).items
    assert (due.reference, str(due.review_by), due.images) == ("H", "2026-06-04", 1)
    soon = c.list_due_records(office, manager, name, within_days=30)
    assert [(one.reference, one.images) for one in soon.items] == [("H", 1), ("A", 2)]
    page = c.list_due_records(office, manager, name, Page(limit=1), 30)
    assert [one.reference for one in page.items] == ["H"]
    assert page.total == 2
    further = c.list_due_records(office, staff("auditor"), name, Page(limit=1, after=page.next), 30)
    assert [one.reference for one in further.items] == ["A"]
    assert further.next is None
    with pytest.raises(InputError):
        c.list_due_records(office, manager, name, Page(after="record-none"))
    with pytest.raises(AuthorityError):
        c.list_due_records(office, staff("investigator"), name)
    software = Actor.software("retention")
    clock.turn(days=(due.goes_on - office.now().date() - dt.timedelta(days=1)).days)
    assert "collection-records" not in run_retention(office, software).counts
    clock.turn(days=1)
    assert run_retention(office, software).counts["collection-records"] == 1
