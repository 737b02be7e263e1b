"""How far groups lie apart, and silence nowhere."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from overt.evaluation.metrics import (
    INSUFFICIENT,
    Estimate,
    GroupTrials,
    Spread,
    difference_of,
    gini,
    group_column,
    groups,
    max_over_geometric_mean,
)


def _trials(misses: int, mated: int, alarms: int, strangers: int, unacquired: int = 0) -> GroupTrials:
    return GroupTrials(
        misses=np.arange(mated) < misses,
        mated_identities=np.arange(mated),
        alarms=np.arange(strangers) < alarms,
        stranger_identities=np.arange(strangers),
        probes=mated + strangers + unacquired,
        unacquired=unacquired,
    )


def test_the_examples_in_the_docstrings_hold() -> None:
    outcome = doctest.testmod(groups)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_the_two_figures_by_plain_loops() -> None:
    rates = [0.02, 0.05, 0.01]
    mean = np.prod(rates) ** (1 / 3)
    apart = sum(abs(a - b) for a in rates for b in rates)
    assert max_over_geometric_mean(np.array([rates]))[0] == pytest.approx(0.05 / mean)
    assert gini(np.array([rates]))[0] == pytest.approx(3 / 2 * apart / (2 * 9 * np.mean(rates)))


def test_a_column_tells_each_groups_rates_and_how_far_apart_they_lie() -> None:
    column = group_column(
        {"a": _trials(40, 200, 4, 400, 6), "b": _trials(20, 200, 8, 400)},
        wanted_fpir=0.01,
        threshold=0.5,
        fewest=300,
        seed=1,
    )
    a = column.values["a"]
    assert isinstance(a.fnir, Estimate)
    assert isinstance(a.tpir, Estimate)
    assert (a.fnir.value, a.tpir.value) == (0.2, 0.8)
    assert isinstance(a.fpir, Estimate)
    assert a.fpir.value == 0.01
    assert a.failure_to_acquire == pytest.approx(6 / 606)
    ratio = column.fnir.max_over_geometric_mean
    assert isinstance(ratio, Spread)
    assert ratio.value == pytest.approx(2**0.5)
    assert ratio.interval[0] < ratio.value < ratio.interval[1]
    # one group's misses are twice the other's, beyond chance; its false positives might be alike
    assert ratio.interval[0] > 1.1
    alarms = column.fpir.max_over_geometric_mean
    assert isinstance(alarms, Spread)
    assert alarms.interval[0] < 1.1


def test_a_group_with_too_few_trials_is_named_and_not_judged() -> None:
    column = group_column(
        {"a": _trials(40, 200, 4, 400), "b": _trials(20, 200, 8, 400), "c": _trials(0, 5, 0, 20)},
        wanted_fpir=0.01,
        threshold=0.5,
        fewest=300,
        seed=1,
    )
    c = column.values["c"]
    assert (c.n_mated, c.n_nonmated) == (5, 20)
    assert (c.tpir, c.fnir, c.fpir) == (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)
    assert column.fnir.groups == ("a", "b")


def test_an_error_that_a_group_never_made_is_no_ratio() -> None:
    difference = difference_of(
        {"a": (np.zeros(500, bool), np.arange(500)), "b": (np.arange(500) < 5, np.arange(500))}, seed=1
    )
    assert difference.max_over_geometric_mean == INSUFFICIENT
    assert difference.gini == INSUFFICIENT
    assert difference_of({"a": (np.ones(500, bool), np.arange(500))}, seed=1).gini == INSUFFICIENT


def test_people_without_a_label_are_shown_but_are_no_group() -> None:
    column = group_column(
        {"": _trials(100, 200, 90, 400), "a": _trials(40, 200, 4, 400), "b": _trials(40, 200, 4, 400)},
        wanted_fpir=0.01,
        threshold=0.5,
        fewest=300,
        seed=1,
    )
    assert column.fnir.groups == ("a", "b")
    assert set(column.values) == {"", "a", "b"}
