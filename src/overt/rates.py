"""Counts into rates: exact intervals, what trials can support, and how a rate grows with the list.

Arithmetic that the record and the evaluation share. The terms are those of ISO/IEC 19795-1.
"""

from __future__ import annotations

import math
from typing import Final

# the quantiles of a beta and of a gamma distribution, without a second of scipy.stats
from scipy.special import betaincinv, gammaincinv

__all__ = ["CONFIDENCE", "count_interval", "exact_interval", "rate_for_list", "trials_needed"]

CONFIDENCE: Final = 0.95
"""Of every interval that Overt states."""


def exact_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a rate (Clopper and Pearson, 1934), for independent trials.

    Args:
        hits: how often it happened.
        trials: how often it could have.
        confidence: part of such intervals that hold the true rate.

    >>> [round(edge, 4) for edge in exact_interval(0, 100)]
    [0.0, 0.0362]
    >>> exact_interval(0, 0)
    (0.0, 1.0)
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


def count_interval(events: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a number of events that can happen more than once in a trial (Garwood, 1936).

    Args:
        events: how many were counted.
        confidence: part of such intervals that hold the true mean.

    >>> [round(edge, 2) for edge in count_interval(0)]
    [0.0, 3.69]
    """
    tail = (1 - confidence) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return low, float(gammaincinv(events + 1, 1 - tail))


def trials_needed(rate: float) -> int:
    """How many trials it takes to support a rate at all: by the rule of three, 3 ÷ rate.

    Where nothing happened in n trials, the rate is below 3 ÷ n with 95% confidence (Hanley and Lippman-Hand, 1983).
    So with fewer trials than this not even a perfect result would show that the rate is held.

    >>> trials_needed(0.003)
    1000
    """
    return math.ceil(3 / rate - 1e-9)


def rate_for_list(rate: float, scale: float) -> float:
    """A false positive identification rate carried to a list of another size.

    One comparison matches falsely with a probability p, and comparisons are taken as independent: FPIR(N) =
    1 - (1 - p)^N, so for a list `scale` times as long it is 1 - (1 - FPIR)^scale (the binomial model of Grother and
    Phillips, 2004). It is a model, and whoever shows what it gives says so.

    >>> round(rate_for_list(0.01, 10), 4)
    0.0956
    """
    if rate >= 1:
        return float(scale > 0)
    return -math.expm1(scale * math.log1p(-rate))
