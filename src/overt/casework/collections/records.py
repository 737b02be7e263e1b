"""Commands about single records: shown, reviewed, deleted by reference."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, select, tuple_

from overt.casework.collections._rows import contract_of, find_collection, hold_collection
from overt.casework.collections._sealed import about_part, mac_of_reference, open_personal
from overt.casework.collections.deletion import delete_references
from overt.casework.collections.facts import picture_of
from overt.casework.collections.record_models import DeletedRecord, DueRecord, RecordImage, RecordView
from overt.casework.commands import command
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import FindingView
from overt.errors import InputError, MissingError
from overt.records.tables import (
    CollectionImage,
    CollectionRecord,
    CollectionTemplate,
)

if TYPE_CHECKING:
    from overt.casework.collections.record_models import RecordReview
    from overt.casework.commands import Work
    from overt.records.tables import Collection

__all__ = ["delete_record", "list_due_records", "review_record", "show_picture", "show_record"]

_FIRST = Page()


@command("collections.show-record")
def show_record(work: Work, collection: str, reference: str) -> RecordView:
    """A record, by its reference.

    Raises:
        MissingError: the collection is not there, or has no such record.
    """
    found = find_collection(work.session, collection)
    record = _record(work, found, reference)
    work.note(record.id, collection=found.id)
    return _view(work, found, record)


@command("collections.show-picture")
def show_picture(work: Work, collection: str, image_id: str) -> bytes:
    """One picture of a record as it is kept: a JPEG of the face and its surroundings.

    Raises:
        MissingError: the collection is not there, or has no such picture.
    """
    held = find_collection(work.session, collection)
    image = work.session.get(CollectionImage, image_id)
    if image is None or image.collection_id != held.id:
        raise MissingError(f"There is no image {image_id[:60]}", "Its record may have been deleted")
    work.note(image.id, collection=held.id, record=image.record_id)
    return picture_of(work, image.id)


@command("collections.list-due-records")
def list_due_records(
    work: Work, collection: str, page: Page = _FIRST, within_days: int = 0
) -> Listing[DueRecord]:
    """Records whose review date is today, has passed, or comes within so many days; the earliest first.

    Raises:
        MissingError: the collection is not there.
        InputError: `page.after` is none of this listing's.
    """
    held = find_collection(work.session, collection)
    until = work.now.date() + dt.timedelta(days=within_days)
    rules = [CollectionRecord.collection_id == held.id, CollectionRecord.review_by <= until]
    total = work.session.scalar(select(func.count()).select_from(CollectionRecord).where(*rules)) or 0
    order = (CollectionRecord.review_by, CollectionRecord.id)
    if page.after is not None:
        last = work.session.get(CollectionRecord, page.after)
        if last is None or last.collection_id != held.id:
            raise InputError("There is no such page", "Begin with the first", field="after")
        rules.append(tuple_(*order) > tuple_(last.review_by, last.id))
    found = work.session.scalars(
        select(CollectionRecord).where(*rules).order_by(*order).limit(page.limit + 1)
    ).all()
    shown = found[: page.limit]
    counted = work.session.execute(
        select(CollectionImage.record_id, func.count())
        .where(CollectionImage.record_id.in_([record.id for record in shown]))
        .group_by(CollectionImage.record_id)
    )
    images = dict(counted.all())
    # a day has passed when the next begins
    grace = dt.timedelta(days=work.office.policy.retention.collection_days_after_review + 1)
    work.note(held.id, shown=len(shown))
    return Listing(
        items=tuple(
            DueRecord(
                id=record.id,
                reference=personal.reference,
                review_by=record.review_by,
                goes_on=record.review_by + grace,
                images=images.get(record.id, 0),
            )
            for record, personal in zip(shown, open_personal(work.office, work.session, shown), strict=True)
        ),
        next=shown[-1].id if len(found) > len(shown) else None,
        total=total,
    )


@command("collections.review-record")
def review_record(work: Work, collection: str, reference: str, review: RecordReview) -> RecordView:
    """Record that a record was looked at and still belongs in the collection, until the next review.

    Raises:
        MissingError: the collection is not there, or has no such record.
        InputError: the date of the next review lies behind, or further ahead than policy allows.
    """
    held = hold_collection(work, collection)
    record = _record(work, held, reference)
    today = work.now.date()
    last = today + dt.timedelta(days=work.office.policy.collections.review_days)
    review_by = review.review_by or today + dt.timedelta(days=held.review_days)
    if not today < review_by <= last:
        raise InputError(
            f"The next review {review_by} is not from tomorrow to {last}",
            "Name a day between",
            field="review_by",
        )
    record.review_by, record.reviewed_at, record.reviewed_by = review_by, work.now, work.actor.id
    work.session.flush()
    work.note(record.id, collection=held.id, review_by=review_by.isoformat())
    return _view(work, held, record)


@command("collections.delete-record")
def delete_record(work: Work, collection: str, reference: str) -> DeletedRecord:
    """Delete a record by its reference: images, templates, what reports say of it; and destroy their keys.

    No search finds it from then on, in this process at once and in others with their next search.

    Raises:
        MissingError: the collection is not there, or nothing in it has this reference.
    """
    held = hold_collection(work, collection)
    mac = mac_of_reference(work.office, work.session, held, reference)
    record = work.session.scalar(
        select(CollectionRecord).where(
            CollectionRecord.collection_id == held.id, CollectionRecord.reference_mac == mac
        )
    )
    record_id = None if record is None else record.id
    work.note(record_id or "", collection=held.id)
    gone = delete_references(work, held, [mac])
    if record_id is None and not gone.rows:
        raise _missing(held)
    work.note(
        record_id or "", images=gone.images, keys=gone.keys, rows=gone.rows, searches_going_on=gone.searches
    )
    work.after_commit.append(work.office.database.truncate_log)
    return DeletedRecord(record_id=record_id, images=gone.images, keys=gone.keys, rows=gone.rows)


def _record(work: Work, collection: Collection, reference: str) -> CollectionRecord:
    mac = mac_of_reference(work.office, work.session, collection, reference)
    found = work.session.scalar(
        select(CollectionRecord).where(
            CollectionRecord.collection_id == collection.id, CollectionRecord.reference_mac == mac
        )
    )
    if found is None:
        raise _missing(collection)
    return found


def _missing(collection: Collection) -> MissingError:
    return MissingError(
        f"The collection {collection.name} has no record of this reference",
        "Check how it is written; it may have been deleted",
    )


def _view(work: Work, collection: Collection, record: CollectionRecord) -> RecordView:
    (personal,) = open_personal(work.office, work.session, [record])
    images = work.session.scalars(
        select(CollectionImage)
        .where(CollectionImage.record_id == record.id)
        .order_by(CollectionImage.quality.desc(), CollectionImage.number)
    ).all()
    files = work.office.vault.open_many(
        work.session,
        [(record.key_id, image.sealed_source, about_part(image.id, "source")) for image in images],
    )
    contract = contract_of(collection)
    searched = set(
        work.session.scalars(
            select(CollectionTemplate.image_id)
            .join(CollectionImage, CollectionImage.id == CollectionTemplate.image_id)
            .where(
                CollectionImage.record_id == record.id,
                CollectionTemplate.pack == contract.pack,
                CollectionTemplate.pack_version == contract.version,
                CollectionTemplate.sealed.is_not(None),
            )
        )
    )
    return RecordView(
        id=record.id,
        collection_id=collection.id,
        reference=personal.reference,
        columns=dict(personal.columns),
        review_by=record.review_by,
        reviewed_at=record.reviewed_at,
        added_at=record.added_at,
        images=tuple(
            RecordImage(
                id=image.id,
                number=image.number,
                file=msgspec.msgpack.decode(file, type=str),
                taken_on=image.taken_on,
                width=image.width,
                height=image.height,
                box=tuple(image.box),
                quality=image.quality,
                measures=image.measures,
                findings=tuple(FindingView(**finding) for finding in image.findings),
                searched=image.id in searched,
                added_at=image.added_at,
            )
            for image, file in zip(images, files, strict=True)
        ),
    )
