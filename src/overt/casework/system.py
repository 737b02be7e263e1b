"""The server about itself: what it is, and whether it could answer now. Nothing about cases or people."""

from __future__ import annotations

import contextlib
import platform
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

import overt
from overt.casework.commands import command
from overt.errors import RecordsError, VaultError
from overt.records.migration import newest_version
from overt.records.tables import AuditHead, Person, VaultMark

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = ["Readiness", "SystemView", "anybody_there", "readiness", "show_system"]

_VERSION_TABLE: Final = text("SELECT version_num FROM alembic_version")


class SystemView(BaseModel):
    """What this installation is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(description="Overt's.")]
    python: Annotated[str, Field(description="The interpreter's version.")]
    database: Annotated[str, Field(description="`sqlite` or `postgresql`.")]
    database_version: Annotated[str, Field(description="The newest migration that the database has.")]
    audit_entries: Annotated[int, Field(description="Length of the audit chain.")]
    vault_since: Annotated[datetime, Field(description="When the master key was made or last changed.")]
    now: Annotated[datetime, Field(description="The server's clock, UTC.")]


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
    return SystemView(
        version=overt.__version__,
        python=platform.python_version(),
        database=work.session.get_bind().dialect.name,
        database_version=str(work.session.scalar(_VERSION_TABLE)),
        audit_entries=head.seq,
        vault_since=mark.rotated_at,
        now=work.now,
    )


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
