"""The engine as its parent sees it: a child process at the other end of the wire."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from typing import TYPE_CHECKING, Final, Self

from overt.engine.launch import ENGINE_MODULE, start_process
from overt.engine.wire import Begin, Closed, Fault, Inward, Outward, Ready, Stop, Wire, parent_wire
from overt.errors import EngineError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["Engine"]

START_SECONDS: Final = 180.0
"""How long an engine may take to load its models; a GPU provider can take minutes the first time."""

STOP_SECONDS: Final = 10.0
"""How long an engine that was told to stop may take before it is killed."""


class Engine:
    """A running sealed engine.

    Use it as a context manager; leaving it stops the engine. `messages` ends after `Closed`.

    >>> with Engine.start(begin) as engine:        # doctest: +SKIP
    ...     for message in engine.messages():
    ...         print(message)
    """

    def __init__(self, process: subprocess.Popen[bytes], wire: Wire[Inward, Outward], ready: Ready) -> None:
        self._process = process
        self._wire = wire
        self._closed: Closed | None = None
        self.ready = ready

    @classmethod
    def start(cls, begin: Begin, *, module: str = ENGINE_MODULE, overwrite_freed: bool = True) -> Engine:
        """Start an engine and wait until it is sealed, loaded and warm.

        Args:
            begin: what it is to do.
            module: what the process runs; another than the engine's only in the proof of erasure.
            overwrite_freed: False only in the proof of erasure.

        Raises:
            EngineError: it could not begin; the message is the engine's own.
        """
        process, end = start_process(module, overwrite_freed=overwrite_freed)
        wire = parent_wire(end)
        first: Outward | None = None
        try:
            end.settimeout(START_SECONDS)
            with contextlib.suppress(WireError, TimeoutError):
                wire.send(begin)
                first = wire.receive()
            end.settimeout(None)
        except BaseException:
            process.kill()
            raise
        if isinstance(first, Ready):
            return cls(process, wire, first)
        wire.close()
        process.kill()
        status = process.wait()
        if isinstance(first, Fault):
            raise EngineError(first.detail, first.remedy, refused=True)
        raise EngineError(
            f"The engine ended before it was ready (status {status})",
            "Run `overt doctor` to see whether this machine can run it",
        )

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._process.pid

    @property
    def closed(self) -> Closed | None:
        """The engine's last message, once it has come."""
        return self._closed

    def messages(self) -> Iterator[Outward]:
        """The engine's messages as they come, `Closed` being the last.

        Raises:
            EngineError: the engine died without a `Closed`. What it held died with it.
        """
        while self._closed is None:
            try:
                message = self._wire.receive()
            except OSError:
                message = None
            if message is None:
                status = self._ended()
                raise EngineError(
                    f"The engine has died (status {status})", "Start it again; nothing it held outlives it"
                )
            if isinstance(message, Closed):
                self._closed = message
            yield message

    def _ended(self) -> int:
        """The exit status of a process that no longer speaks; killed if it does not end."""
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def stop(self, reason: str = "stopped") -> None:
        """Tell the engine to end and erase. Its last messages still come."""
        with contextlib.suppress(WireError):
            self._wire.send(Stop(reason=reason))

    def close(self) -> None:
        """Stop the engine if it runs, and wait until it is gone."""
        self.stop()
        drain = threading.Thread(target=self._drain, daemon=True)
        drain.start()
        drain.join(STOP_SECONDS)
        try:
            self._process.wait(STOP_SECONDS if self._closed is not None else 0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._wire.close()

    def _drain(self) -> None:
        with contextlib.suppress(EngineError, WireError, subprocess.TimeoutExpired):
            for _ in self.messages():
                pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
