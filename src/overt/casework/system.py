"""The server about itself: what it is, and whether it could answer now. Nothing about cases or people."""

from __future__ import annotations

import contextlib
import platform
import shutil
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import overt
from overt.casework.commands import command
from overt.casework.office import DATABASE_FILE
from overt.errors import AuthorityError, RecordsError, VaultError
from overt.records.migration import newest_version
from overt.records.tables import AuditCheckpoint, AuditHead, Deployment, Person, VaultKey, VaultMark

if TYPE_CHECKING:
    from overt.casework.actor import Actor
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = [
    "PackView",
    "PacksView",
    "Readiness",
    "SystemView",
    "anybody_there",
    "list_packs",
    "readiness",
    "show_system",
]

_VERSION_TABLE: Final = text("SELECT version_num FROM alembic_version")


class SystemView(BaseModel):
    """What this installation is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(description="Overt's.")]
    python: Annotated[str, Field(description="The interpreter's version.")]
    database: Annotated[str, Field(description="`sqlite` or `postgresql`.")]
    database_version: Annotated[str, Field(description="The newest migration that the database has.")]
    database_bytes: Annotated[
        int | None, Field(description="The database file's size; null where it is another server's.")
    ]
    disk_free_bytes: Annotated[int, Field(description="Free on the disk of the data folder.")]
    disk_bytes: Annotated[int, Field(description="Size of that disk.")]
    live_deployments: Annotated[int, Field(description="Deployments that are live.")]
    audit_entries: Annotated[int, Field(description="Length of the audit chain.")]
    last_checkpoint: Annotated[
        datetime | None, Field(description="When the chain's head was last signed and kept.")
    ]
    vault_since: Annotated[datetime, Field(description="When the master key was made or last changed.")]
    vault_keys: Annotated[
        int, Field(description="Keys in the vault: one for each list, entry, alert and more.")
    ]
    master_key_from: Annotated[
        Literal["file", "environment"], Field(description="Where the master key comes from.")
    ]
    now: Annotated[datetime, Field(description="The server's clock, UTC.")]


class PackView(BaseModel):
    """A model pack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    state: Annotated[
        Literal["ready", "absent", "refused"],
        Field(
            description="ready: every file was verified just now; absent: known, and not on this machine; refused: "
            "there, and something about it is not right."
        ),
    ]
    built_in: Annotated[bool, Field(description="Whether Overt knows it by name.")]
    title: str
    version: str
    operational_use: Annotated[bool, Field(description="Whether its licence allows looking for people.")]
    demonstration: Annotated[
        bool, Field(description="Whether, without that, it may still run live to show and to practise.")
    ]
    size: Annotated[int, Field(description="Bytes of its files.")]
    weights_licence: Annotated[str, Field(description="The licence of its weights.")]
    training_data: Annotated[str, Field(description="What they were trained on, and its terms.")]
    problem: Annotated[str, Field(description="Why it is refused; else empty.")]


class PacksView(BaseModel):
    """The model packs of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    packs: tuple[PackView, ...]


class Readiness(BaseModel):
    """Whether each thing that an answer needs is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Annotated[bool, Field(description="The database answers.")]
    migrations: Annotated[
        bool, Field(description="The database is of the version that this Overt works with.")
    ]
    vault: Annotated[bool, Field(description="The master key opens the vault.")]

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return self.database and self.migrations and self.vault


@command("system.show")
def show_system(work: Work) -> SystemView:
    """What this installation is."""
    head = work.session.get_one(AuditHead, 1)
    mark = work.session.get_one(VaultMark, 1)
    disk = shutil.disk_usage(work.office.folder)
    return SystemView(
        version=overt.__version__,
        python=platform.python_version(),
        database=work.session.get_bind().dialect.name,
        database_version=str(work.session.scalar(_VERSION_TABLE)),
        database_bytes=_database_bytes(work.office),
        disk_free_bytes=disk.free,
        disk_bytes=disk.total,
        live_deployments=work.session.scalar(
            select(func.count(Deployment.id)).where(Deployment.state == "live")
        )
        or 0,
        audit_entries=head.seq,
        last_checkpoint=work.session.scalar(select(func.max(AuditCheckpoint.at))),
        vault_since=mark.rotated_at,
        vault_keys=work.session.scalar(select(func.count(VaultKey.id))) or 0,
        master_key_from="environment" if work.office.vault.master.file is None else "file",
        now=work.now,
    )


def _database_bytes(office: Office) -> int | None:
    file = office.folder / DATABASE_FILE
    return file.stat().st_size if file.is_file() else None


def list_packs(office: Office, actor: Actor) -> PacksView:
    """The model packs that Overt knows and those on this machine, each verified now (command `system.list-packs`).

    Raises:
        AuthorityError: the actor may not give this command.
    """
    from overt.biometrics import packs

    try:
        _enter_packs.authorise(actor)
    except AuthorityError:
        return _enter_packs(office, actor, ())
    found = tuple(PackView.model_validate(one, from_attributes=True) for one in packs.available())
    return _enter_packs(office, actor, found)


@command("system.list-packs")
def _enter_packs(work: Work, found: tuple[PackView, ...]) -> PacksView:
    work.note("", packs={one.name: one.state for one in found})
    return PacksView(packs=found)


def readiness(office: Office) -> Readiness:
    """Ask each part. Waits for no writer, leaves no trace, and is no command: it tells nothing about anybody."""
    database = migrations = vault = False
    with contextlib.suppress(SQLAlchemyError, RecordsError, VaultError), office.database.reading() as session:
        version = session.scalar(_VERSION_TABLE)
        database = True
        migrations = version == newest_version()
        # The audit chain's signing key is sealed; its vault key opens with the right master key only.
        signing = session.get_one(AuditHead, 1).signing_key.split(b"\n", 1)[0].decode()
        office.vault.mac(session, signing, b"ready", about="ready")
        vault = True
    return Readiness(database=database, migrations=migrations, vault=vault)


def anybody_there(office: Office) -> bool:
    """Whether there is a person yet; until then nobody can sign in."""
    with office.database.reading() as session:
        return session.scalar(select(Person.id).limit(1)) is not None
