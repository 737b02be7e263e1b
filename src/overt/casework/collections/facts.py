"""What the rest of casework asks of a collection, within its own transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, select

from overt.casework.collections._rows import chunks, contract_of
from overt.casework.collections._sealed import about_part, open_personal
from overt.errors import MissingError
from overt.records.tables import CollectionImage, CollectionRecord, CollectionTemplate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.records.tables import Collection

__all__ = ["ImageFacts", "images_by_number", "picture_of", "searched_images"]


@dataclass(frozen=True)
class ImageFacts:
    """An image and whose it is.

    Attributes:
        number: by which the index knows it.
        image_id: its id.
        record_id: of the record it belongs to.
        reference: the record's.
        columns: what else the table said of the record.
        file: the picture's file name.
        taken_on: when it was taken; None where that is unknown.
        width: of the picture as kept, pixels.
        height: the same.
        box: left, top, right, bottom of the face, pixels of the picture as kept.
        landmarks: five points of the face, x and y, pixels of the picture as kept.
        quality: the face's, 0 to 1.
    """

    number: int
    image_id: str
    record_id: str
    reference: str
    columns: Mapping[str, str] = field(repr=False)
    file: str
    taken_on: dt.date | None
    width: int
    height: int
    box: tuple[float, ...]
    landmarks: tuple[tuple[float, float], ...]
    quality: float


def images_by_number(work: Work, collection_id: str, numbers: Sequence[int]) -> dict[int, ImageFacts]:
    """Images by the numbers that an index gave; those that are gone since then are left out."""
    found: dict[int, ImageFacts] = {}
    wanted = sorted({number for number in numbers if number >= 0})
    for some in chunks(wanted):
        rows = work.session.execute(
            select(CollectionImage, CollectionRecord)
            .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
            .where(CollectionImage.collection_id == collection_id, CollectionImage.number.in_(some))
        ).all()
        personal = open_personal(work.office, work.session, [record for _, record in rows])
        files = work.office.vault.open_many(
            work.session,
            [(record.key_id, image.sealed_source, about_part(image.id, "source")) for image, record in rows],
        )
        for (image, record), of_record, file in zip(rows, personal, files, strict=True):
            found[image.number] = ImageFacts(
                number=image.number,
                image_id=image.id,
                record_id=record.id,
                reference=of_record.reference,
                columns=of_record.columns,
                file=msgspec.msgpack.decode(file, type=str),
                taken_on=image.taken_on,
                width=image.width,
                height=image.height,
                box=tuple(image.box),
                landmarks=tuple((x, y) for x, y in image.landmarks),
                quality=image.quality,
            )
    return found


def picture_of(work: Work, image_id: str) -> bytes:
    """The picture of an image as it is kept: a JPEG of the face and its surroundings.

    Raises:
        MissingError: it is not there.
    """
    row = work.session.execute(
        select(CollectionRecord.key_id, CollectionImage.sealed_picture)
        .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
        .where(CollectionImage.id == image_id)
    ).one_or_none()
    if row is None:
        raise MissingError(f"There is no image {image_id[:60]}", "Its record may have been deleted")
    key_id, sealed = row
    return work.office.vault.open_sealed(work.session, key_id, sealed, about=about_part(image_id, "picture"))


def searched_images(session: Session, collection: Collection) -> int:
    """How many images a search goes through: those with a template of the pack in use."""
    contract = contract_of(collection)
    return (
        session.scalar(
            select(func.count())
            .select_from(CollectionTemplate)
            .where(
                CollectionTemplate.collection_id == collection.id,
                CollectionTemplate.pack == contract.pack,
                CollectionTemplate.pack_version == contract.version,
                CollectionTemplate.made.is_(True),
            )
        )
        or 0
    )
