"""Deletion of records and collections: the rows and the keys, and what is held of them in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select

from overt.casework.collections._rows import chunks, find_collection
from overt.casework.collections.index import forget_index, keep_in_step
from overt.records.tables import (
    Collection,
    CollectionImage,
    CollectionPair,
    CollectionRecord,
    CollectionRemoval,
    CollectionTemplate,
    Ingestion,
    IngestionRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.commands import Work

__all__ = ["Deleted", "delete_collection_rows", "delete_records", "delete_references"]


@dataclass(frozen=True)
class Deleted:
    """What was deleted.

    Attributes:
        records: how many.
        images: of them.
        rows: of ingestions' reports that named them.
        keys: that were destroyed.
        searches: that waited for an examination of them, and wait for something else now.
    """

    records: int
    images: int
    rows: int
    keys: int
    searches: int


def delete_records(work: Work, record_ids: Sequence[str]) -> int:
    """Delete records with their images and templates, and destroy their keys; returns how many there were.

    Ids that are not there (any more) are passed over. No search finds them from the commit on.
    """
    count = 0
    for some in chunks(sorted(set(record_ids))):
        asked = select(CollectionRecord.collection_id).where(CollectionRecord.id.in_(some)).distinct()
        for collection_id in sorted(work.session.scalars(asked)):
            collection = find_collection(work.session, collection_id, hold=True)
            macs = work.session.scalars(
                select(CollectionRecord.reference_mac).where(
                    CollectionRecord.collection_id == collection_id, CollectionRecord.id.in_(some)
                )
            ).all()
            count += delete_references(work, collection, macs).records
    return count


def delete_references(work: Work, collection: Collection, macs: Sequence[bytes]) -> Deleted:
    """Delete what a collection has under some hundreds of references, and reports of them. The collection is held."""
    session = work.session
    found = session.execute(
        select(CollectionRecord.id, CollectionRecord.key_id).where(
            CollectionRecord.collection_id == collection.id, CollectionRecord.reference_mac.in_(macs)
        )
    ).all()
    record_ids = [record_id for record_id, _ in found]
    numbers = session.scalars(
        select(CollectionImage.number).where(CollectionImage.record_id.in_(record_ids))
    ).all()
    ingestions = select(Ingestion.id).where(Ingestion.collection_id == collection.id)
    keys = session.scalars(
        delete(IngestionRow)
        .where(IngestionRow.ingestion_id.in_(ingestions), IngestionRow.reference_mac.in_(macs))
        .returning(IngestionRow.key_id)
    ).all()
    searches = 0
    if record_ids:
        _delete_rows(work, collection, record_ids, numbers)
        searches = _go_on_without(work, collection.id, record_ids)
    session.flush()
    destroyed = work.office.vault.destroy(session, {*keys, *(key_id for _, key_id in found)})
    work.after_commit.append(partial(keep_in_step, work.office, collection.id))
    return Deleted(len(record_ids), len(numbers), len(keys), destroyed, searches)


def _go_on_without(work: Work, collection_id: str, record_ids: Sequence[str] | None = None) -> int:
    from overt.casework.searches.deleted import go_on_without  # searches know collections, but for this

    return go_on_without(work, collection_id, record_ids)


def _delete_rows(
    work: Work, collection: Collection, record_ids: Sequence[str], numbers: Sequence[int]
) -> None:
    session = work.session
    collection.revision += 1
    for some in chunks(numbers):
        session.execute(
            insert(CollectionRemoval),
            [
                {"collection_id": collection.id, "number": number, "revision": collection.revision}
                for number in some
            ],
        )
        session.execute(
            delete(CollectionTemplate).where(
                CollectionTemplate.collection_id == collection.id, CollectionTemplate.number.in_(some)
            )
        )
    session.execute(
        delete(CollectionPair).where(
            or_(
                CollectionPair.first_record_id.in_(record_ids),
                CollectionPair.second_record_id.in_(record_ids),
            )
        )
    )
    session.execute(delete(CollectionImage).where(CollectionImage.record_id.in_(record_ids)))
    session.execute(delete(CollectionRecord).where(CollectionRecord.id.in_(record_ids)))


def delete_collection_rows(work: Work, collection: Collection) -> int:
    """Delete a collection with all that belongs to it, and destroy its keys; returns how many records it had."""
    session, of = work.session, collection.id
    ingestions = select(Ingestion.id).where(Ingestion.collection_id == of)
    session.execute(delete(CollectionPair).where(CollectionPair.collection_id == of))
    session.execute(delete(IngestionRow).where(IngestionRow.ingestion_id.in_(ingestions)))
    session.execute(delete(CollectionTemplate).where(CollectionTemplate.collection_id == of))
    session.execute(delete(CollectionImage).where(CollectionImage.collection_id == of))
    gone = session.scalars(
        delete(CollectionRecord).where(CollectionRecord.collection_id == of).returning(CollectionRecord.id)
    ).all()
    session.execute(delete(CollectionRemoval).where(CollectionRemoval.collection_id == of))
    session.execute(delete(Ingestion).where(Ingestion.collection_id == of))
    session.execute(delete(Collection).where(Collection.id == of))
    _go_on_without(work, of)
    work.office.vault.destroy(session, [collection.key_id])
    work.after_commit.append(partial(forget_index, work.office, of))
    return len(gone)
