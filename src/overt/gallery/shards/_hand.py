"""A worker's end of a crew: takes a task in parts, does it, and gives its answer in parts."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from overt.undumped import never_dumped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hand", "Work"]


class Work(Protocol):
    """What a crew's workers do; made on the node, once for each worker, and given one task at a time."""

    def take(self, part: bytes) -> None:
        """Take a part of the task; they come in their order."""

    def do(self) -> bytes:
        """Do the task, which is whole now, and give the answer. What goes wrong by nature is said in the answer."""

    def told(self) -> bytes:
        """How far it is; asked in another thread while it is done."""

    def clear(self) -> None:
        """Forget the task, and overwrite what was taken of it."""


class Hand:
    """The actor. Calls reach it in any order, so each part says which it is."""

    def __init__(self, kind: Callable[..., Work], given: tuple[object, ...]) -> None:
        never_dumped()
        self._work = kind(*given)
        self._lock = threading.Lock()
        self._next = 0
        self._early: dict[int, bytes] = {}
        self._answer = b""
        self._done = 0
        self._busy = False

    def begin(self) -> None:
        """Another task."""
        with self._lock:
            self._clear()
            self._busy = True

    def take(self, at: int, part: bytes) -> None:
        """Take a part of the task, the first of which is 0."""
        with self._lock:
            self._early[at] = part
            while self._next in self._early:
                self._work.take(self._early.pop(self._next))
                self._next += 1

    def do(self) -> int:
        """Do the task; how long the answer is, bytes."""
        self._answer = self._work.do()
        return len(self._answer)

    def told(self) -> bytes:
        """How far it is."""
        return self._work.told()

    def give(self, first: int, length: int) -> bytes:
        """A part of the answer."""
        return self._answer[first : first + length]

    def finish(self) -> None:
        """The answer has come over."""
        with self._lock:
            self._clear()
            self._done += 1

    def about(self) -> tuple[int, bool, int]:
        """Tasks done, whether one is being done, and the number of the process."""
        return self._done, self._busy, os.getpid()

    def _clear(self) -> None:
        self._work.clear()
        self._next, self._answer, self._busy = 0, b"", False
        self._early.clear()
