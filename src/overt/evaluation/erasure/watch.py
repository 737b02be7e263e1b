"""When a frame was used for the last time, as told by the engine's own wire.

The engine is asked for a masked frame of every frame. It sends it as the last thing it does with a frame, so the
moment at which the masked frame comes is the last use of the frame, and of what was made of it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

from overt.engine import Alert, Closed, Engine, Fault, MaskedFrame, Telemetry
from overt.errors import EvaluationError, OvertError

__all__ = ["Watcher"]

PATIENCE_SECONDS: Final = 20.0
REMEMBERED: Final = 100
"""Masked frames that are remembered; a search lasts a few dozen."""


class Watcher:
    """Listens to the engine.

    Attributes:
        alerts: how many alerts came; nobody in the footage is on the watchlist.
        pid: the engine's process.
        telemetry: the engine's last figures.
    """

    def __init__(self, engine: Engine) -> None:
        self.alerts = 0
        self.pid = engine.pid
        self.telemetry: Telemetry | None = None
        self._engine = engine
        self._over = False
        self._failure: OvertError | None = None
        self._seen: deque[tuple[int, int, int]] = deque([(0, 0, 0)], maxlen=REMEMBERED)
        self._faults: list[str] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="proof", daemon=True)
        self._thread.start()

    def last_use(self, sent_utc_ns: int) -> int:
        """Wait until the engine has done with the frame that was sent last, with faces in it.

        Args:
            sent_utc_ns: UTC nanoseconds at which it was sent; nothing has been sent since.

        Returns:
            `time.monotonic_ns` at which its masked frame came.

        Raises:
            EvaluationError: the engine saw no face in it, or ended.
        """
        faces, came = self._wait_for(sent_utc_ns)
        if not faces:
            raise EvaluationError(
                "the engine saw no face in the proof's own footage", "Use another model pack or footage"
            )
        return came

    def saw_since(self, sent_utc_ns: int, until: int) -> bool:
        """Whether by `until` (`time.monotonic_ns`) the engine had done with a frame that came after this moment."""
        with self._news:
            return any(captured >= sent_utc_ns and came <= until for captured, _, came in self._seen)

    def wait_until_seen(self, sent_utc_ns: int = 1) -> None:
        """Wait until the engine has done with any frame that arrived after this moment."""
        self._wait_for(sent_utc_ns)

    def finish(self) -> None:
        """Stop the engine and wait for its last message."""
        self._engine.stop("the proof is done")
        self._thread.join(PATIENCE_SECONDS)

    def _wait_for(self, sent_utc_ns: int) -> tuple[int, int]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._news:
            while self._seen[-1][0] < sent_utc_ns:
                if self._failure is not None:
                    raise self._failure
                if self._over or not self._news.wait(max(0.0, deadline - time.monotonic())):
                    said = "; ".join(self._faults) or "it told of no fault"
                    raise EvaluationError(f"the engine did not see the proof's footage: {said}", "Try again")
            return self._seen[-1][1:]

    def _listen(self) -> None:
        try:
            for message in self._engine.messages():
                now = time.monotonic_ns()
                with self._news:
                    self._take(message, now)
                    self._news.notify_all()
        except OvertError as error:
            self._failure = error
        with self._news:
            self._over = True
            self._news.notify_all()

    def _take(self, message: object, now: int) -> None:
        if isinstance(message, MaskedFrame):
            self._seen.append((message.captured_at, message.faces_in_view, now))
        elif isinstance(message, Alert):
            self.alerts += 1
        elif isinstance(message, Telemetry):
            self.telemetry = message
        elif isinstance(message, Closed) and message.telemetry is not None:
            self.telemetry = message.telemetry
        elif isinstance(message, Fault):
            self._faults.append(message.detail)
