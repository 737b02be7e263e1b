"""The database: SQLite in a folder, or PostgreSQL, behind the same transactions."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from overt.errors import RecordsError
from overt.records.migration import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

__all__ = ["Database"]

_BUSY_MS: Final = 15_000
_READS: Final = "overt_reads"
_PRAGMAS: Final = (
    f"busy_timeout = {_BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
)
"""A commit is on disk when it returns; what is deleted is overwritten; nothing spills into temporary files."""


class Database:
    """An open database, of the newest version.

    One transaction writes at a time: on SQLite by its lock, taken when a transaction begins; on PostgreSQL by the
    locks that the transaction itself takes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writing = threading.RLock()
        self._reading = engine.execution_options(**{_READS: True})

    @classmethod
    def open(cls, url: str, *, make: bool = True) -> Database:
        """Open a database, and bring it to the newest version.

        Args:
            url: `sqlite:///FILE` or `postgresql+psycopg://…`, as SQLAlchemy writes them.
            make: False refuses a database that has no tables yet.

        Raises:
            RecordsError: the address is malformed, nothing answers, the database is of a newer version, or it is
                empty and `make` is False.
        """
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            engine = create_engine(parsed, pool_pre_ping=not parsed.drivername.startswith("sqlite"))
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise RecordsError(
                f"The database's address cannot be used: {error}",
                "Write it like sqlite:///folder/overt.sqlite3 or postgresql://user@host/name "
                "(PostgreSQL needs the package overt[postgresql])",
            ) from error
        if engine.dialect.name not in {"sqlite", "postgresql"}:
            raise RecordsError(f"Overt does not run on {engine.dialect.name}", "Use SQLite or PostgreSQL")
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        try:
            migrate(engine, make=make)
        except DBAPIError as error:
            engine.dispose()
            raise RecordsError(
                f"The database at {parsed.render_as_string(hide_password=True)} does not open: {error.orig}",
                "See that the folder is there and may be written, or that the server runs and lets you in",
            ) from error
        return cls(engine)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed whole at the end, or not at all."""
        with (
            self._writing if self.is_sqlite else contextlib.nullcontext(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: it waits for no writer, and nothing in it is committed."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def truncate_log(self) -> None:
        """On SQLite: write the log back into the file and empty it, so that no deleted page lives on in it."""
        if not self.is_sqlite:
            return
        with self._writing, self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - an open connection has its driver's
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    """Transactions that begin when they say so, and write from the beginning (SQLAlchemy's own recipe)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
