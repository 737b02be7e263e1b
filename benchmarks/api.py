"""How long the API takes to list 10,000 entries, and the record to take an alert. Prints a table and JSON.

    python benchmarks/api.py [--entries 10000] [--rounds 3] [--alerts 1000] [--database URL]

Entries are added by the real command and each has a row of a reference image; the listing goes over HTTP on this
machine, through sign-in, permissions, the vault and the audit chain, to a server in a thread of the same process. An
alert is taken by the real command, with a crop of 16 KiB, on a live deployment of two enrolled people.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import argon2
import httpx
import numpy as np
import uvicorn
from sqlalchemy import insert, select

from overt.api import create_app
from overt.casework import Actor, Office, Role, Work, alerts, deployments, open_office, people, watchlists
from overt.casework.commands import Command
from overt.casework.live import prepare_run
from overt.engine import Alert
from overt.evaluation.scene import write_reference
from overt.records.tables import ReferenceImage, WatchlistEntry, new_id
from overt.web.serving import bind

if TYPE_CHECKING:
    from collections.abc import Iterator

_CATEGORY: Final = "wanted for a serious offence"
_PASSWORD: Final = "a long phrase of a benchmark"  # noqa: S105 - of nobody's
_PAGES: Final = (100, 500)


class Staff:
    """People, each in one role, with a password."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._first = people.add_first_person(office, Actor.nobody("cli"), "admin", "A").person
        self._made: dict[Role, Actor] = {}

    def __call__(self, role: Role) -> Actor:
        """Someone in this role."""
        if role not in self._made:
            admin = Actor(self._first.id, "admin", frozenset({Role.ADMINISTRATOR}), "api")
            new = people.NewPerson(username=str(role), full_name=str(role), roles=(role,))
            given = people.add_person(self._office, admin, new)
            known = people.SignIn(
                username=str(role), password=str(given.one_time_password), client="127.0.0.1"
            )
            token = people.sign_in(self._office, Actor.nobody("api"), known).token
            actor = people.authenticate(self._office, token, "api")
            change = people.NewPassword(current=known.password, new=_PASSWORD)
            people.change_password(self._office, actor, change)
            self._made[role] = people.authenticate(self._office, token, "api")
        return self._made[role]

    def token(self, role: Role) -> str:
        """A session of theirs."""
        self(role)
        known = people.SignIn(username=str(role), password=_PASSWORD, client="127.0.0.1")
        return people.sign_in(self._office, Actor.nobody("api"), known).token


def new_entry(reference: str, name: str) -> watchlists.NewEntry:
    """Somebody to look for."""
    return watchlists.NewEntry(
        reference=reference,
        name=name,
        category=_CATEGORY,
        lawful_basis="Warrant of the court, for a benchmark",
        date_of_birth=dt.date(1990, 1, 2),
        instruction="Confirm who they are",
        expires_on=dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30),
    )


def long_list(office: Office, staff: Staff, count: int) -> str:
    """A list of so many entries; returns its id."""
    manager = staff(Role.WATCHLIST_MANAGER)
    new = watchlists.NewWatchlist(title="Long", purpose="A benchmark")
    listed = watchlists.create_watchlist(office, manager, new).id

    def add(work: Work, first: int, end: int) -> None:
        for number in range(first, end):
            watchlists.add_entry.within(
                work, listed, new_entry(f"R-{number:05}", f"Person {number:05} of a Benchmark")
            )

    for first in range(0, count, 500):
        Command("entries.add", add)(office, manager, first, min(count, first + 500))
    with office.database.transaction() as session:
        rows = session.execute(
            select(WatchlistEntry.id).where(WatchlistEntry.watchlist_id == listed)
        ).scalars()
        session.execute(insert(ReferenceImage), [_image(entry_id) for entry_id in rows])
    return listed


def _image(entry_id: str) -> dict[str, Any]:
    return {
        "id": new_id("image"),
        "entry_id": entry_id,
        "source_mac": os.urandom(32),
        "sealed_picture": os.urandom(2048),
        "sealed_template": os.urandom(540),
        "sealed_source": os.urandom(60),
        "taken_on": dt.date(2025, 6, 1),
        "width": 300,
        "height": 300,
        "box": [10, 10, 90, 90],
        "quality": 0.8,
        "measures": {},
        "findings": [],
        "added_at": dt.datetime.now(dt.UTC),
        "added_by": "benchmark",
    }


@contextmanager
def serving(office: Office) -> Iterator[str]:
    """A server over the office, in a thread; gives its address."""
    bound = bind("127.0.0.1", 0)
    config = uvicorn.Config(create_app(office), log_config=None, access_log=False, http="h11", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def listing(url: str, token: str, watchlist_id: str, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds a page and for all pages, by page size, the sizes taking turns."""
    page_ms: dict[int, list[float]] = {size: [] for size in _PAGES}
    whole_ms: dict[int, list[float]] = {size: [] for size in _PAGES}
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        for _ in range(rounds):
            for size in _PAGES:
                query: dict[str, Any] = {"limit": size}
                began = time.perf_counter()
                while True:
                    asked = time.perf_counter()
                    answer = client.get(f"/api/v1/watchlists/{watchlist_id}/entries", params=query)
                    answer.raise_for_status()
                    page_ms[size].append((time.perf_counter() - asked) * 1000)
                    query["after"] = answer.json()["next"]
                    if query["after"] is None:
                        break
                whole_ms[size].append((time.perf_counter() - began) * 1000)
    found = {f"a page of {size}": quantiles(took) for size, took in page_ms.items()}
    return found | {f"all pages of {size}": quantiles(took) for size, took in whole_ms.items()}


def live_run(office: Office, staff: Staff, folder: Path) -> tuple[str, str]:
    """A live deployment of two enrolled people; returns its run's id and an entry's."""
    manager, officer = staff(Role.WATCHLIST_MANAGER), staff(Role.AUTHORISING_OFFICER)
    new = watchlists.NewWatchlist(title="Short", purpose="A benchmark")
    listed = watchlists.create_watchlist(office, manager, new).id
    entries = []
    for identity in ("grace-hopper", "eileen-collins"):
        entry = watchlists.add_entry(office, manager, listed, new_entry(identity, identity))
        picture = write_reference(identity, folder)
        image = watchlists.NewImage(content=picture.read_bytes(), source="benchmark", taken_on="unknown")
        watchlists.add_image(office, manager, entry.id, image)
        watchlists.approve_entry(office, officer, entry.id)
        entries.append(entry.id)
    start = office.now()
    plan = deployments.Plan(
        title="Benchmark",
        use_case="other",
        purpose="A benchmark",
        location="Nowhere",
        zone="Nowhere at all",
        signage="Nobody is there to be told",
        window_start=start,
        window_end=start + dt.timedelta(hours=4),
        watchlists=(listed,),
        expected_footfall=1000,
        feeds=(deployments.Feed(name="feed", uri="rtsp://camera.example/1"),),
    )
    made = deployments.create_deployment(office, staff(Role.DEPLOYMENT_PLANNER), plan).id
    digest = deployments.submit_deployment(office, staff(Role.DEPLOYMENT_PLANNER), made).digest
    decision = deployments.Decision.model_validate(
        {
            "digest": digest,
            "statement": "Necessary for a benchmark, and nobody is there",
            "password": _PASSWORD,
        }
    )
    deployments.authorise_deployment(office, officer, made, decision)
    deployments.start_deployment(office, staff(Role.LFR_OPERATOR), made)
    return prepare_run(office, Actor.software("engine"), made).run_id, entries[0]


def taking(office: Office, run_id: str, entry_id: str, count: int) -> dict[str, float]:
    """Milliseconds to take an alert, from the engine's message to the commit."""
    engine, crop, took = Actor.software("engine"), os.urandom(16 << 10), []
    for passage in range(count):
        alert = Alert(
            feed="feed",
            entry=entry_id,
            passage=passage,
            score=0.97,
            threshold=0.955,
            observations=2,
            quality=0.6,
            captured_at=time.time_ns(),
            media_seconds=1.0,
            capture_to_alert_ms=200.0,
            box=(1.0, 2.0, 30.0, 40.0),
            crop=crop,
        )
        began = time.perf_counter()
        taken = alerts.take_alert(office, engine, run_id, alert)
        took.append((time.perf_counter() - began) * 1000)
        assert taken.alert_id is not None, taken.not_raised
    return quantiles(took)


def quantiles(took: list[float]) -> dict[str, float]:
    """How many, p50, p99, max."""
    p50, p99 = np.percentile(took, (50, 99))
    return {
        "n": len(took),
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "max_ms": round(max(took), 2),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument(
        "--rounds", type=int, default=3, help="times that the whole list is listed, for each size"
    )
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument(
        "--database", help="another database than SQLite in a temporary folder; it must be empty"
    )
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_office(
            Path(folder) / "office",
            database_url=given.database,
            environment={},
            password_cost=argon2.profiles.CHEAPEST,
        ) as office,
    ):
        staff = Staff(office)
        listed = long_list(office, staff, given.entries)
        with serving(office) as url:
            found = listing(url, staff.token(Role.WATCHLIST_MANAGER), listed, given.rounds)
        run_id, entry_id = live_run(office, staff, Path(folder))
        found["take an alert"] = taking(office, run_id, entry_id, given.alerts)
        kind = "SQLite" if office.database.is_sqlite else "PostgreSQL"
    print(f"{given.entries} entries, {kind}, milliseconds\n")
    print(f"{'':24}{'n':>7}{'p50':>10}{'p99':>10}{'max':>10}")
    for name, figures in found.items():
        print(
            f"{name:24}{figures['n']:7}{figures['p50_ms']:10.1f}{figures['p99_ms']:10.1f}{figures['max_ms']:10.1f}"
        )
    print("\n" + json.dumps({"entries": given.entries, "database": kind, "measured": found}))


if __name__ == "__main__":
    main()
