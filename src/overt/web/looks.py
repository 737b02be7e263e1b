"""Who has begun to look at which feed, so that the audit chain holds that they look and not each picture."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Looks"]

_LASTS_SECONDS: Final = 300.0
_MOST: Final = 10_000


class Looks:
    """Looks that were entered in the chain within the last five minutes."""

    def __init__(self) -> None:
        self._began: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def has_begun(self, look: Hashable) -> bool:
        """Whether it is in the chain already."""
        with self._lock:
            began = self._began.get(look)
        return began is not None and time.monotonic() - began < _LASTS_SECONDS

    def begin(self, look: Hashable) -> None:
        """Note that it has just been entered."""
        now = time.monotonic()
        with self._lock:
            if len(self._began) >= _MOST:
                self._began = {
                    known: began for known, began in self._began.items() if now - began < _LASTS_SECONDS
                }
            self._began[look] = now
