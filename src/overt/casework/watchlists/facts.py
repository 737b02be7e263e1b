"""What the rest of casework asks about watchlists: for freezing, for the engine, for an alert, for deletion."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import func, or_, select

from overt.biometrics import Contract, Covering, FloatArray
from overt.casework.watchlists._rows import chunks, find_entry, find_watchlist
from overt.casework.watchlists._sealed import open_covered, open_personal, open_templates
from overt.casework.watchlists.age import age_on
from overt.casework.watchlists.look_alikes import LookAlike, look_alikes_across
from overt.casework.watchlists.officer_views import LookAlikeOnList, OfficerEntry, ReferenceFace
from overt.errors import ConflictError
from overt.gallery import require_contract
from overt.records.tables import LookAlikePair, ReferenceImage, Watchlist, WatchlistEntry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from overt.casework.commands import Work

__all__ = [
    "EntryFacts",
    "Templates",
    "frozen_facts",
    "is_current",
    "look_alikes_among",
    "shown_to_officers",
    "templates_of",
]


@dataclass(frozen=True)
class EntryFacts:
    """An entry as it stands now, without anything that names the subject but the date of birth.

    Attributes:
        entry_id: of the entry.
        watchlist_id: of its list.
        digest: SHA-256, changed by any change of the entry, its images or its approval. A review that only moves
            `review_by` leaves it.
        category: why such a person is sought.
        seed: whether it is a consenting person placed on the list to walk past.
        status: pending, approved or withdrawn.
        review_by: the day by which it must be looked at again.
        expires_on: its last day.
        born: the date of birth; None where it is unknown.
        newest_image: when the newest image was taken; None where no image has a date.
        best_quality: of its images; None without any.
        images: how many.
    """

    entry_id: str
    watchlist_id: str
    digest: bytes
    category: str
    seed: bool
    status: str
    review_by: dt.date
    expires_on: dt.date
    born: dt.date | None
    newest_image: dt.date | None
    best_quality: float | None
    images: int


@dataclass(frozen=True, eq=False)
class Templates:
    """Templates to search with.

    Attributes:
        contract: what they are bound to.
        entries: ids of the entries that have templates, in the order asked for.
        templates: float32 [m, dimension], of unit length.
        entry_of_template: int64 [m]: the index in `entries` of each.
        covered: the same templates with a part of the face even, row for row, by that part; of the parts that every
            image has.
    """

    contract: Contract
    entries: tuple[str, ...]
    templates: FloatArray = field(repr=False)
    entry_of_template: npt.NDArray[np.int64] = field(repr=False)
    covered: Mapping[Covering, FloatArray] = field(default_factory=dict, repr=False)


def frozen_facts(work: Work, watchlist_ids: Sequence[str]) -> list[EntryFacts]:
    """Every entry of these lists as it stands, in the order of the lists and then of the entries' ids.

    Raises:
        MissingError: one of the lists is not there.
    """
    facts: list[EntryFacts] = []
    for watchlist_id in watchlist_ids:
        find_watchlist(work, watchlist_id)
        entries = work.session.scalars(
            select(WatchlistEntry)
            .where(WatchlistEntry.watchlist_id == watchlist_id)
            .order_by(WatchlistEntry.id)
        ).all()
        images: defaultdict[str, list[tuple[str, bytes, dt.date | None, float]]] = defaultdict(list)
        for entry_id, image_id, mac, taken_on, quality in work.session.execute(
            select(
                ReferenceImage.entry_id,
                ReferenceImage.id,
                ReferenceImage.source_mac,
                ReferenceImage.taken_on,
                ReferenceImage.quality,
            )
            .join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id)
            .where(WatchlistEntry.watchlist_id == watchlist_id)
            .order_by(ReferenceImage.id)
        ):
            images[entry_id].append((image_id, mac, taken_on, quality))
        for entry, personal in zip(entries, open_personal(work, entries), strict=True):
            own = images[entry.id]
            facts.append(
                EntryFacts(
                    entry_id=entry.id,
                    watchlist_id=watchlist_id,
                    digest=_digest(entry, [(image_id, mac) for image_id, mac, _, _ in own]),
                    category=entry.category,
                    seed=entry.seed,
                    status=entry.status,
                    review_by=entry.review_by,
                    expires_on=entry.expires_on,
                    born=personal.date_of_birth,
                    newest_image=max((taken for _, _, taken, _ in own if taken is not None), default=None),
                    best_quality=max((quality for _, _, _, quality in own), default=None),
                    images=len(own),
                )
            )
    return facts


def _digest(entry: WatchlistEntry, images: list[tuple[str, bytes]]) -> bytes:
    approved_at = None if entry.approved_at is None else entry.approved_at.isoformat()
    said = (
        (entry.id, entry.watchlist_id, entry.revision, entry.status, entry.category, entry.seed),
        (entry.expires_on, approved_at, entry.approved_by, hashlib.sha256(entry.sealed).digest()),
        tuple(images),
    )
    return hashlib.sha256(b"overt entry 1" + msgspec.msgpack.encode(said)).digest()


def templates_of(work: Work, entry_ids: Sequence[str]) -> Templates:
    """The templates of these entries; an entry without any is left out.

    Raises:
        ConflictError: none of them has a reference image.
        ContractError: they are of different model packs.
        VaultError: a template was altered.
    """
    found: dict[str, list[tuple[str, str, bytes, bytes | None]]] = defaultdict(list)
    contract: Contract | None = None
    for some in chunks(list(entry_ids)):
        rows = work.session.execute(
            select(
                ReferenceImage.entry_id,
                WatchlistEntry.key_id,
                ReferenceImage.id,
                ReferenceImage.sealed_template,
                ReferenceImage.sealed_covered,
                Watchlist.pack,
                Watchlist.pack_version,
                Watchlist.dimension,
            )
            .join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id)
            .join(Watchlist, Watchlist.id == WatchlistEntry.watchlist_id)
            .where(ReferenceImage.entry_id.in_(some))
            .order_by(ReferenceImage.id)
        )
        for entry_id, key_id, image_id, sealed, covered, pack, version, dimension in rows:
            bound = Contract(pack=pack, version=version, dimension=dimension)
            if contract is not None:
                require_contract(contract, bound)
            contract = bound
            found[entry_id].append((key_id, image_id, sealed, covered))
    if contract is None:
        raise ConflictError("None of the entries has a reference image", "Add images to the entries")
    entries = tuple(dict.fromkeys(entry_id for entry_id in entry_ids if entry_id in found))
    owner = [i for i, entry_id in enumerate(entries) for _ in found[entry_id]]
    sealed_rows = [row for entry_id in entries for row in found[entry_id]]
    return Templates(
        contract=contract,
        entries=entries,
        templates=open_templates(work, [row[:3] for row in sealed_rows], contract.dimension),
        entry_of_template=np.array(owner, np.int64),
        covered=open_covered(work, [(row[0], row[1], row[3]) for row in sealed_rows], contract.dimension),
    )


def is_current(work: Work, entry_id: str) -> bool:
    """Whether the entry is there, approved, not withdrawn, and not past its last day."""
    entry = work.session.get(WatchlistEntry, entry_id)
    return entry is not None and entry.status == "approved" and entry.expires_on >= work.now.date()


def shown_to_officers(work: Work, entry_id: str) -> OfficerEntry:
    """What an officer who must decide on an alert is shown of the entry.

    Raises:
        MissingError: it is not there (any more).
    """
    entry = find_entry(work, entry_id)
    alike = _pairs(work, [entry.watchlist_id], entry_id)
    others = {(set(pair.entry_ids) - {entry_id}).pop(): pair for pair in alike}
    rows = [
        row for some in chunks(sorted(others)) for row in work.session.scalars(
            select(WatchlistEntry).where(WatchlistEntry.id.in_(some), WatchlistEntry.status != "withdrawn")
        )
    ]  # fmt: skip
    personal, *named = open_personal(work, [entry, *rows])
    today = work.now.date()
    faces = _faces(work, [entry_id, *(row.id for row in rows)])
    images = faces.get(entry_id, [])
    return OfficerEntry(
        entry_id=entry.id,
        reference=personal.reference,
        name=personal.name,
        category=entry.category,
        lawful_basis=personal.lawful_basis,
        instruction=personal.instruction,
        warnings=personal.warnings,
        date_of_birth=personal.date_of_birth or "unknown",
        age=age_on(personal.date_of_birth, today),
        seed=entry.seed,
        image_ids=tuple(image.image_id for image in images),
        images=tuple(images),
        look_alikes=tuple(
            LookAlikeOnList(
                entry_id=row.id,
                reference=other.reference,
                name=other.name,
                kind=others[row.id].kind,
                score=others[row.id].score,
                image=next(iter(faces.get(row.id, ())), None),
            )
            for row, other in sorted(
                zip(rows, named, strict=True), key=lambda pair: (-others[pair[0].id].score, pair[0].id)
            )
        ),
    )


def _faces(work: Work, entry_ids: Sequence[str]) -> dict[str, list[ReferenceFace]]:
    """By entry, where the face is in each of its images, the best image first. No picture is opened."""
    found: dict[str, list[ReferenceFace]] = {}
    for some in chunks(sorted(entry_ids)):
        for row in work.session.execute(
            select(
                ReferenceImage.entry_id,
                ReferenceImage.id,
                ReferenceImage.width,
                ReferenceImage.height,
                ReferenceImage.box,
                ReferenceImage.taken_on,
            )
            .where(ReferenceImage.entry_id.in_(some))
            .order_by(ReferenceImage.quality.desc(), ReferenceImage.id)
        ):
            left, top, right, bottom = row.box
            face = ReferenceFace(
                image_id=row.id,
                width=row.width,
                height=row.height,
                box=(left, top, right, bottom),
                taken_on=row.taken_on,
            )
            found.setdefault(row.entry_id, []).append(face)
    return found


def look_alikes_among(work: Work, watchlist_ids: Sequence[str]) -> list[LookAlike]:
    """Entries of these lists, withdrawn ones aside, that the software could take for each other; most alike first.

    Within a list they were found at enrolment; across lists of one model pack they are looked for now.
    """
    ids = list(dict.fromkeys(watchlist_ids))
    return sorted(
        [*_pairs(work, ids), *look_alikes_across(work, ids)], key=lambda pair: (-pair.score, pair.entry_ids)
    )


def _pairs(work: Work, watchlist_ids: Iterable[str], entry_id: str | None = None) -> list[LookAlike]:
    withdrawn = select(WatchlistEntry.id).where(WatchlistEntry.status == "withdrawn")
    asked = select(LookAlikePair).where(
        LookAlikePair.watchlist_id.in_(list(watchlist_ids)),
        LookAlikePair.first_id.not_in(withdrawn),
        LookAlikePair.second_id.not_in(withdrawn),
    )
    if entry_id is not None:
        asked = asked.where(or_(LookAlikePair.first_id == entry_id, LookAlikePair.second_id == entry_id))
    return [
        LookAlike(entry_ids=(pair.first_id, pair.second_id), kind=pair.kind, score=pair.score)
        for pair in work.session.scalars(asked)
    ]


def count_entries(work: Work, watchlist_id: str) -> dict[str, int]:
    """How many entries of a list there are of each status."""
    rows = work.session.execute(
        select(WatchlistEntry.status, func.count())
        .where(WatchlistEntry.watchlist_id == watchlist_id)
        .group_by(WatchlistEntry.status)
    )
    return {"pending": 0, "approved": 0, "withdrawn": 0} | {status: int(count) for status, count in rows}
