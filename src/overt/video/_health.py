"""Whether a trouble of a feed is told, and told again."""

from __future__ import annotations

import time
from collections import deque

__all__ = ["Health"]

_TELL_SECONDS = 60.0
_WINDOW = 100
_MUCH_DAMAGE = 5


class Health:
    """Decides when a repeated trouble is told again.

    Attributes:
        outage: the kind of fault that the present outage was told as; None while the source is well.
    """

    def __init__(self) -> None:
        self.outage: str | None = None
        self._told: dict[str, float] = {}
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._damaged = 0
        self._hurting = False

    def tells(self, kind: str) -> bool:
        """Whether a fault of this kind should be told: the first, and then one a minute."""
        now = time.monotonic()
        if now - self._told.get(kind, -_TELL_SECONDS) < _TELL_SECONDS:
            return False
        self._told[kind] = now
        return True

    def hurt(self, damaged: int) -> bool:
        """Whether damage has just become a fault: several of a hundred pictures; again after a clean hundred."""
        self._recent.extend([True] * min(_WINDOW, damaged - self._damaged))
        self._recent.append(False)
        self._damaged = damaged
        count = sum(self._recent)
        starts = count >= _MUCH_DAMAGE and not self._hurting
        self._hurting = starts or (self._hurting and count > 0)
        return starts
