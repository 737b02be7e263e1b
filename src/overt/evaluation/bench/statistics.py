"""Ratios and slopes with the interval that belongs to them."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

__all__ = ["Numbers", "Ratio", "Slope", "median_ratio", "ratio_of_totals", "slope_of"]

BOOTSTRAPS: Final = 1000
BLOCKS: Final = 20
Numbers = npt.NDArray[np.float64]


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio of two totals, and its 95% interval by a bootstrap over the rounds they were taken in."""

    value: float
    low: float
    high: float

    def less_one(self) -> Ratio:
        """The excess over one: 1.12 becomes 0.12."""
        return Ratio(value=self.value - 1, low=self.low - 1, high=self.high - 1)


class Slope(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line's rise an hour, and its 95% interval."""

    per_hour: float
    low: float
    high: float


def ratio_of_totals(above: Numbers, below: Numbers, seed: int = 1) -> Ratio:
    """The ratio of two sums over rounds that were taken turn by turn.

    Args:
        above: float64 [rounds], the numerator of each round.
        below: float64 [rounds], the denominator.
        seed: of the bootstrap (percentile method, Efron and Tibshirani, 1993).
    """
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(above), (BOOTSTRAPS, len(above)))
    resampled = above[draws].sum(axis=1) / below[draws].sum(axis=1)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Ratio(value=float(above.sum() / below.sum()), low=float(low), high=float(high))


def median_ratio(above: Numbers, below: Numbers, seed: int = 1) -> Ratio:
    """The median over rounds of each round's ratio, which a burst of other work on the machine hardly moves.

    Args:
        above: float64 [rounds], the numerator of each round.
        below: float64 [rounds], the denominator.
        seed: of the bootstrap.
    """
    each = above / below
    rng = np.random.default_rng(seed)
    resampled = np.median(each[rng.integers(0, len(each), (BOOTSTRAPS, len(each)))], axis=1)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Ratio(value=float(np.median(each)), low=float(low), high=float(high))


def slope_of(seconds: Numbers, values: Numbers) -> Slope:
    """The least-squares slope of a series, an hour.

    Neighbouring samples of a process's memory are not independent, so the line is fitted to the means of 20 blocks,
    and the interval is Student's over those.

    Args:
        seconds: float64 [n], rising, n of at least 20.
        values: float64 [n].
    """
    times = np.array([block.mean() for block in np.array_split(seconds, BLOCKS)]) / 3600
    means = np.array([block.mean() for block in np.array_split(values, BLOCKS)])
    centred = times - times.mean()
    spread = float((centred**2).sum())
    slope = float((centred * means).sum()) / spread
    residuals = means - means.mean() - slope * centred
    error = float(np.sqrt((residuals**2).sum() / (BLOCKS - 2) / spread))
    reach = float(student.ppf(0.975, BLOCKS - 2)) * error
    return Slope(per_hour=slope, low=slope - reach, high=slope + reach)
