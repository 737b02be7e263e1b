"""The report of a collection: pairs of images that a person should look at, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import and_, func, or_, select

from overt.casework.collections._rows import chunks, find_collection, hold_collection
from overt.casework.collections._sealed import about_part, open_personal
from overt.casework.collections.pair_models import PairDecision, PairSide, PairView
from overt.casework.commands import command
from overt.casework.paging import Listing
from overt.casework.people import names_of
from overt.errors import InputError, MissingError
from overt.records.tables import CollectionImage, CollectionPair, CollectionRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.collections.pair_models import NewPairDecision, PairKind
    from overt.casework.commands import Work
    from overt.casework.paging import Page

__all__ = ["decide_pair", "report_pairs", "show_pair"]

_PARTS: Final = ("reason", "reason.outer")
"""What a reason is sealed about: under the second record's key, and that under the first's."""


@command("collections.report")
def report_pairs(
    work: Work, collection: str, page: Page, kind: PairKind | None = None, *, decided: bool | None = None
) -> Listing[PairView]:
    """Pairs of images that a person should look at, the most alike first. Nothing is done about them by itself.

    Args:
        work: the work.
        collection: id or name.
        page: of the pairs.
        kind: only these.
        decided: only those that somebody has, or nobody has decided about.

    Raises:
        MissingError: the collection is not there.
        InputError: `page.after` is none of this listing's.
    """
    held = find_collection(work.session, collection)
    rules = [CollectionPair.collection_id == held.id]
    if kind is not None:
        rules.append(CollectionPair.kind == kind)
    if decided is not None:
        rules.append(CollectionPair.decision.is_not(None) if decided else CollectionPair.decision.is_(None))
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
    work.note(held.id, shown=len(shown))
    return Listing(
        items=tuple(_views(work, shown)),
        next=shown[-1].id if len(found) > len(shown) else None,
        total=work.session.scalar(select(func.count()).where(*rules)) or 0,
    )


@command("collections.show-pair")
def show_pair(work: Work, collection: str, pair_id: str) -> PairView:
    """One pair.

    Raises:
        MissingError: the collection or the pair is not there.
    """
    pair = _find(work, find_collection(work.session, collection).id, pair_id)
    work.note(pair.id, collection=pair.collection_id)
    (view,) = _views(work, [pair])
    return view


@command("collections.decide-pair")
def decide_pair(work: Work, collection: str, pair_id: str, decision: NewPairDecision) -> PairView:
    """Record what a person found who looked at both pictures. Nothing else is changed by it.

    A later decision takes the place of an earlier one; that there was one, and which, stays in the audit chain.

    Raises:
        MissingError: the collection or the pair is not there.
    """
    held = hold_collection(work, collection)
    pair = _find(work, held.id, pair_id)
    keys = [work.session.get_one(CollectionRecord, one).key_id for one in _records(pair)]
    sealed = decision.reason.encode()
    for key_id, part in zip(reversed(keys), _PARTS, strict=True):
        sealed = work.office.vault.seal(work.session, key_id, sealed, about=about_part(pair.id, part))
    work.note(pair.id, collection=held.id, found=decision.found, instead_of=pair.decision)
    pair.decision, pair.sealed_reason = decision.found, sealed
    pair.decided_at, pair.decided_by = work.now, work.actor.id
    work.session.flush()
    (view,) = _views(work, [pair])
    return view


def _find(work: Work, collection_id: str, pair_id: str) -> CollectionPair:
    found = work.session.get(CollectionPair, pair_id)
    if found is None or found.collection_id != collection_id:
        raise MissingError(
            f"There is no pair {pair_id[:60]}", "One of its records may have been deleted: see the report"
        )
    return found


def _records(pair: CollectionPair) -> tuple[str, str]:
    return pair.first_record_id, pair.second_record_id


def _views(work: Work, pairs: Sequence[CollectionPair]) -> list[PairView]:
    sides, keys = _sides(work, {one for pair in pairs for one in (pair.first_image_id, pair.second_image_id)})
    decisions = _decisions(work, pairs, keys)
    return [
        PairView.model_validate(
            {
                "id": pair.id,
                "collection_id": pair.collection_id,
                "kind": pair.kind,
                "first": sides[pair.first_image_id],
                "second": sides[pair.second_image_id],
                "score": pair.score,
                "threshold": pair.threshold,
                "stranger_rate": pair.stranger_rate,
                "found_at": pair.found_at,
                "decision": decisions.get(pair.id),
            }
        )
        for pair in pairs
    ]


def _decisions(work: Work, pairs: Sequence[CollectionPair], keys: dict[str, str]) -> dict[str, PairDecision]:
    decided = [pair for pair in pairs if pair.sealed_reason is not None]
    sealed = [pair.sealed_reason or b"" for pair in decided]
    for at, part in enumerate(reversed(_PARTS)):
        sealed = work.office.vault.open_many(
            work.session,
            [
                (keys[_records(pair)[at]], content, about_part(pair.id, part))
                for pair, content in zip(decided, sealed, strict=True)
            ],
        )
    names = names_of(work.session, {pair.decided_by or "" for pair in decided})
    return {
        pair.id: PairDecision.model_validate(
            {
                "found": pair.decision,
                "reason": reason.decode(),
                "at": pair.decided_at,
                "by": pair.decided_by,
                "by_name": names.get(pair.decided_by or "", pair.decided_by),
            }
        )
        for pair, reason in zip(decided, sealed, strict=True)
    }


def _sides(work: Work, image_ids: set[str]) -> tuple[dict[str, PairSide], dict[str, str]]:
    """The images by their ids, and the keys of their records by theirs."""
    sides, keys = {}, {}
    for some in chunks(sorted(image_ids)):
        rows = work.session.execute(
            select(CollectionImage, CollectionRecord)
            .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
            .where(CollectionImage.id.in_(some))
        ).all()
        personal = open_personal(work.office, work.session, [record for _, record in rows])
        files = work.office.vault.open_many(
            work.session,
            [(record.key_id, image.sealed_source, about_part(image.id, "source")) for image, record in rows],
        )
        for (image, record), of_record, file in zip(rows, personal, files, strict=True):
            keys[record.id] = record.key_id
            sides[image.id] = PairSide(
                record_id=record.id,
                reference=of_record.reference,
                image_id=image.id,
                file=msgspec.msgpack.decode(file, type=str),
                taken_on=image.taken_on,
                width=image.width,
                height=image.height,
                box=tuple(image.box),
                landmarks=tuple((x, y) for x, y in image.landmarks),
            )
    return sides, keys
