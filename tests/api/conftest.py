"""The application over an office of its own, and people with sessions to call it as."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from overt.api import create_app
from overt.casework import Actor, Office, Role, Work
from overt.casework.people.sessions import begin_session
from overt.records.tables import Person
from tests.offices import Staff

if TYPE_CHECKING:
    from tests.api.drawn import World


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Drawing the long requests takes many seconds before any test begins: not where none of them will be run."""
    long = collection_path.name == "test_schemathesis_long.py"
    return True if long and "not slow" in config.option.markexpr else None


def bearer(office: Office, actor: Actor) -> str:
    """A session of theirs, begun as signing in begins one."""
    with office.database.transaction() as session:
        work = Work(office, session, actor, office.now())
        return begin_session(work, session.get_one(Person, actor.id)).token


@dataclass
class Client:
    """Calls the application without a network between, on an event loop of its own."""

    portal: BlockingPortal
    calls: httpx.AsyncClient

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        """One request and its whole answer."""
        return self.portal.call(lambda: self.calls.request(method, address, **more))


@contextlib.contextmanager
def client_of(app: FastAPI, base_url: str = "http://overt.test") -> Iterator[Client]:
    """The application, started, and a client of it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("198.51.100.7", 4711))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        portal.wrap_async_context_manager(httpx.AsyncClient(transport=transport, base_url=base_url)) as calls,
    ):
        yield Client(portal, calls)


@dataclass
class Caller:
    """Someone with a session, and the server they call."""

    client: Client
    actor: Actor | None
    token: str | None

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """Call an address below `/api/v1`, or any that is whole."""
        headers = dict(more.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        address = path if path.startswith(("/health", "/metrics", "/schemas", "/api")) else f"/api/v1{path}"
        if json is not None:
            more["json"] = json
        return self.client.request(method, address, headers=headers, **more)


@dataclass
class Callers:
    """Callers by their roles: `callers("auditor")`."""

    office: Office
    staff: Staff
    client: Client

    def __call__(self, *roles: Role | str, name: str = "") -> Caller:
        """Someone in these roles, signed in."""
        actor = self.staff(*roles, name=name)
        return Caller(self.client, actor, bearer(self.office, actor))

    def nobody(self) -> Caller:
        """Someone who has not signed in."""
        return Caller(self.client, None, None)


@pytest.fixture
def app(office: Office) -> FastAPI:
    """The application, running no engines."""
    return create_app(office)


@pytest.fixture
def client(app: FastAPI) -> Iterator[Client]:
    """The application, started."""
    with client_of(app) as started:
        yield started


@pytest.fixture
def callers(office: Office, staff: Staff, client: Client) -> Callers:
    """People to call it as."""
    return Callers(office, staff, client)


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check that an answer is a problem document of this status, and give it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["instance"] == f"urn:overt:request:{answer.headers['x-request-id']}"
    assert found["detail"]
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An office with something of each kind in it, open for a whole file of tests."""
    from tests.api.drawn import open_world

    with open_world(tmp_path_factory.mktemp("world")) as world:
        yield world
