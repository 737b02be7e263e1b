"""Counts into rates: against tables, against SciPy's own test, and against brute force."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from overt import rates
from overt.rates import count_interval, exact_interval, rate_for_list, trials_needed


def test_the_examples_in_the_docstrings_hold() -> None:
    outcome = doctest.testmod(rates)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_intervals_are_exact_at_both_ends() -> None:
    # 1 - 0.025^(1/10) and its mirror.
    assert exact_interval(0, 10) == (0.0, pytest.approx(0.3084971, abs=1e-7))
    assert exact_interval(10, 10) == (pytest.approx(0.6915029, abs=1e-7), 1.0)
    # Clopper-Pearson for 5 of 10, from the tables.
    assert exact_interval(5, 10) == (pytest.approx(0.18709, abs=1e-5), pytest.approx(0.81291, abs=1e-5))


@given(trials=st.integers(1, 3000), part=st.floats(0, 1), confidence=st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_is_that_of_scipys_binomial_test(trials: int, part: float, confidence: float) -> None:
    hits = round(part * trials)
    theirs = binomtest(hits, trials).proportion_ci(confidence, method="exact")
    assert exact_interval(hits, trials, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(events=st.integers(0, 5000), confidence=st.sampled_from([0.9, 0.95]))
def test_a_counts_interval_is_that_of_chi_square(events: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    low = chi2.ppf(tail, 2 * events) / 2 if events else 0
    high = chi2.ppf(1 - tail, 2 * events + 2) / 2
    assert count_interval(events, confidence) == pytest.approx((low, high))


@pytest.mark.parametrize(("rate", "needed"), [(0.1, 30), (0.01, 300), (0.003, 1000), (0.001, 3000)])
def test_the_rule_of_three(rate: float, needed: int) -> None:
    assert trials_needed(rate) == needed
    # nothing seen in that many trials bounds the rate with about 95% confidence, one-sided
    assert (1 - rate) ** needed == pytest.approx(0.05, rel=0.2)


def test_a_longer_list_compares_more_often() -> None:
    lot = np.random.default_rng(1)
    alarms = lot.random((200_000, 40)) < 0.001
    short, long = alarms[:, :10].any(axis=1).mean(), alarms.any(axis=1).mean()
    assert rate_for_list(float(short), 4) == pytest.approx(float(long), rel=0.05)
    assert rate_for_list(0.0, 100) == 0
    assert rate_for_list(1.0, 0.5) == 1
