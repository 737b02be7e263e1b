"""Likelihood ratios that one set of people gives and another checks: their cost, and what a threshold is worth.

Slope and offset are fitted on the calibration people, and every cost is of the tested ones. Intervals are bootstraps
over the people who are searched for; those who are enrolled are held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from overt.evaluation.metrics.calibration import Logistic, cllr, fit_logistic, least_cllr
from overt.evaluation.metrics.intervals import (
    BOOTSTRAPS,
    FEWEST_TRIALS,
    INSUFFICIENT,
    Insufficient,
    Interval,
    identity_weights,
    quantile_interval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Comparisons", "Likelihoods", "Ranged", "likelihoods"]

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

REFITS: Final = 300
"""Resamples in which slope and offset are fitted anew."""

_BINS: Final = 512


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Scores of a probe and an entry each.

    Attributes:
        same: float64 [n], of people with their own entries.
        same_people: int64 [n], whose.
        different: float64 [s, m], of a stranger, row by row, with every entry.
        strangers: int64 [s], whose the rows are.
    """

    same: Numbers
    same_people: Codes
    different: Numbers
    strangers: Codes

    @property
    def enough(self) -> bool:
        """Whether they are of enough people to say anything."""
        return min(len(np.unique(self.same_people)), len(np.unique(self.strangers))) >= FEWEST_TRIALS


class Ranged(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its 95% interval, by a bootstrap over people."""

    value: float
    interval: Interval


class Likelihoods(msgspec.Struct, frozen=True, kw_only=True):
    """What scores are worth as evidence.

    Attributes:
        line: the natural logarithm of the likelihood ratio by the score, fitted on the calibration people.
        cllr: what these ratios cost on the tested people, bits: 0 is perfect, 1 is as good as silence.
        least: the same with the best rising calibration of the tested scores themselves: discrimination's part alone.
        at: the ratio at each threshold; "insufficient data" where so many comparisons cannot support one as large.
        same: comparisons of one person among the calibration people.
        different: of two.
    """

    line: Logistic
    cllr: Ranged
    least: Ranged
    at: dict[str, Ranged | Insufficient]
    same: int
    different: int


def likelihoods(
    tested: Comparisons, known: Comparisons, thresholds: Mapping[str, float], *, seed: int
) -> Likelihoods | Insufficient:
    """Fit on one set of people, and check on another.

    Args:
        tested: on whom it is checked.
        known: other people, on whom it is fitted.
        thresholds: at which the ratio is told, by their names.
        seed: of the bootstraps.
    """
    if not tested.enough or not known.enough:
        return INSUFFICIENT
    line = fit_logistic(known.same, known.different.ravel())
    same, different = line(tested.same), line(tested.different)
    lines = _refitted(known, seed)
    most = known.different.size / 3
    return Likelihoods(
        line=line,
        cllr=Ranged(value=cllr(same, different.ravel()), interval=_cllr_interval(tested, line, seed)),
        least=Ranged(
            value=least_cllr(tested.same, tested.different.ravel()), interval=_least_interval(tested, seed)
        ),
        at={name: _ratio_at(threshold, line, lines, most) for name, threshold in thresholds.items()},
        same=len(known.same),
        different=int(known.different.size),
    )


def _ratio_at(threshold: float, line: Logistic, lines: list[Logistic], most: float) -> Ranged | Insufficient:
    """The ratio at a threshold; by the rule of three no ratio above a third of the comparisons can be supported."""
    told = float(line(np.array([threshold]))[0])
    if told > math.log(most):
        return INSUFFICIENT
    low, high = quantile_interval(
        np.array([float(each(np.array([threshold]))[0]) for each in lines], np.float64)
    )
    # an end of the interval may lie far out where a resample parts the two kinds altogether
    return Ranged(value=math.exp(told), interval=(math.exp(low), math.exp(min(high, 700.0))))


def _refitted(known: Comparisons, seed: int) -> list[Logistic]:
    """The line in resamples of both kinds of people; scores of two people go by narrow ranges."""
    edges = np.linspace(known.different.min(), known.different.max() + 1e-9, _BINS + 1)
    held = _counts(np.clip(np.searchsorted(edges, known.different, side="right") - 1, 0, _BINS - 1), _BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    return [
        fit_logistic(known.same, middles, counts=(of_same, of_different))
        for of_same, of_different in _resampled(known, held, seed, REFITS)
    ]


def _cllr_interval(tested: Comparisons, line: Logistic, seed: int) -> Interval:
    of_same = np.logaddexp(0, -line(tested.same))
    of_different = np.logaddexp(0, line(tested.different)).mean(axis=1)
    costs = _means(of_same, tested.same_people, seed) + _means(of_different, tested.strangers, seed + 1)
    return quantile_interval(costs / (2 * math.log(2)))


def _means(values: Numbers, people: Codes, seed: int) -> Numbers:
    """The mean in resamples of the people, float64 [BOOTSTRAPS]."""
    blocks = identity_weights(people, seed=seed, n=BOOTSTRAPS)
    return np.concatenate([weights @ values / weights.sum(axis=1) for weights in blocks])


def _least_interval(tested: Comparisons, seed: int) -> Interval:
    """Scores of two people count only by how many scores of one person lie below: the rest changes nothing."""
    edges = np.unique(tested.same)
    # a score of two people at an edge stands beside the scores of one person there, as a tie
    on_edge = np.isin(tested.different, edges)
    places = 2 * np.searchsorted(edges, tested.different) + np.where(on_edge, 1, 0)
    held = _counts(places, 2 * len(edges) + 1)
    marks = np.arange(2 * len(edges) + 1, dtype=np.float64)
    same = (2 * np.searchsorted(edges, tested.same) + 1).astype(np.float64)
    return quantile_interval(
        np.array(
            [least_cllr(same, marks, counts=counts) for counts in _resampled(tested, held, seed, REFITS)]
        )
    )


def _counts(places: npt.NDArray[np.int64], number: int) -> Numbers:
    """How often each place comes in each row, float64 [rows, number]."""
    rows = np.arange(len(places))[:, None] * number
    return (
        np.bincount((rows + places).ravel(), minlength=len(places) * number).reshape(-1, number).astype(float)
    )


def _resampled(comparisons: Comparisons, held: Numbers, seed: int, n: int) -> list[tuple[Numbers, Numbers]]:
    """How often each score of one person, and each place of scores of two, counts in resamples of the people."""
    first = np.concatenate(list(identity_weights(comparisons.same_people, seed=seed, n=n)))
    second = np.concatenate(
        [weights @ held for weights in identity_weights(comparisons.strangers, seed=seed + 1, n=n)]
    )
    return list(zip(first, second, strict=True))
