"""The feed's clock and the pauses between tries."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from overt.video.timing import Backlog, MediaClock, retry_pauses

if TYPE_CHECKING:
    import random

MILLISECOND = Fraction(1, 1000)
ticks = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
units = st.one_of(st.none(), st.sampled_from([Fraction(0), MILLISECOND, Fraction(1, 90000), Fraction(2**62)]))


@given(st.lists(st.tuples(ticks, units), max_size=40))
def test_whatever_the_timestamps_time_moves_on(stamps: list[tuple[int | None, Fraction | None]]) -> None:
    clock = MediaClock(10.0)
    times = [clock.advance(tick, unit, 0.04)[0] for tick, unit in stamps]
    assert all(0 < b - a <= 10.0 + 1e-6 for a, b in itertools.pairwise(times))
    assert times[:1] in ([], [0.0])


def test_good_timestamps_are_kept() -> None:
    clock = MediaClock(10.0)
    said = [clock.advance(tick, MILLISECOND, 0.04) for tick in (500, 580, 1000)]
    assert [(round(seconds, 9), wrong) for seconds, wrong in said] == [(0.0, ""), (0.08, ""), (0.5, "")]


def test_each_lie_is_named_and_time_goes_on_from_it() -> None:
    clock = MediaClock(10.0)
    said = [
        clock.advance(tick, MILLISECOND, 0.04) for tick in (0, 80, 40, 120, 120, None, 200, 90_000, 90_080)
    ]
    assert [bool(wrong) for _, wrong in said] == [False, False, True, False, True, True, False, True, False]
    assert "went back by 0.040 s" in said[2][1]
    assert "did not move on" in said[4][1]
    assert "no usable timestamp" in said[5][1]
    assert "leapt" in said[7][1]
    assert round(said[8][0] - said[7][0], 9) == 0.08


def test_a_reconnection_keeps_the_gap() -> None:
    clock = MediaClock(10.0)
    clock.advance(0, MILLISECOND, 0.04)
    clock.restart(3.0)
    seconds, wrong = clock.advance(77_000, MILLISECOND, 0.04)
    assert (round(seconds, 6), wrong) == (3.04, "")


@given(st.randoms(use_true_random=True))
def test_pauses_double_up_to_the_longest_and_differ(chance: random.Random) -> None:
    pauses = list(itertools.islice(retry_pauses(0.5, 15.0, chance), 12))
    for i, pause in enumerate(pauses):
        full = min(15.0, 0.5 * 2**i)
        assert full / 2 <= pause <= full
    assert len(set(pauses)) == len(pauses)


def test_a_backlog_is_seen_and_goes_again() -> None:
    backlog = Backlog()
    arrivals = [i / 12 for i in range(24)] + [5.0] * 36 + [5 + i / 12 for i in range(1, 12)]
    behind = [backlog.seconds(100 + i / 12, arrived) for i, arrived in enumerate(arrivals)]
    assert max(behind[:24]) < 0.01
    assert behind[24] > 2.9
    assert behind[59] < 0.1
    assert max(behind[60:]) < 0.1


def test_a_slow_clock_is_no_backlog() -> None:
    backlog = Backlog()
    behind = [backlog.seconds(i / 12, i / 12 * 1.0002) for i in range(12 * 3600)]
    assert max(behind) < 0.01
