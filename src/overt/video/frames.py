"""A picture on loan: who lends its memory, and how it is given back overwritten."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from overt.biometrics import ImageArray


__all__ = ["Buffers", "Frame", "HeapBuffers", "Lease"]


class Lease(Protocol):
    """Memory on loan."""

    @property
    def array(self) -> npt.NDArray[Any]:
        """The memory, C-contiguous, of the shape and type that were asked for."""

    def release(self) -> None:
        """Overwrite the memory at once and give it back. A second call does nothing."""


class Buffers(Protocol):
    """Whoever lends memory for pictures."""

    @property
    def overwrites(self) -> bool:
        """Whether memory is overwritten when it is given back. False only in the build that tests the prover."""

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike, form: str, captured_ns: int) -> Lease:
        """Lend memory.

        Args:
            shape: of the array.
            dtype: of the array.
            form: what it will hold, for the record of erasure: `bgr`, `crop`, …
            captured_ns: `time.monotonic_ns` of the capture of what it will hold.
        """


@dataclass(slots=True)
class _HeapLease:
    array: npt.NDArray[Any]
    owner: HeapBuffers
    released: bool = False

    def release(self) -> None:
        if not self.released:
            self.released = True
            self.owner.take_back(self.array)


@dataclass(slots=True)
class HeapBuffers:
    """`Buffers` out of ordinary memory, for use outside the engine: kept for reuse, overwritten between uses.

    Attributes:
        overwrites: whether a buffer is overwritten when it is given back.
        kept: how many free buffers of one shape are kept for reuse.
        on_loan: how many buffers are out.
    """

    overwrites: bool = True
    kept: int = 4
    on_loan: int = 0
    _free: dict[tuple[tuple[int, ...], str], list[npt.NDArray[Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike, form: str, captured_ns: int) -> Lease:  # noqa: ARG002  (the record of erasure is the engine's)
        """Lend memory; see `Buffers.take`."""
        key = (tuple(shape), np.dtype(dtype).str)
        with self._lock:
            self.on_loan += 1
            free = self._free[key]
            array = free.pop() if free else None
        return _HeapLease(np.zeros(shape, dtype) if array is None else array, self)

    def take_back(self, array: npt.NDArray[Any]) -> None:
        """Overwrite a buffer and keep it for reuse, or let it go if enough of its shape are kept."""
        if self.overwrites:
            array.fill(0)
        with self._lock:
            self.on_loan -= 1
            free = self._free[(array.shape, array.dtype.str)]
            if self.overwrites and len(free) < self.kept:
                free.append(array)


@dataclass(slots=True)
class Frame:
    """One picture of a feed, in memory on loan.

    Attributes:
        image: uint8 [height, width, 3], blue, green, red, full range. Rows may be padded: not always contiguous.
        captured_ns: `time.monotonic_ns` when it arrived (a live source) or fell due (a file).
        captured_utc_ns: the same moment, nanoseconds since 1970, UTC.
        media_seconds: its time on the feed's own clock; never goes backwards.
        index: number of the picture in the feed, counted from 0 and through reconnections.
    """

    image: ImageArray
    captured_ns: int
    captured_utc_ns: int
    media_seconds: float
    index: int
    lease: Lease = field(repr=False)

    def release(self) -> None:
        """Overwrite the picture and give its memory back. `image` must not be used afterwards."""
        self.lease.release()
