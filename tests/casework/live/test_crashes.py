"""A server that is killed at any moment loses nothing that it committed, and leaves no deployment live by mistake."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import argon2
import msgspec
import numpy as np
import psutil
import pytest
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office, Role, open_office
from overt.casework import deployments as d
from overt.casework.live import Supervisor, list_runs
from overt.records.tables import Alert, AuditEntry, EngineRun
from overt.records.verification import verify_records
from tests.casework.deployments.force import Force
from tests.casework.live.crash_child import Orders, serve
from tests.casework.live.engines import Garage
from tests.casework.live.street import Street
from tests.offices import START, Clock, Staff

POINTS = 24
SEED = 20260601
# Each server is a process of its own, forked from one that has imported everything and done nothing else.
SERVERS = multiprocessing.get_context("forkserver")
SERVERS.set_forkserver_preload([serve.__module__])


@dataclass
class Ground:
    """One database that servers are killed on, one after another.

    Attributes:
        killed_after: of each kill, the last command that was acknowledged.
        children: the processes of the server that was killed last.
    """

    folder: Path
    url: str | None
    began: float = field(default_factory=time.time)
    staff: dict[str, Actor] = field(default_factory=dict)
    killed_after: list[str] = field(default_factory=list)
    watchlist: str = ""
    children: list[psutil.Process] = field(default_factory=list)

    @property
    def behind_seconds(self) -> float:
        """The office's clock starts at 09:00 of its first of June."""
        return self.began - START.timestamp()

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() - self.behind_seconds, UTC)

    def office(self) -> Office:
        return open_office(
            self.folder,
            database_url=self.url,
            environment={},
            clock=self.now,
            password_cost=argon2.profiles.CHEAPEST,
        )

    def orders(self, **plan: object) -> Orders:
        """A deployment that may be started, and what a server needs to run it."""
        with self.office() as office:
            force = Force(office, Staff(office, self.staff), Clock(self.now()))
            self.watchlist = self.watchlist or force.watchlist(3)
            force.give_password(force.officer())
            made = force.authorised(
                self.watchlist,
                window_start="2026-06-01T08:00:00Z",
                window_end="2026-06-02T07:00:00Z",
                **plan,
            )
            return Orders(
                folder=str(self.folder),
                url=self.url,
                deployment=made.id,
                operator=force.operator.id,
                officer=force.staff("engagement-officer").id,
                behind_seconds=self.behind_seconds,
            )

    def serve(self, orders: Orders, kill_after: int | str | None, pause: float = 0.0) -> list[str]:
        """Run a server until it has acknowledged so many entries, or this command, and a little longer.

        Returns:
            What it acknowledged.
        """
        told, end = SERVERS.Pipe(duplex=False)
        server = SERVERS.Process(target=serve, args=(orders, end))
        server.start()
        end.close()
        lines = []
        with told, open(told.fileno(), encoding="utf-8", closefd=False) as said:
            for line in said:
                lines.append(line.rstrip("\n"))
                if len(lines) == kill_after or f" {kill_after} " in line:
                    kill_after = None
                    time.sleep(pause)
                    self.children = psutil.Process(server.pid).children(recursive=True)
                    server.kill()
        server.join()
        assert server.exitcode == (0 if lines[-1:] == ["finished"] else -9)
        server.close()
        return lines

    def check(self, orders: Orders, acknowledged: list[str]) -> None:
        """Everything acknowledged is there, what is there agrees, and another server can go on."""
        with self.office() as office:
            everything_is_there(office, acknowledged)
            with office.database.reading() as session:
                assert verify_records(session).ok
            go_on(office, orders)
            with office.database.reading() as session:
                assert verify_records(session).ok


def everything_is_there(office: Office, acknowledged: list[str]) -> None:
    """Each acknowledged entry, each alert that one of them names, and no alert without its entry."""
    with office.database.transaction() as session:
        for line in acknowledged:
            seq, digest, command, outcome, subject = line.split(" ")
            entry = session.get(AuditEntry, int(seq))
            assert entry is not None, f"the entry {seq} ({command}) was acknowledged and is lost"
            assert (entry.digest.hex(), entry.command) == (digest, command)
            if command == "alerts.take" and outcome == "done" and subject.startswith("alert-"):
                assert session.get(Alert, subject) is not None, f"{subject} was acknowledged and is lost"
        entered = set(session.scalars(select(AuditEntry.subject).where(AuditEntry.command == "alerts.take")))
        alerts = session.scalars(select(Alert)).all()
        assert {alert.id for alert in alerts} <= entered
        for run in session.scalars(select(EngineRun)):
            raised = sum(alert.run_id == run.id for alert in alerts)
            assert run.alerts_received - run.alerts_not_current == raised


def go_on(office: Office, orders: Orders) -> None:
    """Start a server, see that nothing is live by mistake, run the deployment again, and close it."""
    operator = Actor(orders.operator, "operator", frozenset({Role.LFR_OPERATOR}), "api")

    def state() -> str:
        return d.show_deployment(office, operator, orders.deployment).state

    was, garage = state(), Garage()
    with Supervisor(office, start_engine=garage.start) as supervisor:
        assert supervisor.interrupted == ((orders.deployment,) if was == "live" else ())
        assert all(run.ended_at is not None for run in list_runs(office, operator, orders.deployment))
        if was == "closed":
            assert state() == "closed"
            return
        assert state() == ("authorised" if was == "authorised" else "suspended")
        again: Callable[..., object] = d.start_deployment if was == "authorised" else d.resume_deployment
        again(office, operator, orders.deployment)
        garage.wait_for(1).alert(0, captured_at=time.time_ns())
        d.close_deployment(office, operator, orders.deployment)
        assert garage.engines[0].gone.wait(30)
    assert state() == "closed"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_committed_is_lost_wherever_the_server_is_killed(
    office_folder: Path, database_url: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    ground, dice = Ground(office_folder, database_url), np.random.default_rng(SEED)
    orders = ground.orders()
    whole = ground.serve(orders, None)
    assert whole.pop() == "finished"
    ground.check(orders, whole)
    acknowledged, survived = 0, 0
    points = POINTS if database_url is None else POINTS // 2
    for point in range(points):
        orders = ground.orders()
        low, high = (1 + len(whole) * n // points for n in (point, point + 1))
        lines = ground.serve(orders, int(dice.integers(low, max(high, low + 1))), dice.uniform(0, 0.004))
        if lines[-1] == "finished":
            lines.pop()
        else:
            ground.killed_after.append(lines[-1].split(" ")[2])
        ground.check(orders, lines)
        acknowledged, survived = acknowledged + len(lines), survived + 1
    with capsys.disabled():
        kind = "SQLite" if database_url is None else "PostgreSQL"
        print(
            f"\n{kind}: {survived} of {points} kill points survived, {len(ground.killed_after)} of them before the "
            f"server had ended, {acknowledged} acknowledged entries all there; "
            f"killed after: {', '.join(ground.killed_after)}"
        )
    assert len(ground.killed_after) >= points - 4
    assert {"alerts.take", "alerts.adjudicate"} & set(ground.killed_after)
    assert len(set(ground.killed_after)) >= points // 4


@pytest.mark.slow
@pytest.mark.parametrize("command", ["runs.prepare", "runs.record-ready", "alerts.take", "deployments.close"])
def test_with_the_sealed_engine_too_which_dies_with_its_server(
    office_folder: Path,
    database_url: str | None,
    pack: ModelPack,
    street_film: Path,
    command: str,
) -> None:
    ground = Ground(office_folder, database_url)
    with ground.office() as office:
        force = Force(office, Staff(office, ground.staff), Clock(ground.now()))
        ground.watchlist = Street.of(force, street_film, office_folder.parent).watchlist_id
    feed = {"name": "north gate", "uri": str(street_film), "loop": True}
    orders = msgspec.structs.replace(ground.orders(feeds=[feed]), real=True)
    lines = ground.serve(orders, command, 0.05)
    assert any(f" {command} done " in line for line in lines)
    gone, alive = psutil.wait_procs(ground.children, timeout=10)
    assert not alive
    assert len(gone) == 1 or command == "runs.prepare"
    ground.check(orders, lines)
