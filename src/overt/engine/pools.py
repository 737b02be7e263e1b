"""Memory for the public's faces: locked, left out of dumps and forks, overwritten the moment its use ends.

Every frame, crop and template of the engine lies in a lease of one `LeasePool`. A lease that is released is
overwritten at once, in full, and how long that took, from its capture and from its last use, is counted.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
import time
import weakref
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from overt.engine.durations import DurationHistogram
from overt.errors import EngineError

__all__ = ["LeasePool", "PooledLease", "wipe_every_pool"]

OVERWRITTEN: Final = 0xA5
"""The byte that stands where a face stood. As float32 it is about -3e-16: harmless to whoever reads it."""

SMALLEST: Final = 64
SLAB: Final = 1 << 16
PAGE: Final = mmap.PAGESIZE

Block = npt.NDArray[np.uint8]


class PooledLease:
    """A block of the pool, for one frame, crop or template.

    Attributes:
        array: the memory, with the shape and type that were asked for; undefined until written.
        form: what it holds, for the count by form.
        captured_ns: `time.monotonic_ns` at which the picture it belongs to arrived.
    """

    __slots__ = ("_block", "_last_use_ns", "_pool", "array", "captured_ns", "form")

    def __init__(
        self, pool: LeasePool, block: Block, array: npt.NDArray[Any], form: str, captured_ns: int
    ) -> None:
        self.array = array
        self.form = form
        self.captured_ns = captured_ns
        self._pool = pool
        self._block: Block | None = block
        self._last_use_ns = time.monotonic_ns()

    def touch(self) -> None:
        """Mark this moment as the last use, from which the time to the overwriting counts."""
        self._last_use_ns = time.monotonic_ns()

    def release(self) -> None:
        """Overwrite the block at once and give it back. A second release does nothing."""
        self._pool._take_back(self)  # noqa: SLF001 - the two are one mechanism

    def __del__(self) -> None:
        self.release()


class LeasePool:
    """Leases of locked memory that are overwritten when they end; the engine's `overt.video.Buffers`.

    Blocks come in size classes (an eighth apart at most), are kept when they end and handed out again, so
    a running engine asks the kernel for nothing. Safe between threads.

    Args:
        overwrites: False leaves the bytes standing: only the proof of erasure builds such a pool, to show
            that it would find them.
        lock: whether to lock the memory out of swap.
        limit_bytes: the most memory the pool may hold.
    """

    def __init__(self, *, overwrites: bool = True, lock: bool = True, limit_bytes: int = 4 * 2**30) -> None:
        self.erasure = DurationHistogram()
        self.after_use = DurationHistogram()
        self._overwrites = overwrites
        self._lock_wanted = lock
        self._limit = limit_bytes
        self._mutex = threading.RLock()
        self._regions: list[mmap.mmap] = []
        self._region_bytes: list[Block] = []
        self._free: dict[int, list[Block]] = {}
        self._held = 0
        self._locked = 0
        self._out = 0
        self._overwritten_by_form: dict[str, int] = {}
        _pools.add(self)

    @property
    def overwrites(self) -> bool:
        """Whether leases are overwritten when they end."""
        return self._overwrites

    @property
    def held_bytes(self) -> int:
        """Memory asked of the kernel so far, bytes."""
        return self._held

    @property
    def locked_bytes(self) -> int:
        """How much of it the kernel agreed to keep out of swap, bytes."""
        return self._locked

    @property
    def leases_out(self) -> int:
        """Leases that have not been released."""
        return self._out

    @property
    def overwritten_by_form(self) -> dict[str, int]:
        """How many leases of each form have been overwritten."""
        with self._mutex:
            return dict(self._overwritten_by_form)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike, form: str, captured_ns: int) -> PooledLease:
        """A block for one picture or template.

        Args:
            shape: of the array.
            dtype: of the array.
            form: what it will hold, such as `frame`, `chip` or `template`.
            captured_ns: `time.monotonic_ns` of the picture's arrival.

        Raises:
            EngineError: the pool's limit is reached.
        """
        kind = np.dtype(dtype)
        n_bytes = _size(shape, kind)
        with self._mutex:
            block = self._block(size_class(n_bytes))
            self._out += 1
        array = block[:n_bytes].view(kind).reshape(shape)
        return PooledLease(self, block, array, form, captured_ns)

    def allocate(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array of zeros that is never given back: scratch that its user overwrites himself.

        Raises:
            EngineError: the pool's limit is reached.
        """
        kind = np.dtype(dtype)
        n_bytes = _size(shape, kind)
        with self._mutex:
            block = self._block(size_class(n_bytes))
        block[:] = 0
        return block[:n_bytes].view(kind).reshape(shape)

    def wipe_all(self) -> None:
        """Overwrite every byte ever handed out, leased, free or permanent. The last act of an engine."""
        with self._mutex:
            if self._overwrites:
                for region in self._region_bytes:
                    region.fill(OVERWRITTEN)

    def _take_back(self, lease: PooledLease) -> None:
        with self._mutex:
            block, lease._block = lease._block, None  # noqa: SLF001 - the two are one mechanism
            if block is None:
                return
        # Outside the mutex: nobody else can reach this block, and a large one takes a millisecond.
        if self._overwrites:
            block[: lease.array.nbytes].fill(OVERWRITTEN)
            now = time.monotonic_ns()
            self.erasure.add(now - lease.captured_ns)
            self.after_use.add(now - lease._last_use_ns)  # noqa: SLF001 - the two are one mechanism
        with self._mutex:
            self._out -= 1
            if self._overwrites:
                self._overwritten_by_form[lease.form] = self._overwritten_by_form.get(lease.form, 0) + 1
            self._free.setdefault(len(block), []).append(block)

    def _block(self, size: int) -> Block:
        free = self._free.setdefault(size, [])
        if not free:
            if size < PAGE:
                slab = self._map(SLAB)
                free.extend(slab[at : at + size] for at in range(0, SLAB - size + 1, size))
            else:
                free.append(self._map(size))
        return free.pop()

    def _map(self, size: int) -> Block:
        if self._held + size > self._limit:
            raise EngineError(
                f"the engine's memory for pictures is full: {self._held / 2**20:.0f} MiB are in use, "
                f"{size / 2**20:.1f} MiB more were asked for and the limit is {self._limit / 2**20:.0f} MiB",
                "give it fewer or smaller feeds, or raise the limit",
            )
        region = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        region.madvise(mmap.MADV_DONTDUMP)
        region.madvise(mmap.MADV_DONTFORK)
        block = np.frombuffer(region, np.uint8)
        if self._lock_wanted and _libc.mlock(ctypes.c_void_p(block.ctypes.data), ctypes.c_size_t(size)) == 0:
            self._locked += size
        self._regions.append(region)
        self._region_bytes.append(block)
        self._held += size
        return block


def wipe_every_pool() -> None:
    """Overwrite all memory of every pool of this process, which is about to end."""
    for pool in list(_pools):
        pool.wipe_all()


def size_class(n_bytes: int) -> int:
    """The size of the block a request gets: a power of two up to a page, then whole pages an eighth apart."""
    if n_bytes <= PAGE // 2:
        return max(SMALLEST, 1 << max(n_bytes - 1, 0).bit_length())
    step = max(PAGE, 1 << max((n_bytes - 1).bit_length() - 4, 0))
    return -(-n_bytes // step) * step


def _size(shape: tuple[int, ...], kind: np.dtype[Any]) -> int:
    n_bytes = kind.itemsize
    for length in shape:
        n_bytes *= length
    return n_bytes


_pools: weakref.WeakSet[LeasePool] = weakref.WeakSet()
_libc = ctypes.CDLL(None, use_errno=True)
