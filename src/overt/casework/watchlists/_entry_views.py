"""Entries as people see them: only what is shown is opened."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from overt.casework.people import names_of
from overt.casework.watchlists._sealed import open_personal, open_sources
from overt.casework.watchlists.age import age_on, is_under_18
from overt.casework.watchlists.entry_models import EntrySummary, EntryView
from overt.casework.watchlists.image_models import FindingView, ImageView
from overt.records.tables import ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from overt.casework.commands import Work
    from overt.casework.watchlists._sealed import Personal
    from overt.gallery import Finding
    from overt.records.tables import WatchlistEntry

__all__ = ["entry_view", "entry_views", "finding_views", "summaries"]


def finding_views(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """Findings, for people."""
    return tuple(
        FindingView(
            kind=one.kind,
            detail=one.detail,
            refuses=one.refuses,
            measured=one.measured,
            limit=one.limit,
            unit=one.unit,
        )
        for one in findings
    )


def summaries(
    work: Work, entries: Sequence[WatchlistEntry], opened: Sequence[Personal] | None = None
) -> tuple[EntrySummary, ...]:
    """Entries for a listing; their sealed parts are opened unless they are given."""
    ids = [entry.id for entry in entries]
    images: dict[str, tuple[int, float]] = {
        entry_id: (count, quality)
        for entry_id, count, quality in work.session.execute(
            select(ReferenceImage.entry_id, func.count(), func.max(ReferenceImage.quality))
            .where(ReferenceImage.entry_id.in_(ids))
            .group_by(ReferenceImage.entry_id)
        )
    }
    personal = open_personal(work, entries) if opened is None else opened
    return tuple(
        EntrySummary(**_summary(work, entry, own, *images.get(entry.id, (0, None))))
        for entry, own in zip(entries, personal, strict=True)
    )


def entry_view(work: Work, entry: WatchlistEntry) -> EntryView:
    """An entry with everything that is known of it."""
    return entry_views(work, [entry])[0]


def entry_views(work: Work, entries: Sequence[WatchlistEntry]) -> list[EntryView]:
    """Entries with everything that is known of them."""
    images = _images(work, entries)
    names = names_of(
        work.session,
        (
            person
            for entry in entries
            for person in (entry.added_by, entry.changed_by, entry.approved_by, entry.withdrawn_by)
            if person is not None
        ),
    )
    return [
        EntryView(
            **_summary(
                work,
                entry,
                personal,
                len(images[entry.id]),
                max((image.quality for image in images[entry.id]), default=None),
            ),
            lawful_basis=personal.lawful_basis,
            date_of_birth=personal.date_of_birth or "unknown",
            age=age_on(personal.date_of_birth, work.now.date()),
            instruction=personal.instruction,
            notes=personal.notes,
            reference_images=tuple(images[entry.id]),
            added_by=entry.added_by,
            added_by_name=names.get(entry.added_by, "the software"),
            changed_at=entry.changed_at,
            changed_by=entry.changed_by,
            changed_by_name=names.get(entry.changed_by, "the software"),
            approved_at=entry.approved_at,
            approved_by=entry.approved_by,
            approved_by_name=_name(names, entry.approved_by),
            under_18_reason=personal.under_18_reason if entry.status == "approved" else "",
            withdrawn_at=entry.withdrawn_at,
            withdrawn_by=entry.withdrawn_by,
            withdrawn_by_name=_name(names, entry.withdrawn_by),
            withdrawn_reason=personal.withdrawn_reason,
        )
        for entry, personal in zip(entries, open_personal(work, entries), strict=True)
    ]


def _name(names: dict[str, str], person_id: str | None) -> str | None:
    return None if person_id is None else names.get(person_id, "the software")


def _images(work: Work, entries: Sequence[WatchlistEntry]) -> defaultdict[str, list[ImageView]]:
    """By entry its images, best quality first. The pictures themselves stay in the database."""
    keys = {entry.id: entry.key_id for entry in entries}
    rows = work.session.scalars(
        select(ReferenceImage)
        .where(ReferenceImage.entry_id.in_(keys))
        .order_by(ReferenceImage.quality.desc(), ReferenceImage.id)
        .options(defer(ReferenceImage.sealed_picture), defer(ReferenceImage.sealed_template))
    ).all()
    found: defaultdict[str, list[ImageView]] = defaultdict(list)
    sources = open_sources(work, [(keys[image.entry_id], image) for image in rows])
    for image, source in zip(rows, sources, strict=True):
        found[image.entry_id].append(
            ImageView(
                id=image.id,
                file=source.file,
                source=source.source,
                taken_on=image.taken_on or "unknown",
                width=image.width,
                height=image.height,
                box=tuple(image.box),
                quality=image.quality,
                measures=image.measures,
                findings=tuple(FindingView(**finding) for finding in image.findings),
                added_at=image.added_at,
                added_by=image.added_by,
            )
        )
    return found


def _summary(
    work: Work, entry: WatchlistEntry, personal: Personal, images: int, best_quality: float | None
) -> dict[str, Any]:
    today = work.now.date()
    return {
        "id": entry.id,
        "watchlist_id": entry.watchlist_id,
        "reference": personal.reference,
        "name": personal.name,
        "category": entry.category,
        "status": entry.status,
        "seed": entry.seed,
        "revision": entry.revision,
        "review_by": entry.review_by,
        "expires_on": entry.expires_on,
        "due_for_review": entry.status != "withdrawn" and entry.review_by <= today,
        "expired": entry.expires_on < today,
        "under_18": is_under_18(personal.date_of_birth, today),
        "images": images,
        "best_quality": best_quality,
        "warnings": personal.warnings,
        "added_at": entry.added_at,
    }
