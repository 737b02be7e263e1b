"""An engine that says what a test tells it to, through the same door as the sealed one."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from overt.biometrics import packs
from overt.casework.policy import SEALS_ALWAYS_REQUIRED
from overt.engine import (
    Alert,
    Begin,
    Closed,
    Durations,
    FeedTelemetry,
    MaskedFrame,
    Outward,
    Ready,
    SealState,
    Telemetry,
)
from overt.errors import EngineError


def telemetry(passages: int) -> Telemetry:
    """Figures with so many faces seen."""
    return Telemetry(
        seconds=2.0,
        feeds=(FeedTelemetry(name="north gate", state="live", frames_received=50, passages=passages),),
        capture_to_alert_ms=Durations(),
        erasure_ms=Durations(n=50, p50=20, p95=30, p99=40, max=50),
        erasure_after_use_ms=Durations(n=50, p50=1, p95=2, p99=3, max=4),
    )


def frame(feed: str = "north gate", mark: bytes = b"jpeg") -> MaskedFrame:
    """A masked picture."""
    return MaskedFrame(feed=feed, captured_at=1, width=240, height=135, faces_in_view=2, jpeg=mark)


class ToldEngine:
    """Says what it is told, until it is stopped or told to end or die."""

    def __init__(self, begin: Begin, not_held: tuple[str, ...] = ()) -> None:
        self.begin = begin
        self.ready = Ready(
            contract=packs.load("embedded").contract,
            provider="cpu",
            seals={name: SealState(held=name not in not_held) for name in SEALS_ALWAYS_REQUIRED},
            n_entries=len(begin.entries),
            n_templates=len(begin.entry_of_template),
        )
        self.pid = os.getpid()
        self.stopped = ""
        self.gone = threading.Event()
        self._said: queue.SimpleQueue[Outward | Exception] = queue.SimpleQueue()
        self._passages = 0

    def say(self, message: Outward) -> None:
        """Have it say something."""
        self._said.put(message)

    def alert(self, entry: int = 0, **changes: object) -> None:
        """Have it say that a new passage resembles an entry."""
        self._passages += 1
        values = {
            "feed": "north gate",
            "entry": self.begin.entries[entry],
            "passage": self._passages,
            "score": 0.97,
            "threshold": 0.955,
            "observations": 2,
            "quality": 0.6,
            "captured_at": 1_000_000_000,
            "media_seconds": 1.0,
            "capture_to_alert_ms": 200.0,
            "box": (1.0, 2.0, 3.0, 4.0),
            "crop": b"crop",
            **changes,
        }
        self.say(Alert(**values))  # type: ignore[arg-type]  # named as the message's fields are

    def end(self, reason: str = "every feed has ended", passages: int = 3) -> None:
        """Have it end in order."""
        self.say(Closed(reason=reason, telemetry=telemetry(passages)))

    def die(self) -> None:
        """Have it die without a word."""
        self._said.put(EngineError("The engine has died (status -9)", "Start it again"))

    def babble(self, error: Exception) -> None:
        """Have it say what cannot be understood."""
        self._said.put(error)

    def messages(self) -> Iterator[Outward]:
        while True:
            said = self._said.get()
            if isinstance(said, Exception):
                raise said
            yield said
            if isinstance(said, Closed):
                return

    def stop(self, reason: str = "stopped") -> None:
        if not self.stopped:
            self.stopped = reason
            self.end(reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.gone.set()


@dataclass
class Garage:
    """Starts told engines, and keeps them in the order of their starting.

    Attributes:
        not_held: seals that their machine does not give.
        refuses: what the engine says instead of starting, where it does.
        at_start: called with each engine as it starts.
    """

    not_held: tuple[str, ...] = ()
    refuses: str = ""
    at_start: Callable[[ToldEngine], object] = lambda _: None
    engines: list[ToldEngine] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    def start(self, begin: Begin) -> ToldEngine:
        """Start one."""
        if self.refuses:
            raise EngineError(self.refuses, refused=True)
        engine = ToldEngine(begin, self.not_held)
        self.at_start(engine)
        with self._more:
            self.engines.append(engine)
            self._more.notify_all()
        return engine

    def wait_for(self, n: int, seconds: float = 20) -> ToldEngine:
        """The nth engine, once it has been started."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.engines) >= n, seconds), "no engine was started"
            return self.engines[n - 1]
