"""The record in words: figures as people read them, and the sentences that sum it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.deployments import USE_CASES

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.publication.model import DeploymentRecord, Rate, Spread

__all__ = [
    "count",
    "days_of",
    "length",
    "number",
    "one_in",
    "percent",
    "record_summary",
    "spread",
    "time_of",
]

NONE = "not recorded"


def number(value: float | str | None) -> str:
    """A figure with thousands apart; a word as it is.

    >>> number(56843)
    '56,843'
    >>> number(0.6)
    '0.6'
    """
    if value is None:
        return NONE
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def count(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> count(1, "alert"), count(3, "alert"), count(0, "person", "people")
    ('1 alert', '3 alerts', 'no people')
    """
    return f"{number(n) if n else 'no'} {one if n == 1 else many or one + 's'}"


def one_in(rate: Rate, of: str) -> str:
    """A small rate as "1 in so many", with its interval."""
    if rate.rate is None or rate.low is None or rate.high is None:
        return "cannot be worked out"
    if rate.count == 0:
        return f"none in {number(rate.of)} {of}; with 95% confidence fewer than 1 in {_times(rate.high)}"
    return (
        f"1 in {_times(rate.rate)} {of} (95% interval: 1 in {_times(rate.low)} to 1 in {_times(rate.high)})"
    )


def _times(rate: float) -> str:
    return f"{1 / rate:,.0f}" if rate < 0.1 else f"{1 / rate:,.3g}"


def percent(rate: Rate) -> str:
    """A large rate in per cent, with its interval."""
    if rate.low is None or rate.high is None:
        return "cannot be worked out"
    interval = f"95% interval {rate.low:.1%} to {rate.high:.1%}"
    if rate.rate is None:
        return f"insufficient data ({number(rate.count)} of {number(rate.of)}; {interval})"
    return f"{rate.rate:.1%} ({number(rate.count)} of {number(rate.of)}; {interval})"


def _milliseconds(value: float | None) -> str:
    """A duration in milliseconds, in seconds where it is long."""
    if value is None:
        return NONE
    return f"{value:,.0f} ms" if value < 1000 else f"{value / 1000:,.2f} s"


def spread(found: Spread, unit: str) -> tuple[str, ...]:
    """p50, p95, p99 and the greatest, in a unit: `ms`, or another that is written behind the figure."""
    values = (found.p50, found.p95, found.p99, found.max)
    if unit == "ms":
        return tuple(_milliseconds(value) for value in values)
    return tuple(NONE if value is None else f"{value:,.1f} {unit}" for value in values)


def length(minutes: float) -> str:
    """How long something took.

    >>> length(254)
    '4 h 14 min'
    """
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def time_of(moment: datetime | None) -> str:
    """A moment, UTC."""
    return NONE if moment is None else f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0")


def days_of(record: DeploymentRecord) -> str:
    """The day of the deployment."""
    return f"{record.deployment.date:%d %B %Y}".lstrip("0")


def record_summary(record: DeploymentRecord) -> list[str]:
    """The record in a few sentences."""
    alerts, terms, outcomes = record.alerts, record.deployment, record.outcomes
    false = alerts.false_confirmed + alerts.false_unconfirmed
    true = alerts.true_confirmed + alerts.true_unconfirmed
    use, day, live = USE_CASES[terms.use_case].lower(), days_of(record), length(terms.duration_minutes)
    arrests, others = count(outcomes.arrest, "arrest"), count(outcomes.other, "other outcome")
    list_size = count(record.watchlist.size, "person", "people")
    undecided = f", and {number(alerts.undecided)} that nobody decided" if alerts.undecided else ""
    stops = count(record.stops.stops, "person", "people")
    wrong_stops = (
        f", {number(alerts.false_confirmed)} of whom turned out not to be the person sought"
        if alerts.false_confirmed
        else ""
    )
    said = [
        f"On {day}, live facial recognition was used at {terms.location} for {live} ({use}).",
        f"The software saw about {count(record.faces_seen, 'face')} and compared each with a list of {list_size}.",
        f"It raised {count(alerts.total, 'alert')}: {number(true)} true, {number(false)} false{undecided}.",
        f"Officers approached {stops} because of an alert{wrong_stops}.",
        f"True alerts led to {arrests} and {others}.",
    ]
    if wrongly := record.outcomes_after_false_alerts.arrest:
        said.append(f"False alerts led to {count(wrongly, 'arrest')}, of people other than those sought.")
    said.append(_everybody_else(record))
    tpir = record.seeds.tpir
    if tpir is not None and tpir.low is not None:
        said.append(
            "To find out how many it misses, people who had agreed to it were put on the list and walked past: "
            f"the software recognised them {number(tpir.count)} times out of {number(tpir.of)}."
        )
    return said


def _everybody_else(record: DeploymentRecord) -> str:
    """What became of those who were not on the list, and whether the engine could say so to the end."""
    engine = record.engine
    said = (
        "Nobody else who walked past was identified: their pictures and templates were overwritten in memory and are "
        "not kept, only their number is."
    )
    broken = engine.runs - engine.ended_in_order
    if broken:
        said += (
            f" In {number(broken)} of {count(engine.runs, 'run')} the software ended without its own word that all "
            "of its memory had been overwritten."
        )
    open_seals = [name.replace("-", " ") for name, held in engine.seals.items() if not held]
    if open_seals:
        said += f" Not every seal held: {', '.join(open_seals)}."
    return said
