"""A footage run as whoever hands the clip in sees it: a sealed child process, and an open file that it reads."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Final, Self

from overt.engine.footage_wire import footage_parent_wire
from overt.engine.launch import start_process
from overt.engine.wire import Closed, Fault, Ready, Stop
from overt.errors import EngineError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from overt.engine.footage_wire import BeginFootage, FootageInward, FootageOutward
    from overt.engine.wire import Wire

__all__ = ["FootageEngine", "clip_in_memory"]

FOOTAGE_MODULE: Final = "overt.engine.footage_process"
START_SECONDS: Final = 180.0
SILENT_SECONDS: Final = 120.0
"""The process tells of its progress twice a second; one that has said nothing for so long hangs, and is killed."""
STOP_SECONDS: Final = 10.0


def clip_in_memory(content: bytes) -> int:
    """A file in memory alone, which nobody can change any more; its descriptor, which the caller closes.

    Args:
        content: the clip.
    """
    clip = os.memfd_create("clip", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(clip, view) :]
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(clip, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(clip)
        raise
    return clip


class FootageEngine:
    """A running footage run, a context manager; leaving it stops the run. `messages` ends after `Closed`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        wire: Wire[FootageInward, FootageOutward],
        ready: Ready,
    ) -> None:
        self._process, self._wire = process, wire
        self._closed = False
        self.ready = ready

    @classmethod
    def start(
        cls,
        begin: BeginFootage,
        clip: int,
        *,
        module: str = FOOTAGE_MODULE,
        overwrite_freed: bool = True,
        silent_seconds: float = SILENT_SECONDS,
    ) -> FootageEngine:
        """Start the process and wait until it is sealed, loaded and warm.

        Args:
            begin: what it is to do.
            clip: the descriptor of the clip, open for reading; it stays the caller's.
            module: what the process runs; another only in tests.
            overwrite_freed: False only in tests.
            silent_seconds: how long it may say nothing.

        Raises:
            EngineError: it could not begin; the message is its own.
        """
        process, end = start_process(module, overwrite_freed=overwrite_freed)
        wire = footage_parent_wire(end)
        first: FootageOutward | None = None
        try:
            end.settimeout(START_SECONDS)
            with contextlib.suppress(WireError, OSError):
                socket.send_fds(end, [b"\0"], [clip])
                wire.send(begin)
                first = wire.receive()
            end.settimeout(silent_seconds)
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
        """The process."""
        return self._process.pid

    def messages(self) -> Iterator[FootageOutward]:
        """The run's messages as they come, `Closed` being the last.

        Raises:
            EngineError: the process died, or has said nothing for too long, without a `Closed`. What it held died
                with it.
        """
        while not self._closed:
            hangs = False
            try:
                message = self._wire.receive()
            except TimeoutError:
                message, hangs = None, True
                self._process.kill()
            except OSError:
                message = None
            if message is None:
                status = self._ended()
                raise EngineError(
                    "The engine hangs on this clip and was ended"
                    if hangs
                    else f"The engine has died on this clip (status {status})",
                    "Cut the clip before the place, or convert it to another format",
                )
            self._closed = isinstance(message, Closed)
            yield message

    def _ended(self) -> int:
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def stop(self, reason: str = "stopped") -> None:
        """Tell the process to end and erase. Its last messages still come."""
        with contextlib.suppress(WireError):
            self._wire.send(Stop(reason=reason))

    def close(self) -> None:
        """Stop the run if it goes on, and wait until its process is gone."""
        self.stop()
        drain = threading.Thread(target=self._drain, daemon=True)
        drain.start()
        drain.join(STOP_SECONDS)
        try:
            self._process.wait(STOP_SECONDS if self._closed else 0.5)
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
