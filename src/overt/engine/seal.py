"""The seal: what the engine's process can no longer do, set before its first frame and tried out one by one.

A seal is held only where an attempt to break it failed, or the kernel read the setting back. What binds threads and
not the whole process (Landlock, no new privileges, the signal mask) was taken on by the first stage of the process,
`overt.engine._landlock`, before there was a second thread; here it is only tried.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import resource
import secrets
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from overt.engine import _landlock
from overt.engine._freed import find_unerased
from overt.engine.launch import engine_environment
from overt.engine.pools import wipe_every_pool
from overt.engine.wire import SealState
from overt.undumped import limit_core_dumps, make_undumpable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SEALS", "apply_seals"]

SEALS: Final = (
    "no-inherited-files",
    "dies-with-parent",
    "no-core-dump",
    "not-dumpable",
    "no-file-growth",
    "memory-locked",
    "no-new-privileges",
    "no-filesystem-writes",
    "clean-environment",
    "freed-memory-overwritten",
)
"""The seals that `apply_seals` sets, in the order in which it sets them."""

WRITABLE: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - tried, not used
PR_SET_PDEATHSIG: Final = 1
PR_GET_PDEATHSIG: Final = 2
PR_GET_NO_NEW_PRIVS: Final = 39
CLOSE_RANGE: Final = 436
MCL_CURRENT_FUTURE_ONFAULT: Final = 1 | 2 | 4
CAP_IPC_LOCK: Final = 14

_libc = ctypes.CDLL(None, use_errno=True)


def apply_seals(
    wire: int,
    parent: int,
    *,
    relaxed: frozenset[str] = frozenset(),
) -> dict[str, SealState]:
    """Seal this process. From then on SIGTERM, and the parent's death, overwrite every pool and end it.

    Args:
        wire: the one file descriptor that stays open besides standard input and output, which become `/dev/null`.
        parent: process id of whoever started this one. If it is already gone, the process ends here.
        relaxed: seals to leave open: for the proof of erasure, which must look inside, and for measuring costs.

    Returns:
        For each of `SEALS`, whether it is held and what was tried.
    """
    attempts: dict[str, Callable[[], SealState]] = {
        "no-inherited-files": lambda: _no_inherited_files(wire),
        "dies-with-parent": lambda: _dies_with_parent(parent),
        "no-core-dump": _no_core_dump,
        "not-dumpable": _not_dumpable,
        "no-file-growth": _no_file_growth,
        "memory-locked": _memory_locked,
        "no-new-privileges": _no_new_privileges,
        "no-filesystem-writes": _no_filesystem_writes,
        "clean-environment": _clean_environment,
        "freed-memory-overwritten": _freed_memory_overwritten,
    }
    states: dict[str, SealState] = {}
    for name in SEALS:
        if name in relaxed:
            states[name] = SealState(held=False, detail="left open on purpose, for a test")
            continue
        try:
            states[name] = attempts[name]()
        except OSError as error:
            states[name] = SealState(held=False, detail=f"the kernel refused: {error.strerror}")
    if "dies-with-parent" not in relaxed:
        threading.Thread(target=_end_on_signal, name="overt-last-rites", daemon=True).start()
    return states


def _no_inherited_files(wire: int) -> SealState:
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for low, high in ((3, wire - 1), (wire + 1, 2**32 - 1)):
        if low <= high and _libc.syscall(
            ctypes.c_long(CLOSE_RANGE), ctypes.c_uint(low), ctypes.c_uint(high), ctypes.c_uint(0)
        ):
            os.closerange(low, min(high, resource.getrlimit(resource.RLIMIT_NOFILE)[0]) + 1)
    left = {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, wire}  # noqa: PTH208 - numbers, not paths
    # One more is open while the folder itself is listed; it is closed by now.
    still = {number for number in left if _is_open(number)}
    return SealState(
        held=not still,
        detail=f"descriptors {sorted(still)} are still open" if still else "only the wire is open",
    )


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _dies_with_parent(parent: int) -> SealState:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    others = [task for task in Path("/proc/self/task").iterdir() if not _blocks_sigterm(task)]
    if others:
        return SealState(
            held=False, detail=f"{len(others)} threads would die of the signal before memory is overwritten"
        )
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)  # it died before the signal was asked for, so none would come
    wanted = ctypes.c_int(0)
    _prctl(PR_GET_PDEATHSIG, ctypes.addressof(wanted))
    return SealState(
        held=wanted.value == signal.SIGTERM,
        detail="the kernel signals the parent's death; memory is overwritten and the process ends",
    )


def _blocks_sigterm(task: Path) -> bool:
    for line in (task / "status").read_text().splitlines():
        if line.startswith("SigBlk:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def _end_on_signal() -> None:
    signal.sigwait({signal.SIGTERM})
    wipe_every_pool()
    os._exit(0)


def _no_core_dump() -> SealState:
    held, limit = limit_core_dumps()
    return SealState(held=held, detail=f"the limit on core dumps reads back as {limit} bytes")


def _not_dumpable() -> SealState:
    return SealState(
        held=make_undumpable(),
        detail="no dump, and no reading of its memory by other processes of its user",
    )


def _no_file_growth() -> SealState:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    trial = os.memfd_create("trial")
    try:
        os.write(trial, b"x")
    except OSError as error:
        return SealState(held=error.errno == errno.EFBIG, detail="writing one byte to a new file was refused")
    finally:
        os.close(trial)
    return SealState(held=False, detail="one byte could be written to a new file")


def _memory_locked() -> SealState:
    swap = len(Path("/proc/swaps").read_text().splitlines()) > 1
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    elif not _status("CapEff", 16) >> CAP_IPC_LOCK & 1:
        # Locking all future memory under a small limit would make allocations fail, so it is not tried.
        return SealState(
            held=not swap,
            detail=f"locking is limited to {hard >> 20} MiB; "
            + (
                "swap is on: raise the limit (memlock) or turn it off"
                if swap
                else "nothing can be swapped: no swap"
            ),
        )
    if _libc.mlockall(MCL_CURRENT_FUTURE_ONFAULT):
        reason = os.strerror(ctypes.get_errno())
        return SealState(
            held=not swap, detail=f"mlockall: {reason}" + ("" if swap else "; but there is no swap")
        )
    before = _status("VmLck", 10)
    with mmap.mmap(-1, 1 << 20):
        grown = _status("VmLck", 10) - before
    return SealState(
        held=grown >= 1024,
        detail="all memory, present and future, is locked"
        if grown >= 1024
        else "new memory is not counted as locked",
    )


def _no_new_privileges() -> SealState:
    return SealState(held=_prctl(PR_GET_NO_NEW_PRIVS) == 1, detail="no program it starts gains rights")


def _no_filesystem_writes() -> SealState:
    version = _landlock.abi()
    if not version:
        return SealState(held=False, detail="the kernel has no Landlock")
    folders = {*WRITABLE, str(Path.cwd())}
    with contextlib.suppress(RuntimeError):  # a user id that no account has, as in a container
        folders.add(str(Path.home()))
    made = [folder for folder in sorted(folders) if _could_make_a_file(folder)]
    lacking = "; this kernel cannot refuse truncating" if version < 3 else ""
    return SealState(
        held=not made,
        detail=f"files could be made in {', '.join(made)}"
        if made
        else f"Landlock {version}: making a file was refused in {len(folders)} folders{lacking}",
    )


def _could_make_a_file(folder: str) -> bool:
    trial = Path(folder) / f".overt-{secrets.token_hex(8)}"
    try:
        descriptor = os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError:
        return False
    os.close(descriptor)
    trial.unlink()
    return True


def _clean_environment() -> SealState:
    # LC_CTYPE is Python's own (PEP 538).
    foreign = sorted(os.environ.keys() - engine_environment().keys() - {"LC_CTYPE"})
    return SealState(
        held=not foreign,
        detail=f"unknown variables: {', '.join(foreign)}"
        if foreign
        else f"{len(os.environ)} known variables",
    )


def _freed_memory_overwritten() -> SealState:
    found = find_unerased()
    return SealState(
        held=not found,
        detail=f"freed memory kept its content: {', '.join(found)}" if found else "tried out in two threads",
    )


def _prctl(option: int, value: int = 0) -> int:
    result = int(
        _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    )
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _status(field: str, base: int) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1], base)
    return 0
