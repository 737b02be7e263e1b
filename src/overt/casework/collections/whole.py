"""Commands about collections as wholes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from overt.casework.collections._desks import named_pack
from overt.casework.collections._rows import find_collection, hold_collection, next_contract_of
from overt.casework.collections.deletion import delete_collection_rows
from overt.casework.collections.facts import searched_images
from overt.casework.collections.models import CollectionView, NextTemplates
from overt.casework.commands import Work, command
from overt.casework.paging import Listing, newest_first
from overt.casework.people import names_of
from overt.errors import ConflictError, InputError
from overt.records.tables import (
    Collection,
    CollectionImage,
    CollectionPair,
    CollectionRecord,
    CollectionTemplate,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from overt.casework.actor import Actor
    from overt.casework.collections.models import CollectionChange, NewCollection
    from overt.casework.office import Office
    from overt.casework.paging import Page

__all__ = [
    "change_collection",
    "collection_progress",
    "collection_view",
    "create_collection",
    "delete_collection",
    "list_collections",
    "show_collection",
]


@command("collections.create")
def create_collection(work: Work, new: NewCollection) -> CollectionView:
    """Make an empty collection, whose templates the model pack that it names will make.

    Raises:
        ConflictError: there is one of this name.
        InputError: the time to a review is longer than policy allows, or the pack's name is a path.
        PackError: the pack is missing, altered or unlicensed.
    """
    review_days = _review_days(work, new.review_days)
    pack = named_pack(new.pack)
    _require_free_name(work, new.name)
    collection = Collection(
        id=new_id("collection"),
        name=new.name,
        purpose=new.purpose,
        key_id=work.office.vault.new_key(work.session, "collection", work.now),
        pack=pack.contract.pack,
        pack_version=pack.contract.version,
        dimension=pack.contract.dimension,
        alike_threshold=pack.manifest.operating_point.threshold,
        review_days=review_days,
        created_at=work.now,
        created_by=work.actor.id,
    )
    work.session.add(collection)
    work.session.flush()
    work.note(collection.id, pack=collection.pack, pack_version=collection.pack_version)
    return collection_view(work, collection)


@command("collections.list")
def list_collections(work: Work, page: Page) -> Listing[CollectionView]:
    """Every collection, newest first.

    Raises:
        InputError: `page.after` is none of this listing's.
    """
    found = newest_first(work.session, Collection, Collection.created_at, page)
    work.note("", shown=len(found.shown))
    return Listing(
        items=tuple(collection_view(work, one) for one in found.shown), next=found.next, total=found.total
    )


@command("collections.show")
def show_collection(work: Work, collection: str) -> CollectionView:
    """A collection, by its id or its name, with counts.

    Raises:
        MissingError: it is not there.
    """
    found = find_collection(work.session, collection)
    work.note(found.id)
    return collection_view(work, found)


def collection_progress(office: Office, actor: Actor, collection: str) -> CollectionView:
    """The same for whoever asks again and again: without an entry in the chain for each time.

    Raises:
        AuthorityError: they may not look at collections.
        MissingError: it is not there.
    """
    show_collection.authorise(actor)
    with office.database.reading() as session:
        work = Work(office, session, actor, office.now())
        return collection_view(work, find_collection(session, collection))


@command("collections.change")
def change_collection(work: Work, collection: str, change: CollectionChange) -> CollectionView:
    """Change what a collection is called, what it says it is for, and when records to come are due for review.

    Raises:
        MissingError: it is not there.
        ConflictError: there is another of this name.
        InputError: the time to a review is longer than policy allows.
    """
    held = hold_collection(work, collection)
    work.note(held.id, fields=sorted(change.model_dump(exclude_none=True)))
    if change.name is not None and change.name != held.name:
        _require_free_name(work, change.name)
        held.name = change.name
    if change.review_days is not None:
        held.review_days = _review_days(work, change.review_days)
    held.purpose = change.purpose or held.purpose
    work.session.flush()
    return collection_view(work, held)


@command("collections.delete")
def delete_collection(work: Work, collection: str) -> int:
    """Delete a collection and all its records, and destroy their keys; returns how many records it had.

    Raises:
        MissingError: it is not there.
    """
    held = hold_collection(work, collection)
    work.note(held.id)
    count = delete_collection_rows(work, held)
    work.note(held.id, records=count)
    work.after_commit.append(work.office.database.truncate_log)
    return count


def collection_view(work: Work, collection: Collection) -> CollectionView:
    """A collection as the commands show it."""
    session, of = work.session, collection.id
    names = names_of(session, {collection.created_by})
    return CollectionView(
        id=of,
        name=collection.name,
        purpose=collection.purpose,
        pack=collection.pack,
        pack_version=collection.pack_version,
        dimension=collection.dimension,
        next=_next(work, collection),
        review_days=collection.review_days,
        records=_count(work, CollectionRecord.collection_id == of),
        images=_count(work, CollectionImage.collection_id == of),
        searched=searched_images(session, collection),
        due_for_review=_count(
            work, CollectionRecord.collection_id == of, CollectionRecord.review_by <= work.now.date()
        ),
        pairs=_count(work, CollectionPair.collection_id == of, CollectionPair.decision.is_(None)),
        pairs_decided=_count(work, CollectionPair.collection_id == of, CollectionPair.decision.is_not(None)),
        not_compared=_count(
            work, CollectionImage.collection_id == of, CollectionImage.number > collection.compared_to
        ),
        created_at=collection.created_at,
        created_by=collection.created_by,
        created_by_name=names.get(collection.created_by, collection.created_by),
    )


def _next(work: Work, collection: Collection) -> NextTemplates | None:
    contract = next_contract_of(collection)
    if contract is None:
        return None
    of_next: Sequence[ColumnElement[bool]] = (
        CollectionTemplate.collection_id == collection.id,
        CollectionTemplate.pack == contract.pack,
        CollectionTemplate.pack_version == contract.version,
    )
    made = _count(work, *of_next, CollectionTemplate.made.is_(True))
    refused = _count(work, *of_next, CollectionTemplate.made.is_(False))
    images = _count(work, CollectionImage.collection_id == collection.id)
    return NextTemplates(
        pack=contract.pack,
        pack_version=contract.version,
        dimension=contract.dimension,
        made=made,
        refused=refused,
        left=images - made - refused,
    )


def _count(work: Work, *rules: ColumnElement[bool]) -> int:
    return work.session.scalar(select(func.count()).where(*rules)) or 0


def _review_days(work: Work, asked: int | None) -> int:
    most = work.office.policy.collections.review_days
    if asked is not None and asked > most:
        raise InputError(
            f"The time to a review is {asked} days, and policy allows {most}",
            f"Name {most} or fewer",
            field="review_days",
        )
    return asked or most


def _require_free_name(work: Work, name: str) -> None:
    held = work.session.scalar(select(Collection.id).where(Collection.name == name))
    if held is not None:
        raise ConflictError(
            f"There is a collection {name} already", "Give the new one another name, or go on with that one"
        )
