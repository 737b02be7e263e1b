"""Footage as a feed of the engine's own, and what decoding it takes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Self

from overt.errors import EvaluationError
from overt.video import open_feed

if TYPE_CHECKING:
    from types import TracebackType

    from overt.engine.pools import LeasePool
    from overt.evaluation.bench.ready import Footage
    from overt.video import FeedFault, Frame

__all__ = ["PREFETCHED", "FrameSource"]

PATIENCE_SECONDS: Final = 20.0
SETTLING_SECONDS: Final = 0.05
"""For the feed's thread to decode those ahead, so that it does not take a core from what is measured next."""

PREFETCHED: Final = 2
"""Frames that a feed has decoded ahead: the one that waits, and the one behind it."""


class FrameSource:
    """The footage as a feed of the engine's own: decoded as fast as it is taken, looped, in the engine's leases."""

    def __init__(self, footage: Footage, pool: LeasePool) -> None:
        self._footage = footage
        self._arrived = threading.Event()
        self._fault: FeedFault | None = None
        self._feed = open_feed(
            "bench",
            str(footage.path),
            pace="max",
            loop=True,
            buffers=pool,
            on_frame=self._arrived.set,
            on_fault=self._note,
        )

    def __enter__(self) -> Self:
        self._feed.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._feed.close()

    def take(self, n: int) -> tuple[list[Frame], float]:
        """The next n frames, and the seconds that one of them takes to decode.

        The first two were decoded ahead, so the time is that of the others. Decoding is at rest when this returns.

        Raises:
            EvaluationError: the footage cannot be decoded.
        """
        frames = [self.next() for _ in range(PREFETCHED)]
        start = time.perf_counter()
        frames += [self.next() for _ in range(n - PREFETCHED)]
        elapsed = time.perf_counter() - start
        time.sleep(SETTLING_SECONDS)
        return frames, elapsed / (n - PREFETCHED)

    def next(self) -> Frame:
        """The next frame, waiting for it if need be.

        Raises:
            EvaluationError: the footage cannot be decoded.
        """
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit and self._fault is None:
            self._arrived.clear()
            frame = self._feed.newest()
            if frame is not None:
                return frame
            self._arrived.wait(0.2)
        detail = self._fault.detail if self._fault else "no frame came"
        raise EvaluationError(f"{self._footage.path} cannot be decoded: {detail}", "Name another film")

    def _note(self, fault: FeedFault) -> None:
        self._fault = fault
