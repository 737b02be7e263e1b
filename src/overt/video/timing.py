"""A feed's clock, made out of timestamps that may lie, and the pauses between tries to reconnect."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

__all__ = ["Backlog", "MediaClock", "retry_pauses"]


class MediaClock:
    """Turns a feed's timestamps into seconds that start at 0 and always move on.

    A timestamp that is absent, that does not move on, or that leaps further than `max_step` is not believed: the
    frame is put one frame's duration after the last, and later timestamps are counted from there.

    Args:
        max_step: the longest step forwards that is believed, seconds.
    """

    def __init__(self, max_step: float) -> None:
        self.max_step = max_step
        self.seconds = 0.0
        self._started = False
        self._offset: float | None = None

    def restart(self, gap: float) -> None:
        """Forget the source's zero, as after a reconnection; the feed's own time goes on by the gap, seconds."""
        self._offset = None
        self.seconds += max(0.0, gap)

    def advance(self, ticks: int | None, unit: Fraction | None, nominal: float) -> tuple[float, str]:
        """Take the next frame's timestamp.

        Args:
            ticks: the timestamp in `unit`, or None if there is none.
            unit: seconds in a tick, or None if unknown.
            nominal: the expected duration of a frame, seconds.

        Returns:
            The frame's time on the feed's clock, seconds, and what was wrong with its timestamp ("" if nothing).
        """
        wrong = ""
        stamp = _seconds(ticks, unit)
        if stamp is None:
            wrong = "a frame has no usable timestamp"
        elif self._offset is not None:
            step = stamp + self._offset - self.seconds
            if step <= 0:
                wrong = (
                    f"a timestamp went back by {-step:.3f} s" if step < 0 else "a timestamp did not move on"
                )
            elif step > self.max_step:
                wrong = f"a timestamp leapt {step:.1f} s ahead"
        if wrong or self._offset is None:
            self.seconds += nominal if self._started else 0.0
            if stamp is not None:
                self._offset = self.seconds - stamp
        elif stamp is not None:
            self.seconds = stamp + self._offset
        self._started = True
        return self.seconds, wrong


def _seconds(ticks: int | None, unit: Fraction | None) -> float | None:
    if ticks is None or not unit:
        return None
    try:
        seconds = float(ticks * unit)
    except (OverflowError, ValueError, ZeroDivisionError):
        return None
    return seconds if math.isfinite(seconds) and abs(seconds) < 1e9 else None


class Backlog:
    """How far a live source has run ahead of its reader: the pictures that queue in the network, in seconds.

    The shortest time seen between a timestamp and its arrival is taken for none. It may grow by `DRIFT`, for two
    clocks never run at quite the same speed.
    """

    DRIFT = 1e-3

    def __init__(self) -> None:
        self._least: float | None = None
        self._last = 0.0

    def seconds(self, stamp: float, arrived: float) -> float:
        """The backlog when a picture of this timestamp arrived; both in seconds, each on a clock of its own."""
        delay = arrived - stamp
        if self._least is None or abs(delay - self._least) > 60:  # the source's clock was set
            self._least = delay
        else:
            self._least = min(delay, self._least + self.DRIFT * max(0.0, arrived - self._last))
        self._last = arrived
        return delay - self._least


def retry_pauses(first: float, last: float, chance: random.Random | None = None) -> Iterator[float]:
    """Pauses between tries: each twice the one before up to `last`, each cut by up to half at random.

    Without the chance, cameras that failed together would all come back in the same instant (exponential backoff with
    jitter, M. Brooker, AWS Architecture Blog, 2015).
    """
    chance = chance or random.Random()  # noqa: S311  (spreads load; nothing secret)
    pause = first
    while True:
        yield pause * chance.uniform(0.5, 1.0)
        pause = min(pause * 2, last)
