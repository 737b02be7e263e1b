"""Where the engine's time goes: the time in each of its parts, without that in the parts within."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self
from unittest import mock

from overt.biometrics import Detector, Embedder, PassageTracker
from overt.biometrics.sessions import BoundRun
from overt.engine import pipeline
from overt.engine.passages import PassageBook
from overt.engine.pools import LeasePool
from overt.engine.scrubbing import Scrubber
from overt.gallery import Gallery
from overt.video import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["StageClock"]

STAGES: Final[tuple[tuple[Any, str, str], ...]] = (
    (BoundRun, "run", "inference"),
    (Detector, "detect", "scaling, decoding of boxes"),
    (PassageTracker, "update", "tracking"),
    (pipeline, "measure_quality", "quality"),
    (PassageBook, "consider", "choice of observations"),
    (Embedder, "align", "alignment"),
    (Embedder, "embed", "chips to tensors"),
    (PassageBook, "fuse", "fusion"),
    (Gallery, "search", "search"),
    (PassageBook, "decide", "decision"),
    (LeasePool, "take", "leases"),
    (Frame, "release", "overwriting of frames"),
    (Scrubber, "scrub_stale", "overwriting in the runtime"),
)


class StageClock:
    """While it is entered, adds up the seconds in each stage, each without the stages inside it.

    Attributes:
        seconds: by the stage's name.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]
        self._blank = False
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        for owner, attribute, name in STAGES:
            timed = self._timed(getattr(owner, attribute), name)
            self._patches.enter_context(mock.patch.object(owner, attribute, timed))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._patches.close()

    def _timed(self, function: Callable[..., object], name: str) -> Callable[..., object]:
        def timed(*args: object, **kwargs: object) -> object:
            self._inner.append(0.0)
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                elapsed = time.perf_counter() - start
                within = self._inner.pop()
                self._inner[-1] += elapsed
                self.seconds[name] = self.seconds.get(name, 0.0) + elapsed - within

        return timed
