"""The rows of an ingestion that are still to be looked at, and their pictures' files."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.casework.collections._rows import find_collection
from overt.casework.collections._sealed import picture_key, picture_mac
from overt.casework.collections._taking import known_pictures, rows_done
from overt.errors import ImageError
from overt.gallery import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from overt.casework.collections._manifest import SourceRow
    from overt.casework.collections.sources import IngestionSource
    from overt.casework.office import Office

__all__ = ["Asked", "Opened", "asked_for", "open_row"]

_AT_ONCE: Final = 64


@dataclass(frozen=True, eq=False)
class Asked:
    """A row that is to be done.

    Attributes:
        row: as the source has it.
        known: the pictures, by their keyed digest, that its record has.
        key: of these digests.
    """

    row: SourceRow
    known: set[bytes]
    key: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class Opened:
    """A row's picture.

    Attributes:
        content: of its file; a finding where that cannot be read; None where there is nothing to look at, because the
            record has it or the row is refused.
        sha256: of the file; empty where it was not read.
    """

    content: bytes | Finding | None = field(repr=False)
    sha256: bytes = b""


def asked_for(
    office: Office, collection_id: str, ingestion_id: str, rows: Iterable[SourceRow]
) -> Iterator[Asked]:
    """The rows that are still to be done, with the pictures that their records have."""
    rows = iter(rows)
    while some := list(itertools.islice(rows, _AT_ONCE)):
        with office.database.reading() as session:
            collection = find_collection(session, collection_id)
            done = rows_done(office, session, collection, ingestion_id, some)
            left: Sequence[SourceRow] = [row for row, is_done in zip(some, done, strict=True) if not is_done]
            known = known_pictures(office, session, collection, left)
            key = picture_key(office, session, collection)
        for row, pictures in zip(left, known, strict=True):
            yield Asked(row, pictures, key)


def open_row(asked: Asked, source: IngestionSource, most_mib: float) -> Opened:
    """Read the file of a row's picture, unless there is nothing to look at.

    Args:
        asked: the row.
        source: where the picture is.
        most_mib: of a larger file no more is read than shows that it is larger, MiB.
    """
    if asked.row.refused:
        return Opened(None)
    try:
        content = source.read(asked.row.image, int(most_mib * 2**20))
    except ImageError as error:
        return Opened(Finding(kind="missing", detail=error.what))
    sha256 = hashlib.sha256(content).digest()
    return Opened(None if picture_mac(asked.key, sha256) in asked.known else content, sha256)
