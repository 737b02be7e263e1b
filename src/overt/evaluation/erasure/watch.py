"""When a frame was used for the last time, as told by the engine's own wire.

The engine is asked for a masked frame of every frame. It sends it as the last thing it does with a frame, so the
moment at which the masked frame comes is the last use of the frame, and of what was made of it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from overt.engine import Alert, Closed, Engine, Fault, MaskedFrame, Telemetry
from overt.errors import EvaluationError, OvertError
from overt.evaluation.erasure.film import FPS

if TYPE_CHECKING:
    from overt.evaluation.erasure.film import Film, Showing

__all__ = ["Watcher"]

PATIENCE_SECONDS: Final = 60.0


class Watcher:
    """Listens to the engine, and knows which frame of the film it has done with when.

    Attributes:
        alerts: how many alerts came; nobody in the film is on the watchlist.
        closed: the engine's last message.
    """

    def __init__(self, engine: Engine, film: Film) -> None:
        self.alerts = 0
        self.closed: Closed | None = None
        self.telemetry: Telemetry | None = None
        self._engine = engine
        self._film = film
        self._first_captured: int | None = None
        self._done: list[tuple[int, int, int]] = []
        self._failure: OvertError | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="proof", daemon=True)
        self._thread.start()

    def last_use(self, showing: Showing) -> int:
        """Wait until a showing's last frame has been used.

        Returns:
            `time.monotonic_ns` of its last use.

        Raises:
            EvaluationError: the engine ended before, or the faces were never seen.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS + showing.end / FPS
        with self._news:
            while not self._passed(showing):
                if self._failure is not None:
                    raise self._failure
                if self.closed is not None or not self._news.wait(max(0.0, deadline - time.monotonic())):
                    raise EvaluationError(
                        "the engine ended before the proof's film did", "Run `overt doctor`"
                    )
            used = [(at, faces) for number, at, faces in self._done if showing.first <= number < showing.end]
        if not used or not used[-1][1]:
            # Also what would be seen if the count of frames were off by one: then no time could be trusted.
            raise EvaluationError(
                f"the engine saw no face in frames {showing.first} to {showing.end - 1} of the proof's film",
                "Run it on a machine with less to do",
            )
        return used[-1][0]

    def finish(self) -> Telemetry | None:
        """Stop the engine, wait for its last message, and return its last figures."""
        self._engine.stop("the proof is done")
        self._thread.join(PATIENCE_SECONDS)
        return self.closed.telemetry if self.closed is not None and self.closed.telemetry else self.telemetry

    def _passed(self, showing: Showing) -> bool:
        return bool(self._done) and self._done[-1][0] >= showing.end - 1

    def _listen(self) -> None:
        try:
            for message in self._engine.messages():
                now = time.monotonic_ns()
                with self._news:
                    self._take(message, now)
                    self._news.notify_all()
        except OvertError as error:
            with self._news:
                self._failure = error
                self._news.notify_all()

    def _take(self, message: object, now: int) -> None:
        if isinstance(message, MaskedFrame):
            if self._first_captured is None:
                self._first_captured = message.captured_at
            number = round((message.captured_at - self._first_captured) / 1e9 * FPS)
            self._done.append((number, now, message.faces_in_view))
        elif isinstance(message, Alert):
            self.alerts += 1
        elif isinstance(message, Telemetry):
            self.telemetry = message
        elif isinstance(message, Closed):
            self.closed = message
        elif isinstance(message, Fault) and message.fatal:
            self._failure = EvaluationError(f"the engine failed: {message.detail}", message.remedy)
