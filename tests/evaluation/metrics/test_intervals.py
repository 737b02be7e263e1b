"""Rates and their intervals: exact for independent trials, wider where people come more than once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from overt.evaluation.metrics import FEWEST_TRIALS, INSUFFICIENT, Estimate, estimate, resampled_rates


def _rate(flags: np.ndarray, people: np.ndarray, **given: int) -> Estimate:
    rate = estimate(flags, people, seed=1, **given)
    assert isinstance(rate, Estimate)
    return rate


def test_with_one_trial_each_the_interval_is_exact() -> None:
    flags = np.arange(200) < 37
    rate = _rate(flags, np.arange(200))
    theirs = binomtest(37, 200).proportion_ci(0.95, method="exact")
    assert rate.interval == pytest.approx((theirs.low, theirs.high))
    assert (rate.value, rate.hits, rate.trials, rate.method) == (0.185, 37, 200, "clopper-pearson")


def test_several_trials_of_one_person_widen_the_interval() -> None:
    """Forty people with 25 trials each, who always succeed or always fail, say as much as forty trials."""
    people = np.repeat(np.arange(40), 25)
    flags = np.repeat(np.arange(40) < 20, 25)
    rate = _rate(flags, people)
    assert rate.method == "identity bootstrap"
    forty = binomtest(20, 40).proportion_ci(0.95, method="exact")
    assert rate.interval == pytest.approx((forty.low, forty.high), abs=0.03)
    naive = binomtest(500, 1000).proportion_ci(0.95, method="exact")
    assert rate.interval[1] - rate.interval[0] > 3 * (naive.high - naive.low)


def test_the_bootstrap_is_the_one_with_plain_loops() -> None:
    lot = np.random.default_rng(3)
    people = lot.integers(0, 60, 400)
    flags = lot.random(400) < 0.2 + 0.5 * (people % 2)
    ours = resampled_rates(flags, people, seed=9, n=4000)
    theirs = []
    for _ in range(4000):
        rows = np.concatenate([np.flatnonzero(people == who) for who in lot.choice(np.unique(people), 60)])
        theirs.append(flags[rows].mean())
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.005)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.06)


def test_the_same_seed_gives_the_same_interval() -> None:
    people, flags = np.repeat(np.arange(50), 3), np.arange(150) % 4 == 0
    assert estimate(flags, people, seed=5) == estimate(flags, people, seed=5)
    drawn = [resampled_rates(flags, people, seed=seed) for seed in (5, 5, 6)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_too_few_trials_are_said_to_be_too_few() -> None:
    few = FEWEST_TRIALS - 1
    assert estimate(np.ones(few, bool), np.arange(few), seed=1) == INSUFFICIENT
    assert estimate(np.ones(0, bool), np.arange(0), seed=1, fewest=0) == INSUFFICIENT
    assert estimate(np.ones(few + 1, bool), np.arange(few + 1), seed=1) != INSUFFICIENT


def test_nine_intervals_in_ten_and_more_hold_the_truth() -> None:
    """Coverage, with people who differ: what the interval promises."""
    lot = np.random.default_rng(11)
    held = 0
    for _ in range(120):
        chance = lot.beta(6, 2, 80)
        people = np.repeat(np.arange(80), 4)
        flags = lot.random(320) < chance[people]
        low, high = _rate(flags, people).interval
        held += low <= 0.75 <= high
    assert held >= 0.88 * 120
