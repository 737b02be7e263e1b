"""TPIR at a wanted FPIR, against counting; and nothing said where trials are too few."""

from __future__ import annotations

import numpy as np
import pytest

from overt.evaluation.metrics import (
    INSUFFICIENT,
    OpenSetRate,
    Searches,
    choose_threshold,
    open_set,
    rate_at,
)


def _searches(mate: np.ndarray, rank: np.ndarray | None = None) -> Searches:
    ranks = np.ones(len(mate), np.int64) if rank is None else rank
    return Searches(mate.copy(), mate, ranks)


@pytest.fixture
def scores() -> tuple[np.ndarray, np.ndarray]:
    lot = np.random.default_rng(1)
    return lot.normal(0.7, 0.15, 500), lot.normal(0.3, 0.1, 2000)


def _at(mate: np.ndarray, strangers: np.ndarray, fpir: float) -> OpenSetRate:
    threshold = choose_threshold(strangers, fpir)
    assert threshold is not None
    rate = rate_at(
        _searches(mate),
        np.arange(len(mate)),
        strangers,
        np.arange(len(strangers)),
        threshold=threshold,
        seed=1,
        wanted=fpir,
    )
    assert isinstance(rate, OpenSetRate)
    return rate


@pytest.mark.parametrize("fpir", [0.1, 0.01, 0.003])
def test_the_rates_are_what_counting_gives(scores: tuple[np.ndarray, np.ndarray], fpir: float) -> None:
    mate, strangers = scores
    rate = _at(mate, strangers, fpir)
    assert rate.false_positives == int(fpir * 2000)
    assert rate.fpir == (strangers >= rate.threshold).mean()
    assert rate.value == (mate >= rate.threshold).mean()
    assert rate.fpir_interval[0] < fpir < rate.fpir_interval[1]
    assert rate.interval[0] < rate.value < rate.interval[1]
    assert rate.tpir.hits == rate.hits
    assert rate.threshold_from == "test data"


def test_the_threshold_adds_its_own_doubt_as_plain_loops_find_it(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    mate, strangers = scores
    ours = _at(mate, strangers, 0.01).bootstrap_interval
    assert ours is not None
    lot = np.random.default_rng(2)
    values = []
    for _ in range(1500):
        chosen = choose_threshold(lot.choice(strangers, len(strangers)), 0.01)
        assert chosen is not None
        values.append((lot.choice(mate, len(mate)) >= chosen).mean())
    assert ours == pytest.approx(tuple(np.quantile(values, (0.025, 0.975))), abs=0.015)
    exact = _at(mate, strangers, 0.01).interval
    assert ours[1] - ours[0] > exact[1] - exact[0]


def test_people_with_many_probes_are_resampled_whole() -> None:
    lot = np.random.default_rng(5)
    of_person = lot.normal(0.7, 0.15, 100)
    mate = np.repeat(of_person, 10)
    strangers = lot.normal(0.3, 0.1, 1000)
    alone = _at(of_person, strangers, 0.01)
    together = rate_at(
        _searches(mate),
        np.repeat(np.arange(100), 10),
        strangers,
        np.arange(1000),
        threshold=alone.threshold,
        seed=1,
        wanted=0.01,
    )
    assert isinstance(together, OpenSetRate)
    assert together.method == "identity bootstrap"
    assert together.interval == pytest.approx(alone.interval, abs=0.02)
    assert together.bootstrap_interval == pytest.approx(alone.bootstrap_interval, abs=0.03)


def test_a_mate_that_is_not_first_is_missed(scores: tuple[np.ndarray, np.ndarray]) -> None:
    mate, strangers = scores
    rank = np.where(np.arange(500) < 100, 2, 1)
    rate = rate_at(
        _searches(mate, rank), np.arange(500), strangers, np.arange(2000), threshold=-1, seed=1, wanted=0.1
    )
    assert isinstance(rate, OpenSetRate)
    assert rate.value == 0.8


@pytest.mark.parametrize(("fpir", "needed"), [(0.1, 30), (0.01, 300), (0.001, 3000)])
def test_three_times_the_inverse_of_the_rate_is_the_least(fpir: float, needed: int) -> None:
    strangers = np.linspace(0, 1, needed)
    assert choose_threshold(strangers[1:], fpir) is None
    threshold = choose_threshold(strangers, fpir)
    assert threshold is not None
    assert (strangers >= threshold).sum() == 3


def test_too_few_mated_probes_say_nothing() -> None:
    few = _searches(np.full(29, 0.9))
    rate = rate_at(few, np.arange(29), np.zeros(300), np.arange(300), threshold=0.5, seed=1)
    assert rate == INSUFFICIENT


def test_small_blocks_give_the_same(
    scores: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    mate, strangers = scores
    whole = _at(mate, strangers, 0.01)
    monkeypatch.setattr("overt.evaluation.metrics.intervals._BLOCK", 10_000)
    assert _at(mate, strangers, 0.01) == whole
    assert open_set.rate_at is rate_at
