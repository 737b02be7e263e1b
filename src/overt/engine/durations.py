"""Durations in constant memory: a histogram whose buckets grow by two per cent, and the newest few exactly."""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Final

import numpy as np

from overt.engine.wire import Durations

__all__ = ["DurationHistogram", "NewestDurations"]

GROWTH: Final = 1.02
SHORTEST_NS: Final = 1_000
LONGEST_NS: Final = 10**13
BUCKETS: Final = math.ceil(math.log(LONGEST_NS / SHORTEST_NS) / math.log(GROWTH))
NEWEST: Final = 256
"""How many durations "now" is: ten seconds of a feed at 25 frames a second."""


class DurationHistogram:
    """Counts durations, and answers percentiles within one per cent of the nearest-rank value.

    Durations from a microsecond to nearly three hours fall into buckets each 2% wider than the last; the
    answer is a bucket's geometric middle, never above the longest one seen, which is kept exactly. Shorter
    ones count as zero. Its size does not depend on how many were added, so a day's run costs what a minute's
    does. Safe between threads.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(BUCKETS + 2, np.int64)
        self._longest_ns = 0
        self._n = 0
        self._lock = threading.RLock()  # a lease may be collected, and counted, inside `add`

    def add(self, nanoseconds: int) -> None:
        """Count one duration, in nanoseconds; a negative one (a clock that was set back) counts as zero."""
        if nanoseconds < SHORTEST_NS:
            bucket = 0
        else:
            bucket = min(1 + int(math.log(nanoseconds / SHORTEST_NS) / math.log(GROWTH)), BUCKETS + 1)
        with self._lock:
            self._counts[bucket] += 1
            self._n += 1
            self._longest_ns = max(self._longest_ns, nanoseconds)

    def merge(self, other: DurationHistogram) -> None:
        """Add everything that another histogram has counted."""
        with other._lock:
            counts, n, longest = other._counts.copy(), other._n, other._longest_ns
        with self._lock:
            self._counts += counts
            self._n += n
            self._longest_ns = max(self._longest_ns, longest)

    def percentile_ms(self, percent: float) -> float | None:
        """The nearest-rank percentile in milliseconds, or None where nothing was counted."""
        with self._lock:
            return self._percentile_ms(percent)

    def summary(self) -> Durations:
        """Number, p50, p95, p99 and maximum, in milliseconds."""
        with self._lock:
            if not self._n:
                return Durations()
            return Durations(
                n=self._n,
                p50=self._percentile_ms(50),
                p95=self._percentile_ms(95),
                p99=self._percentile_ms(99),
                max=self._longest_ns / 1e6,
            )

    def _percentile_ms(self, percent: float) -> float | None:
        if not self._n:
            return None
        rank = max(1, math.ceil(self._n * percent / 100))
        bucket = int(np.searchsorted(np.cumsum(self._counts), rank))
        if bucket == 0:
            return 0.0
        if bucket > BUCKETS:
            return self._longest_ns / 1e6
        middle: float = SHORTEST_NS * math.pow(GROWTH, bucket - 0.5)
        return min(middle, self._longest_ns) / 1e6


class NewestDurations:
    """The newest durations and no older ones, for a figure that follows what happens now. For one thread."""

    def __init__(self, most: int = NEWEST) -> None:
        self._kept: deque[int] = deque(maxlen=most)

    def add(self, nanoseconds: int) -> None:
        """Count one duration, in nanoseconds, in the place of the oldest where there are enough."""
        self._kept.append(max(0, nanoseconds))

    def clear(self) -> None:
        """Begin anew."""
        self._kept.clear()

    def summary(self) -> Durations:
        """Number, nearest-rank p50, p95 and p99, and maximum, in milliseconds."""
        ordered = sorted(self._kept)
        if not ordered:
            return Durations()

        def at(percent: int) -> float:
            return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1] / 1e6

        return Durations(n=len(ordered), p50=at(50), p95=at(95), p99=at(99), max=ordered[-1] / 1e6)
