"""Expected false alerts, against figures worked out by hand."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.biometrics import packs
from overt.casework.deployments.false_alerts import expected_false_alerts
from tests.gallery.measured import measured_row

_row = partial(measured_row, watchlist=1000)
MEASURED = (_row(0.90, 200), _row(0.94, 20), _row(0.96, 0))


def test_the_measured_case_is_not_modelled() -> None:
    found = expected_false_alerts(MEASURED, threshold=0.94, comparisons=1000, footfall=5000)
    assert (found.measured, found.modelled, found.fewer_than) == (True, False, False)
    assert found.rate == pytest.approx(0.01)
    assert found.expected == pytest.approx(50)
    # Clopper-Pearson for 20 of 2,000, from the tables: 0.612% to 1.540%.
    assert found.low == pytest.approx(30.6, abs=0.1)
    assert found.high == pytest.approx(77.0, abs=0.1)
    assert found.says.startswith(
        "False alerts expected among 5,000 faces: 50.0 (95% interval 30.6 to 77.0). Measured: "
    )


def test_a_list_ten_times_as_long_is_modelled_comparison_by_comparison() -> None:
    found = expected_false_alerts(MEASURED, threshold=0.94, comparisons=10_000, footfall=1000)
    assert found.modelled
    # 1 - 0.99^10 = 0.0956179...
    assert found.rate == pytest.approx(0.0956179, abs=1e-7)
    assert found.expected == pytest.approx(95.6179, abs=1e-4)
    shorter = expected_false_alerts(MEASURED, threshold=0.94, comparisons=100, footfall=1000)
    # 1 - 0.99^0.1 = 0.00100453...
    assert shorter.rate == pytest.approx(0.00100453, abs=1e-8)


def test_against_nobody_there_are_none() -> None:
    for false_positives in (0, 20, 2000):
        found = expected_false_alerts(
            (_row(0.9, false_positives),), threshold=0.9, comparisons=0, footfall=1000
        )
        assert (found.expected, found.low, found.high) == (0, 0, 0)


def test_between_thresholds_the_lower_one_speaks() -> None:
    found = expected_false_alerts(MEASURED, threshold=0.955, comparisons=1000, footfall=5000)
    assert found.modelled
    assert (found.measured_threshold, found.expected) == (0.94, pytest.approx(50))


@pytest.mark.parametrize("threshold", [0.96, 0.99])
def test_where_none_was_counted_the_rule_of_three_says_fewer_than(threshold: float) -> None:
    found = expected_false_alerts(MEASURED, threshold=threshold, comparisons=1000, footfall=10_000)
    # 3 / 2,000 of 10,000 faces.
    assert (found.fewer_than, found.expected, found.low) == (True, 0, 0)
    assert found.high == pytest.approx(15)
    assert "fewer than 15.0" in found.says
    assert found.modelled == (threshold != 0.96)


def test_below_the_lowest_threshold_nothing_is_claimed() -> None:
    for measured, threshold in ((MEASURED, 0.89), ((), 0.94)):
        found = expected_false_alerts(measured, threshold=threshold, comparisons=1000, footfall=10_000)
        assert not found.measured
        assert (found.expected, found.low, found.high) == (None, None, None)
        assert found.says.startswith("Not measured")


def test_of_one_threshold_the_nearest_list_size_speaks() -> None:
    measured = (_row(0.94, 20), _row(0.94, 150, watchlist=10_000))
    assert (
        expected_false_alerts(measured, threshold=0.94, comparisons=9000, footfall=1).measured_watchlist
        == 10_000
    )
    assert (
        expected_false_alerts(measured, threshold=0.94, comparisons=1500, footfall=1).measured_watchlist
        == 1000
    )


@given(
    false_positives=st.integers(0, 300),
    trials=st.integers(300, 3000),
    comparisons=st.integers(1, 100_000),
    footfall=st.integers(1, 1_000_000),
)
def test_the_figure_lies_in_its_interval_and_grows_with_the_list(
    false_positives: int, trials: int, comparisons: int, footfall: int
) -> None:
    measured = (_row(0.9, false_positives, trials=trials),)
    found = expected_false_alerts(measured, threshold=0.9, comparisons=comparisons, footfall=footfall)
    more = expected_false_alerts(measured, threshold=0.9, comparisons=comparisons + 1000, footfall=footfall)
    assert found.low is not None
    assert found.high is not None
    assert more.high is not None
    assert 0 <= found.low <= (found.expected or 0) <= found.high <= footfall
    assert more.high >= found.high


def test_the_embedded_pack_says_what_was_measured_at_its_own_threshold() -> None:
    manifest = packs.load("embedded").manifest
    own = manifest.operating_point.threshold
    found = expected_false_alerts(
        manifest.measured, threshold=own, comparisons=manifest.measured[0].watchlist, footfall=100
    )
    assert found.measured
    assert not found.modelled
    assert not found.certified
    assert found.measured_threshold == own
    rates = [rate.false_positives / rate.trials for rate in manifest.measured]
    assert rates == sorted(rates, reverse=True)
