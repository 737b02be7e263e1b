"""A record's figures as its page draws them: each plot with the rows of the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework.publication.wording import number
from overt.console.plots import Series, interval, strip, time_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from overt.casework.publication import DeploymentCourse, DeploymentRecord, Range
    from overt.casework.publication.model import Rate, Spread

__all__ = ["ALERT_LIMIT_MS", "LIFE_LIMIT_MS", "Drawings", "Row", "RunDrawing", "drawings", "said_range"]

ALERT_LIMIT_MS: Final = 500.0
"""From camera to alert, 95 of 100: what a system is held to (docs/benchmarks.md)."""
LIFE_LIMIT_MS: Final = 250.0
"""From the last use of an unmatched face to its being overwritten."""


@dataclass(frozen=True)
class Row:
    """A row of a table with a bar in it."""

    said: str
    count: int


@dataclass(frozen=True)
class RunDrawing:
    """One run's times."""

    number: int
    life: Markup
    after_use: Markup


@dataclass(frozen=True)
class Drawings:
    """Everything that is drawn.

    Attributes:
        over_time: alerts over time, and `kinds`, its legend.
        capture: how long alerts took, by range.
        judged: how long people took, by range.
        outcomes: what came of true alerts, and `wrong_outcomes`, of false ones.
        life: from capture to overwritten; `after_use`, from the last use.
        runs: the same for each run, where there are several.
        tpir: the seeds' rate with its interval.
    """

    over_time: Markup
    kinds: tuple[Series, ...]
    capture: tuple[Row, ...]
    judged: tuple[Row, ...]
    outcomes: tuple[tuple[str, int, int], ...]
    most_outcomes: int
    alert_times: Markup
    life: Markup
    after_use: Markup
    runs: tuple[RunDrawing, ...]
    tpir: Markup | None
    agreement: Markup | None


def drawings(record: DeploymentRecord, course: DeploymentCourse) -> Drawings:
    """Draw a record and how the deployment went."""
    kinds = (
        Series("True alerts", "solid", tuple(one.true for one in course.intervals)),
        Series("False alerts", "hatched", tuple(one.false for one in course.intervals)),
        Series("Not decided", "open", tuple(one.undecided for one in course.intervals)),
        Series("Seeds recognised", "dotted", tuple(one.seeds for one in course.intervals)),
    )
    outcomes = _outcomes(record)
    engine, agreed = record.engine, record.adjudication.agreement
    return Drawings(
        over_time=time_bars(
            f"Alerts in each {course.minutes} minutes", [one.start for one in course.intervals], kinds
        ),
        kinds=kinds,
        capture=_rows(course.capture_to_alert_ms, "ms"),
        judged=_rows(course.adjudication_seconds, "s"),
        outcomes=outcomes,
        most_outcomes=max((max(right, wrong) for _, right, wrong in outcomes), default=0),
        alert_times=_strip("From camera to alert", engine.capture_to_alert_ms, ALERT_LIMIT_MS),
        life=_strip("From camera to overwritten", engine.erasure_ms),
        after_use=_strip("From last use to overwritten", engine.erasure_after_use_ms, LIFE_LIMIT_MS),
        runs=tuple(
            RunDrawing(
                run.number,
                _strip(f"Run {run.number}: from camera to overwritten", run.erasure_ms),
                _strip(
                    f"Run {run.number}: from last use to overwritten", run.erasure_after_use_ms, LIFE_LIMIT_MS
                ),
            )
            for run in course.runs
        ),
        tpir=_interval("Seeds recognised when they walked past", record.seeds.tpir),
        agreement=_share("Decided the same", agreed.same, agreed.pairs),
    )


def _strip(title: str, found: Spread, limit: float | None = None) -> Markup:
    return strip(title, {"p50": found.p50, "p95": found.p95, "p99": found.p99, "max": found.max}, limit)


def _interval(title: str, found: Rate | None) -> Markup | None:
    if found is None or found.rate is None or found.low is None or found.high is None:
        return None
    return interval(f"{title}: {found.rate:.0%}", found.rate, found.low, found.high)


def _share(title: str, same: int, pairs: int) -> Markup | None:
    from overt.rates import exact_interval

    if not pairs:
        return None
    low, high = exact_interval(same, pairs)
    return interval(f"{title}: {same / pairs:.0%}", same / pairs, low, high)


def _rows(found: Sequence[Range], unit: str) -> tuple[Row, ...]:
    return tuple(Row(said_range(one.low, one.high, unit), one.count) for one in found)


def said_range(low: float, high: float | None, unit: str) -> str:
    """A range in words.

    >>> said_range(0.0, 100.0, "ms"), said_range(100.0, 200.0, "ms"), said_range(2000.0, None, "ms")
    ('under 100 ms', '100 to 200 ms', '2,000 ms or more')
    """
    if high is None:
        return f"{number(int(low))} {unit} or more"
    return (
        f"under {number(int(high))} {unit}"
        if low == 0
        else f"{number(int(low))} to {number(int(high))} {unit}"
    )


def _outcomes(record: DeploymentRecord) -> tuple[tuple[str, int, int], ...]:
    right, wrong = record.outcomes, record.outcomes_after_false_alerts
    return (
        ("Arrest", right.arrest, wrong.arrest),
        ("Voluntary interview", right.voluntary_interview, wrong.voluntary_interview),
        ("Appointment", right.appointment, wrong.appointment),
        ("Information gained", right.information, wrong.information),
        ("Safeguarding", right.safeguarding, wrong.safeguarding),
        ("No further action", right.no_action, wrong.no_action),
        ("Not recorded", right.not_recorded, wrong.not_recorded),
    )
