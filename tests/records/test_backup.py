"""Backups: whole or refused, from either database into either, with the chain and the keys that belong to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from overt.casework import Actor, Office, Role, open_office
from overt.casework.audit_room import checkpoint_audit, verify_audit
from overt.casework.vault_room import backup_vault, restore_vault
from overt.errors import AuditError, AuthorityError, RecordsError, VaultError
from overt.records import KEY_VARIABLE
from overt.records.tables import AuditEntry, Base, SignInAttempt, VaultKey
from tests.databases import PostgresServer
from tests.offices import Staff
from tests.records.every_table import fill_every_table


@pytest.fixture
def administrator(staff: Staff) -> Actor:
    return staff(Role.ADMINISTRATOR)


@pytest.fixture
def sealed(office: Office) -> tuple[str, bytes]:
    """A row in every table, and something sealed under the key of a key."""
    with office.database.transaction() as session:
        top = office.vault.new_key(session, "watchlist", office.now())
        key_id = office.vault.new_key(session, "entry", office.now(), parent=top)
        fill_every_table(session, key_id)
        return key_id, office.vault.seal(session, key_id, b"Ada Example", about="x")


def _everything(office: Office) -> dict[str, list[tuple[object, ...]]]:
    with office.database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def _open(office: Office, sealed: tuple[str, bytes]) -> bytes:
    with office.database.transaction() as session:
        return office.vault.open_sealed(session, *sealed, about="x")


def _key(office: Office) -> Path:
    return office.folder / "master.key"


def test_a_restored_record_is_the_one_that_was_backed_up(
    office: Office, staff: Staff, administrator: Actor, tmp_path: Path, sealed: tuple[str, bytes]
) -> None:
    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    checkpoint_audit(office, staff(Role.AUDITOR))
    made = backup_vault(office, administrator, file)
    before = _everything(office)
    assert file.stat().st_mode & 0o777 == 0o600
    restored = restore_vault(file, folder, key_file=_key(office), environment={}, clock=office.now)
    assert restored == made
    with open_office(folder, environment={}, clock=office.now) as again:
        assert _open(again, sealed) == b"Ada Example"
        after = _everything(again)
        # The chain goes on: the entry of the backup itself came after it, that of the restoring instead of it.
        assert after["audit_entries"][:-1] == before["audit_entries"][:-1]
        assert after["audit_entries"][-1][5] == "vault.restore"
        assert after["server_leases"] == []
        assert [name for name, rows in before.items() if not rows] == []
        for name in before.keys() - {"audit_entries", "audit_head", "server_leases"}:
            assert after[name] == before[name], name
        assert verify_audit(again, administrator).ok


@pytest.mark.system
def test_a_backup_of_one_database_restores_into_the_other(
    office: Office, administrator: Actor, tmp_path: Path, postgres: PostgresServer, sealed: tuple[str, bytes]
) -> None:
    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    backup_vault(office, administrator, file)
    url = postgres.url(postgres.new_database()) if office.database.is_sqlite else None
    restore_vault(file, folder, key_file=_key(office), database_url=url, environment={}, clock=office.now)
    with open_office(folder, database_url=url, environment={}, clock=office.now) as again:
        assert again.database.is_sqlite is not office.database.is_sqlite
        assert _open(again, sealed) == b"Ada Example"
        with again.database.transaction() as session:
            session.add(SignInAttempt(client="::1", at=again.now(), succeeded=False))
            session.flush()
            assert list(session.scalars(select(SignInAttempt.seq).order_by(SignInAttempt.seq))) == [1, 2]
        assert verify_audit(again, administrator).ok


@pytest.mark.usefixtures("sealed")
def test_a_backup_that_was_cut_short_or_altered_is_refused_and_leaves_nothing(
    office: Office, administrator: Actor, tmp_path: Path
) -> None:
    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    backup_vault(office, administrator, file)
    whole = file.read_bytes()
    bad = tmp_path / "bad"
    for length in (0, 1, 40, len(whole) // 2, len(whole) - 97, len(whole) - 65, len(whole) - 1):
        bad.write_bytes(whole[:length])
        with pytest.raises(RecordsError):
            restore_vault(bad, folder, key_file=_key(office), environment={})
    for place in (3, 20, len(whole) // 2, len(whole) - 80, len(whole) - 1):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(RecordsError):
            restore_vault(bad, folder, key_file=_key(office), environment={})
    assert not folder.exists()


@pytest.mark.usefixtures("sealed")
def test_a_backup_whose_digest_was_made_to_fit_again_is_not_signed(
    office: Office, administrator: Actor, tmp_path: Path
) -> None:
    import hashlib

    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    backup_vault(office, administrator, file)
    content, signature = file.read_bytes()[:-96], file.read_bytes()[-64:]
    forged = content.replace(b"auditor", b"watcher").replace(b"administrator", b"administratos")
    assert forged != content
    file.write_bytes(forged + hashlib.sha256(forged).digest() + signature)
    with pytest.raises(RecordsError, match="not signed"):
        restore_vault(file, folder, key_file=_key(office), environment={})
    assert not folder.exists()


def test_a_wrong_or_missing_master_key_restores_nothing(
    office: Office, administrator: Actor, tmp_path: Path
) -> None:
    from overt.records import MasterKey

    file, folder, other = tmp_path / "a.overt-backup", tmp_path / "restored", tmp_path / "other.key"
    backup_vault(office, administrator, file)
    MasterKey.make(other)
    with pytest.raises(VaultError, match="not the one"):
        restore_vault(file, folder, key_file=other, environment={})
    with pytest.raises(VaultError, match="no master key"):
        restore_vault(file, folder, environment={})
    assert not folder.exists()
    written = _key(office).read_text(encoding="ascii").strip()
    restore_vault(file, folder, environment={KEY_VARIABLE: written})
    assert not (folder / "master.key").exists()


def test_only_an_empty_folder_and_an_empty_database_are_restored_into(
    office: Office, administrator: Actor, tmp_path: Path, database_url: str | None
) -> None:
    file = tmp_path / "a.overt-backup"
    backup_vault(office, administrator, file)
    with pytest.raises(RecordsError, match="not an empty folder"):
        restore_vault(file, office.folder, key_file=_key(office), environment={})
    if database_url is not None:
        with pytest.raises(RecordsError, match="not empty"):
            restore_vault(
                file, tmp_path / "new", key_file=_key(office), database_url=database_url, environment={}
            )
        assert not (tmp_path / "new").exists()


def test_a_backup_never_writes_over_a_file_and_is_in_the_chain(
    office: Office, staff: Staff, administrator: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "a.overt-backup"
    made = backup_vault(office, administrator, file)
    with pytest.raises(RecordsError, match="there already"):
        backup_vault(office, administrator, file)
    with pytest.raises(AuthorityError):
        backup_vault(office, staff(Role.AUDITOR), tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name or path.name == "b"] == [
        file.name
    ]
    with office.database.reading() as session:
        rows = session.execute(select(AuditEntry.outcome, AuditEntry.details).order_by(AuditEntry.seq)).all()
    assert rows[0].outcome == "done"
    assert made.digest in rows[0].details
    assert rows[-1].outcome == "refused"


def test_a_broken_chain_is_not_restored(office: Office, administrator: Actor, tmp_path: Path) -> None:
    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    verify_audit(office, administrator)
    with office.database.transaction() as session:
        session.get_one(AuditEntry, 1).actor_name = "somebody else"
    backup_vault(office, administrator, file)
    with pytest.raises(AuditError, match="entry 1"):
        restore_vault(file, folder, key_file=_key(office), environment={})
    assert not folder.exists()


def test_keys_below_keys_are_put_back_in_order(office: Office, administrator: Actor, tmp_path: Path) -> None:
    with office.database.transaction() as session:
        parent = office.vault.new_key(session, "one", office.now())
        for _ in range(4):
            parent = office.vault.new_key(session, "deeper", office.now(), parent=parent)
        sealed = office.vault.seal(session, parent, b"deep", about="x")
    file, folder = tmp_path / "a.overt-backup", tmp_path / "restored"
    backup_vault(office, administrator, file)
    restore_vault(file, folder, key_file=_key(office), environment={})
    with open_office(folder, environment={}) as again, again.database.transaction() as session:
        assert again.vault.open_sealed(session, parent, sealed, about="x") == b"deep"
        assert session.get_one(VaultKey, parent).kind == "deeper"
