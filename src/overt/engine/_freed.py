"""Whether memory that is freed is overwritten: tried out, because it depends on how the process was started.

A process that others start can have it so from within, but for what rests in a thread's own cache: blocks of under a
kilobyte.

glibc leaves the last eight bytes of a block standing, which is two float32 numbers or under three pixels.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Final

__all__ = ["find_unerased", "overwrite_freed"]

SIZES: Final = (64, 200, 1000, 4000, 60_000)
MARK: Final = 0x3C
RUN: Final = 16
_M_PERTURB: Final = -6

_libc = ctypes.CDLL(None)
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.free.argtypes = [ctypes.c_void_p]


def overwrite_freed() -> None:
    """Have this process overwrite what it frees from now on, blocks of over a kilobyte."""
    _libc.mallopt(_M_PERTURB, MARK ^ 0xFF)


def find_unerased() -> list[str]:
    """Free marked memory of several sizes, in this thread and another, and look at what is left of the marks.

    Returns:
        What kept its content, such as `malloc 200`; empty where everything was overwritten.
    """
    found: list[str] = []
    _try_all(found)
    # A thread has its own heap and its own cache of freed blocks.
    thread = threading.Thread(target=_try_all, args=(found,))
    thread.start()
    thread.join()
    return sorted(set(found))


def _try_all(found: list[str]) -> None:
    for size in SIZES:
        seen = ctypes.create_string_buffer(size)
        block = _libc.malloc(size)
        guard = _libc.malloc(
            size
        )  # keeps the block from melting into the top of the heap, which may be unmapped
        ctypes.memset(block, MARK, size)
        _libc.free(block)
        ctypes.memmove(seen, block, size)
        _libc.free(guard)
        if bytes([MARK]) * RUN in seen.raw:
            found.append(f"malloc {size}")
    size = 200
    seen = ctypes.create_string_buffer(size)
    thing = bytes([MARK]) * size
    address = id(thing) + bytes.__basicsize__ - 1
    del thing
    ctypes.memmove(seen, address, size)
    if bytes([MARK]) * RUN in seen.raw:
        found.append("Python object")
