"""What an officer's page is told as it happens: that something of an alert of theirs has changed, and nothing else.

The live page's reader of events is shared. It tells everybody who watches of every alert; what goes on to an officer
is cut down to the ids and states of those that were routed to them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sse_starlette import ServerSentEvent

from overt.casework import alerts
from overt.console.live import Watcher

if TYPE_CHECKING:
    from overt.casework import Actor, Office

__all__ = ["OfficerWatcher", "told_to"]

_ALERTS: Final = "alerts"
_MOST: Final = 500


class OfficerWatcher(Watcher):
    """An officer who watches: the feeds' figures are not for them."""

    def put(self, message: bytes) -> None:
        """A message for them, unless it is of the feeds."""
        if _parts(message).get("event") == _ALERTS:
            super().put(message)


def told_to(office: Office, actor: Actor, deployment_id: str, message: bytes) -> ServerSentEvent:
    """A message of the live page's, as this officer is told of it.

    Only an alert that is decided can have been routed to anybody, so only such are looked up.

    Raises:
        AuthorityError: the actor may not list alerts any more.
    """
    parts = _parts(message)
    said: dict[str, Any] = json.loads(parts["data"])
    decided = [item["id"] for item in said["items"] if not item["waits"]]
    mine: list[dict[str, Any]] = []
    for begin in range(0, len(decided), _MOST):
        found = alerts.summaries_of(office, actor, deployment_id, decided[begin : begin + _MOST])
        mine += [
            {"id": alert.id, "state": alert.state, "mine": alert.acknowledged_by_you}
            for alert in found
            if alert.routed_to_you
        ]
    told = json.dumps({"alerts": mine, "duty": said["head"]}, separators=(",", ":"))
    return ServerSentEvent(id=parts["id"], event="news", data=told)


def _parts(message: bytes) -> dict[str, str]:
    """The fields of a server-sent event."""
    lines = message.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)
