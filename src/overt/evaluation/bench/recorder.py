"""Every inference that the engine runs, and the same again without the engine."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from unittest import mock

import numpy as np

from overt.biometrics.sessions import BoundRun, Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from overt.biometrics import FloatArray

__all__ = ["Replay", "RunRecorder", "Shape"]

_run = BoundRun.run
_scrub = BoundRun.scrub
_bind = Network.bind


Shape = tuple[int, ...]


@dataclass(slots=True)
class Replay:
    """What was run once more, by the shape of one picture or chip.

    Attributes:
        seconds: bare time by shape.
        items: pictures and chips by shape.
        runs: how many inferences.
    """

    seconds: dict[Shape, float] = field(default_factory=dict)
    items: Counter[Shape] = field(default_factory=Counter)
    runs: int = 0

    def add(self, other: Replay) -> None:
        """Add another's."""
        for shape, seconds in other.seconds.items():
            self.seconds[shape] = self.seconds.get(shape, 0.0) + seconds
        self.items.update(other.items)
        self.runs += other.runs


class RunRecorder:
    """While it is entered, notes the tensor of each inference in this process.

    Runs over blank input, by which the engine prepares shapes and overwrites what the runtime holds, are not noted:
    they are the engine's own cost.

    Args:
        tensors: whether to keep the tensors, to `replay` them; without them it only counts.

    Attributes:
        spent: seconds that the recording itself took; to be taken off the engine's time.
        items: pictures and chips that were run, by the shape of one.
    """

    def __init__(self, *, tensors: bool = True) -> None:
        self.spent = 0.0
        self.items: Counter[Shape] = Counter()
        self._tensors = tensors
        self._noted: list[tuple[BoundRun, FloatArray]] = []
        self._blank = False
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        recorder = self

        def run(bound: BoundRun) -> list[FloatArray]:
            if recorder._blank:
                return _run(bound)
            began = time.perf_counter()
            recorder._note(bound)
            recorder.spent += time.perf_counter() - began
            return _run(bound)

        def scrub(bound: BoundRun) -> None:
            with recorder._blank_input():
                _scrub(bound)

        def bind(network: Network, shape: tuple[int, ...]) -> BoundRun:
            with recorder._blank_input():
                return _bind(network, shape)

        self._patches.enter_context(mock.patch.object(BoundRun, "run", run))
        self._patches.enter_context(mock.patch.object(BoundRun, "scrub", scrub))
        self._patches.enter_context(mock.patch.object(Network, "bind", bind))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._patches.close()

    @contextmanager
    def _blank_input(self) -> Iterator[None]:
        self._blank = True
        try:
            yield
        finally:
            self._blank = False

    def _note(self, bound: BoundRun) -> None:
        self.items[bound.input.shape[1:]] += bound.input.shape[0]
        if self._tensors:
            self._noted.append((bound, bound.input.copy()))

    def replay(self) -> Replay:
        """Run everything noted once more, and forget it."""
        replay = Replay()
        noted, self._noted = self._noted, []
        for bound, tensor in noted:
            np.copyto(bound.input, tensor)
            start = time.perf_counter()
            _run(bound)
            elapsed = time.perf_counter() - start
            shape = tensor.shape[1:]
            replay.seconds[shape] = replay.seconds.get(shape, 0.0) + elapsed
            replay.items[shape] += tensor.shape[0]
            replay.runs += 1
        return replay
