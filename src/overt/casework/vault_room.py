"""The vault's keys and the whole record's safety: rotating the master key, backing up, restoring."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.commands import Work, command
from overt.casework.office import DATABASE_FILE, MASTER_KEY_FILE, utc_now
from overt.errors import AuthorityError, RecordsError, VaultError
from overt.records import AuditChain, Database, MasterKey, Vault
from overt.records.backup import BACKUP_LABEL, Backup, put_back, read_backup, write_backup
from overt.records.verification import verify_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from overt.casework.actor import Actor
    from overt.casework.office import Office

__all__ = ["BackupView", "RotationView", "backup_vault", "restore_vault", "rotate_vault"]


class RotationView(BaseModel):
    """A master key that was replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[int, Field(description="How many keys are now wrapped by the new one.")]
    old_key_file: Annotated[
        str | None,
        Field(
            description="The name under which the old key is kept beside the new; null where it came from the "
            "environment."
        ),
    ]


class BackupView(BaseModel):
    """A backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_at: datetime
    rows: Annotated[int, Field(description="Rows of all tables.")]
    size: Annotated[int, Field(description="Bytes.")]
    digest: Annotated[str, Field(description="SHA-256 of its content, as hex.")]
    audit_entries: Annotated[int, Field(description="Length of the audit chain in it.")]

    @classmethod
    def of(cls, backup: Backup) -> BackupView:
        """As the record room gives it."""
        return cls(
            made_at=backup.made_at,
            rows=sum(backup.rows.values()),
            size=backup.size,
            digest=backup.digest.hex(),
            audit_entries=backup.rows["audit_entries"],
        )


@command("vault.rotate")
def rotate_vault(work: Work, new_key: MasterKey) -> RotationView:
    """Wrap every key with a new master key, and put it in the old one's place.

    The new key lies beside the old one's file before anything is committed, and is moved into its place afterwards;
    should that be interrupted, the next opening does it. Other processes on this database follow by themselves where
    the key is a file.

    Raises:
        VaultError: the new key is the one in use, or its file cannot be put beside the old.
    """
    vault = work.office.vault
    old = vault.master
    keys = vault.rotate(work.session, new_key, work.now)
    kept = old.prepare_successor(new_key, work.now)
    work.after_commit.append(lambda: vault.use(old.replace_by(new_key)))
    work.note("vault", keys=keys)
    return RotationView(keys=keys, old_key_file=None if kept is None else kept.name)


@command("vault.backup")
def _enter_backup(work: Work, backup: Backup | None) -> None:
    if backup is not None:
        work.note("vault", digest=backup.digest.hex(), rows=sum(backup.rows.values()))


def backup_vault(office: Office, actor: Actor, file: Path) -> BackupView:
    """Write the whole record into a new file (command `vault.backup`), while others go on writing to it.

    What is sealed stays sealed: restoring it takes the master key, which is not in the file.

    Args:
        office: whose record.
        actor: for whom.
        file: where to; it must not be there yet.

    Raises:
        AuthorityError: the actor may not give this command.
        RecordsError: the file is there, or cannot be written.
    """
    try:
        _enter_backup.authorise(actor)
    except AuthorityError:
        _enter_backup(office, actor, None)
        raise
    if file.exists():
        raise RecordsError(f"{file} is there already", "Name a new file")
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with office.database.reading() as session:
            backup = write_backup(session, office.audit, part, office.now())
        _enter_backup(office, actor, backup)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return BackupView.of(backup)


def restore_vault(
    file: Path,
    folder: Path,
    *,
    key_file: Path | None = None,
    database_url: str | None = None,
    environment: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> BackupView:
    """Restore a backup into an empty folder, or into that and an empty database; or leave nothing behind.

    The backup must be whole and signed by its own office, the master key must open it, and its audit chain must
    verify. That it was restored becomes the chain's next entry. Whoever holds the master key and the machine may do
    this: there is nobody yet to sign in.

    Args:
        file: the backup.
        folder: the new data folder, which is made if it is not there.
        key_file: the master key, which is copied into the folder.
        database_url: another database than SQLite in the folder.
        environment: where `OVERT_MASTER_KEY` is looked for where no file is named; the process's own where None.
        clock: the time, UTC.

    Raises:
        RecordsError: the backup is not whole or not signed, the folder or database is not empty.
        VaultError: the master key is missing, or is not the one that the backup was sealed with.
        AuditError: its audit chain is broken.
    """
    backup = read_backup(file)
    environment = os.environ if environment is None else environment
    key = MasterKey.read(folder / MASTER_KEY_FILE, environment) if key_file is None else _read_key(key_file)
    made = _make_empty(folder)
    database: Database | None = None
    try:
        if key_file is not None:
            key.copy_to(folder / MASTER_KEY_FILE)
        database = Database.open(database_url or f"sqlite:///{folder / DATABASE_FILE}")
        _fill(database, backup, key, clock())
    except BaseException:
        if database is not None:
            database.close()
        for left in folder.iterdir():
            left.unlink()
        if made:
            folder.rmdir()
        raise
    database.close()
    return BackupView.of(backup)


def _fill(database: Database, backup: Backup, key: MasterKey, now: datetime) -> None:
    from overt.errors import AuditError

    with database.transaction() as session:
        rows = put_back(session, backup)
        chain = AuditChain.open(session, Vault.open(session, key, now), now)
        if not chain.is_signed(BACKUP_LABEL, backup.digest, backup.signature):
            raise RecordsError(
                f"The backup {backup.file} is not signed by the office whose record it holds",
                "It was altered after it was made: use another copy",
            )
        verdict = verify_records(session, public_key=chain.public_key)
        if not verdict.ok:
            raise AuditError(
                f"The audit chain in the backup is broken at entry {verdict.first_bad}: {verdict.fault}",
                "It was broken before the backup was made: use an earlier one",
            )
        chain.append(
            session,
            at=now,
            actor_id="software-restore",
            actor_name="restore",
            via="cli",
            command=_RESTORE,
            outcome="done",
            subject="vault",
            details={"digest": backup.digest.hex(), "made_at": backup.made_at.isoformat(), "rows": rows},
        )


_RESTORE: Final = "vault.restore"


def _read_key(file: Path) -> MasterKey:
    try:
        return MasterKey.from_file(file)
    except FileNotFoundError as error:
        raise VaultError(
            f"There is no master key at {file}", "Name the key that the backup was made with"
        ) from error


def _make_empty(folder: Path) -> bool:
    """Have an empty folder; returns whether it was made."""
    with contextlib.suppress(FileExistsError):
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise
        except OSError as error:
            raise RecordsError(
                f"The folder {folder} cannot be made: {error.strerror}", "Name another"
            ) from error
        return True
    if not folder.is_dir() or any(folder.iterdir()):
        raise RecordsError(
            f"{folder} is not an empty folder", "Name an empty one, or one that is not there yet"
        )
    return False
