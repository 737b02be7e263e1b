"""A server that is there to be killed: a supervisor with an engine, and people who work as fast as they can.

It writes a line to a pipe for each audit entry, once the transaction that holds it is committed.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from overt.casework import Actor, Office, Role, open_office
from overt.casework import alerts as a
from overt.casework import deployments as d
from overt.casework.live import Supervisor, list_runs
from overt.engine import Begin, Engine
from overt.records import AuditChain, Database
from overt.records.tables import AuditHead
from tests.casework.live.engines import ToldEngine, telemetry

ALERTS = 8
_pending = threading.local()


class Orders(msgspec.Struct):
    """What the child is told.

    Attributes:
        folder: the data folder.
        url: the database; SQLite in the folder where None.
        deployment: an authorised deployment.
        operator: a person's id.
        officer: another's.
        behind_seconds: by how much the office's clock is behind the machine's.
        real: whether the engine is the real one.
    """

    folder: str
    url: str | None
    deployment: str
    operator: str
    officer: str
    behind_seconds: float
    real: bool = False

    def clock(self) -> datetime:
        """The office's time."""
        return datetime.now(UTC) - timedelta(seconds=self.behind_seconds)


def acknowledge_commits(pipe: int) -> None:
    """From now on each audit entry is written to this pipe once it is committed, and never before."""
    append, transaction = AuditChain.append, Database.transaction

    def appending(self: AuditChain, session: Any, **values: Any) -> None:
        append(self, session, **values)
        head = session.execute(select(AuditHead.seq, AuditHead.digest)).one()
        told = (head.seq, head.digest.hex(), values["command"], values["outcome"], values["subject"])
        _pending.lines.append(" ".join(map(str, told)))

    @contextlib.contextmanager
    def committing(self: Database) -> Iterator[Any]:
        _pending.lines = []
        with transaction(self) as session:
            yield session
        for line in _pending.lines:
            os.write(pipe, f"{line}\n".encode())

    AuditChain.append = appending  # type: ignore[method-assign]
    Database.transaction = committing  # type: ignore[method-assign]


def busy_engine(begin: Begin) -> ToldEngine:
    """An engine that alerts every few milliseconds."""
    engine = ToldEngine(begin)

    def talk() -> None:
        for n in range(ALERTS):
            engine.alert(n % len(begin.entries), captured_at=time.time_ns())
            engine.say(telemetry(n))
            time.sleep(0.005)

    threading.Thread(target=talk, daemon=True).start()
    return engine


def judge_all(office: Office, orders: Orders, wanted: int) -> None:
    """Adjudicate, engage and close alerts until so many are closed."""
    operator = Actor(orders.operator, "operator", frozenset({Role.LFR_OPERATOR}), "api")
    officer = Actor(orders.officer, "officer", frozenset({Role.ENGAGEMENT_OFFICER}), "api")
    closed = 0
    while closed < wanted:
        waiting = a.list_alerts(
            office, operator, a.AlertFilter(deployment_id=orders.deployment, state="open")
        )
        for alert in waiting.items:
            a.show_alert(office, operator, alert.id)
            engage = closed % 2 == 0
            adjudication = a.NewAdjudication(
                decision="engage" if engage else "do-not-engage",
                reason_code="same-person" if engage else "different-person",
                reason="as fast as can be",
            )
            a.adjudicate_alert(office, operator, alert.id, adjudication)
            if engage:
                started = office.now()
                engagement = a.NewEngagement(started_at=started, ended_at=office.now(), identity="sought")
                a.record_engagement(office, officer, alert.id, engagement)
                a.record_outcome(office, officer, alert.id, a.NewOutcome(outcome="information"))
            closed += 1
        time.sleep(0.01)


def serve(orders: Orders, told: Connection) -> None:
    """Serve, judge, close: what the process runs."""
    acknowledge_commits(told.fileno())
    operator = Actor(orders.operator, "operator", frozenset({Role.LFR_OPERATOR}), "api")
    start = Engine.start if orders.real else busy_engine
    with (
        open_office(
            Path(orders.folder), database_url=orders.url, environment={}, clock=orders.clock
        ) as office,
        Supervisor(office, start_engine=start),
    ):
        d.start_deployment(office, operator, orders.deployment)
        judge_all(office, orders, 1 if orders.real else ALERTS)
        d.close_deployment(office, operator, orders.deployment)
        while any(run.ended_at is None for run in list_runs(office, operator, orders.deployment)):
            time.sleep(0.02)
    os.write(told.fileno(), b"finished\n")
