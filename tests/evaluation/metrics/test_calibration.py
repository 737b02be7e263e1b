"""Likelihood ratios against cases with known ratios, SciPy's optimiser, and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from overt.evaluation.metrics import (
    cllr,
    fit_isotonic,
    fit_logistic,
    least_cllr,
    reliability,
)


def trials(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Two normal distributions two deviations apart: the log likelihood ratio of x is 2 x."""
    rng = np.random.default_rng(seed)
    return rng.normal(1, 1, n), rng.normal(-1, 1, 4 * n)


def test_the_line_is_the_known_ratio_and_what_another_optimiser_finds() -> None:
    same, different = trials(1)
    line = fit_logistic(same, different)
    assert line.slope == pytest.approx(2, abs=0.1)
    assert line.offset == pytest.approx(0, abs=0.1)

    def cost(x: np.ndarray) -> float:
        return cllr(x[0] * same + x[1], x[0] * different + x[1])

    best = minimize(cost, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    assert line.slope == pytest.approx(best.x[0], rel=1e-3)
    assert line.offset == pytest.approx(best.x[1], abs=1e-3)


def test_another_scale_of_scores_gives_the_same_ratios() -> None:
    same, different = trials(2)
    plain, moved = fit_logistic(same, different), fit_logistic(same / 50 + 0.9, different / 50 + 0.9)
    assert moved(same / 50 + 0.9) == pytest.approx(plain(same), abs=1e-4)


def test_kinds_that_do_not_overlap_give_a_finite_line() -> None:
    line = fit_logistic(np.array([0.9, 0.95]), np.array([0.1, 0.2, 0.3]))
    assert math.isfinite(line.slope)
    assert line(np.array([0.9]))[0] > 0 > line(np.array([0.3]))[0]


def test_steps_rise_and_stay_within_what_the_trials_support() -> None:
    same, different = trials(3)
    steps = fit_isotonic(same, different)
    assert (np.diff(steps.ratios) >= 0).all()
    assert np.abs(steps.ratios).max() < math.log(len(different) + 1) + 1
    middle = np.linspace(-1, 1, 21)
    assert steps(middle) == pytest.approx(2 * middle, abs=0.5)


def test_the_cost_by_hand() -> None:
    assert cllr(np.zeros(3), np.zeros(5)) == pytest.approx(1)
    # log2(1 + 1/4) for one person's, log2(1 + 1/8) for two people's
    told = cllr(np.full(2, math.log(4)), np.full(2, -math.log(8)))
    assert told == pytest.approx((math.log2(1.25) + math.log2(1.125)) / 2)


def test_the_least_cost_is_below_every_calibrations_and_nothing_for_kinds_apart() -> None:
    same, different = trials(4)
    line = fit_logistic(same, different)
    least = least_cllr(same, different)
    assert 0 < least <= cllr(line(same), line(different)) < least + 0.02
    assert least_cllr(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 0
    assert least_cllr(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == pytest.approx(1)


def test_ratios_that_keep_their_word_and_ratios_that_do_not() -> None:
    same, different = trials(5, 20_000)
    for row in reliability(2 * same, 2 * different):
        if row.same > 200 and row.different > 200:
            assert row.told is not None
            assert row.came == pytest.approx(row.told, rel=0.25)
    boastful = reliability(6 * same, 6 * different)
    top = next(row for row in boastful if row.above == 2.0)
    assert top.told is not None
    assert top.came is not None
    assert top.told > 3 * top.came
    assert sum(row.same for row in boastful) == len(same)
    assert sum(row.different for row in boastful) == len(different)


def test_one_kind_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        fit_logistic(np.array([1.0]), np.array([]))
