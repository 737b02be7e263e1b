"""The threshold for a wanted FPIR at a list's size, how sure it is, and what evidence it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from overt.evaluation.metrics import threshold_for
from overt.evaluation.metrics.intervals import identity_weights, quantile_interval
from overt.rates import rate_for_list, trials_needed

__all__ = ["Chosen", "choose_for_list", "largest_list", "strangers_needed"]

DECIMALS: Final = 4
"""Of a certified threshold: it is written in a plan, and rounded up, which can only make false alerts rarer."""

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold, and the 95% interval that a bootstrap over people gives it."""

    threshold: float
    interval: tuple[float, float]


def strangers_needed(fpir: float, *, list_size: int, measured_list: int) -> int:
    """How many strangers it takes to support a rate at a list's size with a smaller one, by the rule of three.

    >>> strangers_needed(0.01, list_size=1_000, measured_list=1_000)
    300
    >>> strangers_needed(0.01, list_size=10_000, measured_list=1_000)
    2987
    """
    return trials_needed(rate_for_list(fpir, measured_list / list_size))


def largest_list(fpir: float, *, strangers: int, measured_list: int) -> int:
    """The largest list for which so many strangers support a rate; 0 where they support it for none.

    >>> largest_list(0.01, strangers=300, measured_list=1_000)
    1000
    """
    if strangers <= 3:
        return 0
    return math.floor(measured_list * math.log1p(-fpir) / math.log1p(-3 / strangers) + 1e-6)


def choose_for_list(
    strangers: Numbers, people: Codes, fpir: float, *, list_size: int, measured_list: int, seed: int
) -> Chosen:
    """The least threshold, of few decimals, that holds the rate at the list's size on these searches.

    Args:
        strangers: float64 [n], the best score of each search of somebody who is not enrolled.
        people: int64 [n], whose searches they are.
        fpir: the wanted rate.
        list_size: at which.
        measured_list: people enrolled in these searches.
        seed: of the bootstrap.
    """
    wanted = rate_for_list(fpir, measured_list / list_size)
    down = np.argsort(-strangers, kind="stable")
    falling = strangers[down]
    resampled = []
    for weights in identity_weights(people[down], seed=seed):
        above = np.cumsum(weights, axis=1)
        # the first score that would be one too many: the threshold lies just above it
        over = above > wanted * above[:, -1:] + 1e-9
        resampled.append(np.where(over.any(axis=1), falling[over.argmax(axis=1)], falling[-1]))
    return Chosen(_rounded_up(threshold_for(strangers, wanted)), quantile_interval(np.concatenate(resampled)))


def _rounded_up(threshold: float) -> float:
    whole = math.ceil(threshold * 10**DECIMALS)
    return round(whole / 10**DECIMALS, DECIMALS)
