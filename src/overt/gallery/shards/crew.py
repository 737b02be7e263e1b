"""A crew: workers on the nodes of a cluster, each with one task at a time; what is lost with one, another does."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from overt.errors import ClusterError
from overt.gallery.shards._cluster import (
    GONE,
    LARGEST_CALL,
    WORKERS,
    answers,
    connect,
    is_done,
    placed,
    processors,
    stop,
)
from overt.gallery.shards._hand import Hand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from overt.gallery.shards._hand import Work

    Task = Callable[[], Iterable[bytes]]
    Told = Callable[[int, bytes], None]

__all__ = ["Crew"]

_LOSSES: Final = 4
_PATIENCE: Final = 60.0
_PLACED_AT_ONCE: Final = 16
_ON_THE_WAY: Final = 32  # calls that carry parts at once
_AHEAD: Final = 2  # tasks drawn for each worker: one that is done, one that waits
_TELLING: Final = 0.5  # seconds


class Crew:
    """Workers that Ray places, spread over the nodes.

    Tasks and answers are carried in parts, so that nothing of them passes through the store that Ray shares between
    processes and may spill to disk. A worker that is lost, with its node or alone, is replaced on a node that is
    left, and its task is sent again; where no node takes a new one, the workers that are left do the rest.

    Workers end with this process, or at `close`. They leave no core dump.

    Args:
        kind: makes what a worker does; called on the node.
        *given: its arguments.
        address: of the cluster's head, `machine:port`.
        label: what the workers are called in the cluster's status; names nobody.
        workers: how many; as many as the nodes have processors, if not given.
        patience: seconds within which a node must take a worker.

    Attributes:
        losses: workers that were lost so far.

    Raises:
        ClusterError: no cluster answers, or it has no room for the workers.
    """

    def __init__(
        self,
        kind: type[Work],
        *given: object,
        address: str,
        label: str,
        workers: int | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self.losses = 0
        self._make = partial(placed, kind=Hand, given=(kind, given), namespace=WORKERS, threads=1)
        self._label = label
        self._patience = patience
        self._ray = connect(address)
        self._count = processors(self._ray) if workers is None else workers
        self._changed = threading.Condition()
        self._failure: ClusterError | None = None
        self._free: list[Any] = []
        self._all: list[Any] = []
        self._named = itertools.count(1)
        try:
            with ThreadPoolExecutor(_PLACED_AT_ONCE, "overt-crew") as pool:  # each loads what it works with
                for placed_one in [pool.submit(self._add) for _ in range(self._count)]:
                    placed_one.result()
        except ClusterError:
            self._end_all()
            raise
        self._pool = ThreadPoolExecutor(self._count, "overt-crew")

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def each(self, tasks: Iterable[Task], told: Told | None = None) -> Iterator[bytes]:
        """The answers to tasks, in the order of the tasks, some of which are drawn ahead.

        Args:
            tasks: each gives its content, afresh whenever it is called: it may be sent more than once.
            told: given the number of a task (from 0) and what its worker tells of it, about twice a second while it
                is done; called in a thread of the crew's.

        Raises:
            ClusterError: a task was lost with four workers, or no worker is left and none can be placed.
        """
        asked: deque[Future[bytes]] = deque()
        try:
            for number, task in enumerate(tasks):
                asked.append(self._pool.submit(self._done_surely, number, task, told))
                if len(asked) >= _AHEAD * self._count:
                    yield asked.popleft().result()
            while asked:
                yield asked.popleft().result()
        finally:
            for one in asked:
                one.cancel()

    def close(self) -> None:
        """End the workers; what they hold goes with their processes."""
        with self._changed:
            self._failure = ClusterError("the crew was dismissed while it worked", "Begin again")
            self._changed.notify_all()
        self._end_all()
        self._pool.shutdown(cancel_futures=True)

    def _done_surely(self, number: int, task: Task, told: Told | None) -> bytes:
        for _ in range(_LOSSES):
            with self._hand() as hand:
                answer = self._done(hand, task, None if told is None else partial(told, number))
                if answer is not None:
                    return answer
                self._replace(hand)
        raise ClusterError(
            f"{self._label}: task {number + 1} was lost with {_LOSSES} workers, one after the other",
            "See `overt cluster status`: where no node was ended from without, something in the task ends them",
        )

    def _done(self, hand: Any, task: Task, told: Callable[[bytes], None] | None) -> bytes | None:
        """What a worker makes of a task; None where it is lost."""
        try:
            if not self._sent(hand, task):
                return None
            doing = hand.do.remote()
            while not is_done(self._ray, doing, _TELLING):
                if told is not None:
                    (word,) = answers(self._ray, [hand.told.remote])
                    if word is GONE:
                        return None
                    told(word)
            (length,) = answers(self._ray, [lambda: doing])
            return None if length is GONE else self._fetched(hand, length)
        finally:
            answers(self._ray, [hand.finish.remote])

    def _sent(self, hand: Any, task: Task) -> bool:
        """Whether all of a task has come to a worker."""
        parts = enumerate(_small(task()))
        calls = [hand.begin.remote]
        while calls:
            if GONE in answers(self._ray, calls):
                return False
            calls = [partial(hand.take.remote, at, part) for at, part in itertools.islice(parts, _ON_THE_WAY)]
        return True

    def _fetched(self, hand: Any, length: int) -> bytes | None:
        answer = bytearray()
        while len(answer) < length:
            firsts = range(len(answer), length, LARGEST_CALL)[:_ON_THE_WAY]
            given = answers(self._ray, [partial(hand.give.remote, first, LARGEST_CALL) for first in firsts])
            if GONE in given:
                return None
            for part in given:
                answer += part
        return bytes(answer)

    @contextlib.contextmanager
    def _hand(self) -> Iterator[Any]:
        """A worker that has nothing to do, and has nothing to do again afterwards, if it is still there."""
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._failure)
            if self._failure is not None:
                raise self._failure
            hand = self._free.pop()
        try:
            yield hand
        finally:
            with self._changed:
                if hand in self._all:
                    self._free.append(hand)
                    self._changed.notify()

    def _replace(self, lost: Any) -> None:
        """Another worker for one that is lost, or none where none can be had and others are left."""
        with self._changed:
            if lost not in self._all:  # the crew was dismissed
                return
            self._all.remove(lost)
            self.losses += 1
        stop(self._ray, lost)  # it may be out of reach, and not gone
        try:
            self._add()
        except ClusterError as error:
            with self._changed:
                if not self._all:
                    self._failure = error
                    self._changed.notify_all()

    def _add(self) -> None:
        hand = self._make(
            self._ray, name=f"{self._label} worker {next(self._named)}", patience=self._patience
        )
        with self._changed:
            if self._failure is None:
                self._all.append(hand)
                self._free.append(hand)
                self._changed.notify()
                return
        stop(self._ray, hand)  # the crew was dismissed meanwhile

    def _end_all(self) -> None:
        with self._changed:
            hands, self._all = self._all, []
        for hand in hands:
            stop(self._ray, hand)


def _small(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same content in parts that one call may carry."""
    for part in parts:
        for first in range(0, len(part), LARGEST_CALL):
            yield part[first : first + LARGEST_CALL]
