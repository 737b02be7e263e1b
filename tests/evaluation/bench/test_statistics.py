"""The intervals hold what they should, on numbers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from overt.evaluation.bench.statistics import median_ratio, ratio_of_totals, slope_of


def test_ratio_of_totals_weighs_rounds_by_their_length() -> None:
    ratio = ratio_of_totals(np.array([10.0, 1.0]), np.array([1.0, 1.0]))
    assert ratio.value == pytest.approx(5.5)
    assert ratio.low <= ratio.value <= ratio.high


def test_the_interval_of_a_ratio_holds_the_truth() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(40):
        below = rng.uniform(0.8, 1.2, 30)
        ratio = ratio_of_totals(3 * rng.uniform(0.8, 1.2, 30), below, seed=seed)
        inside += ratio.low <= 3.0 <= ratio.high
    assert inside >= 34


def test_one_burst_of_other_work_does_not_move_the_median_ratio() -> None:
    above = np.full(15, 1.1)
    above[4] = 25.0
    assert median_ratio(above, np.ones(15)).value == pytest.approx(1.1)


def test_less_one_shifts_the_whole_interval() -> None:
    excess = median_ratio(np.array([1.1, 1.2, 1.3]), np.ones(3)).less_one()
    assert excess.value == pytest.approx(0.2)
    assert excess.low == pytest.approx(0.1)


def test_a_leak_is_found_in_noise() -> None:
    seconds = np.arange(0, 1200, 0.5)
    rng = np.random.default_rng(1)
    slope = slope_of(seconds, 300 + 30 * seconds / 3600 + rng.normal(0, 0.5, len(seconds)))
    assert slope.low < 30 < slope.high
    assert slope.low > 0


def test_level_memory_is_level() -> None:
    seconds = np.arange(0, 1200, 0.5)
    rng = np.random.default_rng(2)
    slope = slope_of(seconds, 300 + rng.normal(0, 0.5, len(seconds)))
    assert slope.low < 0 < slope.high
