"""Brings a database to the newest version, and refuses one that is newer than this Overt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from overt.errors import RecordsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["migrate", "newest_version"]


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


def migrate(engine: Engine, *, make: bool = True) -> None:
    """Bring the database to the newest version, in one transaction.

    Raises:
        RecordsError: the database's version is not known here: a newer Overt has made it; or it has none and `make`
            is False.
    """
    configuration = _configuration()
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    with engine.begin() as connection:
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
