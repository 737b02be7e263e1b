"""No core dump of a process that holds keys or faces: neither to a file nor to a program that collects dumps."""

from __future__ import annotations

import ctypes
import resource
from typing import Final

__all__ = ["limit_core_dumps", "make_undumpable", "never_dumped"]

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4

_libc = ctypes.CDLL(None, use_errno=True)


def never_dumped() -> None:
    """Have this process leave no core dump, whatever ends it. To be called before the first key or face is there."""
    limit_core_dumps()
    make_undumpable()


def limit_core_dumps() -> tuple[bool, int]:
    """Limit dumps to a byte, which stops dumps to files, as zero would, and also those piped to a program (core(5)).

    Returns:
        Whether the kernel reads it back so, and the limit that it reads back, bytes.
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = 0 if hard == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    got = resource.getrlimit(resource.RLIMIT_CORE)
    return got == (limit, limit), got[1]


def make_undumpable() -> bool:
    """Take no dump, and let no other process of its user read the memory; whether the kernel reads it back so."""
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return int(_libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0
