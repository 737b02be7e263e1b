"""What the inference runtime keeps of its last pictures, and when that must be overwritten.

ONNX Runtime's arena keeps the tensors of the last run of each shape at the addresses that the next run of that
shape will use. While frames of one shape keep coming each run overwrites the one before. When a shape has not
been used for a while, its tensors would stay: then blank input is run through it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from overt.biometrics import Detector, Embedder
    from overt.gallery import Gallery

__all__ = ["Scrubber"]

STALE_NS: Final = 100_000_000
"""Nanoseconds after which what a run left is overwritten on purpose: well under the 250 ms it may live."""


class Scrubber:
    """Remembers which shapes hold something, and scrubs those that go stale.

    Args:
        detector: whose runs `detected` reports.
        embedder: whose runs `embedded` reports.
        galleries: searched for each of them.
        enabled: False leaves everything standing; only the proof of erasure does that.
        clock: nanoseconds, monotonic.
    """

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        *galleries: Gallery,
        enabled: bool = True,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._galleries = galleries
        self._enabled = enabled
        self._clock = clock
        self._frames: dict[tuple[int, ...], int] = {}
        self._batches: dict[int, int] = {}

    def detected(self, shapes: Iterable[tuple[int, ...]]) -> None:
        """Frames of these shapes have been through the detector."""
        now = self._clock()
        for shape in shapes:
            self._frames[shape] = now

    def embedded(self, n: int) -> None:
        """Faces, n of them, have been through the embedder and the gallery."""
        now = self._clock()
        for size in self._embedder.sizes_for(n):
            self._batches[size] = now

    def scrub_stale(self) -> None:
        """Overwrite what has gone stale. Cheap when nothing has."""
        if not self._enabled:
            return
        now = self._clock()
        if self._frames and now - min(self._frames.values()) > STALE_NS:
            self._detector.scrub()
            self._frames.clear()
        stale = [size for size, at in self._batches.items() if now - at > STALE_NS]
        if not stale:
            return
        if len(stale) == len(self._batches):
            self._embedder.scrub()
            self._scrub_galleries()
        else:  # what the others hold is newer, and so is all that was searched for
            self._embedder.scrub(stale)
        for size in stale:
            del self._batches[size]

    def scrub_all(self) -> None:
        """Overwrite everything now: the engine is ending."""
        if not self._enabled:
            return
        self._detector.scrub()
        self._embedder.scrub()
        self._scrub_galleries()
        self._frames.clear()
        self._batches.clear()

    def _scrub_galleries(self) -> None:
        for gallery in self._galleries:
            gallery.scrub()
