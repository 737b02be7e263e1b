"""Error rates by threshold, against counting and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

from overt.evaluation.metrics import (
    area_under_curve,
    drawn,
    equal_error_rate,
    error_rates,
    threshold_for,
)

SCORES = st.lists(st.floats(-1, 1).map(lambda x: round(x, 2)), min_size=1, max_size=60)


@given(own=SCORES, others=SCORES)
def test_the_rates_are_what_counting_gives(own: list[float], others: list[float]) -> None:
    mine, theirs = np.array(own), np.array(others)
    rates = error_rates(mine, theirs)
    for threshold, fmr, fnmr in zip(
        rates.thresholds, rates.false_matches, rates.false_non_matches, strict=True
    ):
        assert fmr == pytest.approx((theirs >= threshold).mean())
        assert fnmr == pytest.approx((mine < threshold).mean())
    assert rates.false_matches[-1] == 0
    assert rates.false_non_matches[-1] == 1


@given(own=SCORES, others=SCORES)
def test_the_area_is_the_rank_test_of_mann_and_whitney(own: list[float], others: list[float]) -> None:
    statistic = mannwhitneyu(own, others).statistic
    area = area_under_curve(np.array(own), np.array(others))
    assert area == pytest.approx(statistic / (len(own) * len(others)))


@given(others=SCORES, rate=st.floats(0, 1))
def test_the_threshold_holds_the_rate_and_no_lower_one_does(others: list[float], rate: float) -> None:
    scores = np.array(others)
    threshold = threshold_for(scores, rate)
    assert (scores >= threshold).mean() <= rate + 1e-9
    lower = scores[scores < threshold]
    if len(lower):
        assert (scores >= lower.max()).mean() > rate - 1e-9


def test_the_equal_error_rate_of_two_normal_distributions_is_the_known_one() -> None:
    lot = np.random.default_rng(1)
    own, others = lot.normal(2, 1, 200_000), lot.normal(0, 1, 200_000)
    assert equal_error_rate(error_rates(own, others)) == pytest.approx(norm.sf(1), abs=0.002)
    assert area_under_curve(own, others) == pytest.approx(norm.cdf(2 / 2**0.5), abs=0.002)


def test_the_equal_error_rate_at_its_ends() -> None:
    ones, zeros = np.ones(10), np.zeros(10)
    assert equal_error_rate(error_rates(ones, zeros)) == 0
    assert equal_error_rate(error_rates(zeros, ones)) == 1


def test_a_drawn_curve_keeps_its_ends_and_leaves_out_most() -> None:
    lot = np.random.default_rng(2)
    rates = error_rates(lot.normal(1, 1, 5000), lot.normal(0, 1, 5000))
    curve = drawn(rates, 100)
    assert 50 < len(curve.thresholds) <= 101
    assert curve.false_positives[0] == 1
    assert curve.false_negatives[-1] == 1
    assert all(np.diff(curve.false_positives) <= 0)
