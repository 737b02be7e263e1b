"""The databases that tests run on: SQLite in a folder, and a PostgreSQL server of this run's own.

Whatever takes `office` or `database_url` runs once on each; the PostgreSQL half carries the marker `system`, so that
`make test` stays quick and `make test-all` runs the same suite again on Debian's server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Executable, create_engine, text

from overt.records import Database
from overt.records.tables import Base

BOTH_DATABASES: Final = ("sqlite", pytest.param("postgresql", marks=pytest.mark.system))
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "shared_buffers": "32MB",
}
"""Quick rather than safe: nothing here outlives the run."""
_MUCH: Final = 500


@dataclass
class PostgresServer:
    """A PostgreSQL server on a Unix socket in a temporary folder.

    Attributes:
        socket: the folder of its socket.
        made: how many databases it has made.
        free: the names of those with all tables that no test has now.
    """

    socket: Path
    made: int = 0
    free: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+psycopg://overt@/{name}?host={self.socket}"

    def new_database(self) -> str:
        """Make a database without tables, and return its name."""
        self.made += 1
        name = f"overt_{self.made}"
        self._say("postgres", text(f"CREATE DATABASE {name} TEMPLATE template0"))
        return name

    def take(self) -> str:
        """The name of a database with all tables and nothing in them."""
        if self.free:
            return self.free.pop()
        name = self.new_database()
        Database.open(self.url(name)).close()
        return name

    def give_back(self, name: str) -> None:
        """Empty a database that was taken, for the next test: quicker than to make one, or to truncate.

        One that held much is dropped instead: nothing vacuums here, and later tests would read past the dead rows.
        """
        deleted = self._say(
            name,
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ),
            *(table.delete() for table in reversed(Base.metadata.sorted_tables)),
            text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"),
        )
        if deleted > _MUCH:
            self._say("postgres", text(f"DROP DATABASE {name} WITH (FORCE)"))
        else:
            self.free.append(name)

    def _say(self, name: str, *statements: Executable) -> int:
        """Give statements to a database; returns how many rows were deleted."""
        engine = create_engine(self.url(name), isolation_level="AUTOCOMMIT")
        deleted = 0
        with engine.connect() as connection:
            for statement in statements:
                result = connection.execute(statement)
                deleted += 0 if result.returns_rows else max(0, result.rowcount)
        engine.dispose()
        return deleted


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; a test that asks for it carries `pytest.mark.system`."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (Debian: postgresql)")
    # The server refuses to run as root, and tests often run as root: then as the user that Debian's package makes.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="overt-postgresql-"))
    server = PostgresServer(folder)
    try:
        if user is not None:
            shutil.chown(folder, user)

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [programs / program, *arguments],
                user=user,
                extra_groups=None if user is None else [],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{program}: {done.stderr}"

        place = str(folder / "data")
        run("initdb", "--pgdata", place, "--username=overt", "--auth=trust", "--encoding=UTF8", "--no-sync")
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        options = f"{settings} -c unix_socket_directories='{folder}'"
        log = str(folder / "log")
        run("pg_ctl", "start", "--wait", "--pgdata", place, "--log", log, "--options", options)
        try:
            yield server
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", place)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Where the server's programs are: Debian keeps them off the PATH, by version."""
    found = [Path(place).parent for place in (shutil.which("initdb"),) if place is not None]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in found if (place / "pg_ctl").exists()), None)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them: copying it is quicker than migrating."""
    file = tmp_path_factory.mktemp("template") / "overt.sqlite3"
    database = Database.open(f"sqlite:///{file}")
    database.truncate_log()
    database.close()
    return file


@pytest.fixture(params=BOTH_DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: a test that takes it, or what rests on it, runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A database with empty tables for `open_office(folder, database_url=…)`: None is SQLite in the folder."""
    if database_kind == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.take()
    yield server.url(name)
    server.give_back(name)


@pytest.fixture
def empty_database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without any table, for `Database.open`."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url(server.new_database())
