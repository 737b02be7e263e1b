"""What came of trying feeds, kept in memory for a while so that a page can show it: masked pictures and faults."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.casework.per_office import PerOffice

if TYPE_CHECKING:
    from overt.casework.live import FeedTestView

__all__ = ["Tried", "TriedFeeds", "tried_in"]

_LASTS_SECONDS: Final = 900.0
_MOST: Final = 64


@dataclass(frozen=True)
class Tried:
    """One that was tried.

    Attributes:
        actor_id: who did; it is shown to nobody else.
        address: what was opened, so that it is not shown beside another.
        view: what came of it.
    """

    actor_id: str
    address: str = field(repr=False)
    view: FeedTestView = field(repr=False)
    at: float = field(default_factory=time.monotonic)


class TriedFeeds:
    """The last few, by a name that nobody can guess."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tried] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, tried: Tried) -> str:
        """Keep one; its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = tried
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return name

    def find(self, name: str, actor_id: str) -> Tried | None:
        """The one of this name, if it is this person's and not too old."""
        with self._lock:
            found = self._kept.get(name)
            if found is not None and time.monotonic() - found.at > _LASTS_SECONDS:
                del self._kept[name]
                found = None
        return found if found is not None and found.actor_id == actor_id else None


tried_in: Final = PerOffice(lambda _: TriedFeeds())
"""Those of an office."""
