"""Likelihood ratios: against a model whose ratios are known, with intervals that hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from overt.evaluation.metrics import (
    INSUFFICIENT,
    Comparisons,
    Likelihoods,
    cllr,
    fit_logistic,
    least_cllr,
    likelihoods,
)


def compared(seed: int, *, apart: float = 2.0, people: int = 120, strangers: int = 300) -> Comparisons:
    """Scores of unit deviation, those of one person higher: the log ratio is apart · score - apart² ÷ 2."""
    lot = np.random.default_rng(seed)
    return Comparisons(
        lot.normal(apart, 1, people),
        np.arange(people),
        lot.normal(0, 1, (strangers, 50)),
        np.arange(1000, 1000 + strangers),
    )


def told(tested: Comparisons, known: Comparisons, **thresholds: float) -> Likelihoods:
    found = likelihoods(tested, known, thresholds, seed=1)
    assert not isinstance(found, str)
    return found


def test_the_line_and_its_ratios_are_those_of_the_model() -> None:
    found = told(compared(1), compared(2), low=0.0, high=2.5)
    assert found.line.slope == pytest.approx(2.0, abs=0.3)
    assert (found.same, found.different) == (120, 15_000)
    for name, score in (("low", 0.0), ("high", 2.5)):
        ratio = found.at[name]
        assert not isinstance(ratio, str)
        assert ratio.interval[0] < math.exp(2 * score - 2) < ratio.interval[1]
        assert ratio.interval[0] < ratio.value < ratio.interval[1]


def test_the_costs_are_those_of_the_whole_trials_with_intervals_about_them() -> None:
    tested, known = compared(1), compared(2)
    found = told(tested, known)
    line = fit_logistic(known.same, known.different.ravel())
    assert found.cllr.value == pytest.approx(cllr(line(tested.same), line(tested.different.ravel())))
    assert found.least.value == pytest.approx(least_cllr(tested.same, tested.different.ravel()))
    assert found.least.value <= found.cllr.value
    for figure in (found.cllr, found.least):
        assert figure.interval[0] < figure.value < figure.interval[1]
        assert figure.interval[1] - figure.interval[0] < 0.3


def test_counting_a_trial_twice_is_having_it_twice() -> None:
    lot = np.random.default_rng(3)
    same, different = lot.normal(1, 1, 40), lot.normal(0, 1, 60)
    counts = (lot.integers(0, 3, 40).astype(float), lot.integers(0, 3, 60).astype(float))
    again = tuple(
        np.repeat(scores, n.astype(int)) for scores, n in zip((same, different), counts, strict=True)
    )
    assert least_cllr(same, different, counts=counts) == pytest.approx(least_cllr(*again))
    one, other = fit_logistic(same, different, counts=counts), fit_logistic(*again)
    assert (one.slope, one.offset) == (
        pytest.approx(other.slope, rel=1e-3),
        pytest.approx(other.offset, rel=1e-3),
    )


def test_the_interval_of_the_least_cost_is_that_of_resampled_trials() -> None:
    """What is pooled between two scores of one person changes nothing, ties included."""
    tested = compared(4, people=35, strangers=40)
    tied = Comparisons(tested.same.round(1), tested.same_people, tested.different.round(1), tested.strangers)
    found = told(tied, compared(2))
    lot, plain = np.random.default_rng(9), []
    for _ in range(300):
        same = tied.same[lot.integers(0, 35, 35)]
        different = tied.different[lot.integers(0, 40, 40)]
        plain.append(least_cllr(same, different.ravel()))
    assert found.least.interval == pytest.approx(tuple(np.quantile(plain, (0.025, 0.975))), abs=0.05)


def test_a_ratio_that_no_such_data_supports_is_not_told() -> None:
    found = told(compared(1), compared(2), far=9.0)
    assert found.at == {"far": INSUFFICIENT}
    few = compared(3, people=20)
    assert likelihoods(compared(1), few, {}, seed=1) == INSUFFICIENT
    assert likelihoods(few, compared(1), {}, seed=1) == INSUFFICIENT
