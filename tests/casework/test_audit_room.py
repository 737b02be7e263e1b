"""The audit room: who may look, what they find, and that their looking is found too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from overt.casework import Actor, Office, Role
from overt.casework.audit_room import (
    AuditPage,
    AuditQuery,
    checkpoint_audit,
    export_audit,
    export_found,
    list_audit,
    parse_anchors,
    parse_public_key,
    show_audit,
    verify_audit,
)
from overt.casework.paging import Page
from overt.errors import AuthorityError, InputError, MissingError
from overt.records.audit import CHECKPOINT_EVERY
from overt.records.audit_export import verify_export
from overt.records.tables import AuditEntry
from tests.offices import Clock, Staff


@pytest.fixture
def auditor(staff: Staff) -> Actor:
    return staff(Role.AUDITOR)


def _commands(office: Office) -> list[tuple[str, str, str]]:
    with office.database.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    return [(row.command, row.outcome, row.details) for row in rows]


def test_a_verification_is_entered_with_what_it_found(office: Office, auditor: Actor) -> None:
    first = verify_audit(office, auditor)
    assert (first.entries, first.ok, first.first_bad, first.fault) == (0, True, None, "")
    second = verify_audit(office, auditor)
    assert second.entries == 1
    assert second.public_key == office.audit.public_key.hex()
    with office.database.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(actor_name="somebody else"))
    third = verify_audit(office, auditor)
    assert (third.entries, third.ok, third.first_bad) == (1, False, 2)
    assert _commands(office)[-1] == (
        "audit.verify",
        "done",
        '{"entries":1,"first_bad":2,"ok":false}',
    )


def test_one_without_the_role_verifies_and_exports_nothing(office: Office, staff: Staff) -> None:
    planner = staff(Role.DEPLOYMENT_PLANNER)
    with pytest.raises(AuthorityError):
        verify_audit(office, planner)
    with pytest.raises(AuthorityError):
        export_audit(office, planner)
    assert [(command, outcome) for command, outcome, _ in _commands(office)] == [
        ("audit.verify", "refused"),
        ("audit.export", "refused"),
    ]


def test_a_verification_knows_the_key_that_the_vault_holds(office: Office, auditor: Actor) -> None:
    assert not verify_audit(office, auditor, public_key=bytes(32)).ok
    assert not verify_audit(office, auditor, anchors={1: bytes(32)}).ok


def test_entries_are_listed_newest_first_page_by_page(office: Office, auditor: Actor) -> None:
    for _ in range(5):
        verify_audit(office, auditor)
    page = list_audit(office, auditor, AuditQuery(command="audit.verify"), Page(limit=2))
    assert ([item.seq for item in page.items], page.total, page.next) == ([5, 4], 5, "4")
    seen = [item.seq for item in page.items]
    while page.next is not None:
        page = list_audit(office, auditor, AuditQuery(command="audit.verify"), Page(after=page.next, limit=2))
        seen += [item.seq for item in page.items]
    assert seen == [5, 4, 3, 2, 1]


def test_pages_go_both_ways_while_the_chain_grows(office: Office, auditor: Actor) -> None:
    for _ in range(6):
        verify_audit(office, auditor)
    query = AuditQuery(command="audit.verify")
    first = list_audit(office, auditor, query, AuditPage(limit=2))
    assert (first.next, first.previous) == ("5", None)
    last = list_audit(office, auditor, query, AuditPage(after="3", limit=2))
    assert ([item.seq for item in last.items], last.next, last.previous) == ([2, 1], None, "2")
    newer = list_audit(office, auditor, query, AuditPage(before=last.previous, limit=2))
    assert ([item.seq for item in newer.items], newer.next, newer.previous) == ([4, 3], "3", "4")
    newest = list_audit(office, auditor, query, AuditPage(before="4", limit=2))
    assert ([item.seq for item in newest.items], newest.previous) == ([6, 5], None)
    with pytest.raises(InputError):
        list_audit(office, auditor, query, AuditPage(before="4", after="2"))


def test_an_extract_holds_what_fits_with_its_digests_and_is_entered(
    office: Office, auditor: Actor, staff: Staff
) -> None:
    verify_audit(office, auditor)
    show_audit(office, auditor, 1)
    lines = [json.loads(line) for line in export_found(office, auditor, AuditQuery(command="audit.verify"))]
    assert [line["seq"] for line in lines] == [1]
    assert lines[0]["digest"] == show_audit(office, auditor, 1).digest
    entered = list_audit(office, auditor, AuditQuery(command="audit.export")).items[0]
    assert entered.details == {"entries": 1, "filters": ["command"]}
    with pytest.raises(AuthorityError):
        export_found(office, staff(Role.LFR_OPERATOR), AuditQuery())


def test_a_verification_tells_how_far_it_has_come(office: Office, auditor: Actor) -> None:
    for _ in range(CHECKPOINT_EVERY):
        look(office, auditor)
    told: list[int] = []
    assert verify_audit(office, auditor, told=told.append).ok
    assert told == [CHECKPOINT_EVERY]


def look(office: Office, auditor: Actor) -> None:
    list_audit(office, auditor, page=Page(limit=1))


def test_entries_are_found_by_actor_command_outcome_subject_and_time(
    office: Office, staff: Staff, auditor: Actor, clock: Clock
) -> None:
    verify_audit(office, auditor)
    clock.turn(hours=1)
    show_audit(office, auditor, 1)
    with pytest.raises(AuthorityError):
        list_audit(office, staff(Role.LFR_OPERATOR))

    def found(**given: object) -> list[int]:
        query = AuditQuery.model_validate(given)
        return sorted(item.seq for item in list_audit(office, auditor, query).items if item.seq <= 3)

    assert found() == [1, 2, 3]
    assert found(actor=auditor.id) == [1, 2]
    assert found(actor="lfr-operator") == [3]
    assert found(command="audit") == [1, 2, 3]
    assert found(command="audit.show") == [2]
    assert found(command="audi") == []
    assert found(command="a%") == []
    assert found(outcome="refused") == [3]
    assert found(subject="audit") == [1, 2]
    assert found(since=clock.time) == [2, 3]
    assert found(until=clock.time) == [1]


@pytest.mark.parametrize("after", ["", "x", "-1", "1e3", "9" * 30, "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_page_that_is_no_number_is_refused(office: Office, auditor: Actor, after: str) -> None:
    with pytest.raises(InputError) as refused:
        list_audit(office, auditor, page=Page(after=after))
    assert refused.value.field == "after"


def test_a_time_without_a_zone_is_refused(office: Office, auditor: Actor) -> None:
    with pytest.raises(InputError, match="zone") as refused:
        list_audit(office, auditor, AuditQuery.model_validate({"since": "2026-06-01T09:00:00"}))
    assert refused.value.field == "since"


def test_one_entry_is_shown_and_none_that_is_not_there(office: Office, auditor: Actor) -> None:
    verify_audit(office, auditor)
    entry = show_audit(office, auditor, 1)
    assert (entry.command, entry.actor_id, entry.details["ok"]) == ("audit.verify", auditor.id, True)
    assert entry.previous == "00" * 32
    for seq in (0, -1, 99, 1 << 80):
        with pytest.raises(MissingError):
            show_audit(office, auditor, seq)


def test_an_export_holds_its_own_entry_and_verifies(office: Office, auditor: Actor, tmp_path: Path) -> None:
    verify_audit(office, auditor)
    file = tmp_path / "chain.jsonl"
    file.write_bytes(b"".join(export_audit(office, auditor)))
    verdict = verify_export(file, public_key=office.audit.public_key)
    assert (verdict.ok, verdict.entries) == (True, 2)
    assert json.loads(file.read_bytes().splitlines()[-1])["command"] == "audit.export"


def test_a_checkpoint_is_an_anchor_and_is_made_once_for_one_head(office: Office, auditor: Actor) -> None:
    verify_audit(office, auditor)
    kept = checkpoint_audit(office, auditor)
    assert kept.seq == 1
    assert verify_audit(office, auditor, anchors=parse_anchors([kept.anchor])).checkpoints == 1
    again = checkpoint_audit(office, auditor)
    assert again.seq == 3
    assert verify_audit(office, auditor).checkpoints == 2


@pytest.mark.parametrize("written", ["", "5", "5:", "x:" + "0" * 64, "5:" + "0" * 63, "5:" + "G" * 64])
def test_an_anchor_is_written_one_way(written: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_anchors([written])
    assert refused.value.field == "anchor"


def test_anchors_and_keys_are_read(office: Office) -> None:
    key = office.audit.public_key
    assert parse_anchors([f"5:{key.hex()}", f"5:{key.hex()}"]) == {5: key}
    with pytest.raises(InputError, match="contradict"):
        parse_anchors(["5:" + "0" * 64, "5:" + "1" * 64])
    assert parse_public_key(key.hex()) == key
    assert parse_public_key(None) is None
    with pytest.raises(InputError):
        parse_public_key("0" * 63)
