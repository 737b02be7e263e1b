"""The audit chain: whatever is done to it is found, and where it was done."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from overt.casework import Office
from overt.records import AuditChain
from overt.records.audit import CHECKPOINT_EVERY, checkpoint_statement, digest_of, fields_of, time_as_text
from overt.records.audit_export import export_lines, verify_export
from overt.records.tables import AuditCheckpoint, AuditEntry, AuditHead
from overt.records.verification import Verdict, verify_records

LENGTH = 2 * CHECKPOINT_EVERY + 40
"""Two checkpoints and a tail that only the head stands on."""


def grow(office: Office, session: Session, count: int) -> None:
    """Add entries to the chain."""
    for number in range(count):
        office.audit.append(
            session,
            at=office.now() + timedelta(seconds=number, microseconds=number),
            actor_id=f"person-{number % 3}",
            actor_name="Ægir\u2028" if number % 5 else "ada",
            via="api",
            command="entries.show",
            outcome="done",
            subject=f"entry-{number}",
            details={"n": number, "of": ["a", None, 1.5]},
        )


def tried(office: Office, tamper: Callable[[Session], object], **known: Any) -> Verdict:
    """The verdict on a chain that was tampered with; the tampering is undone afterwards."""
    with office.database.transaction() as session:
        undone = session.begin_nested()
        tamper(session)
        session.expire_all()
        verdict = verify_records(session, **known)
        undone.rollback()
    return verdict


@pytest.fixture(scope="module", params=("sqlite", pytest.param("postgresql", marks=pytest.mark.system)))
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office whose chain every test of this file leaves as it is."""
    from overt.casework import open_office
    from tests.offices import Clock

    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.url(server.new_database())
    folder = tmp_path_factory.mktemp("grown")
    with open_office(folder, database_url=url, environment={}, clock=Clock()) as office:
        with office.database.transaction() as session:
            grow(office, session, LENGTH)
        yield office


def test_a_whole_chain_is_found_whole(grown: Office) -> None:
    with grown.database.reading() as session:
        verdict = verify_records(session, public_key=grown.audit.public_key)
        head = session.get_one(AuditHead, 1)
    assert verdict == Verdict(LENGTH, True, None, "", 2, head.digest.hex(), grown.audit.public_key.hex())


SEQS = st.integers(1, LENGTH)
TEXTS = ("actor_id", "actor_name", "via", "command", "outcome", "subject", "details")


def flipped(value: Any, place: int, bit: int) -> Any:
    """A value with one bit the other way, or the nearest to that which the column can hold."""
    if isinstance(value, bytes):
        raw = bytearray(value)
        raw[place % len(raw)] ^= 1 << bit
        return bytes(raw)
    if isinstance(value, str):
        if not value:
            return "x"
        at = place % len(value)
        other = chr(ord(value[at]) ^ (1 << bit)) or "x"
        return value[:at] + (other if other.isprintable() else "\N{SNOWMAN}") + value[at + 1 :]
    return value + timedelta(microseconds=1 << bit)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seq=SEQS,
    field=st.sampled_from((*TEXTS, "at", "previous", "digest")),
    place=st.integers(0, 500),
    bit=st.integers(0, 7),
)
def test_any_flip_in_any_field_is_found_where_it_is(
    grown: Office, seq: int, field: str, place: int, bit: int
) -> None:
    def tamper(session: Session) -> None:
        value = session.execute(select(getattr(AuditEntry, field)).where(AuditEntry.seq == seq)).scalar_one()
        changed = {field: flipped(value, place, bit)}
        session.execute(update(AuditEntry).where(AuditEntry.seq == seq).values(**changed))

    verdict = tried(grown, tamper)
    assert (verdict.ok, verdict.first_bad) == (False, seq), verdict


@settings(max_examples=25, deadline=None)
@given(first=SEQS, count=st.integers(1, 40))
def test_any_removal_is_found_where_it_is(grown: Office, first: int, count: int) -> None:
    last = min(first + count - 1, LENGTH)

    def tamper(session: Session) -> None:
        session.execute(delete(AuditEntry).where(AuditEntry.seq.between(first, last)))

    verdict = tried(grown, tamper)
    assert (verdict.ok, verdict.first_bad) == (False, first), verdict


@settings(max_examples=25, deadline=None)
@given(pair=st.tuples(SEQS, SEQS).filter(lambda pair: pair[0] != pair[1]))
def test_any_swap_is_found_where_it_begins(grown: Office, pair: tuple[int, int]) -> None:
    one, other = pair

    def tamper(session: Session) -> None:
        for seq, to in ((one, LENGTH + 1000), (other, one), (LENGTH + 1000, other)):
            session.execute(update(AuditEntry).where(AuditEntry.seq == seq).values(seq=to))

    verdict = tried(grown, tamper)
    assert (verdict.ok, verdict.first_bad) == (False, min(pair)), verdict


@settings(max_examples=25, deadline=None)
@given(after=st.integers(0, LENGTH), fitting=st.booleans())
def test_any_insertion_is_found_where_it_is(grown: Office, after: int, fitting: bool) -> None:
    """Even one whose digests fit the entry before it: the next one does not follow, or the head does not."""

    def tamper(session: Session) -> None:
        session.execute(update(AuditEntry).where(AuditEntry.seq > after).values(seq=-AuditEntry.seq))
        session.execute(update(AuditEntry).where(AuditEntry.seq < 0).values(seq=1 - AuditEntry.seq))
        before = session.get(AuditEntry, after)
        previous = bytes(32) if before is None or not fitting else before.digest
        if not fitting:
            previous = b"\x01" * 32
        row = AuditEntry(
            seq=after + 1, at=grown.now(), actor_id="x", actor_name="x", via="api", command="x", outcome="done",
            subject="", details="{}", previous=previous,
        )  # fmt: skip
        row.digest = digest_of(fields_of(row), previous)
        session.add(row)
        session.flush()

    verdict = tried(grown, tamper)
    assert not verdict.ok
    assert verdict.first_bad == (after + 2 if fitting and after < LENGTH else after + 1), verdict


@settings(max_examples=25, deadline=None)
@given(
    where=st.sampled_from(("head", CHECKPOINT_EVERY, 2 * CHECKPOINT_EVERY)),
    field=st.sampled_from(("digest", "public_key", "signature", "at")),
    place=st.integers(0, 63),
    bit=st.integers(0, 7),
)
def test_any_flip_in_a_signature_is_found(
    grown: Office, where: str | int, field: str, place: int, bit: int
) -> None:
    table: Any = AuditHead if where == "head" else AuditCheckpoint
    column = "digest" if where == "head" and field == "at" else field
    found = AuditHead.id == 1 if where == "head" else AuditCheckpoint.seq == where

    def tamper(session: Session) -> None:
        value = session.execute(select(getattr(table, column)).where(found)).scalar_one()
        session.execute(update(table).where(found).values(**{column: flipped(value, place, bit)}))

    verdict = tried(grown, tamper, public_key=grown.audit.public_key)
    assert not verdict.ok
    # A head that fits nothing leaves in doubt what no checkpoint stands on.
    assert verdict.first_bad == (2 * CHECKPOINT_EVERY + 1 if where == "head" else where), verdict


def _rewrite(session: Session, first: int, last: int = LENGTH) -> None:
    """What somebody without the signing key can do best: change an entry and make every later digest fit."""
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.seq.between(first - 1, last)).order_by(AuditEntry.seq)
    )
    previous = bytes(32)
    for row in rows.all():
        if row.seq >= first:
            if row.seq == first:
                row.actor_name = "somebody else"
            row.previous = previous
            row.digest = digest_of(fields_of(row), previous)
        previous = row.digest
    head = session.get_one(AuditHead, 1)
    head.digest = previous
    session.flush()


@pytest.mark.parametrize("first", [1, CHECKPOINT_EVERY, CHECKPOINT_EVERY + 1, LENGTH])
def test_a_chain_written_anew_without_the_key_is_bad_from_the_last_good_checkpoint(
    grown: Office, first: int
) -> None:
    verdict = tried(grown, lambda session: _rewrite(session, first))
    assert not verdict.ok
    assert verdict.first_bad == (first - 1) // CHECKPOINT_EVERY * CHECKPOINT_EVERY + 1, verdict


def _forge(session: Session, grown: Office, length: int) -> None:
    """Cut the chain, and sign it with a key of one's own."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    forger = AuditChain(Ed25519PrivateKey.generate())
    session.execute(delete(AuditEntry).where(AuditEntry.seq > length))
    session.execute(delete(AuditCheckpoint).where(AuditCheckpoint.seq > length))
    last = session.get_one(AuditEntry, length)
    head = session.get_one(AuditHead, 1)
    head.seq, head.digest, head.public_key = length, last.digest, forger.public_key
    from overt.records.audit import head_statement

    head.signature = forger._signing.sign(head_statement(length, last.digest))
    for kept in session.scalars(select(AuditCheckpoint)).all():
        kept.public_key = forger.public_key
        kept.signature = forger._signing.sign(
            checkpoint_statement(kept.seq, kept.digest, time_as_text(kept.at))
        )
    session.flush()


def test_a_chain_signed_anew_with_another_key_shows_only_to_who_knows_something_from_elsewhere(
    grown: Office,
) -> None:
    with grown.database.reading() as session:
        last = session.get_one(AuditEntry, LENGTH)
    length = CHECKPOINT_EVERY + 10
    forge: Callable[[Session], None] = lambda session: _forge(session, grown, length)  # noqa: E731
    assert tried(grown, forge).ok, "nothing in the chain itself can show this, and the documentation says so"
    assert tried(grown, forge, public_key=grown.audit.public_key).first_bad == 1
    by_anchor = tried(grown, forge, anchors={LENGTH: last.digest})
    assert (by_anchor.ok, by_anchor.first_bad) == (False, length + 1)


def test_an_anchor_that_does_not_fit_names_its_entry(grown: Office) -> None:
    verdict = tried(grown, lambda _: None, anchors={5: bytes(32)})
    assert (verdict.ok, verdict.first_bad) == (False, 5)
    assert "elsewhere" in verdict.fault


def test_a_missing_checkpoint_and_a_missing_head_are_found(grown: Office) -> None:
    one = AuditCheckpoint.seq == CHECKPOINT_EVERY
    assert tried(grown, lambda session: session.execute(delete(AuditCheckpoint).where(one))).first_bad == (
        CHECKPOINT_EVERY
    )
    without = tried(grown, lambda session: session.execute(delete(AuditHead)))
    assert (without.ok, without.first_bad) == (False, 1)
    assert "head is missing" in without.fault


def test_a_checkpoint_beyond_the_end_is_found(grown: Office) -> None:
    def tamper(session: Session) -> None:
        kept = session.get_one(AuditCheckpoint, CHECKPOINT_EVERY)
        values = {"digest": kept.digest, "at": kept.at, "public_key": kept.public_key, "signature": b""}
        session.execute(insert(AuditCheckpoint).values(seq=LENGTH + 5, **values))

    verdict = tried(grown, tamper)
    assert (verdict.ok, verdict.first_bad) == (False, LENGTH + 1)


def test_an_empty_chain_is_whole(office: Office) -> None:
    with office.database.reading() as session:
        assert verify_records(session).ok


def test_an_emptied_chain_is_not_whole(grown: Office) -> None:
    verdict = tried(grown, lambda session: session.execute(delete(AuditEntry)))
    assert (verdict.entries, verdict.first_bad) == (0, 1)


@pytest.mark.parametrize("grown", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "x"),
        ("at", "2026-06-01T09:00:00.000000"),
        ("digest", "text"),
        ("details", b"\xff"),
        ("details", 5),
    ],
)
def test_what_sqlite_would_hold_although_no_entry_can_is_found(
    grown: Office, column: str, value: object
) -> None:
    from sqlalchemy import text

    def tamper(session: Session) -> None:
        statement = text(f"UPDATE audit_entries SET {column} = :value WHERE seq = 300")  # noqa: S608
        session.execute(statement, {"value": value})

    verdict = tried(grown, tamper)
    assert (verdict.ok, verdict.first_bad) == (False, 300), verdict


@pytest.mark.parametrize("grown", ["sqlite"], indirect=True)
def test_text_that_is_no_text_is_found(grown: Office) -> None:
    from sqlalchemy import text

    statement = text("UPDATE audit_entries SET subject = CAST(x'ff41' AS TEXT) WHERE seq = 300")
    verdict = tried(grown, lambda session: session.execute(statement))
    assert (verdict.ok, verdict.first_bad) == (False, 300), verdict


@pytest.fixture(scope="module")
def exported(grown: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("export") / "chain.jsonl"
    with grown.database.reading() as session, file.open("wb") as out:
        out.writelines(export_lines(session))
    return file


def test_an_export_verifies_as_its_database_does(grown: Office, exported: Path) -> None:
    with grown.database.reading() as session:
        verdict = verify_records(session)
    assert verify_export(exported) == verdict
    assert verify_export(exported, public_key=grown.audit.public_key) == verdict
    assert not verify_export(exported, public_key=bytes(32)).ok


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.integers(1, LENGTH + 2), place=st.integers(0, 2000), bit=st.integers(0, 6))
def test_any_flip_in_an_export_is_found_where_it_is(
    exported: Path, tmp_path: Path, chosen: int, place: int, bit: int
) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    line = bytearray(lines[chosen])
    line[place % len(line)] ^= 1 << bit
    seq = json.loads(lines[chosen])["seq"]
    lines[chosen] = bytes(line)
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join(lines))
    verdict = verify_export(bad)
    assert not verdict.ok
    # A line that can no longer be read leaves open whether it was an entry or the checkpoint after it.
    assert verdict.first_bad in {seq, seq + 1}, verdict


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(2, LENGTH))
def test_an_export_cut_short_is_found(exported: Path, tmp_path: Path, cut: int) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)[:cut]
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join(lines))
    entries = sum(b'"kind":"entry"' in line for line in lines)
    assert verify_export(bad).first_bad == entries + 1


def test_an_outsider_with_the_documentation_alone_comes_to_the_same_end(exported: Path) -> None:
    """The program in docs/records.md, run as it stands there."""
    page = Path(__file__).resolve().parents[2] / "docs" / "records.md"
    program = page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", program, str(exported)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["whole:", str(LENGTH), "entries"]
