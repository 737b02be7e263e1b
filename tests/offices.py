"""An office of its own for each test: an empty database, a clock that the test turns, and people to act for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
import pytest

from overt.casework import Actor, Office, Role, open_office
from overt.casework.office import DATABASE_FILE
from overt.records.tables import Person, new_id

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def turn(self, **by: float) -> datetime:
        """On by so many days, hours, minutes or seconds."""
        self.time += timedelta(**by)
        return self.time


@dataclass
class Staff:
    """People who are in the database, made as they are asked for."""

    office: Office
    made: dict[str, Actor] = field(default_factory=dict)

    def __call__(self, *roles: Role | str, name: str = "") -> Actor:
        """Someone in these roles: the same person each time, unless another name is given."""
        kinds = frozenset(Role(role) for role in roles)
        username = name or "-and-".join(sorted(kinds))
        if username not in self.made:
            with self.office.database.transaction() as session:
                person = Person(
                    id=new_id("person"),
                    username=username,
                    full_name=username.title(),
                    roles=sorted(kinds),
                    created_at=self.office.now(),
                    created_by="test",
                )
                session.add(person)
            self.made[username] = Actor(id=person.id, name=username, roles=kinds, via="api")
        return self.made[username]


@pytest.fixture
def clock() -> Clock:
    """The office's clock."""
    return Clock()


@pytest.fixture
def office_folder(tmp_path: Path, database_kind: str, sqlite_template: Path) -> Path:
    """The data folder; on SQLite with a database in it that has its tables."""
    folder = tmp_path / "office"
    folder.mkdir(mode=0o700)
    if database_kind == "sqlite":
        shutil.copy(sqlite_template, folder / DATABASE_FILE)
    return folder


@pytest.fixture
def office(office_folder: Path, database_url: str | None, clock: Clock) -> Iterator[Office]:
    """An empty office: once on SQLite and, with the marker `system`, once on PostgreSQL."""
    with open_office(
        office_folder,
        database_url=database_url,
        environment={},
        clock=clock,
        password_cost=argon2.profiles.CHEAPEST,
    ) as made:
        yield made


@pytest.fixture
def staff(office: Office) -> Staff:
    """People to act for: `staff("auditor")`."""
    return Staff(office)
