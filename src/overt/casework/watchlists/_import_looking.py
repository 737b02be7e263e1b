"""The pictures of an import: read and decoded ahead in a thread of its own, looked at batch by batch."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from overt.casework.commands import Work
from overt.casework.watchlists._desks import contract_of, desk_for
from overt.casework.watchlists._import_taking import LookedRow, known_pictures
from overt.casework.watchlists._rows import chunks, find_watchlist
from overt.casework.watchlists._writing import OfferedImage, age_findings, picture_key, picture_mac
from overt.errors import ImageError
from overt.gallery import Finding, Look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.casework.watchlists._desks import SharedDesk
    from overt.casework.watchlists._import_rows import ImportRow, NamedPicture
    from overt.casework.watchlists._import_sources import ImportSource
    from overt.gallery import Picture

__all__ = ["looked_at"]

T = TypeVar("T")
_BATCH: Final = 64
_AHEAD: Final = 3  # one decoded picture may take 200 MB


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture's file, read; not decoded (`known`) where the entry has it already."""

    picture: Picture | Finding
    sha256: bytes
    known: bool = False


def looked_at(
    office: Office, actor: Actor, watchlist_id: str, rows: Sequence[ImportRow], source: ImportSource
) -> Iterator[list[LookedRow]]:
    """The rows in batches, with their pictures looked at; those of refused rows and known ones are not.

    Raises:
        MissingError: the list is not there.
        ContractError, PackError: its model pack cannot be used.
    """
    with office.database.reading() as session:
        contract = contract_of(find_watchlist(Work(office, session, actor, office.now()), watchlist_id))
    shared = desk_for(contract)

    def reads() -> Iterator[Callable[[], _Read]]:
        for some in chunks(rows, _BATCH):
            with office.database.reading() as session:
                work = Work(office, session, actor, office.now())
                watchlist = find_watchlist(work, watchlist_id)
                known, key = known_pictures(work, watchlist, some), picture_key(work, watchlist)
            for row, of_entry in zip(some, known, strict=True):
                for picture in _wanted(row):
                    yield partial(_read, shared, source, picture, of_entry, key)

    with ThreadPoolExecutor(1, "overt-import") as pool:
        read = _ahead(pool, reads())
        for some in chunks(rows, _BATCH):
            looked = [
                LookedRow(row, tuple(_look(office, shared, named, next(read)) for named in _wanted(row)))
                for row in some
            ]
            with shared.lock:
                shared.desk.embed()
            yield looked


def _wanted(row: ImportRow) -> tuple[NamedPicture, ...]:
    refused = row.entry is None or any(finding.refuses for finding in row.findings)
    return () if refused else row.pictures


def _ahead(pool: ThreadPoolExecutor, jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The results of jobs in their order, a few of them begun before they are asked for."""
    waiting: deque[Future[T]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for left in waiting:
            left.cancel()


def _read(
    shared: SharedDesk, source: ImportSource, named: NamedPicture, known: set[bytes], key: bytes
) -> _Read:
    try:
        content = source.read(named.file, int(shared.desk.limits.mib * 2**20))
    except ImageError as error:
        return _Read(Finding(kind="missing", detail=error.what), b"")
    sha256 = hashlib.sha256(content).digest()
    if picture_mac(key, sha256) in known:
        return _Read(Finding(kind="repeated", detail="the entry has it", refuses=False), sha256, known=True)
    return _Read(shared.desk.read(content, named.file), sha256)


def _look(office: Office, shared: SharedDesk, named: NamedPicture, read: _Read) -> OfferedImage:
    look = Look(named.file)
    if not read.known:
        today = office.now().date()
        with shared.lock:
            look = shared.desk.judge(read.picture, named.file)
        look.findings += age_findings(office.policy.watchlists, named.taken_on, today)
        if named.taken_on is not None and named.taken_on > today:
            look.findings.append(Finding(kind="malformed", detail="the image_date lies ahead"))
    return OfferedImage(look, read.sha256, named.source, named.taken_on)
