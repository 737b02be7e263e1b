"""What a command knows of a running engine: nothing but what came over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from overt.engine import Alert, Closed, Fault, FeedTelemetry, Ready, Telemetry
from overt.gallery import stranger_chance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.biometrics import Covering
    from overt.biometrics.packs import MeasuredRate
    from overt.engine import MaskedFrame

__all__ = ["RaisedAlert", "RunState", "Sought"]

FAILED_STATES: Final = frozenset({"failed"})


def plain(text: str) -> str:
    """Text that others wrote, fit for a terminal: what could steer it is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


@dataclass(frozen=True)
class Sought:
    """What officers are told of a watchlist entry, by its reference."""

    title: str
    instruction: str = ""


@dataclass(frozen=True)
class RaisedAlert:
    """An alert without its picture: a terminal shows no face.

    Attributes:
        title: the entry's name, or its reference.
        captured_at: when the frame that completed the alert was captured, UTC.
        box: left, top, right, bottom in the feed's frame, pixels.
        strangers: how many strangers would score so against this list, in words; empty where nothing is measured.
        strangers_at_most: the upper end of that rate's 95% interval.
        covering: the part of the face that looked covered and was left out of the comparison.
    """

    feed: str
    entry: str
    title: str
    instruction: str
    passage: int
    score: float
    threshold: float
    captured_at: datetime
    media_seconds: float
    capture_to_alert_ms: float
    observations: int
    quality: float
    box: tuple[float, float, float, float]
    strangers: str = ""
    strangers_at_most: float | None = None
    covering: Covering | None = None


@dataclass
class RunState:
    """One run as it stands. `take` is told every message of the engine; the views only read.

    Attributes:
        title: what is being done, for the head of the view.
        feeds: the names of the feeds, in order.
        sought: what is known of each entry, by reference.
        threshold: the least score that alerts.
        measured: the pack's figures of false alerts.
        comparisons: entries on the list.
        ready: the engine's first word, once it has come.
        telemetry: its latest figures.
        alerts: every alert, in order.
        faults: every fault, in order.
        closed: the engine's last word, once it has come.
        stopping: why the run was asked to stop, once it was.
    """

    title: str
    feeds: tuple[str, ...]
    sought: Mapping[str, Sought]
    threshold: float
    measured: tuple[MeasuredRate, ...] = ()
    comparisons: int = 0
    ready: Ready | None = None
    telemetry: Telemetry | None = None
    alerts: list[RaisedAlert] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    closed: Closed | None = None
    stopping: str = ""

    def take(
        self, message: Ready | Alert | MaskedFrame | Telemetry | Fault | Closed
    ) -> RaisedAlert | Fault | None:
        """Takes in one message; gives back what is worth a line of its own."""
        if isinstance(message, Alert):
            raised = self._raised(message)
            self.alerts.append(raised)
            return raised
        if isinstance(message, Fault):
            told = msgspec.structs.replace(
                message, detail=plain(message.detail), remedy=plain(message.remedy)
            )
            self.faults.append(told)
            return told
        if isinstance(message, Ready):
            self.ready = message
        elif isinstance(message, Telemetry):
            self.telemetry = message
        elif isinstance(message, Closed):
            self.closed = message
            self.telemetry = message.telemetry or self.telemetry
        return None

    def _raised(self, alert: Alert) -> RaisedAlert:
        sought = self.sought.get(alert.entry, Sought(alert.entry))
        chance = stranger_chance(self.measured, score=alert.score, comparisons=self.comparisons)
        return RaisedAlert(
            feed=alert.feed,
            entry=plain(alert.entry),
            title=plain(sought.title),
            instruction=plain(sought.instruction),
            passage=alert.passage,
            score=alert.score,
            threshold=alert.threshold,
            captured_at=datetime.fromtimestamp(alert.captured_at / 1e9, UTC),
            media_seconds=alert.media_seconds,
            capture_to_alert_ms=alert.capture_to_alert_ms,
            observations=alert.observations,
            quality=alert.quality,
            box=alert.box,
            strangers="" if chance is None else chance.briefly,
            strangers_at_most=None if chance is None else chance.high,
            covering=alert.covering,
        )

    def feed_rows(self) -> tuple[FeedTelemetry, ...]:
        """Each feed's latest figures; before the first, a feed that is opening."""
        known = {feed.name: feed for feed in self.telemetry.feeds} if self.telemetry else {}
        return tuple(known.get(name, FeedTelemetry(name=name, state="opening")) for name in self.feeds)

    @property
    def passages(self) -> int:
        """Faces seen: passages of every feed that had a usable face."""
        return sum(feed.passages for feed in self.feed_rows())

    @property
    def erased(self) -> bool:
        """Whether the engine has said that everything is overwritten."""
        return self.closed is not None

    def seals(self) -> dict[str, bool]:
        """Each seal by name, and whether it is held."""
        return {name: seal.held for name, seal in self.ready.seals.items()} if self.ready else {}

    def worked(self) -> bool:
        """Whether the run did what it was for: frames of a feed were searched, and all was overwritten at the end."""
        if self.closed is None or any(fault.fatal for fault in self.faults):
            return False
        return any(feed.frames_processed > 0 and feed.state not in FAILED_STATES for feed in self.feed_rows())
