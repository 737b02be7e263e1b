import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.engine.durations import DurationHistogram, NewestDurations
from overt.engine.wire import Durations


@given(
    st.lists(st.integers(min_value=1_000, max_value=10**13), min_size=1, max_size=300),
    st.sampled_from([0.0, 1.0, 50.0, 95.0, 99.0, 100.0]),
)
def test_percentiles_lie_within_one_per_cent_of_the_nearest_rank(nanoseconds, percent):
    histogram = DurationHistogram()
    for duration in nanoseconds:
        histogram.add(duration)
    exact = np.percentile(nanoseconds, percent, method="inverted_cdf") / 1e6
    assert (
        histogram.percentile_ms(percent) == np.float64(exact)
        or abs(histogram.percentile_ms(percent) - exact) <= 0.0101 * exact
    )


@given(st.lists(st.integers(min_value=-5, max_value=10**15), min_size=1, max_size=50))
def test_the_maximum_is_exact_and_bounds_every_percentile(nanoseconds):
    histogram = DurationHistogram()
    for duration in nanoseconds:
        histogram.add(duration)
    summary = histogram.summary()
    assert summary.n == len(nanoseconds)
    assert summary.max == max(0, *nanoseconds, 0) / 1e6
    assert 0 <= summary.p50 <= summary.p95 <= summary.p99 <= max(summary.max, 0)


@given(
    st.lists(st.integers(min_value=0, max_value=10**12), max_size=50),
    st.lists(st.integers(min_value=0, max_value=10**12), max_size=50),
)
def test_merging_is_the_same_as_counting_in_one(first, second):
    one, other, both = DurationHistogram(), DurationHistogram(), DurationHistogram()
    for duration in first:
        one.add(duration)
        both.add(duration)
    for duration in second:
        other.add(duration)
        both.add(duration)
    one.merge(other)
    assert one.summary() == both.summary()


def test_nothing_counted_is_said_as_nothing():
    assert DurationHistogram().summary() == Durations()
    assert DurationHistogram().percentile_ms(50) is None


def test_memory_does_not_grow_with_what_was_counted():
    histogram = DurationHistogram()
    before = histogram._counts.nbytes
    for duration in range(0, 10**7, 1_000):
        histogram.add(duration)
    assert histogram._counts.nbytes == before
    assert before < 16_384


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=60))
def test_the_newest_are_exact_and_the_older_are_gone(nanoseconds):
    newest = NewestDurations(20)
    for duration in nanoseconds:
        newest.add(duration)
    kept = nanoseconds[-20:]
    summary = newest.summary()
    assert (summary.n, summary.max) == (len(kept), max(kept) / 1e6)
    for percent, figure in ((50, summary.p50), (95, summary.p95), (99, summary.p99)):
        assert figure == np.percentile(kept, percent, method="inverted_cdf") / 1e6
    newest.clear()
    assert newest.summary() == Durations()
