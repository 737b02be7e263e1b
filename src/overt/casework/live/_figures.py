"""What each running engine said last of its feeds, in memory only: figures and faults, never a picture."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from overt.casework.per_office import PerOffice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from overt.engine import Fault, Telemetry

__all__ = ["Figures", "RunFigures", "figures_of"]


@dataclass(frozen=True)
class RunFigures:
    """Of one run, from its start.

    Attributes:
        run_id: of the run.
        telemetry: the newest; None until the first has come.
        came_at: when that was.
        faults: by feed, the last fault and when it came.
    """

    run_id: str
    telemetry: Telemetry | None = None
    came_at: datetime | None = None
    faults: Mapping[str, tuple[datetime, Fault]] = field(default_factory=dict)


class Figures:
    """By deployment, what its run said last."""

    def __init__(self) -> None:
        self._runs: dict[str, RunFigures] = {}
        self._lock = threading.Lock()

    def begin(self, deployment_id: str, run_id: str) -> None:
        """A run has begun; nothing of the one before it counts any more."""
        with self._lock:
            self._runs[deployment_id] = RunFigures(run_id)

    def put(self, deployment_id: str, telemetry: Telemetry, now: datetime) -> None:
        """Take the place of the telemetry before."""
        with self._lock:
            known = self._runs.get(deployment_id)
            if known is not None:
                self._runs[deployment_id] = replace(known, telemetry=telemetry, came_at=now)

    def put_fault(self, deployment_id: str, fault: Fault, now: datetime) -> None:
        """Take the place of the feed's fault before."""
        with self._lock:
            known = self._runs.get(deployment_id)
            if known is not None:
                faults = {**known.faults, fault.feed: (now, fault)}
                self._runs[deployment_id] = replace(known, faults=faults)

    def of(self, deployment_id: str) -> RunFigures | None:
        """What is known; None where the deployment is not running in this process."""
        with self._lock:
            return self._runs.get(deployment_id)

    def forget(self, deployment_id: str) -> None:
        """It is not running here any more."""
        with self._lock:
            self._runs.pop(deployment_id, None)


figures_of: Final = PerOffice(lambda _: Figures())
"""The figures of this office's running deployments."""
