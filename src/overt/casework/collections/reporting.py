"""The report of a collection: pairs of images that a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import and_, func, or_, select

from overt.casework.collections._rows import chunks, find_collection
from overt.casework.collections._sealed import about_part, open_personal
from overt.casework.collections.record_models import PairSide, PairView
from overt.casework.commands import command
from overt.casework.paging import Listing
from overt.errors import InputError
from overt.records.tables import CollectionImage, CollectionPair, CollectionRecord

if TYPE_CHECKING:
    from overt.casework.collections.record_models import PairKind
    from overt.casework.commands import Work
    from overt.casework.paging import Page

__all__ = ["report_pairs"]


@command("collections.report")
def report_pairs(work: Work, collection: str, page: Page, kind: PairKind | None = None) -> Listing[PairView]:
    """Pairs of images that a person should look at, the most alike first. Nothing is done about them by itself.

    Args:
        work: the work.
        collection: id or name.
        page: of the pairs.
        kind: only these.

    Raises:
        MissingError: the collection is not there.
        InputError: `page.after` is none of this listing's.
    """
    held = find_collection(work.session, collection)
    rules = [CollectionPair.collection_id == held.id]
    if kind is not None:
        rules.append(CollectionPair.kind == kind)
    asked = select(CollectionPair).where(*rules)
    if page.after is not None:
        last = work.session.get(CollectionPair, page.after)
        if last is None or last.collection_id != held.id:
            raise InputError("There is no such page", "Begin with the first", field="after")
        asked = asked.where(
            or_(
                CollectionPair.score < last.score,
                and_(CollectionPair.score == last.score, CollectionPair.id > last.id),
            )
        )
    found = work.session.scalars(
        asked.order_by(CollectionPair.score.desc(), CollectionPair.id).limit(page.limit + 1)
    ).all()
    shown = found[: page.limit]
    sides = _sides(work, {one for pair in shown for one in (pair.first_image_id, pair.second_image_id)})
    work.note(held.id, shown=len(shown))
    return Listing(
        items=tuple(
            PairView.model_validate(
                {
                    "kind": pair.kind,
                    "first": sides[pair.first_image_id],
                    "second": sides[pair.second_image_id],
                    "score": pair.score,
                    "threshold": held.alike_threshold,
                    "stranger_rate": pair.stranger_rate,
                    "found_at": pair.found_at,
                }
            )
            for pair in shown
        ),
        next=shown[-1].id if len(found) > len(shown) else None,
        total=work.session.scalar(select(func.count()).where(*rules)) or 0,
    )


def _sides(work: Work, image_ids: set[str]) -> dict[str, PairSide]:
    sides = {}
    for some in chunks(sorted(image_ids)):
        rows = work.session.execute(
            select(CollectionImage.id, CollectionImage.sealed_source, CollectionRecord)
            .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
            .where(CollectionImage.id.in_(some))
        ).all()
        personal = open_personal(work.office, work.session, [record for _, _, record in rows])
        files = work.office.vault.open_many(
            work.session,
            [(record.key_id, source, about_part(image_id, "source")) for image_id, source, record in rows],
        )
        for (image_id, _, record), of_record, file in zip(rows, personal, files, strict=True):
            sides[image_id] = PairSide(
                record_id=record.id,
                reference=of_record.reference,
                image_id=image_id,
                file=msgspec.msgpack.decode(file, type=str),
            )
    return sides
