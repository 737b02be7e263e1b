"""Ten-fold accuracy, against trying every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.evaluation.metrics import best_threshold, folded_accuracy, stratified_folds


@given(
    pairs=st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60),
)
def test_no_threshold_decides_better(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 10 for score, _ in pairs])
    same = np.array([kind for _, kind in pairs])
    found = (scores >= best_threshold(scores, same)) == same
    tried = [((scores >= t) == same).mean() for t in np.arange(-0.05, 2.2, 0.1)]
    assert found.mean() == pytest.approx(max(tried))


def test_each_part_is_decided_at_a_threshold_that_it_did_not_choose() -> None:
    scores = np.array([0.0, 0.1, 0.9, 1.0, 5.0, 5.1, 5.9, 6.0])
    same = np.array([False, False, True, True] * 2)
    folds = np.array([0] * 4 + [1] * 4)
    # learned on the other part, the threshold is wrong for this one in half the pairs
    accuracy = folded_accuracy(scores, same, folds)
    assert accuracy.mean == 0.5
    assert accuracy.folds == 2
    assert accuracy.standard_error == 0


def test_by_plain_loops_over_ten_parts() -> None:
    lot = np.random.default_rng(4)
    same = lot.random(500) < 0.7
    scores = lot.normal(same * 1.5, 1)
    folds = stratified_folds(same, seed=2)
    ours = folded_accuracy(scores, same, folds)
    parts = []
    for fold in range(10):
        test = folds == fold
        grid = np.sort(scores[~test])
        edges = [grid[0] - 1, *((grid[:-1] + grid[1:]) / 2), grid[-1] + 1]
        right = [((scores[~test] >= t) == same[~test]).sum() for t in edges]
        best = [t for t, n in zip(edges, right, strict=True) if n == max(right)]
        parts.append(((scores[test] >= best[len(best) // 2]) == same[test]).mean())
    assert ours.mean == pytest.approx(np.mean(parts), abs=1e-12)
    assert ours.standard_error == pytest.approx(np.std(parts, ddof=1) / 10**0.5, abs=1e-12)


def test_balanced_accuracy_does_not_reward_guessing_the_commoner_kind() -> None:
    lot = np.random.default_rng(5)
    same = lot.random(2000) < 0.9
    scores = lot.normal(0, 1, 2000)
    folds = stratified_folds(same, seed=1)
    assert folded_accuracy(scores, same, folds).mean == pytest.approx(0.9, abs=0.02)
    assert folded_accuracy(scores, same, folds, balanced=True).mean == pytest.approx(0.5, abs=0.05)


def test_parts_are_alike_in_size_and_mixture() -> None:
    same = np.arange(1003) % 3 == 0
    folds = stratified_folds(same, seed=1)
    for kind in (True, False):
        sizes = np.bincount(folds[same == kind])
        assert len(sizes) == 10
        assert sizes.max() - sizes.min() <= 1


def test_pairs_without_a_face_are_decided_as_different() -> None:
    scores = np.concatenate([np.full(50, -2.0), np.linspace(0.5, 1, 450), np.linspace(-0.5, 0.2, 500)])
    same = np.arange(1000) < 500
    accuracy = folded_accuracy(scores, same, stratified_folds(same, seed=1))
    assert accuracy.mean == pytest.approx(0.95, abs=0.003)
