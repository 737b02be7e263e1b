"""The database: SQLite in a folder, or PostgreSQL, behind the same transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.orm import Session

from overt.errors import InputError, RecordsError
from overt.records.migration import check_version, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

__all__ = ["Database"]

_BUSY_MS: Final = 15_000
_PRAGMAS: Final = (
    f"busy_timeout = {_BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
)
"""A commit is on disk when it returns; what is deleted is overwritten; nothing spills into temporary files."""
_TO_READ: Final = (f"busy_timeout = {_BUSY_MS}", "query_only = ON", "temp_store = MEMORY")
_READING: Final = "overt_reading"


class Database:
    """An open database, of the newest version.

    One transaction writes at a time: on SQLite by its lock, taken when a transaction begins; on PostgreSQL by the
    locks that the transaction itself takes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writing = threading.RLock()
        self._to_read = engine.execution_options(
            **({_READING: True} if self.is_sqlite else _SNAPSHOT_ON_POSTGRESQL)
        )

    @classmethod
    def open(cls, url: str, *, make: bool = True) -> Database:
        """Open a database, and bring it to the newest version.

        Args:
            url: `sqlite:///FILE` or `postgresql://…`, as SQLAlchemy writes them.
            make: False refuses a database that has no tables yet.

        Raises:
            RecordsError: the address is malformed, nothing answers, the database is of a newer version, or it is
                empty and `make` is False.
        """
        engine = _engine(url)
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine, _PRAGMAS)
            _make_private(engine.url)
        with _opening(engine):
            migrate(engine, make=make)
        return cls(engine)

    @classmethod
    def open_to_read(cls, url: str) -> Database:
        """Open a database that is there, of this version, to read from and nothing else.

        Raises:
            RecordsError: it is not there, does not answer, or is of another version.
        """
        engine = _engine(url)
        file = engine.url.database
        if engine.dialect.name == "sqlite":
            if file is None or not Path(file).is_file():
                raise RecordsError(f"There is no database at {file}", "Name the folder that holds one")
            _prepare_sqlite(engine, _TO_READ)
        with _opening(engine):
            check_version(engine)
        return cls(engine)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed whole at the end, or not at all.

        Raises:
            RecordsError: the database is locked, full, cannot be written, or does not answer.
        """
        with (
            _translated(),
            self._writing if self.is_sqlite else contextlib.nullcontext(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees the database as it is now, for as long as it likes, and keeps no writer waiting.

        Raises:
            RecordsError: the database does not answer.
        """
        with _translated(), Session(self._to_read, expire_on_commit=False) as session, session.begin():
            yield session

    def truncate_log(self) -> bool:
        """On SQLite: write the log back into the file and empty it, so that no deleted page lives on in it.

        Returns:
            Whether the log is empty: False while another connection still reads from it. Always True on PostgreSQL,
            whose log is the server's own business.
        """
        if not self.is_sqlite:
            return True
        with _translated(), self._writing, self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - an open connection has its driver's
            ((busy, _, _),) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not busy

    def compact(self) -> bool:
        """On SQLite: write the whole file anew, so that no remnant of what was deleted is left between rows either.

        SQLite overwrites a row that is deleted; but when it moves rows from page to page, copies of them stay in the
        gaps that this leaves, until the gap is used. Takes as long as copying the file, and writers wait.

        Returns:
            Whether the log was emptied afterwards, as `truncate_log` says it. Always True on PostgreSQL.
        """
        if not self.is_sqlite:
            return True
        with _translated(), self._writing, self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - an open connection has its driver's
            try:
                raw.execute("VACUUM").fetchall()
            except sqlite3.OperationalError as error:
                raise _failure(OperationalError("VACUUM", None, error)) from error
        return self.truncate_log()

    def size_to_compact(self) -> int:
        """How many bytes `compact` would write; 0 on PostgreSQL."""
        if not self.is_sqlite:
            return 0
        with self.reading() as session:
            counts = [
                session.scalar(text(f"PRAGMA {name}"))
                for name in ("page_count", "freelist_count", "page_size")
            ]
        pages, free, size = (int(count or 0) for count in counts)
        return (pages - free) * size

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


_SNAPSHOT_ON_POSTGRESQL: Final[dict[str, Any]] = {
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parsed,
            pool_pre_ping=not parsed.drivername.startswith("sqlite"),
            hide_parameters=True,  # an error's text must not carry what was to be stored
        )
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise RecordsError(
            f"The database's address cannot be used: {error}",
            "Write it like sqlite:///folder/overt.sqlite3 or postgresql://user@host/name "
            "(PostgreSQL needs the package overt[postgresql])",
        ) from error
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        raise RecordsError(f"Overt does not run on {engine.dialect.name}", "Use SQLite or PostgreSQL")
    return engine


def _make_private(url: URL) -> None:
    """Make the file that SQLite would make, readable by its owner only; its log takes over the file's mode."""
    if url.database in {None, "", ":memory:"}:
        return
    with contextlib.suppress(OSError):  # SQLite says better what is wrong with the place
        os.close(os.open(str(url.database), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextlib.contextmanager
def _opening(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        engine.dispose()
        raise RecordsError(
            f"The database at {engine.url.render_as_string(hide_password=True)} does not open: {error.orig}",
            "See that the folder is there and may be written, or that the server runs and lets you in",
        ) from error
    except RecordsError:
        engine.dispose()
        raise


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The database's own failures as `RecordsError`; mistakes in what it was told stay what they are.

    The driver's text is not repeated: it holds the server's paths and addresses, and these messages reach clients.
    """
    try:
        yield
    except DataError as error:
        raise InputError(
            "The database cannot hold a value that was given: a number out of range, or a NUL in a text",
            "Leave it out",
        ) from error
    except (IntegrityError, ProgrammingError, NotSupportedError):
        raise
    except DatabaseError as error:
        raise _failure(error) from error


_FAILURES: Final = (
    (
        "locked",
        "The database is held by another process",
        "Try again; if it stays so, see what else has it open",
    ),
    ("full", "The database's disk is full", "Make room; nothing of this was recorded"),
    ("No space left", "The database's disk is full", "Make room; nothing of this was recorded"),
    ("readonly", "The database may not be written", "See who owns the data folder and its files"),
    ("read-only", "The database may not be written", "See who owns the data folder and its files"),
    ("malformed", "The database's file is damaged", "Restore it from a backup"),
    ("not a database", "The database's file is damaged", "Restore it from a backup"),
    ("deadlock", "Two commands were in each other's way, and this one gave in", "Give it again"),
    ("could not serialize", "Two commands were in each other's way, and this one gave in", "Give it again"),
)


def _failure(error: DatabaseError) -> RecordsError:
    said = str(error.orig)
    for sign, what, remedy in _FAILURES:
        if sign in said:
            return RecordsError(what, remedy)
    if isinstance(error, OperationalError):
        return RecordsError(
            "The database does not answer", "See that its server runs, or that its disk is whole"
        )
    return RecordsError("The database has failed", "See its server's log, or check its disk")


def _prepare_sqlite(engine: Engine, pragmas: tuple[str, ...]) -> None:
    """Transactions that begin when they say so, and write from the beginning (SQLAlchemy's own recipe)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reading = pragmas is _TO_READ or connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
