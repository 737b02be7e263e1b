"""The queue of alerts: what waits, the oldest first, and what was decided last.

An item names nobody and shows no picture: each look at an alert is an entry in the audit chain, and being told that
one is there is none. Items are the same for everybody, but where the blind second adjudication is due: then whoever
made the first is told that somebody else's is waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from overt.casework import alerts
from overt.casework.paging import Page
from overt.console.pages import environment

if TYPE_CHECKING:
    from overt.casework import Actor, Office
    from overt.casework.alerts import AlertState, AlertSummary

__all__ = ["Queue", "QueueItem", "item_of", "queue_of"]

_UNDECIDED: Final[tuple[AlertState, ...]] = ("open", "second")
_AT_ONCE: Final = 500
_MOST: Final = 5_000
_DECIDED: Final = 30


@dataclass(frozen=True)
class QueueItem:
    """An alert in the queue.

    Attributes:
        id: the alert's.
        waits: whether it is undecided.
        yours: whether it is the viewer's to adjudicate.
        html: a list item.
    """

    id: str
    waits: bool
    yours: bool
    html: str


@dataclass(frozen=True)
class Queue:
    """Waiting alerts, the oldest first, and the newest of those that are decided, the newest first."""

    waiting: tuple[QueueItem, ...]
    decided: tuple[QueueItem, ...]
    left_out: int
    """How many more wait than are shown."""


def queue_of(office: Office, actor: Actor, deployment_id: str) -> Queue:
    """The queue as it is now.

    Raises:
        AuthorityError: the actor may not list alerts.
    """
    waiting: list[AlertSummary] = []
    total = 0
    for state in _UNDECIDED:
        after, among = None, alerts.AlertFilter(deployment_id=deployment_id, state=state)
        while len(waiting) < _MOST:
            listing = alerts.list_alerts(office, actor, among, Page(after=after, limit=_AT_ONCE))
            waiting += listing.items
            after = listing.next
            if after is None:
                break
        total += listing.total
    waiting.sort(key=lambda alert: (alert.received_at, alert.id))
    newest = alerts.list_alerts(
        office, actor, alerts.AlertFilter(deployment_id=deployment_id), Page(limit=_AT_ONCE)
    ).items
    decided = [alert for alert in newest if alert.state not in _UNDECIDED][:_DECIDED]
    return Queue(
        waiting=tuple(item_of(alert) for alert in waiting),
        decided=tuple(item_of(alert) for alert in decided),
        left_out=max(0, total - len(waiting)),
    )


def item_of(alert: AlertSummary) -> QueueItem:
    """An alert as an item, written once for all who are to see the same."""
    # What differs from person to person besides whose it is to judge is not shown, and so must not tell items apart.
    same = alert.model_copy(update={"routed_to_you": False, "acknowledged_by_you": False})
    return QueueItem(
        id=alert.id,
        waits=alert.state in _UNDECIDED,
        yours=alert.yours_to_adjudicate,
        html=_written(same),
    )


@lru_cache(maxsize=4096)
def _written(alert: AlertSummary) -> str:
    return environment().get_template("live/item.html").render(alert=alert).strip()
