"""One reader of a deployment's events for everybody who watches it.

The reader looks after new events in one thread, has each alert's item written once, and puts the same bytes into the
queue of each watcher. What came within a tenth of a second after a message goes out together with the next one. Each
message carries the number of the last event in it: a browser that connects again names the last that it had, and is
told everything later once, from the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from sse_starlette import ServerSentEvent

from overt.casework import alerts, live
from overt.console.live.feeds import feeds_of
from overt.console.live.queue import QueueItem, item_of
from overt.errors import OvertError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from overt.casework import Actor
    from overt.casework.alerts import AlertSummary
    from overt.casework.live import LiveEventView
    from overt.web import Service

__all__ = ["Broadcast", "Watcher", "broadcast_of"]

_LOG: Final = logging.getLogger("overt.console")
_OF_ALERTS: Final = frozenset(
    {"alert", "adjudication", "routing", "acknowledgement", "engagement", "outcome"}
)
_HEAD: Final = frozenset({"move", "duty", "run"})
_GATHER_SECONDS: Final = 0.1
_WAIT_SECONDS: Final = 1.0
_FIGURES_SECONDS: Final = 1.0
_MOST_WAITING: Final = 256


@dataclass(eq=False)
class Watcher:
    """Somebody who watches, and the messages that wait for their browser; None ends them."""

    actor: Actor
    after: int
    messages: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    over: bool = False

    def put(self, message: bytes) -> None:
        """A message for them. Who is too slow to take them is let go, and connects again."""
        if not self.over:
            try:
                self.messages.put_nowait(message)
            except asyncio.QueueFull:
                self.end()

    def end(self) -> None:
        """No more messages; those that wait are dropped."""
        self.over = True
        while not self.messages.empty():
            self.messages.get_nowait()
        self.messages.put_nowait(None)


class Broadcast:
    """A deployment's. It begins with its first watcher and ends with its last; after that another one is made.

    Args:
        service: the server's parts.
        deployment_id: whose events.
        feeds: the names of its feeds.
        position: the last event that is not to be told any more.
    """

    def __init__(self, service: Service, deployment_id: str, feeds: Sequence[str], position: int) -> None:
        self._service = service
        self._deployment_id = deployment_id
        self._feeds = tuple(feeds)
        self._watchers: list[Watcher] = []
        self._position = position
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self.over = False
        """Whether it has ended."""

    async def join(self, watcher: Watcher) -> AsyncIterator[bytes]:
        """Watch from now on; gives the messages that make up for what came since `watcher.after`."""
        self._watchers.append(watcher)
        if not self._tasks:
            self._position = max(self._position, watcher.after)
        until = self._position
        if not self._tasks:
            self._tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._tell_figures()))
            self._tasks[0].add_done_callback(_say_failure)
        while watcher.after < until:
            events = await self._events(watcher.actor, watcher.after, 0.0)
            events = [event for event in events if event.seq <= until]
            if not events:
                break
            watcher.after = events[-1].seq
            found = await self._summaries(watcher.actor, events)
            yield _message(events, found, late=True)

    def leave(self, watcher: Watcher) -> None:
        """Watch no more. The last one to leave ends the reading."""
        with contextlib.suppress(ValueError):
            self._watchers.remove(watcher)
        if not self._watchers:
            self.over = True
            for task in self._tasks:
                task.cancel()

    @contextlib.contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """See to it that somebody who watches leaves, whatever ends their watching."""
        try:
            yield
        finally:
            self.leave(watcher)

    async def _read(self) -> None:
        try:
            while self._watchers:
                events = await self._events(self._watchers[0].actor, self._position, _WAIT_SECONDS)
                if events:
                    await self._tell(events)
                    await asyncio.sleep(_GATHER_SECONDS)
        finally:  # whatever the reason: nobody is left to believe that nothing happens
            self.over = True
            for watcher in self._watchers:
                watcher.end()

    async def _tell(self, events: Sequence[LiveEventView]) -> None:
        """The same bytes for all; for each person their own where a second adjudication is due."""
        watchers = list(self._watchers)
        if not watchers:
            return
        found = await self._summaries(watchers[0].actor, events)
        personal = any(alert.state == "second" for alert in found)
        written: dict[object, bytes] = {}
        for watcher in watchers:
            who = _audience(watcher, personal=personal)
            if who not in written:
                own = found if watcher is watchers[0] else await self._summaries(watcher.actor, events)
                written[who] = _message(events, own)
        self._position = events[-1].seq
        for watcher in self._watchers:
            # Whoever joined meanwhile makes up for these events themselves, or is of an audience that is known.
            if (message := written.get(_audience(watcher, personal=personal))) is not None:
                watcher.put(message)
            else:
                watcher.end()

    async def _summaries(self, actor: Actor, events: Sequence[LiveEventView]) -> tuple[AlertSummary, ...]:
        wanted = {event.subject_id for event in events if event.kind in _OF_ALERTS}
        if not wanted:
            return ()
        return await to_thread.run_sync(
            alerts.summaries_of, self._service.office, actor, self._deployment_id, wanted
        )

    async def _events(self, actor: Actor, after: int, wait: float) -> list[LiveEventView]:
        return await to_thread.run_sync(
            live.events_after,
            self._service.office,
            actor,
            self._deployment_id,
            after,
            wait,
            limiter=self._service.waiting_room,
        )

    async def _tell_figures(self) -> None:
        """The feeds' figures, once a second; a browser that hears nothing for a while knows that it is cut off."""
        while True:
            began = time.monotonic()
            for watcher in self._watchers:
                with contextlib.suppress(OvertError):
                    figures = feeds_of(self._service.office, watcher.actor, self._deployment_id, self._feeds)
                    message = ServerSentEvent(event="feeds", data=_json(figures)).encode()
                    for each in self._watchers:
                        each.put(message)
                    break
            await asyncio.sleep(max(0.1, _FIGURES_SECONDS - (time.monotonic() - began)))


def _message(events: Sequence[LiveEventView], found: Iterable[AlertSummary], *, late: bool = False) -> bytes:
    """What happened, as a browser is told: items of the alerts concerned, and which other parts have changed."""
    new = {event.subject_id for event in events if event.kind == "alert"}
    items = sorted(found, key=lambda alert: (alert.received_at, alert.id))
    told: dict[str, Any] = {
        "items": [_told(item_of(alert), new=alert.id in new) for alert in items],
        "head": any(event.kind in _HEAD for event in events),
        "late": late,
    }
    return ServerSentEvent(id=str(events[-1].seq), event="alerts", data=_json(told)).encode()


def _told(item: QueueItem, *, new: bool) -> dict[str, Any]:
    return {"id": item.id, "waits": item.waits, "yours": item.yours, "new": new, "html": item.html}


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _audience(watcher: Watcher, *, personal: bool) -> object:
    return watcher.actor.id if personal else watcher.actor.roles


def _say_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.error("a broadcast has ended: %s", type(error).__name__)


def broadcast_of(
    known: dict[str, Broadcast], service: Service, deployment_id: str, feeds: Sequence[str], position: int
) -> Broadcast:
    """The broadcast of a deployment among those that are known; another one where it has ended."""
    for name in [name for name, broadcast in known.items() if broadcast.over]:
        del known[name]
    return known.setdefault(deployment_id, Broadcast(service, deployment_id, feeds, position))
