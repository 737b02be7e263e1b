"""Every inference that the engine runs, and the same again without the engine."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from unittest import mock

import numpy as np

from overt.biometrics.sessions import BoundRun, Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from overt.biometrics import FloatArray

__all__ = ["RunRecorder"]

_run = BoundRun.run
_scrub = BoundRun.scrub
_bind = Network.bind


@dataclass(slots=True)
class _Recorded:
    bound: BoundRun
    tensor: FloatArray
    seconds: float


class RunRecorder:
    """While it is entered, notes the tensor and the time of each inference in this process.

    Runs over blank input, by which the engine prepares shapes and overwrites what the runtime holds, are not noted:
    they are the engine's own cost.

    Attributes:
        spent: seconds that the recording itself took; to be taken off the engine's time.
    """

    def __init__(self) -> None:
        self.spent = 0.0
        self._noted: list[_Recorded] = []
        self._blank = False
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        recorder = self

        def run(bound: BoundRun) -> list[FloatArray]:
            if recorder._blank:
                return _run(bound)
            began = time.perf_counter()
            tensor = bound.input.copy()
            start = time.perf_counter()
            outputs = _run(bound)
            end = time.perf_counter()
            recorder._noted.append(_Recorded(bound, tensor, end - start))
            recorder.spent += (start - began) + (time.perf_counter() - end)
            return outputs

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

    def replay(self) -> tuple[float, float, int]:
        """Run everything noted once more, and forget it.

        Returns:
            Seconds that it took now, seconds that it took inside the engine, and the number of runs.
        """
        now = inside = 0.0
        noted, self._noted = self._noted, []
        for one in noted:
            np.copyto(one.bound.input, one.tensor)
            start = time.perf_counter()
            _run(one.bound)
            now += time.perf_counter() - start
            inside += one.seconds
        return now, inside, len(noted)
