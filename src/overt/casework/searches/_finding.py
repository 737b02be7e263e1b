"""Out of a collection's index: the records that resemble a face most, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.records.tables import CollectionImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray
    from overt.casework.commands import Work
    from overt.casework.office import Office
    from overt.gallery.collections import CollectionIndex
    from overt.gallery.shards import ShardedIndex

__all__ = ["CandidateFound", "find_records", "still_there"]

_IMAGES_EACH: Final = 4
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class CandidateFound:
    """A record, by the image of it that scored highest."""

    record_id: str
    image_id: str
    number: int
    score: float


def find_records(
    office: Office,
    collection_id: str,
    index: CollectionIndex | ShardedIndex,
    template: FloatArray,
    *,
    most: int,
    threshold: float,
) -> list[CandidateFound]:
    """The records whose best image scores the threshold or more, best first, so many at the most.

    A record may have many images: more of them are asked for until there are enough records, or no more that score.

    Args:
        office: whose.
        collection_id: the collection.
        index: its index.
        template: float32 [dimension], of unit length.
        most: records.
        threshold: the least score.
    """
    k = most * _IMAGES_EACH
    while True:
        found = index.search(template[None, :], k)
        scored = [
            (int(number), float(score))
            for number, score in zip(found.ids[0], found.scores[0], strict=True)
            if number >= 0 and score >= threshold
        ]
        records = _by_record(office, collection_id, scored)
        if len(records) >= most or len(scored) < k:
            return records[:most]
        k *= _IMAGES_EACH


def _by_record(office: Office, collection_id: str, scored: list[tuple[int, float]]) -> list[CandidateFound]:
    """Each record once, in the order of the scores; images that are gone are left out."""
    whose: dict[int, tuple[str, str]] = {}
    numbers = [number for number, _ in scored]
    with office.database.reading() as session:
        for at in range(0, len(numbers), _AT_ONCE):
            rows = session.execute(
                select(CollectionImage.number, CollectionImage.record_id, CollectionImage.id).where(
                    CollectionImage.collection_id == collection_id,
                    CollectionImage.number.in_(numbers[at : at + _AT_ONCE]),
                )
            )
            whose |= {number: (record_id, image_id) for number, record_id, image_id in rows}
    best: dict[str, CandidateFound] = {}
    for number, score in scored:
        if number in whose:
            record_id, image_id = whose[number]
            best.setdefault(record_id, CandidateFound(record_id, image_id, number, score))
    return list(best.values())


def still_there(work: Work, found: Sequence[CandidateFound]) -> list[CandidateFound]:
    """Those whose image has not been deleted since it was found."""
    ids = [one.image_id for one in found]
    there = set(work.session.scalars(select(CollectionImage.id).where(CollectionImage.id.in_(ids))))
    return [one for one in found if one.image_id in there]
