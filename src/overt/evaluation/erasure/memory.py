"""The whole memory of another process, taken while it stands still."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Region", "Snapshot", "frozen", "may_read_sealed", "take_snapshot"]

STOP_SECONDS: Final = 2.0
CAP_SYS_PTRACE: Final = 19
UNREADABLE: Final = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


@dataclass(frozen=True, slots=True)
class Region:
    """A mapping of the process: its addresses, its rights (`rw-p`) and its name, empty for anonymous memory."""

    start: int
    end: int
    rights: str
    name: str


class Snapshot:
    """Room for a process's memory, used again for each taking.

    Attributes:
        regions: what was read, with the offset in `memory` at which each begins.
        unread_bytes: readable mappings that could not be read (of devices, for instance).
    """

    def __init__(self) -> None:
        self.regions: list[tuple[int, Region]] = []
        self.unread_bytes = 0
        self._room = np.zeros(1 << 28, np.uint8)
        self._used = 0

    @property
    def memory(self) -> npt.NDArray[np.uint8]:
        """All that was read, one region after the other, each at a multiple of eight."""
        return self._room[: self._used]

    def where(self, offset: int) -> Region:
        """The region that an offset of `memory` lies in."""
        found = self.regions[0][1]
        for begin, region in self.regions:
            if begin > offset:
                break
            found = region
        return found

    def fill(self, pid: int) -> None:
        """Read all of a process's readable memory.

        Raises:
            EvaluationError: it may not be read.
        """
        self.regions, self.unread_bytes, self._used = [], 0, 0
        regions = list(_regions(pid))
        size = sum(region.end - region.start for region in regions)
        if size > len(self._room):
            self._room = np.zeros(size + (size >> 2), np.uint8)
        try:
            source = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        except OSError as error:
            raise EvaluationError(
                f"the engine's memory cannot be read: {error.strerror}",
                "Run the proof as root, or with CAP_SYS_PTRACE",
            ) from error
        try:
            for region in regions:
                self._read(source, region)
        finally:
            os.close(source)

    def _read(self, source: int, region: Region) -> None:
        length, done = region.end - region.start, 0
        target = memoryview(self._room.data)[self._used : self._used + length]
        while done < length:
            try:
                got = os.preadv(source, [target[done:]], region.start + done)
            except OSError:
                got = 0
            if got <= 0:
                break
            done += got
        self.unread_bytes += length - done
        if done:
            self.regions.append((self._used, region))
            self._used += done


def may_read_sealed() -> bool:
    """Whether this process has the right (CAP_SYS_PTRACE, which root has) to read a process that is not dumpable."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_SYS_PTRACE & 1)
    return False


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[int]:
    """Stop a process, every thread of it, for the length of the context.

    Yields:
        `time.monotonic_ns` at which all threads stood still.

    Raises:
        EvaluationError: it did not stop within two seconds.
    """
    os.kill(pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + STOP_SECONDS
        while not _stands_still(pid):
            if time.monotonic() > deadline:
                raise EvaluationError("the engine could not be stopped to look at its memory", "Try again")
            time.sleep(0.0005)
        yield time.monotonic_ns()
    finally:
        os.kill(pid, signal.SIGCONT)


def take_snapshot(pid: int, into: Snapshot) -> int:
    """Stop a process, read its memory, and let it run on.

    Returns:
        `time.monotonic_ns` at which it stood still.
    """
    with frozen(pid) as since:
        into.fill(pid)
    return since


def _stands_still(pid: int) -> bool:
    states = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
    return all(state in "TtXZ" for state in states)


def _regions(pid: int) -> Iterator[Region]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(edge, 16) for edge in span.split("-"))
        path = name[0] if name else ""
        if rights.startswith("r") and path not in UNREADABLE:
            yield Region(start, end, rights, path)
