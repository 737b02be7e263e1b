"""The newest masked picture of each feed, in memory only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from overt.casework.per_office import PerOffice

if TYPE_CHECKING:
    from overt.engine import MaskedFrame

__all__ = ["MaskedFrames", "frames_of"]


class MaskedFrames:
    """By deployment and feed, the last masked frame and no other."""

    def __init__(self) -> None:
        self._frames: dict[str, dict[str, MaskedFrame]] = {}
        self._lock = threading.Lock()

    def put(self, deployment_id: str, frame: MaskedFrame) -> None:
        """Take the place of the one before."""
        with self._lock:
            self._frames.setdefault(deployment_id, {})[frame.feed] = frame

    def newest(self, deployment_id: str, feed: str) -> MaskedFrame | None:
        """The last one, if the deployment is running here and has sent one."""
        with self._lock:
            return self._frames.get(deployment_id, {}).get(feed)

    def feeds(self, deployment_id: str) -> tuple[str, ...]:
        """The feeds that have a picture."""
        with self._lock:
            return tuple(sorted(self._frames.get(deployment_id, {})))

    def forget(self, deployment_id: str) -> None:
        """Let go of all of a deployment's."""
        with self._lock:
            self._frames.pop(deployment_id, None)


frames_of: Final = PerOffice(lambda _: MaskedFrames())
"""The masked frames of this office's running deployments."""
