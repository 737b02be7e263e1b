"""A footage run as whoever hands the clip in sees it: a sealed child process, and an open file that it reads."""

from __future__ import annotations

import fcntl
import os
import socket
from typing import TYPE_CHECKING, Final

from overt.engine._child import SealedChild, first_word
from overt.engine.footage_wire import FootageInward, FootageOutward, footage_parent_wire
from overt.engine.launch import start_process
from overt.errors import EngineError

if TYPE_CHECKING:
    from overt.engine.footage_wire import BeginFootage

__all__ = ["FootageEngine", "clip_in_memory"]

FOOTAGE_MODULE: Final = "overt.engine.footage_process"
SILENT_SECONDS: Final = 120.0
"""The process tells of its progress twice a second; one that has said nothing for so long hangs, and is killed."""


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


class FootageEngine(SealedChild[FootageInward, FootageOutward]):
    """A running footage run, a context manager; leaving it stops the run. `messages` ends after `Closed`."""

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

        def ask() -> None:
            socket.send_fds(end, [b"\0"], [clip])
            wire.send(begin)

        return cls(process, wire, first_word(process, end, wire, ask, silent_seconds))

    @staticmethod
    def _death(status: int, *, hangs: bool) -> EngineError:
        return EngineError(
            "The engine hangs on this clip and was ended"
            if hangs
            else f"The engine has died on this clip (status {status})",
            "Cut the clip before the place, or convert it to another format",
        )
