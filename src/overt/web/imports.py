"""Long jobs that came in through the web: imports, ingestions, re-embedding; one after the other, in one thread."""

from __future__ import annotations

import io
import logging
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from overt.casework import Actor
from overt.casework import collections as c
from overt.casework.watchlists import ArchiveSource, carry_out_import, interrupt_imports, start_import
from overt.errors import OvertError, RateError

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Something to carry out, which is told how far it is by a function, and what is closed when it is over."""

    name: str
    carry_out: Callable[[Callable[[int, int], None]], object]
    close: Callable[[], None]


class ImportRoom:
    """Takes archives and carries them out. What a crash or the server's end cut short is marked as interrupted."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._waiting: deque[_Job] = deque()
        self._at_work = ""
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="overt-imports", daemon=True)

    def start(self) -> None:
        """Mark what a crash has left running, and begin."""
        interrupt_imports(self._office, Actor.software("server"))
        c.interrupt_ingestions(self._office, Actor.software("server"))
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
        self._put(
            _Job(job.id, partial(carry_out_import, office, actor, job.id, source), _closing(source, spool))
        )
        return job

    def take_pictures(
        self, office: Office, actor: Actor, collection: str, spool: SealedSpool, name: str
    ) -> c.IngestionView:
        """Begin to ingest an archive, or go on with it; the spool is closed when it is over, or if it is refused.

        Raises:
            InputError: the archive is none, or unsafe.
            RateError: enough are waiting.
            OvertError: as `begin_ingestion`.
        """
        try:
            self._require_room()
            source = c.ArchivePictures(io.BufferedReader(spool), name=name)
            job = c.begin_ingestion(office, actor, collection, source)
        except BaseException:
            spool.close()
            raise

        def carry_out(on_progress: Callable[[int, int], None]) -> None:
            c.carry_out_ingestion(office, actor, job.id, source, on_progress)
            c.compare_images(office, actor, job.collection_id, on_progress)

        self._put(_Job(job.id, carry_out, _closing(source, spool)))
        return job

    def take_re_embedding(self, office: Office, actor: Actor, collection: str, pack: str) -> c.CollectionView:
        """Begin to make another pack's templates, or go on with it.

        Raises:
            RateError: enough are waiting.
            OvertError: as `begin_re_embedding`.
        """
        self._require_room()
        shown = c.begin_re_embedding(office, actor, collection, pack)
        if not self.is_under_way(job := f"re-embed {shown.id}"):
            self._put(_Job(job, partial(c.carry_out_re_embedding, office, actor, shown.id), _nothing))
        return shown

    def take_comparison(self, office: Office, actor: Actor, collection: str) -> c.CollectionView:
        """Begin to compare the images that have not been compared yet with all others.

        Raises:
            RateError: enough are waiting.
            AuthorityError: they may not.
            MissingError: the collection is not there.
        """
        c.require_may_compare(actor)
        shown = c.show_collection(office, actor, collection)
        self._require_room()
        if not self.is_under_way(job := f"compare {shown.id}"):
            self._put(_Job(job, partial(c.compare_images, office, actor, shown.id), _nothing))
        return shown

    def is_under_way(self, job: str) -> bool:
        """Whether this server is at a job, or will come to it: `re-embed COLLECTION`, `compare COLLECTION`."""
        with self._changed:
            return job == self._at_work or any(one.name == job for one in self._waiting)

    def _put(self, job: _Job) -> None:
        with self._changed:
            self._waiting.append(job)
            self._changed.notify_all()

    def _require_room(self) -> None:
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                raise RateError("Enough imports are waiting", "Wait until one is over", wait_seconds=60)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job.carry_out(self._go_on)
            except _StopError:
                _LOG.info("%s interrupted", job.name)
            except OvertError as error:
                _LOG.info("%s failed: %s", job.name, type(error).__name__)
            finally:
                job.close()

    def _next(self) -> _Job | None:
        with self._changed:
            self._at_work = ""
            self._changed.wait_for(lambda: self._closing or self._waiting)
            job = None if self._closing else self._waiting.popleft()
            self._at_work = "" if job is None else job.name
            return job

    def _go_on(self, done: int, rows: int) -> None:
        if self._closing and done < rows:
            raise _StopError


def _nothing() -> None:
    """There is nothing to close."""


def _closing(source: ArchiveSource | c.ArchivePictures, spool: SealedSpool) -> Callable[[], None]:
    def close() -> None:
        source.close()
        spool.close()

    return close
