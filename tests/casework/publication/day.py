"""A day's deployment with something of everything, made of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from overt.records.tables import Authorisation, Deployment, DeploymentMove
from tests.casework.retention.rows import Rows

EXPECTED = {
    "measured": True, "modelled": True, "certified": False, "threshold": 0.62, "comparisons": 40, "footfall": 5000,
    "rate": 1e-4, "rate_low": 5e-5, "rate_high": 2e-4, "expected": 0.5, "low": 0.25, "high": 1.0,
    "says": "False alerts expected among 5,000 faces: 0.5 (95% interval 0.25 to 1.0)",
}  # fmt: skip


def telemetry(passages: int, p95: float, skipped: int = 0) -> dict[str, Any]:
    """The wire's last Telemetry of a run, as the record keeps it."""
    return {
        "feeds": [
            {"name": "van", "passages": passages, "frames_received": 1000, "frames_processed": 1000 - skipped,
             "frames_skipped": skipped},
        ],
        "erasure_ms": {"n": 5000, "p50": p95 / 2, "p95": p95, "p99": p95 * 1.5, "max": p95 * 2},
        "erasure_after_use_ms": {"n": 5000, "p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 90.0},
    }  # fmt: skip


@dataclass
class Day:
    """What was made."""

    deployment: str
    runs: tuple[str, ...]
    alerts: dict[str, list[str]]


def make_day(rows: Rows, *, stops_true: int = 6, stops_false: int = 2, urgent: bool = False) -> Day:
    """A deployment of three runs (one suspended and resumed, one restarted) with alerts of every class."""
    watchlist = rows.watchlist()
    entries = tuple(rows.entry(watchlist) for _ in range(8))
    seeds = tuple(rows.entry(watchlist, seed=True) for _ in range(2))
    deployment = rows.deployment(watchlist, entries=entries, seeds=seeds, urgent=urgent)
    with rows.office.database.transaction() as session:
        row = session.get_one(Deployment, deployment)
        start = row.live_at
        assert start is not None
        session.execute(delete(DeploymentMove))
        for minutes, move, before, after in (
            (0, "start", "authorised", "live"),
            (60, "suspend", "live", "suspended"),
            (90, "resume", "suspended", "live"),
            (240, "close", "live", "closed"),
        ):
            session.add(DeploymentMove(deployment_id=deployment, move=move, from_state=before, to_state=after,
                                       actor_id="x", at=start + timedelta(minutes=minutes)))  # fmt: skip
            session.flush()
        for authorisation in session.scalars(select(Authorisation)):
            authorisation.shown = {"false_alerts": EXPECTED, "threshold": 0.62, "pack_version": "1"}
    first = rows.run(deployment, telemetry(3000, 120.0), passages=3000, alerts_not_current=1)
    second = rows.run(deployment, telemetry(1500, 90.0, skipped=40), passages=1500)
    third = rows.run(deployment, telemetry(500, 200.0), passages=500, in_order=False,
                     seals={"no-core-dump": {"held": True}, "memory-locked": {"held": False}})  # fmt: skip
    rows.fault(first, "disconnected")
    rows.fault(third, "disconnected")
    rows.fault(third, "engine-died")
    alerts: dict[str, list[str]] = {name: [] for name in (
        "true-confirmed", "true-unconfirmed", "false-confirmed", "false-unconfirmed", "undecided", "seed",
    )}  # fmt: skip

    def alert(kind: str, n: int, **fields: Any) -> str:
        fields = {"alert_class": kind} | fields
        alerts[kind].append(rows.alert(deployment, first, entries[n % 8], ms=100.0 + 10 * n, **fields))
        return alerts[kind][-1]

    outcomes = ("arrest", "arrest", "arrest", "arrest", "arrest", "safeguarding", "information")
    for n in range(stops_true):
        made = alert("true-confirmed", n)
        rows.adjudication(made, "engage", "same-person", seconds=4 + n)
        rows.adjudication(made, "engage", "same-person", place=2, seconds=8)
        rows.routing(made, acknowledged=None if n == 5 else 4.0 + n)
        rows.routing(made, "late", after=2, acknowledged=1.0 if n == 1 else None)
        rows.engagement(made, "sought", minutes=5 + n, self_defined="W1", officer_defined="IC1")
        rows.outcome(made, outcomes[n % len(outcomes)])
    for n in range(stops_false):
        made = alert("false-confirmed", n)
        rows.adjudication(made, "engage", "likely-same-person", seconds=9)
        rows.adjudication(made, "engage", "same-person", place=2, seconds=9)
        rows.engagement(made, "other", minutes=3, self_defined="B1")
        rows.outcome(made, "no-further-action")
    for n in range(3):
        made = alert("false-unconfirmed", n)
        rows.adjudication(made, seconds=2)
        rows.adjudication(made, "engage" if n == 0 else "do-not-engage", place=2, seconds=3)
    made = alert("true-unconfirmed", 0)
    rows.adjudication(made, "do-not-engage", "lost-from-view", seconds=30)
    alert("undecided", 0, alert_class=None)
    for _ in range(2):
        made = alert("seed", 9, alert_class="true-confirmed", seed=True)
        rows.adjudication(made, "engage", "same-person", seconds=6)
        rows.engagement(made, "sought", minutes=1)
        rows.outcome(made, "no-further-action")
    return Day(deployment, (first, second, third), alerts)
