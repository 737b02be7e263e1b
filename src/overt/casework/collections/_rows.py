"""Finding rows, by id or name, or saying that they are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import or_, select

from overt.biometrics import Contract
from overt.errors import MissingError
from overt.records.tables import Collection, CollectionRecord, Ingestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from overt.casework.commands import Work

__all__ = [
    "chunks",
    "contract_of",
    "find_collection",
    "find_ingestion",
    "find_record",
    "hold_collection",
    "next_contract_of",
]

T = TypeVar("T")
_AT_ONCE: Final = 500


def chunks(items: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """Parts of a sequence: a statement takes only so many values."""
    return (items[at : at + size] for at in range(0, len(items), size))


def find_collection(session: Session, collection: str, *, hold: bool = False) -> Collection:
    """A collection, by its id or its name.

    Args:
        session: the transaction.
        collection: id or name.
        hold: lock it until the transaction ends.

    Raises:
        MissingError: there is none such.
    """
    asked = select(Collection).where(or_(Collection.id == collection, Collection.name == collection))
    if hold:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(asked)
    if found is None:
        raise MissingError(
            f"There is no collection {collection[:60]}",
            "See `overt collection list`; `overt collection create` makes one",
        )
    return found


def hold_collection(work: Work, collection: str) -> Collection:
    """A collection, locked until the transaction ends: whoever writes to it or its records holds it.

    Raises:
        MissingError: there is none such.
    """
    return find_collection(work.session, collection, hold=True)


def find_record(work: Work, collection_id: str, record_id: str) -> CollectionRecord:
    """A record of a collection.

    Raises:
        MissingError: there is none of this id.
    """
    found = work.session.get(CollectionRecord, record_id)
    if found is None or found.collection_id != collection_id:
        raise MissingError(f"There is no record {record_id[:60]}", "It may have been deleted")
    return found


def find_ingestion(session: Session, ingestion_id: str, *, hold: bool = False) -> Ingestion:
    """An ingestion.

    Raises:
        MissingError: there is none of this id.
    """
    found = session.get(Ingestion, ingestion_id, with_for_update=True if hold else None)
    if found is None:
        raise MissingError(
            f"There is no ingestion {ingestion_id[:60]}", "See `overt collection ingestions NAME`"
        )
    return found


def contract_of(collection: Collection) -> Contract:
    """What the templates that are searched are bound to."""
    return Contract(pack=collection.pack, version=collection.pack_version, dimension=collection.dimension)


def next_contract_of(collection: Collection) -> Contract | None:
    """The same of the templates that are made beside them; None where none are."""
    if collection.next_pack is None or collection.next_pack_version is None or not collection.next_dimension:
        return None
    return Contract(
        pack=collection.next_pack,
        version=collection.next_pack_version,
        dimension=collection.next_dimension,
    )
