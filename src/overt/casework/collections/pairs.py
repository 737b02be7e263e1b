"""What a person should look at: the same picture or person under two references, two people in one record.

Each image is compared once with all others. What is found is reported, and nothing is ever done about it by itself:
twins, a brother under another's name and a misfiled picture all look the same to software.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import select

from overt.biometrics import packs
from overt.casework.collections._rows import chunks, contract_of, find_collection, hold_collection
from overt.casework.collections._sealed import open_templates
from overt.casework.collections.index import index_of, templates_after
from overt.casework.commands import command
from overt.errors import PackError
from overt.gallery import stranger_chance
from overt.records.tables import (
    CollectionImage,
    CollectionPair,
    CollectionRecord,
    CollectionTemplate,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from overt.biometrics import Contract, FloatArray
    from overt.biometrics.packs import MeasuredRate
    from overt.casework.actor import Actor
    from overt.casework.collections.pair_models import PairKind
    from overt.casework.commands import Work
    from overt.casework.office import Office
    from overt.gallery.collections import Found
    from overt.records.tables import Collection

__all__ = ["compare_images", "require_may_compare"]

_AT_ONCE: Final = 256
_NEAREST: Final = 8
"""Other records' images that are reported for one image at the most."""
_SEARCHED: Final = 32
_FIRST_OF: Final = {"same-picture": 0, "two-people": 1, "same-person": 2}


@dataclass(frozen=True)
class _Found:
    """A pair by the numbers of its images."""

    kind: PairKind
    first: int
    second: int
    score: float


@dataclass(frozen=True)
class _Batch:
    """Images to compare: their templates, float32 [m, dimension], and the number up to which that brings it."""

    contract: Contract
    begun: int
    threshold: float
    numbers: list[int]
    templates: FloatArray
    last: int


def compare_images(
    office: Office,
    actor: Actor,
    collection: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Compare the images that have not been compared yet with all others; returns how many pairs were found.

    It goes on where it was cut short.

    Args:
        office: the office.
        actor: for whom.
        collection: id or name.
        on_progress: called with the number of the last image compared, and of the last of all.

    Raises:
        MissingError: the collection is not there.
    """
    with office.database.reading() as session:
        collection_id = find_collection(session, collection).id
    pairs = 0
    measured: dict[Contract, Sequence[MeasuredRate]] = {}
    while True:
        with office.database.reading() as session:
            held = find_collection(session, collection_id)
            last, batch = held.numbered, _next(office, session, held)
        if batch.begun >= last:
            return pairs
        index = index_of(office, collection_id)
        near = index.search(batch.templates, _SEARCHED) if batch.numbers else None
        found: list[_Found] = []
        if near is not None:
            others = sorted({int(number) for number in near.ids[near.scores >= batch.threshold]} - {-1})
            with office.database.reading() as session:
                records = _records_of(session, collection_id, {*batch.numbers, *others})
                within = _within_records(office, session, batch, records)
                same = _same_pictures(session, collection_id, batch.numbers)
            found = [*same, *within, *_across(batch, near, records)]
        if batch.contract not in measured:
            measured[batch.contract] = _measured(batch.contract)
        pairs += _take_pairs(office, actor, collection_id, batch, found, measured[batch.contract])
        if on_progress is not None:
            on_progress(batch.last, last)


def require_may_compare(actor: Actor) -> None:
    """Refuse an actor who may not have images compared, before anything is begun.

    Raises:
        AuthorityError: they may not.
    """
    _take_pairs.authorise(actor)


def _next(office: Office, session: Session, collection: Collection) -> _Batch:
    """The next images that have a template. Those that have none are passed over."""
    contract = contract_of(collection)
    rows = templates_after(session, collection.id, contract, collection.compared_to, _AT_ONCE)
    templates = open_templates(
        office, session, [(key_id, image_id, sealed) for _, key_id, image_id, sealed in rows], contract
    )
    last = rows[-1][0] if len(rows) == _AT_ONCE else collection.numbered
    begun, threshold = collection.compared_to, collection.alike_threshold
    return _Batch(contract, begun, threshold, [row[0] for row in rows], templates, last)


def _records_of(session: Session, collection_id: str, numbers: set[int]) -> dict[int, str]:
    return {
        number: record_id
        for some in chunks(sorted(numbers))
        for number, record_id in session.execute(
            select(CollectionImage.number, CollectionImage.record_id).where(
                CollectionImage.collection_id == collection_id, CollectionImage.number.in_(some)
            )
        )
    }


def _across(batch: _Batch, found_near: Found, records: dict[int, str]) -> list[_Found]:
    """Images of other records that score as the same person: of each such record the best, and some records only."""
    found = []
    for number, near, score in zip(batch.numbers, found_near.ids, found_near.scores, strict=True):
        seen = {records.get(number)}
        for other, one in zip(near, score, strict=True):
            record = records.get(int(other))
            if record is None or one < batch.threshold or record in seen:
                continue
            seen.add(record)
            found.append(_Found("same-person", min(number, int(other)), max(number, int(other)), float(one)))
            if len(seen) > _NEAREST:
                break
    return found


def _within_records(office: Office, session: Session, batch: _Batch, records: dict[int, str]) -> list[_Found]:
    """Images that resemble none of the others of their record: each with the one that it resembles most."""
    wanted = sorted({records[number] for number in batch.numbers if number in records})
    of_record: defaultdict[str, list[tuple[int, str, str, bytes]]] = defaultdict(list)
    for some in chunks(wanted):
        for number, record_id, key_id, image_id, sealed in session.execute(
            select(
                CollectionImage.number,
                CollectionImage.record_id,
                CollectionRecord.key_id,
                CollectionImage.id,
                CollectionTemplate.sealed,
            )
            .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
            .join(CollectionTemplate, CollectionTemplate.image_id == CollectionImage.id)
            .where(
                CollectionImage.record_id.in_(some),
                CollectionTemplate.pack == batch.contract.pack,
                CollectionTemplate.pack_version == batch.contract.version,
            )
            .order_by(CollectionImage.number)
        ):
            if sealed is not None:
                of_record[record_id].append((number, key_id, image_id, sealed))
    new = set(batch.numbers)
    found = []
    for images in of_record.values():
        if len(images) < 2:
            continue
        templates = open_templates(
            office,
            session,
            [(key_id, image_id, sealed) for _, key_id, image_id, sealed in images],
            batch.contract,
        )
        scores = templates @ templates.T
        np.fill_diagonal(scores, -np.inf)
        for at, (number, *_) in enumerate(images):
            other = int(scores[at].argmax())
            if number in new and scores[at, other] < batch.threshold:
                first, second = sorted((number, images[other][0]))
                found.append(_Found("two-people", first, second, float(scores[at, other])))
    return found


def _same_pictures(session: Session, collection_id: str, numbers: Sequence[int]) -> list[_Found]:
    """Files that came in under another reference too: each with the first image of it."""
    found = []
    for some in chunks(numbers):
        macs = select(CollectionImage.source_mac).where(
            CollectionImage.collection_id == collection_id, CollectionImage.number.in_(some)
        )
        together: defaultdict[bytes, list[int]] = defaultdict(list)
        for number, mac in session.execute(
            select(CollectionImage.number, CollectionImage.source_mac)
            .where(CollectionImage.collection_id == collection_id, CollectionImage.source_mac.in_(macs))
            .order_by(CollectionImage.number)
        ):
            together[mac].append(number)
        wanted = set(some)
        found += [
            _Found("same-picture", images[0], number, 1.0)
            for images in together.values()
            for number in images[1:]
            if number in wanted
        ]
    return found


@command("collections.compare")
def _take_pairs(
    work: Work, collection_id: str, batch: _Batch, found: Sequence[_Found], measured: Sequence[MeasuredRate]
) -> int:
    collection = hold_collection(work, collection_id)
    work.note(collection.id)
    if contract_of(collection) != batch.contract or collection.compared_to != batch.begun:
        return 0  # another has compared them meanwhile, or the templates are others now
    images = {
        image.number: image
        for some in chunks(sorted({number for pair in found for number in (pair.first, pair.second)}))
        for image in work.session.scalars(
            select(CollectionImage).where(
                CollectionImage.collection_id == collection.id, CollectionImage.number.in_(some)
            )
        )
    }
    size = collection.numbered
    best: dict[tuple[int, int], _Found] = {}
    for pair in sorted(found, key=lambda one: _FIRST_OF[one.kind]):
        if pair.first in images and pair.second in images:
            best.setdefault((pair.first, pair.second), pair)
    new = [pair for pair in best.values() if not _held(work, images[pair.first], images[pair.second])]
    work.session.add_all(
        CollectionPair(
            id=new_id("pair"),
            collection_id=collection.id,
            kind=pair.kind,
            first_record_id=images[pair.first].record_id,
            second_record_id=images[pair.second].record_id,
            first_image_id=images[pair.first].id,
            second_image_id=images[pair.second].id,
            score=round(pair.score, 4),
            threshold=batch.threshold,
            stranger_rate=_rate(measured, pair, size),
            found_at=work.now,
        )
        for pair in new
    )
    collection.compared_to = batch.last
    work.session.flush()
    work.note(collection.id, compared_to=batch.last, pairs=len(new))
    return len(new)


def _held(work: Work, first: CollectionImage, second: CollectionImage) -> bool:
    asked = select(CollectionPair.id).where(
        CollectionPair.first_image_id == first.id, CollectionPair.second_image_id == second.id
    )
    return work.session.scalar(asked) is not None


def _measured(contract: Contract) -> Sequence[MeasuredRate]:
    """What was measured of the pack; nothing where this version of it is not installed any more."""
    try:
        pack = packs.load(contract.pack)
    except PackError:
        return ()
    return pack.manifest.measured if pack.contract == contract else ()


def _rate(measured: Sequence[MeasuredRate], pair: _Found, size: int) -> float | None:
    if pair.kind != "same-person":
        return None
    chance = stranger_chance(measured, score=pair.score, comparisons=size)
    if chance is None:
        return None
    return chance.high if chance.none_counted else chance.rate
