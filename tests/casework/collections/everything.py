"""All that a collection holds of images, opened, so that two can be compared to the bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections._sealed import about_part, open_templates
from overt.casework.collections.index import templates_after
from overt.records.tables import CollectionImage, CollectionRecord
from tests.casework.collections.suite import Suite

if TYPE_CHECKING:
    from typing import Any

    from overt.casework import collections as c


@dataclass(frozen=True)
class Held:
    """An image, but for ids and times."""

    number: int
    picture: bytes
    file: bytes
    told: tuple[Any, ...]
    template: bytes


def everything(suite: Suite) -> list[Held]:
    """Every image of a suite's collection, in the order of their numbers."""
    office = suite.office
    with office.database.reading() as session:
        collection = find_collection(session, suite.name)
        contract = contract_of(collection)
        sealed = templates_after(session, collection.id, contract, 0, 10_000)
        vectors = open_templates(office, session, [row[1:] for row in sealed], contract)
        templates = {row[0]: vector.tobytes() for row, vector in zip(sealed, vectors, strict=True)}
        rows = session.execute(
            select(CollectionImage, CollectionRecord.key_id)
            .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
            .where(CollectionImage.collection_id == collection.id)
            .order_by(CollectionImage.number)
        ).all()

        def opened(image: CollectionImage, key_id: str, part: str, content: bytes) -> bytes:
            return office.vault.open_sealed(session, key_id, content, about=about_part(image.id, part))

        return [
            Held(
                image.number,
                opened(image, key_id, "picture", image.sealed_picture),
                opened(image, key_id, "source", image.sealed_source),
                (
                    image.taken_on,
                    image.width,
                    image.height,
                    tuple(image.box),
                    tuple(map(tuple, image.landmarks)),
                    image.quality,
                    tuple(sorted(image.measures.items())),
                    tuple(tuple(sorted(finding.items())) for finding in image.findings),
                ),
                templates[image.number],
            )
            for image, key_id in rows
        ]


def rows_of(suite: Suite, ingestion: c.IngestionView) -> list[dict[str, Any]]:
    """What became of each row, but for ids."""
    return [row.model_dump(exclude={"record_id"}) for row in suite.rows(ingestion)]
