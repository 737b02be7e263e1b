"""Differences between two ways of scoring, against plain counting and against what chance alone gives."""

from __future__ import annotations

import numpy as np
import pytest

from overt.evaluation.metrics import Scored, paired_difference


def scored(rng: np.random.Generator, *, lift: float, mated: int = 400, strangers: int = 1000) -> Scored:
    return Scored(
        rng.normal(2 + lift, 1, mated),
        rng.normal(0, 1, strangers),
        np.arange(mated),
        np.arange(mated, mated + strangers),
    )


def test_tpir_is_counted_at_the_least_threshold_that_holds_the_rate() -> None:
    strangers = np.arange(100) / 100
    one = Scored(np.array([0.5, 0.98, 0.985, 2.0]), strangers, np.arange(4), np.arange(100))
    # one of 100 may pass: 0.99 does, 0.98 does not
    assert one.tpir(0.01) == 0.5


def test_the_same_way_differs_by_nothing_and_a_better_one_clearly() -> None:
    rng = np.random.default_rng(5)
    base = scored(rng, lift=0)
    nothing = paired_difference(base, base, 0.01, seed=1)
    assert (nothing.value, nothing.interval, nothing.clear) == (0.0, (0.0, 0.0), False)
    lifted = Scored(base.mates + 0.5, base.strangers, base.mated_identities, base.stranger_identities)
    gain = paired_difference(lifted, base, 0.01, seed=1)
    assert gain.clear
    assert gain.interval[0] < gain.value < gain.interval[1]
    assert gain.value == pytest.approx(lifted.tpir(0.01) - base.tpir(0.01))
    loss = paired_difference(base, lifted, 0.01, seed=1)
    assert loss.value == -gain.value
    assert loss.interval == pytest.approx((-gain.interval[1], -gain.interval[0]))


def test_another_threshold_scale_changes_nothing() -> None:
    base = scored(np.random.default_rng(6), lift=0)
    scaled = Scored(
        3 * base.mates - 7, 3 * base.strangers - 7, base.mated_identities, base.stranger_identities
    )
    assert paired_difference(scaled, base, 0.01, seed=1).interval == (0.0, 0.0)


def test_splits_of_the_same_people_are_not_taken_as_independent() -> None:
    rng = np.random.default_rng(7)
    base, other = scored(rng, lift=0), scored(rng, lift=0.1)
    once = paired_difference(other, base, 0.1, seed=1)
    again = paired_difference([other] * 9, [base] * 9, 0.1, seed=1)
    assert again.value == pytest.approx(once.value)
    assert again.interval == pytest.approx(once.interval)


def test_trials_of_others_are_refused() -> None:
    base = scored(np.random.default_rng(8), lift=0)
    other = Scored(base.mates, base.strangers, base.mated_identities[::-1], base.stranger_identities)
    with pytest.raises(ValueError, match="same trials"):
        paired_difference(other, base, 0.01, seed=1)
