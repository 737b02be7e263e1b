"""The threshold that is chosen, and how much evidence it takes."""

from __future__ import annotations

import numpy as np
import pytest

from overt.evaluation.certificates import choose_for_list, largest_list, strangers_needed
from overt.rates import rate_for_list, trials_needed


def test_the_threshold_is_the_least_of_four_decimals_that_holds_the_rate() -> None:
    scores = np.random.default_rng(3).normal(0.3, 0.1, 5_000)
    chosen = choose_for_list(scores, np.arange(5_000), 0.01, list_size=400, measured_list=200, seed=1)
    allowed = rate_for_list(0.01, 200 / 400)
    assert (scores >= chosen.threshold).mean() <= allowed
    assert (scores >= chosen.threshold - 1e-4).mean() > allowed
    assert round(chosen.threshold, 4) == chosen.threshold
    low, high = chosen.interval
    assert low < chosen.threshold < high + 1e-4
    assert 0.001 < high - low < 0.05


def test_a_longer_list_takes_a_higher_threshold() -> None:
    scores, people = np.random.default_rng(4).normal(0.3, 0.1, 5_000), np.arange(5_000)
    thresholds = [
        choose_for_list(scores, people, 0.05, list_size=size, measured_list=500, seed=1).threshold
        for size in (250, 500, 2_000, 5_000)
    ]
    assert thresholds == sorted(set(thresholds))


@pytest.mark.parametrize(("fpir", "measured"), [(0.1, 800), (0.01, 808), (0.003, 50)])
def test_what_supports_a_list_supports_no_longer_one(fpir: float, measured: int) -> None:
    people = 4 * trials_needed(fpir)
    most = largest_list(fpir, strangers=people, measured_list=measured)
    assert strangers_needed(fpir, list_size=most, measured_list=measured) <= people
    assert strangers_needed(fpir, list_size=most + max(1, most // 50), measured_list=measured) > people


def test_three_strangers_support_nothing() -> None:
    assert largest_list(0.5, strangers=3, measured_list=10) == 0
