"""A sealed process as its parent sees it: a child at the other end of a wire, for a live run as for footage."""

from __future__ import annotations

import abc
import contextlib
import subprocess
import threading
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar

from overt.engine.wire import Closed, Fault, Ready, Stop
from overt.errors import EngineError, WireError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from overt.engine.wire import Wire

__all__ = ["SealedChild", "first_word"]

START_SECONDS: Final = 180.0
"""How long a process may take to load its models; a GPU provider can take minutes the first time."""

STOP_SECONDS: Final = 10.0
"""How long a process that was told to stop may take before it is killed."""

Told = TypeVar("Told")
Said = TypeVar("Said")


def first_word(
    process: subprocess.Popen[bytes],
    end: socket.socket,
    wire: Wire[Told, Said],
    ask: Callable[[], None],
    silent_seconds: float | None = None,
) -> Ready:
    """Tell a new process what it is to do, and wait until it is sealed, loaded and warm.

    Args:
        process: the new one; killed where it does not become ready.
        end: this side's socket.
        wire: on that socket.
        ask: sends what it is to do.
        silent_seconds: how long it may say nothing afterwards; None: as long as it likes.

    Raises:
        EngineError: it could not begin; the message is its own.
    """
    first: Said | None = None
    try:
        end.settimeout(START_SECONDS)
        with contextlib.suppress(WireError, OSError):
            ask()
            first = wire.receive()
        end.settimeout(silent_seconds)
    except BaseException:
        process.kill()
        raise
    if isinstance(first, Ready):
        return first
    wire.close()
    process.kill()
    status = process.wait()
    if isinstance(first, Fault):
        raise EngineError(first.detail, first.remedy, refused=True)
    raise EngineError(
        f"The engine ended before it was ready (status {status})",
        "Run `overt doctor` to see whether this machine can run it",
    )


class SealedChild(abc.ABC, Generic[Told, Said]):
    """A running process, a context manager; leaving it stops the process. `messages` ends after `Closed`."""

    def __init__(self, process: subprocess.Popen[bytes], wire: Wire[Told | Stop, Said], ready: Ready) -> None:
        self._process, self._wire = process, wire
        self._closed: Closed | None = None
        self.ready = ready

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def closed(self) -> Closed | None:
        """Its last message, once it has come."""
        return self._closed

    def messages(self) -> Iterator[Said]:
        """Its messages as they come, `Closed` being the last.

        Raises:
            EngineError: the process died, or has said nothing for too long, without a `Closed`. What it held died
                with it.
        """
        while self._closed is None:
            hangs = False
            try:
                message = self._wire.receive()
            except TimeoutError:
                message, hangs = None, True
                self._process.kill()
            except OSError:
                message = None
            if message is None:
                raise self._death(self._ended(), hangs=hangs)
            if isinstance(message, Closed):
                self._closed = message
            yield message

    def stop(self, reason: str = "stopped") -> None:
        """Tell the process to end and erase. Its last messages still come."""
        with contextlib.suppress(WireError):
            self._wire.send(Stop(reason=reason))

    def close(self) -> None:
        """Stop the process if it runs, and wait until it is gone."""
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

    @staticmethod
    @abc.abstractmethod
    def _death(status: int, *, hangs: bool) -> EngineError:
        """What is said of a process that ended without a `Closed`."""

    def _ended(self) -> int:
        """The exit status of a process that no longer speaks; killed if it does not end."""
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

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
