"""The retention clock: the server's own thread that deletes what is due, every few minutes."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from overt.casework.actor import Actor
from overt.casework.retention.running import KINDS, run_retention
from overt.errors import OvertError
from overt.records.tables import RetentionRun

if TYPE_CHECKING:
    from types import TracebackType

    from overt.casework.office import Office

__all__ = ["RetentionClock"]

_LOG: Final = logging.getLogger("overt.retention")
_HEARTBEAT: Final = timedelta(hours=1)
_AFTER_FAILURE_SECONDS: Final = 30.0


class RetentionClock:
    """Runs retention when it is started and every `run_every_minutes` from then on.

    Where nothing is due it enters a run once an hour, by which the record shows that it was at work.

    Attributes:
        failures: how often a run has failed since the start.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._actor = Actor.software("retention")
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._rounds = 0
        self.failures = 0
        self._thread = threading.Thread(target=self._keep_running, name="retention", daemon=True)

    def start(self) -> Self:
        """Begin; the first round is at once."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, after the batch that is being deleted."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def wait_for_round(self, rounds: int, seconds: float) -> bool:
        """Wait until so many rounds are over since the start; False when the time is up first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._rounds >= rounds, seconds)

    def _keep_running(self) -> None:
        while not self._stop.is_set():
            pause = self._office.policy.retention.run_every_minutes * 60
            try:
                self._round()
            except (OvertError, SQLAlchemyError) as error:
                self.failures += 1
                pause = min(pause, _AFTER_FAILURE_SECONDS)
                _LOG.error("retention failed (%s); it is tried again in %.0f s", type(error).__name__, pause)
            with self._changed:
                self._rounds += 1
                self._changed.notify_all()
            self._stop.wait(pause)

    def _round(self) -> None:
        office = self._office
        with office.database.reading() as session:
            now = office.now()
            last = session.scalar(select(func.max(RetentionRun.at)))
            due = any(kind.due(session, office.policy.retention, now) for kind in KINDS.values())
        if due or last is None or now - last >= _HEARTBEAT:
            run_retention(office, self._actor)
