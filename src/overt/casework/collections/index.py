"""What a search goes through: one index for each collection and process, in step with the database."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import select

from overt.casework.clusters import cluster_of
from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections._sealed import open_templates
from overt.casework.per_office import PerOffice
from overt.records.tables import CollectionImage, CollectionRecord, CollectionRemoval, CollectionTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from sqlalchemy.orm import Session

    from overt.biometrics import Contract, FloatArray
    from overt.casework.office import Office
    from overt.gallery.collections import CollectionIndex
    from overt.gallery.shards import ShardedIndex

    Index = CollectionIndex | ShardedIndex

__all__ = ["forget_index", "index_of", "keep_in_step", "templates_after"]

_AT_ONCE: Final = 4096


@dataclass(eq=False)
class _Kept:
    """An index and how far it is: images up to `number` are in it, changes up to `revision` are known."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    index: Index | None = None
    contract: Contract | None = None
    number: int = 0
    revision: int = -1


@dataclass(eq=False)
class _Indexes:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[str, _Kept] = field(default_factory=dict)


_of: Final = PerOffice(lambda _: _Indexes())


def index_of(office: Office, collection: str) -> Index:
    """The index of a collection, as the database is now: built when first asked for, then kept in step.

    Ids are the numbers of images; `images_by_number` says whose they are. It asks no permission: a command does.

    Args:
        office: whose.
        collection: id or name.

    Raises:
        MissingError: it is not there.
    """
    with office.database.reading() as session:
        collection_id = find_collection(session, collection).id
    held = _of(office)
    with held.lock:
        kept = held.kept.setdefault(collection_id, _Kept())
    with kept.lock:
        return _in_step(office, collection_id, kept)


def keep_in_step(office: Office, collection_id: str) -> None:
    """Bring the index up to date if this process has one; to be called after a commit."""
    with _of(office).lock:
        kept = _of(office).kept.get(collection_id)
    if kept is None:
        return
    with kept.lock:
        _in_step(office, collection_id, kept)


def forget_index(office: Office, collection_id: str) -> None:
    """Let go of the index of a collection that is deleted, and overwrite what it held."""
    with _of(office).lock:
        kept = _of(office).kept.pop(collection_id, None)
    if kept is None:
        return
    with kept.lock:
        if kept.index is not None:
            kept.index.remove(range(1, kept.number + 1))
            kept.index.close()
        kept.index = None


def templates_after(
    session: Session, collection_id: str, contract: Contract, number: int, limit: int
) -> list[tuple[int, str, str, bytes]]:
    """(number, key id, image id, sealed template) of the images that follow a number, in their order."""
    rows = session.execute(
        select(
            CollectionTemplate.number,
            CollectionRecord.key_id,
            CollectionTemplate.image_id,
            CollectionTemplate.sealed,
        )
        .join(CollectionImage, CollectionImage.id == CollectionTemplate.image_id)
        .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
        .where(
            CollectionTemplate.collection_id == collection_id,
            CollectionTemplate.pack == contract.pack,
            CollectionTemplate.pack_version == contract.version,
            CollectionTemplate.number > number,
            CollectionTemplate.sealed.is_not(None),
        )
        .order_by(CollectionTemplate.number)
        .limit(limit)
    ).all()
    return [(at, key_id, image_id, sealed) for at, key_id, image_id, sealed in rows if sealed is not None]


def _in_step(office: Office, collection_id: str, kept: _Kept) -> Index:
    with office.database.reading() as session:
        collection = find_collection(session, collection_id)
        contract, revision, numbered = contract_of(collection), collection.revision, collection.numbered
        if kept.index is None or kept.contract != contract:
            kept.index, kept.contract = _new_index(office, collection_id, contract), contract
            kept.number, kept.revision = 0, -1
        if kept.revision == revision:
            return kept.index
        gone = session.scalars(
            select(CollectionRemoval.number).where(
                CollectionRemoval.collection_id == collection_id,
                CollectionRemoval.revision > kept.revision,
                CollectionRemoval.number <= kept.number,
            )
        ).all()
    if gone:
        kept.index.remove(gone)
    while kept.number < numbered:
        numbers, templates = _next(office, collection_id, contract, kept.number)
        if numbers:
            kept.index.add(numbers, templates)
        kept.number = numbers[-1] if len(numbers) == _AT_ONCE else numbered
    kept.revision = revision
    return kept.index


def _new_index(office: Office, collection_id: str, contract: Contract) -> Index:
    """An empty one. Who never searches does not wait for FAISS to load, and who has no cluster not for Ray."""
    address = cluster_of(office)
    if address is None:
        from overt.gallery.collections import CollectionIndex

        return CollectionIndex(contract)
    from overt.gallery.shards import ShardedIndex

    return ShardedIndex(
        contract,
        address=address,
        refill=lambda: _all(office, collection_id, contract),
        label=f"collection {collection_id}",
    )


def _all(
    office: Office, collection_id: str, contract: Contract
) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
    """The numbers and templates of all images, part after part."""
    number = 0
    while True:
        numbers, templates = _next(office, collection_id, contract, number)
        yield np.array(numbers, np.int64), templates
        if len(numbers) < _AT_ONCE:
            return
        number = numbers[-1]


def _next(
    office: Office, collection_id: str, contract: Contract, number: int
) -> tuple[list[int], FloatArray]:
    """The numbers and templates of the next images, in a transaction of their own: keys are held no longer."""
    with office.database.reading() as session:
        rows = templates_after(session, collection_id, contract, number, _AT_ONCE)
        sealed = [(key_id, image_id, content) for _, key_id, image_id, content in rows]
        return [row[0] for row in rows], open_templates(office, session, sealed, contract)
