"""How a deployment went, for those who run and answer for it: alerts over time, and the distributions of its times.

Counts alone, and never published: a quarter of an hour with one alert in it could tell of one person.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from overt.casework.commands import command
from overt.casework.publication.counting import read_judged
from overt.casework.publication.measures import greatest
from overt.casework.publication.model import Spread  # noqa: TC001 - pydantic reads the annotations
from overt.errors import MissingError
from overt.records.tables import Deployment, EngineRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from overt.casework.commands import Work
    from overt.records.tables import Alert

__all__ = ["DeploymentCourse", "Interval", "Range", "RunTimes", "show_course"]

_STEPS: Final = (5, 10, 15, 30, 60)
_MOST_INTERVALS: Final = 48
_MINUTE: Final = 60.0
_ALERT_MS: Final = (0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 750.0, 1000.0, 2000.0)
_JUDGED_SECONDS: Final = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Model):
    """Alerts that came in within some minutes, by what they have turned out to be so far."""

    start: datetime
    true: Annotated[int, Field(description="Judged or found to be the person sought.")]
    false: Annotated[int, Field(description="Judged or found not to be.")]
    undecided: Annotated[int, Field(description="Not decided, or not yet.")]
    seeds: Annotated[int, Field(description="Seeds that were recognised as such.")]

    @property
    def total(self) -> int:
        """All of them."""
        return self.true + self.false + self.undecided + self.seeds


class Range(_Model):
    """How many values lie in a range."""

    low: float
    high: Annotated[float | None, Field(description="Values below this; null where it has no end.")]
    count: int


class RunTimes(_Model):
    """One run of the engine: how long faces lived in it. The engine keeps no single times, so there are none."""

    run_id: str
    number: int
    started_at: datetime
    ended_at: datetime | None
    in_order: bool
    passages: int
    erasure_ms: Annotated[Spread, Field(description="From capture to overwritten.")]
    erasure_after_use_ms: Annotated[Spread, Field(description="From last use to overwritten.")]


class DeploymentCourse(_Model):
    """How a deployment went."""

    deployment_id: str
    minutes: Annotated[int, Field(description="Length of an interval.")]
    intervals: tuple[Interval, ...]
    capture_to_alert_ms: Annotated[tuple[Range, ...], Field(description="Every alert once.")]
    adjudication_seconds: Annotated[
        tuple[Range, ...], Field(description="Every adjudication, as first recorded.")
    ]
    runs: tuple[RunTimes, ...]


@command("publication.show-course")
def show_course(work: Work, deployment_id: str) -> DeploymentCourse:
    """How a deployment went. Counts alone.

    Raises:
        MissingError: there is no such deployment.
    """
    work.note(deployment_id[:64])
    deployment = work.session.get(Deployment, deployment_id)
    if deployment is None:
        raise MissingError(f"There is no deployment {deployment_id[:64]!r}", "List the deployments")
    judged = read_judged(work.session, deployment_id)
    runs = work.session.scalars(
        select(EngineRun).where(EngineRun.deployment_id == deployment_id).order_by(EngineRun.number)
    ).all()
    began = min((run.started_at for run in runs), default=deployment.live_at)
    minutes, intervals = _over_time(judged.alerts, began, deployment.closed_at or work.now)
    return DeploymentCourse(
        deployment_id=deployment_id,
        minutes=minutes,
        intervals=intervals,
        capture_to_alert_ms=_ranges((alert.capture_to_alert_ms for alert in judged.alerts), _ALERT_MS),
        adjudication_seconds=_ranges((row.seconds_taken for row in judged.adjudications), _JUDGED_SECONDS),
        runs=tuple(_times(run) for run in runs),
    )


def _over_time(
    alerts: Sequence[Alert], began: datetime | None, ended: datetime
) -> tuple[int, tuple[Interval, ...]]:
    """The length of an interval, and every interval from the first to the last, empty ones too."""
    if began is None:
        return _STEPS[0], ()
    ended = max([ended, *(alert.received_at for alert in alerts)])
    began = min([began, *(alert.received_at for alert in alerts)])
    long = (ended - began).total_seconds() / _MINUTE
    minutes = next((step for step in _STEPS if long / step <= _MOST_INTERVALS - 1), 24 * 60)
    seconds = minutes * _MINUTE
    first = began.replace(minute=0, second=0, microsecond=0)
    if minutes < _MINUTE:
        first += timedelta(seconds=(began - first).total_seconds() // seconds * seconds)
    counts: Counter[tuple[int, str]] = Counter(
        (int((alert.received_at - first).total_seconds() // seconds), _kind(alert)) for alert in alerts
    )
    many = max(1, math.ceil((ended - first).total_seconds() / seconds), *(at + 1 for at, _ in counts))
    return minutes, tuple(
        Interval(
            start=first + at * timedelta(seconds=seconds),
            true=counts[at, "true"],
            false=counts[at, "false"],
            undecided=counts[at, "undecided"],
            seeds=counts[at, "seed"],
        )
        for at in range(many)
    )


def _kind(alert: Alert) -> str:
    if alert.alert_class is None:
        return "undecided"
    true = alert.alert_class.startswith("true-")
    return "false" if not true else "seed" if alert.seed else "true"


def _ranges(values: Iterable[float], edges: Sequence[float]) -> tuple[Range, ...]:
    """How many values lie between edges.

    >>> [one.count for one in _ranges([3.0, 5.0, 900.0], (0.0, 5.0, 10.0))]
    [1, 1, 1]
    """
    counts = Counter(max(0, bisect_right(edges, value) - 1) for value in values)
    ends = (*edges[1:], None)
    return tuple(
        Range(low=low, high=high, count=counts[at])
        for at, (low, high) in enumerate(zip(edges, ends, strict=True))
    )


def _times(run: EngineRun) -> RunTimes:
    return RunTimes(
        run_id=run.id,
        number=run.number,
        started_at=run.started_at,
        ended_at=run.ended_at,
        in_order=run.in_order,
        passages=run.passages,
        erasure_ms=greatest([run.telemetry.get("erasure_ms", {})]),
        erasure_after_use_ms=greatest([run.telemetry.get("erasure_after_use_ms", {})]),
    )
