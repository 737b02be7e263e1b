"""Landlock, the kernel's own sandbox: from here on no file is written, made or removed.

A Landlock domain binds the thread that asks for it and what that thread starts, never its neighbours; and
libraries start threads while they are merely imported. So this file is run, on its own and by its path, as the
first stage of the engine's process: it confines itself and then becomes the engine by `exec`, and every thread
that the engine ever has is inside. Python's standard library is all it may need.

The three system calls have the same numbers on every architecture that has them (x86-64, aarch64, riscv64).
Source: Linux `Documentation/userspace-api/landlock.rst`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from pathlib import Path
from typing import Final

__all__ = ["abi", "confine", "restrict_writing"]

CREATE_RULESET: Final = 444
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
VERSION_FLAG: Final = 1
PATH_BENEATH: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38

WRITE_FILE: Final = 1 << 1
REMOVE_AND_MAKE: Final = sum(1 << bit for bit in range(4, 13))
REFER: Final = 1 << 13
TRUNCATE: Final = 1 << 14
IOCTL_DEV: Final = 1 << 15
BIND_TCP: Final = 1 << 0
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11

DEVICES: Final = ("null", "video*", "nvidia*", "nvidia-caps/*", "dri/render*")
"""Nodes under /dev that stay usable where they exist when the engine starts: cameras and accelerators."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """The kernel's Landlock version; 0 where it has none."""
    if platform.machine() not in {"x86_64", "aarch64", "riscv64"}:
        return 0
    return max(0, int(_libc.syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_size_t(0), VERSION_FLAG)))


def restrict_writing() -> int:
    """Deny this thread, and all it starts, every kind of writing to the file system but to `DEVICES`.

    Where the kernel is new enough: also truncating (version 3), listening on TCP ports (4), device commands (5), and
    reaching abstract sockets of, or signalling, processes outside (6). Reading stays free.

    Returns:
        The kernel's Landlock version.

    Raises:
        OSError: the kernel has no Landlock, or refused.
    """
    version = abi()
    if not version:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    rights = WRITE_FILE | REMOVE_AND_MAKE
    rights |= (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    rights |= IOCTL_DEV if version >= 5 else 0
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", BIND_TCP)
    if version >= 6:
        attributes += struct.pack("=Q", SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = _call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for pattern in DEVICES:
            for device in Path("/dev").glob(pattern):
                if device.is_char_device():
                    _allow(ruleset, device, rights & (WRITE_FILE | IOCTL_DEV))
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def confine(command: list[str]) -> None:
    """Take on what threads inherit, then become `command`. What the kernel refuses is found by `overt.engine.seal`.

    Three things are bound to threads: no new privileges, the Landlock domain, and the mask that holds SIGTERM
    back for the one thread that waits for it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _libc.prctl(PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))
    with contextlib.suppress(OSError):
        restrict_writing()
    os.execv(command[0], command)  # noqa: S606 - the command is the launcher's own


def _allow(ruleset: int, path: Path, rights: int) -> None:
    node = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, node), 0)
    finally:
        os.close(node)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


if __name__ == "__main__":
    confine(sys.argv[1:])
