"""The pictures of an ingestion: read and decoded ahead in a thread of its own, looked at batch by batch."""

from __future__ import annotations

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from overt.casework.collections._asking import asked_for, open_row
from overt.casework.collections._desks import desk_for
from overt.casework.collections._looking_afar import looked_at_afar
from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections._taking import Looked

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future

    from overt.casework.collections._asking import Asked
    from overt.casework.collections._desks import SharedDesk
    from overt.casework.collections._looking_afar import LookingCrew
    from overt.casework.collections._manifest import SourceRow
    from overt.casework.collections.sources import IngestionSource
    from overt.casework.office import Office
    from overt.gallery import Finding, Picture

__all__ = ["looked_at"]

_BATCH: Final = 64
_AHEAD: Final = 3  # one decoded picture may take 200 MB


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture's file, read; not decoded where the record has it already."""

    picture: Picture | Finding | None
    sha256: bytes


def looked_at(
    office: Office,
    collection_id: str,
    ingestion_id: str,
    rows: Iterable[SourceRow],
    source: IngestionSource,
    *,
    crew: LookingCrew | None = None,
) -> Iterator[list[Looked]]:
    """The rows that are not done in batches, with their pictures looked at; those that are there already are not.

    Args:
        office: the office.
        collection_id: which collection the pictures come into.
        ingestion_id: by which rows are known to be done.
        rows: of the source.
        source: the pictures.
        crew: who looks at them; this process where there is none.

    Raises:
        MissingError: the collection is not there.
        ContractError, PackError: its model pack cannot be used, here or on a node of the cluster.
        ClusterError: the cluster is gone, or a node has another version of Overt.
    """
    asked = asked_for(office, collection_id, ingestion_id, rows)
    if crew is not None:
        looked = looked_at_afar(crew, asked, source)
        while batch := list(itertools.islice(looked, _BATCH)):
            yield batch
        return
    with office.database.reading() as session:
        shared = desk_for(contract_of(find_collection(session, collection_id)))
    with ThreadPoolExecutor(1, "overt-ingestion") as pool:
        reading = _ahead(pool, shared, asked, source)
        try:
            while some := list(itertools.islice(reading, _BATCH)):
                batch = [_look(shared, row, read) for row, read in some]
                with shared.lock:
                    shared.desk.embed()
                yield batch
        finally:
            reading.close()


def _ahead(
    pool: ThreadPoolExecutor, shared: SharedDesk, asked: Iterable[Asked], source: IngestionSource
) -> Generator[tuple[SourceRow, _Read]]:
    """The pictures in their order, a few of them begun before they are asked for."""
    waiting: deque[tuple[SourceRow, Future[_Read]]] = deque()
    try:
        for one in asked:
            waiting.append((one.row, pool.submit(partial(_read, shared, source, one))))
            if len(waiting) > _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        for _, left in waiting:
            left.cancel()


def _read(shared: SharedDesk, source: IngestionSource, asked: Asked) -> _Read:
    opened = open_row(asked, source, shared.desk.limits.mib)
    content = opened.content
    if isinstance(content, bytes):
        return _Read(shared.desk.read(content, asked.row.image), opened.sha256)
    return _Read(content, opened.sha256)


def _look(shared: SharedDesk, row: SourceRow, read: _Read) -> Looked:
    if read.picture is None:
        return Looked(row, None, read.sha256)
    with shared.lock:
        return Looked(row, shared.desk.judge(read.picture, row.image), read.sha256)
