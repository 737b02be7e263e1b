"""Brings a database to the newest version, and refuses one that is newer than this Overt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from overt.errors import RecordsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["check_version", "migrate", "newest_version"]

_MIGRATING: Final = 0x4F564552  # the number of the lock under which one process migrates while others wait


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "overt.records:migrations")
    configuration.set_main_option("path_separator", "os")
    return configuration


def newest_version() -> str:
    """The version that this Overt works with."""
    head = ScriptDirectory.from_config(_configuration()).get_current_head()
    if head is None:
        raise RecordsError("This installation of Overt has no migrations", "Install it again")
    return head


def check_version(engine: Engine) -> None:
    """Refuse a database that is not of the newest version, and change nothing.

    Raises:
        RecordsError: it is empty, older or newer.
    """
    with engine.begin() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    newest = newest_version()
    if version != newest:
        raise RecordsError(
            f"The database is of version {version}, and this Overt reads version {newest}"
            if version
            else "The database is empty",
            "Open it once with `overt serve` of this version, or use the version that made it",
        )


def migrate(engine: Engine, *, make: bool = True) -> None:
    """Bring the database to the newest version, in one transaction.

    Raises:
        RecordsError: the database's version is not known here: a newer Overt has made it; or it has none and `make`
            is False.
    """
    configuration = _configuration()
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        version = MigrationContext.configure(connection).get_current_revision()
        if version is not None and version not in known:
            raise RecordsError(
                f"The database is of version {version}, which this Overt does not know",
                "A newer Overt has made it: install that version, or restore a backup made with this one",
            )
        if version is None and not make:
            raise RecordsError("The database is empty", "Make it with `overt serve`, or name another")
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
