"""What a score means, against figures worked out by hand; and that it never reads as the chance of a match."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.gallery import stranger_chance
from tests.gallery.measured import measured_row

row = partial(measured_row, watchlist=800)
MEASURED = (row(0.90, 400), row(0.94, 20), row(0.96, 0))


def test_at_a_measured_score_and_list_it_is_the_measured_rate() -> None:
    chance = stranger_chance(MEASURED, score=0.94, comparisons=800)
    assert chance is not None
    assert (chance.rate, chance.modelled, chance.none_counted) == (0.01, False, False)
    # Clopper and Pearson for 20 of 2,000, from the tables: 0.612% to 1.540%
    assert chance.low == pytest.approx(0.00612, abs=1e-5)
    assert chance.high == pytest.approx(0.01540, abs=1e-5)
    assert chance.says == (
        "About 1 in 100 strangers would score 0.940 or more against a list of 800 (measured: 20 of 2,000 "
        "strangers). That counts strangers. How likely it is that this is the person, the software cannot say."
    )


def test_another_list_is_modelled_comparison_by_comparison() -> None:
    chance = stranger_chance(MEASURED, score=0.94, comparisons=8000)
    assert chance is not None
    assert chance.rate == pytest.approx(1 - 0.99**10)
    assert "modelled from 20 of 2,000 strangers, list of 800" in chance.says
    one = stranger_chance(MEASURED, score=0.94, comparisons=1)
    assert one is not None
    assert "a list of 1 (" in one.says


def test_between_two_measured_scores_the_lower_ones_rate_is_told() -> None:
    chance = stranger_chance(MEASURED, score=0.955, comparisons=800)
    assert chance is not None
    assert (chance.threshold, chance.rate, chance.modelled) == (0.94, 0.01, True)


def test_where_none_was_counted_only_the_rule_of_three_is_told() -> None:
    chance = stranger_chance(MEASURED, score=0.99, comparisons=800)
    assert chance is not None
    assert chance.none_counted
    assert chance.high == pytest.approx(3 / 2000)
    assert chance.briefly == "fewer than 1 in 670 strangers"


def test_below_every_measured_score_and_without_figures_nothing_is_told() -> None:
    assert stranger_chance(MEASURED, score=0.89, comparisons=800) is None
    assert stranger_chance((), score=0.99, comparisons=800) is None


def test_nearly_everybody_is_said_in_words() -> None:
    chance = stranger_chance(MEASURED, score=0.90, comparisons=800_000)
    assert chance is not None
    assert chance.briefly == "nearly every stranger"


@given(
    st.floats(0.90, 1.0),
    st.floats(0.90, 1.0),
    st.integers(0, 50_000),
    st.integers(0, 50_000),
)
def test_a_higher_score_and_a_shorter_list_never_raise_the_chance(
    a: float, b: float, few: int, many: int
) -> None:
    (low, high), (few, many) = sorted((a, b)), sorted((few, many))
    more = stranger_chance(MEASURED, score=low, comparisons=many)
    less = stranger_chance(MEASURED, score=high, comparisons=few)
    assert more is not None
    assert less is not None
    assert less.rate <= more.rate
    # a bound by the rule of three is no more than the bound of a rate that was counted
    assert less.high <= more.high
    assert less.low <= less.rate <= less.high
