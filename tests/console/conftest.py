"""The console over an office of its own, with and without a browser. On SQLite alone: what pages do is casework's."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from overt.api import create_app
from overt.casework import Actor, Office, Role
from overt.console import create_console
from overt.web import bind
from tests.api.conftest import Client, bearer, client_of
from tests.console.visitors import COOKIE, Seat, Visitor
from tests.offices import Clock, Staff

CHROMIUM = shutil.which("chromium")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1360, "height": 850}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def database_kind() -> str:
    """SQLite; PostgreSQL's turn is in the tests of the commands."""
    return "sqlite"


@dataclass
class PassingClock(Clock):
    """Passes as real time does, from the day on which these tests take place; and a test can turn it on."""

    ahead: timedelta = field(default_factory=timedelta)
    _began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.time + timedelta(seconds=time.monotonic() - self._began) + self.ahead

    def turn(self, **by: float) -> datetime:
        self.ahead += timedelta(**by)
        return self()


@pytest.fixture
def clock() -> Clock:
    """The office's clock."""
    return PassingClock()


@pytest.fixture
def app(office: Office) -> FastAPI:
    """The server, console and all, running no engines."""
    return create_app(office, pages=create_console)


@pytest.fixture
def client(app: FastAPI) -> Iterator[Client]:
    """The server, started, and a client of it."""
    with client_of(app, "http://localhost") as started:
        yield started


@pytest.fixture
def visit(office: Office, staff: Staff, client: Client) -> Callable[..., Visitor]:
    """Visitors by their roles: `visit("auditor")`; without a role nobody is signed in."""

    def made(*roles: Role | str, name: str = "") -> Visitor:
        if not roles:
            return Visitor(client, None, None)
        actor = staff(*roles, name=name)
        return Visitor(client, actor, bearer(office, actor))

    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(app: FastAPI, client: Client) -> Iterator[str]:
    """The server, which `client` has started, at a socket of this machine's."""
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://localhost:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    bound.close()


@dataclass
class Seats:
    """Browsers for people: `seats("auditor", phone=True, dark=True)`."""

    office: Office
    staff: Staff
    browser: Browser
    address: str
    made: list[Seat] = field(default_factory=list)

    def __call__(self, *roles: Role | str, name: str = "", phone: bool = False, dark: bool = False) -> Seat:
        """Someone in these roles, signed in, in a browser of their own; without a role nobody is."""
        context = self.browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type] # two numbers, as it wants them
            color_scheme="dark" if dark else "light",
            has_touch=phone,
        )
        context.set_default_timeout(15_000)
        if roles:
            self.sign_in(context, self.staff(*roles, name=name))
        seat = Seat.at(context, self.address)
        self.made.append(seat)
        return seat

    def sign_in(self, context: object, actor: Actor) -> None:
        """Give a browser a session of somebody's."""
        context.add_cookies(  # type: ignore[attr-defined] # Playwright's own type cannot be named at run time
            [
                {
                    "name": COOKIE,
                    "value": bearer(self.office, actor),
                    "url": self.address,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )


@pytest.fixture
def seats(office: Office, staff: Staff, chromium: Browser, address: str) -> Iterator[Seats]:
    """Browsers for people. Whatever a browser complained of fails the test."""
    made = Seats(office, staff, chromium, address)
    yield made
    faults = [fault for seat in made.made for fault in seat.faults]
    for seat in made.made:
        seat.page.context.close()
    assert not faults


def screenshot(seat: Seat, folder: Path, name: str) -> None:
    """Keep a picture of the whole page, to be looked at."""
    seat.page.screenshot(path=folder / f"{name}.png", full_page=True)
