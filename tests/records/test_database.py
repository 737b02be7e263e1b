"""The database: versions, transactions, failures that say what to do, and what is left of what was deleted."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from overt.casework import Office, open_office
from overt.errors import InputError, RecordsError
from overt.records import Database
from overt.records.migration import newest_version
from overt.records.tables import AuditHead, Base, SignInAttempt, VaultKey


def test_the_migrations_make_exactly_the_tables(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == newest_version()
        there = set(inspect(connection).get_table_names())
    assert there == {"alembic_version", *Base.metadata.tables}
    database.close()


def test_opening_again_changes_nothing(empty_database_url: str) -> None:
    Database.open(empty_database_url).close()
    database = Database.open(empty_database_url, make=False)
    with database.transaction() as session:
        session.add(SignInAttempt(client="x", at=_now(), succeeded=False))
    database.close()
    database = Database.open(empty_database_url)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 1
    database.close()


def _now() -> object:
    from tests.offices import START

    return START


def test_a_database_of_a_newer_overt_is_refused_and_left_as_it_is(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for opening in (Database.open, Database.open_to_read):
        with pytest.raises(RecordsError, match="version 9999"):
            opening(empty_database_url)


def test_an_empty_database_is_made_only_where_that_was_meant(empty_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"no database|empty"):
        Database.open_to_read(empty_database_url)
    with pytest.raises(RecordsError, match="is empty"):
        Database.open(empty_database_url, make=False)
    with pytest.raises(RecordsError, match=r"no database|is empty"):
        open_office(
            tmp_path / "office",
            database_url=None if empty_database_url.startswith("sqlite") else empty_database_url,
            make=False,
            environment={},
        )


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("nonsense", "cannot be used"),
        ("oracle://host/name", r"cannot be used|does not run on"),
        ("sqlite:////nowhere/at/all/overt.sqlite3", "does not open"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_with_what_to_do(url: str, match: str) -> None:
    with pytest.raises(RecordsError, match=match) as refused:
        Database.open(url)
    assert refused.value.remedy


@pytest.mark.system
def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="does not open") as refused:
        Database.open(f"postgresql://overt:hunter2@/overt?host={tmp_path}")
    assert "hunter2" not in str(refused.value)


def test_a_transaction_is_whole_or_nothing(office: Office) -> None:
    def fail() -> None:
        with office.database.transaction() as session:
            session.add(SignInAttempt(client="x", at=office.now(), succeeded=False))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with office.database.reading() as session:
        assert session.scalars(select(SignInAttempt)).all() == []


def test_reading_sees_one_moment_and_keeps_no_writer_waiting(office: Office) -> None:
    with office.database.reading() as reader:
        before = reader.scalar(select(AuditHead.seq))
        with office.database.transaction() as session:
            session.execute(update(AuditHead).values(seq=41))
        assert reader.scalar(select(AuditHead.seq)) == before
    with office.database.reading() as reader:
        assert reader.scalar(select(AuditHead.seq)) == 41


def test_a_mistake_in_what_was_stored_does_not_show_what_was_stored(office: Office) -> None:
    def store_nothing_where_something_must_be() -> None:
        with office.database.transaction() as session:
            session.execute(insert(SignInAttempt).values(client="Ada Example", at=None, succeeded=False))

    with pytest.raises(IntegrityError) as refused:
        store_nothing_where_something_must_be()
    assert "[SQL parameters hidden" in str(refused.value)


@pytest.mark.system
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_text_that_postgresql_cannot_hold_is_the_giver_s_mistake(office: Office) -> None:
    def store_a_nul() -> None:
        with office.database.transaction() as session:
            session.add(SignInAttempt(client="Ada\0Example", at=office.now(), succeeded=False))

    with pytest.raises(InputError, match="NUL") as refused:
        store_a_nul()
    assert "Example" not in str(refused.value)


def _sqlite(folder: Path) -> Database:
    return Database.open(f"sqlite:///{folder / 'overt.sqlite3'}")


def test_a_locked_database_says_that_another_process_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from overt.records import database as module

    pragmas = ("busy_timeout = 20", *module._PRAGMAS[1:])
    monkeypatch.setattr(module, "_PRAGMAS", pragmas)
    database = _sqlite(tmp_path)
    other = sqlite3.connect(tmp_path / "overt.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write() -> None:
        with database.transaction() as session:
            session.add(SignInAttempt(client="x", at=_now(), succeeded=False))

    with pytest.raises(RecordsError, match="held by another process"):
        write()
    other.close()
    write()
    database.close()


def test_a_full_database_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    database = _sqlite(tmp_path)

    def fill() -> None:
        with database.transaction() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
            for _ in range(200):
                session.add(SignInAttempt(client="x" * 4000, at=_now(), succeeded=False))
            session.flush()

    with pytest.raises(RecordsError, match="full") as refused:
        fill()
    assert str(tmp_path) not in str(refused.value)
    with database.reading() as session:
        assert session.scalars(select(SignInAttempt)).all() == []
    database.close()


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "overt.sqlite3").write_bytes(b"no database at all" * 1000)
    with pytest.raises(RecordsError, match="not a database"):
        _sqlite(tmp_path)


def test_a_database_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    _sqlite(tmp_path).close()
    database = Database.open_to_read(f"sqlite:///{tmp_path / 'overt.sqlite3'}")

    def write() -> None:
        with database.transaction() as session:
            session.add(SignInAttempt(client="x", at=_now(), succeeded=False))

    with pytest.raises(RecordsError, match="may not be written"):
        write()
    database.close()


def test_the_file_and_its_log_are_their_owner_s_alone(tmp_path: Path) -> None:
    database = _sqlite(tmp_path)
    with database.transaction() as session:
        session.add(SignInAttempt(client="x", at=_now(), succeeded=False))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes.keys() >= {"overt.sqlite3", "overt.sqlite3-wal", "overt.sqlite3-shm"}
    assert set(modes.values()) == {0o600}, modes
    database.close()


def _traces(folder: Path, secret: bytes) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if secret in path.read_bytes()]


def test_nothing_deleted_is_left_in_the_files(tmp_path: Path) -> None:
    """Plain text in a plain column: what secure_delete and the emptied log do by themselves, without the vault."""
    secret = "Zaphod-Exemplum-7781"
    database = _sqlite(tmp_path)
    with database.transaction() as session:
        for number in range(300):
            client = f"{secret}-{number}" * 20 if number % 2 else "kept" * 20
            session.add(SignInAttempt(client=client, at=_now(), succeeded=False))
    assert database.truncate_log()
    assert _traces(tmp_path, secret.encode()) == ["overt.sqlite3"]
    with database.transaction() as session:
        for row in session.scalars(
            select(SignInAttempt).where(SignInAttempt.client.startswith(secret))
        ).all():
            session.delete(row)
    assert "overt.sqlite3-wal" in _traces(tmp_path, secret.encode()), "or there is nothing to find"
    assert database.compact()
    assert _traces(tmp_path, secret.encode()) == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 150
    database.close()


def test_a_log_that_is_still_read_from_is_not_said_to_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from overt.records import database as module

    monkeypatch.setattr(module, "_PRAGMAS", ("busy_timeout = 20", *module._PRAGMAS[1:]))
    database = _sqlite(tmp_path)
    with database.reading() as reader:
        reader.scalars(select(SignInAttempt)).all()
        with database.transaction() as session:
            session.add(SignInAttempt(client="x", at=_now(), succeeded=False))
        assert not database.truncate_log()
    assert database.truncate_log()
    database.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_destroyed_keys_leave_no_trace_of_their_wrapping(office: Office) -> None:
    """With its wrapping, whoever holds the master key could open what a disk still holds of what it sealed."""
    with office.database.transaction() as session:
        top = office.vault.new_key(session, "watchlist", office.now())
        keys = office.vault.new_keys(session, "entry", office.now(), 400, parent=top)
        doomed = dict(
            session.execute(select(VaultKey.id, VaultKey.wrapped).where(VaultKey.id.in_(keys[::3]))).all()
        )
    office.database.truncate_log()
    assert _traces(office.folder, next(iter(doomed.values()))) == ["overt.sqlite3"]
    with office.database.transaction() as session:
        office.vault.destroy(session, doomed)
    assert office.database.compact()
    assert [key for key, wrapped in doomed.items() if _traces(office.folder, wrapped)] == []
