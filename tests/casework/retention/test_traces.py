"""What retention deleted is gone from the files: no plaintext, no ciphertext and no key is left in any of them."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from overt.casework import Office
from overt.casework.retention import run_retention
from overt.records.tables import Alert, Deployment, ReferenceImage, VaultKey, WatchlistEntry
from tests.casework.retention.rows import Rows
from tests.offices import Clock, Staff

PERSONAL = b'{"name":"Evangeline Quillfeather","reference":"WTD-0099-4471"}'


def database_files(folder: Path) -> bytes:
    """Every byte of the database, its log and the log's index."""
    files = sorted(folder.glob("overt.sqlite3*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


def parts_found(needles: list[bytes], haystack: bytes) -> int:
    """How many of the needles are in the files, by any of four parts of 16 bytes."""
    found = 0
    for needle in needles:
        starts = {0, len(needle) // 3, len(needle) // 2, max(0, len(needle) - 16)}
        found += any(needle[start : start + 16] in haystack for start in starts)
    return found


def _case(rows: Rows) -> tuple[str, str, str]:
    watchlist = rows.watchlist()
    entry = rows.entry(watchlist, PERSONAL, os.urandom(40_000), os.urandom(512))
    other = rows.entry(watchlist, b"Septimus Thistlewood", os.urandom(900), os.urandom(512))
    rows.look_alikes(watchlist, entry, other)
    rows.report(watchlist)
    deployment = rows.deployment(watchlist, entries=(entry, other))
    alert = rows.alert(deployment, rows.run(deployment), entry, crop=os.urandom(20_000))
    rows.adjudication(alert, "engage", "same-person", reason=b"the scar over the left eyebrow")
    rows.engagement(alert, note=b"said that he was Ptolemy Birdwhistle")
    rows.outcome(alert)
    return entry, alert, deployment


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_file_of_the_database_holds_what_was_deleted(
    office: Office, office_folder: Path, staff: Staff, clock: Clock, rows: Rows
) -> None:
    _, alert, _ = _case(rows)
    before = database_files(office_folder)
    assert parts_found(rows.plain, before) == 0, "what is personal is sealed from the first"
    assert parts_found(rows.sealed, before) == len(rows.sealed), "the search finds what is there"
    clock.turn(days=32)
    done = run_retention(office, staff("administrator")).counts
    assert (done["alerts"], done["watchlists"], done["deployments"], done["import-reports"]) == (1, 2, 1, 1)
    after = database_files(office_folder)
    assert parts_found(rows.plain, after) == 0
    assert parts_found(rows.sealed, after) == 0
    assert alert.encode() in after, "the row of figures stays"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nothing_is_left_between_the_pages_after_much_coming_and_going(
    office: Office, office_folder: Path, staff: Staff, clock: Clock, rows: Rows
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same rows each time
    first, second = rows.watchlist(), rows.watchlist()
    for _ in range(150):
        gone = chance.random() < 0.5
        rows.entry(
            chance.choice((first, second)),
            os.urandom(chance.randrange(40, 2500)),
            os.urandom(chance.randrange(500, 9000)),
            os.urandom(512),
            expires_on=clock().date() if gone else clock().date().replace(year=2027),
        )
    with office.database.transaction() as session:
        doomed = set(
            session.scalars(select(WatchlistEntry.key_id).where(WatchlistEntry.expires_on == clock().date()))
        )
        wrapped = list(session.scalars(select(VaultKey.wrapped).where(VaultKey.id.in_(doomed))))
        ciphertexts = [
            content
            for row in session.execute(
                select(
                    WatchlistEntry.sealed,
                    WatchlistEntry.reference_mac,
                    ReferenceImage.source_mac,
                    ReferenceImage.sealed_picture,
                    ReferenceImage.sealed_template,
                )
                .join(ReferenceImage, ReferenceImage.entry_id == WatchlistEntry.id)
                .where(WatchlistEntry.key_id.in_(doomed))
            )
            for content in row
        ]
    assert len(wrapped) > 50
    clock.turn(days=2)
    assert run_retention(office, staff("administrator")).counts == {"entries": len(wrapped)}
    after = database_files(office_folder)
    assert parts_found(wrapped + ciphertexts, after) == 0
    assert parts_found(rows.plain, after) == 0
    kept = [content for content in rows.sealed if content not in {*wrapped, *ciphertexts}]
    assert parts_found(kept, after) > 4 * (150 - len(wrapped))


def test_rows_and_keys_are_gone_on_either_database(
    office: Office, staff: Staff, clock: Clock, rows: Rows
) -> None:
    entry, alert, deployment = _case(rows)
    with office.database.transaction() as session:
        keys_before = session.scalar(select(func.count(VaultKey.id)))
    clock.turn(days=32)
    run_retention(office, staff("administrator"))
    with office.database.transaction() as session:
        assert session.get(WatchlistEntry, entry) is None
        assert session.scalar(select(func.count(ReferenceImage.id))) == 0
        row = session.get_one(Alert, alert)
        assert (row.entry_id, row.key_id, row.sealed_crop) == (None, None, None)
        assert session.get_one(Deployment, deployment).key_id is None
        # Two entries, the alert, the deployment; the list's own key and the audit chain's stay.
        assert session.scalar(select(func.count(VaultKey.id))) == (keys_before or 0) - 4


@pytest.mark.parametrize(("state", "asked_for"), [("live", "truncate_log"), ("closed", "compact")])
def test_the_file_is_written_anew_unless_alerts_may_come_in(
    rows: Rows, clock: Clock, monkeypatch: pytest.MonkeyPatch, state: str, asked_for: str
) -> None:
    rows.entry(rows.watchlist(), withdrawn_at=clock())
    rows.deployment(rows.watchlist(), state=state)
    clock.turn(days=1)
    asked: list[str] = []
    for name in ("compact", "truncate_log"):
        monkeypatch.setattr(type(rows.office.database), name, lambda _, name=name: asked.append(name))
    for _ in range(2):
        run_retention(rows.office, rows.staff("administrator"))
    assert asked == [asked_for, "truncate_log"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_file_is_written_anew_after_a_deletion_once_nothing_is_live(
    office: Office, staff: Staff, clock: Clock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from overt.records import Database

    written: list[int] = []
    compact = Database.compact
    monkeypatch.setattr(Database, "compact", lambda self: (written.append(1), compact(self))[1])
    administrator = staff("administrator")
    run_retention(office, administrator)
    assert written == [], "nothing was deleted"
    watchlist = rows.watchlist()
    live = rows.deployment(watchlist, state="live")
    rows.entry(watchlist, PERSONAL, os.urandom(900), os.urandom(512), expires_on=clock().date())
    clock.turn(days=2)
    assert run_retention(office, administrator).counts["entries"] == 1
    assert written == [], "a live deployment would wait"
    with office.database.transaction() as session:
        session.get_one(Deployment, live).state = "closed"
    run_retention(office, administrator)
    run_retention(office, administrator)
    assert written == [1]
