"""Messages on their way out of the engine."""

from __future__ import annotations

import queue
import threading
from typing import Any, Final, Generic, TypeVar

from overt.engine.wire import MaskedFrame, Wire
from overt.errors import WireError

__all__ = ["Outbox"]

Sent = TypeVar("Sent")

MESSAGES_WAITING: Final = 4096
PICTURES_WAITING: Final = 8
"""Masked frames are dropped while this many messages wait; alerts never are."""


class Outbox(Generic[Sent]):
    """Sends messages from a thread of its own, so that a slow reader never holds up a frame.

    Args:
        wire: the engine's end.
        gone: set when the reader is gone, or has let thousands of messages wait.
    """

    def __init__(self, wire: Wire[Sent, Any], gone: threading.Event) -> None:
        self._wire = wire
        self._gone = gone
        self._waiting: queue.Queue[Sent | None] = queue.Queue(MESSAGES_WAITING)
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, message: Sent) -> None:
        """Send a message soon; never blocks."""
        if isinstance(message, MaskedFrame) and self._waiting.qsize() >= PICTURES_WAITING:
            return
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self._gone.set()

    def finish(self, seconds: float) -> None:
        """Wait until what was put has been sent, so long at most."""
        try:
            self._waiting.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _run(self) -> None:
        while self._send_next():
            pass

    def _send_next(self) -> bool:
        """Send the message that waits longest; nothing here keeps it while the next one is waited for."""
        message = self._waiting.get()
        if message is None:
            return False
        try:
            self._wire.send(message)
        except WireError:
            self._gone.set()
            return False
        return True
