"""The record's arithmetic: rates with exact intervals, spreads, agreement, and what is too few to say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from overt.casework.publication.model import FEWEST, FEWEST_PAIRS, TOO_FEW, Agreement, Rate, Spread
from overt.rates import exact_interval, trials_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from overt.casework.publication.model import TooFew

__all__ = ["FEWEST_PASSES", "agreement_of", "greatest", "hide_small", "rate_of", "spread_of"]

FEWEST_PASSES: Final = trials_needed(0.1)
"""With fewer passes of seeds not even a perfect score would show that nine in ten are found: the rule of three."""


def rate_of(count: int, of: int, *, fewest: int = 1) -> Rate:
    """A proportion and its exact 95% interval; without a rate where there is nothing to divide by.

    Args:
        count: how many of them.
        of: out of how many.
        fewest: with fewer there is an interval and no rate.

    >>> rate_of(1, 4).rate
    0.25
    >>> rate_of(0, 0).rate is None
    True
    """
    if of == 0 or count > of:
        return Rate(count=count, of=of, rate=None, low=None, high=None)
    low, high = exact_interval(count, of)
    return Rate(count=count, of=of, rate=count / of if of >= fewest else None, low=low, high=high)


def spread_of(values: Sequence[float]) -> Spread:
    """Nearest-rank percentiles.

    >>> spread_of([3.0, 1.0, 2.0]).p50
    2.0
    """
    if not values:
        return Spread(n=0, p50=None, p95=None, p99=None, max=None)
    ordered = sorted(values)

    def at(percent: int) -> float:
        return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]

    return Spread(n=len(ordered), p50=at(50), p95=at(95), p99=at(99), max=ordered[-1])


def greatest(summaries: Sequence[Mapping[str, Any]]) -> Spread:
    """Of the engine's own summaries of several runs, the greatest of each figure.

    It bounds the percentile of all runs together from above: where no run has more than one in twenty above a value,
    neither has the whole.
    """
    counted = [summary for summary in summaries if summary.get("n")]

    def at(name: str) -> float | None:
        return max((summary[name] for summary in counted if summary.get(name) is not None), default=None)

    return Spread(
        n=sum(summary["n"] for summary in counted), p50=at("p50"), p95=at("p95"), p99=at("p99"), max=at("max")
    )


def agreement_of(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Cohen's kappa (1960) over pairs of decisions.

    >>> agreement_of([("engage", "engage")] * 6 + [("no", "no")] * 6).kappa
    1.0
    >>> agreement_of([("engage", "engage")] * 6).kappa
    'too few to say'
    """
    n, same = len(pairs), sum(first == second for first, second in pairs)
    kappa: float | TooFew | None = TOO_FEW
    if n >= FEWEST_PAIRS:
        decisions = {decision for pair in pairs for decision in pair}
        by_chance = sum(
            sum(first == decision for first, _ in pairs) * sum(second == decision for _, second in pairs)
            for decision in decisions
        )
        kappa = None if by_chance == n * n else (same * n - by_chance) / (n * n - by_chance)
    return Agreement(pairs=n, same=same, kappa=kappa)


def hide_small(counts: Mapping[str, int]) -> dict[str, int | TooFew]:
    """Counts that add up to a known whole, with those that could tell of one person left out.

    A count under 5 is left out. Where that is one alone, it could be worked out from the whole, so the next smallest
    is left out too.

    >>> hide_small({"a": 9, "b": 2, "c": 7})
    {'a': 9, 'b': 'too few to say', 'c': 'too few to say'}
    >>> hide_small({"a": 9, "b": 2, "c": 1})
    {'a': 9, 'b': 'too few to say', 'c': 'too few to say'}
    """
    hidden = {name for name, count in counts.items() if count < FEWEST}
    shown = sorted((name for name in counts if name not in hidden), key=lambda name: (counts[name], name))
    if len(hidden) == 1 and shown:
        hidden.add(shown[0])
    return {name: TOO_FEW if name in hidden else count for name, count in counts.items()}
