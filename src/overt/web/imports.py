"""Bulk imports that came in through the API: carried out one after the other, in a thread of their own."""

from __future__ import annotations

import io
import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework import Actor
from overt.casework.watchlists import ArchiveSource, carry_out_import, interrupt_imports, start_import
from overt.errors import OvertError, RateError

if TYPE_CHECKING:
    from overt.casework import Office
    from overt.casework.watchlists import ImportView
    from overt.web.spool import SealedSpool

__all__ = ["ImportRoom"]

_LOG: Final = logging.getLogger("overt.imports")
_MOST_WAITING: Final = 4


class _StopError(Exception):
    """The server ends: the import that is being carried out is interrupted between two batches."""


@dataclass(frozen=True)
class _Job:
    actor: Actor
    import_id: str
    source: ArchiveSource
    spool: SealedSpool

    def close(self) -> None:
        self.source.close()
        self.spool.close()


class ImportRoom:
    """Takes archives and carries them out. What a crash or the server's end cut short is marked as interrupted."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="overt-imports", daemon=True)

    def start(self) -> None:
        """Mark what a crash has left running, and begin."""
        interrupt_imports(self._office, Actor.software("server"))
        self._thread.start()

    def close(self) -> None:
        """Interrupt what is being carried out, after its batch, and let go of what waits."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        while self._waiting:
            self._waiting.popleft().close()

    def take(
        self, office: Office, actor: Actor, watchlist_id: str, spool: SealedSpool, *, dry_run: bool
    ) -> ImportView:
        """Begin an import of an archive; the spool is closed when it is over, or if it is refused.

        Raises:
            InputError: the archive is none, or unsafe.
            RateError: enough are waiting.
            OvertError: as `start_import`.
        """
        try:
            self._require_room()
            source = ArchiveSource(io.BufferedReader(spool))
            job = start_import(office, actor, watchlist_id, dry_run=dry_run)
        except BaseException:
            spool.close()
            raise
        with self._changed:
            self._waiting.append(_Job(actor, job.id, source, spool))
            self._changed.notify_all()
        return job

    def _require_room(self) -> None:
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                raise RateError("Enough imports are waiting", "Wait until one is over", wait_seconds=60)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                carry_out_import(self._office, job.actor, job.import_id, job.source, self._go_on)
            except _StopError:
                _LOG.info("%s interrupted", job.import_id)
            except OvertError as error:
                _LOG.info("%s failed: %s", job.import_id, type(error).__name__)
            finally:
                job.close()

    def _next(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting)
            return None if self._closing else self._waiting.popleft()

    def _go_on(self, done: int, rows: int) -> None:
        if self._closing and done < rows:
            raise _StopError
