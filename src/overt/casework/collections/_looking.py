"""The pictures of an ingestion: read and decoded ahead in a thread of its own, looked at batch by batch."""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from overt.casework.collections._desks import desk_for
from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections._sealed import picture_key, picture_mac
from overt.casework.collections._taking import Looked, known_pictures, rows_done
from overt.errors import ImageError
from overt.gallery import Finding

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from overt.casework.collections._desks import SharedDesk
    from overt.casework.collections._manifest import SourceRow
    from overt.casework.collections.sources import IngestionSource
    from overt.casework.office import Office
    from overt.gallery import Picture

__all__ = ["looked_at"]

_BATCH: Final = 64
_AHEAD: Final = 3  # one decoded picture may take 200 MB


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture's file, read; not decoded where the record has it already."""

    picture: Picture | Finding | None
    sha256: bytes


_Asked = tuple["SourceRow", set[bytes], bytes]


def looked_at(
    office: Office, collection_id: str, ingestion_id: str, rows: Iterable[SourceRow], source: IngestionSource
) -> Iterator[list[Looked]]:
    """The rows that are not done in batches, with their pictures looked at; those that are there already are not.

    Raises:
        MissingError: the collection is not there.
        ContractError, PackError: its model pack cannot be used.
    """
    with office.database.reading() as session:
        shared = desk_for(contract_of(find_collection(session, collection_id)))
    with ThreadPoolExecutor(1, "overt-ingestion") as pool:
        asked = _asked(office, collection_id, ingestion_id, rows)
        reading = _ahead(pool, shared, asked, source)
        try:
            while batch := list(itertools.islice(reading, _BATCH)):
                looked = [_look(shared, row, read) for row, read in batch]
                with shared.lock:
                    shared.desk.embed()
                yield looked
        finally:
            reading.close()


def _asked(
    office: Office, collection_id: str, ingestion_id: str, rows: Iterable[SourceRow]
) -> Iterator[_Asked]:
    """The rows that are still to be done, with the pictures that their records have."""
    rows = iter(rows)
    while some := list(itertools.islice(rows, _BATCH)):
        with office.database.reading() as session:
            collection = find_collection(session, collection_id)
            done = rows_done(office, session, collection, ingestion_id, some)
            left: Sequence[SourceRow] = [row for row, is_done in zip(some, done, strict=True) if not is_done]
            known = known_pictures(office, session, collection, left)
            key = picture_key(office, session, collection)
        for row, pictures in zip(left, known, strict=True):
            yield row, pictures, key


def _ahead(
    pool: ThreadPoolExecutor, shared: SharedDesk, asked: Iterable[_Asked], source: IngestionSource
) -> Generator[tuple[SourceRow, _Read]]:
    """The pictures in their order, a few of them begun before they are asked for."""
    waiting: deque[tuple[SourceRow, Future[_Read]]] = deque()
    try:
        for row, known, key in asked:
            waiting.append((row, pool.submit(partial(_read, shared, source, row, known, key))))
            if len(waiting) > _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        for _, left in waiting:
            left.cancel()


def _read(
    shared: SharedDesk, source: IngestionSource, row: SourceRow, known: set[bytes], key: bytes
) -> _Read:
    if row.refused:
        return _Read(None, b"")
    try:
        content = source.read(row.image, int(shared.desk.limits.mib * 2**20))
    except ImageError as error:
        return _Read(Finding(kind="missing", detail=error.what), b"")
    sha256 = hashlib.sha256(content).digest()
    if picture_mac(key, sha256) in known:
        return _Read(None, sha256)
    return _Read(shared.desk.read(content, row.image), sha256)


def _look(shared: SharedDesk, row: SourceRow, read: _Read) -> Looked:
    if read.picture is None:
        return Looked(row, None, read.sha256)
    with shared.lock:
        return Looked(row, shared.desk.judge(read.picture, row.image), read.sha256)
