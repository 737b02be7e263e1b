"""Entries as people see them: only what is shown is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

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

__all__ = ["entry_view", "finding_views", "image_views", "summaries"]


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
    (personal,) = open_personal(work, [entry])
    images = work.session.scalars(
        select(ReferenceImage)
        .where(ReferenceImage.entry_id == entry.id)
        .order_by(ReferenceImage.quality.desc(), ReferenceImage.id)
    ).all()
    shown = image_views(work, entry, images)
    best = max((image.quality for image in images), default=None)
    return EntryView(
        **_summary(work, entry, personal, len(images), best),
        lawful_basis=personal.lawful_basis,
        date_of_birth=personal.date_of_birth or "unknown",
        age=age_on(personal.date_of_birth, work.now.date()),
        instruction=personal.instruction,
        warnings=personal.warnings,
        notes=personal.notes,
        reference_images=shown,
        added_by=entry.added_by,
        changed_at=entry.changed_at,
        changed_by=entry.changed_by,
        approved_at=entry.approved_at,
        approved_by=entry.approved_by,
        withdrawn_at=entry.withdrawn_at,
        withdrawn_by=entry.withdrawn_by,
        withdrawn_reason=personal.withdrawn_reason,
    )


def image_views(work: Work, entry: WatchlistEntry, images: Sequence[ReferenceImage]) -> tuple[ImageView, ...]:
    """An entry's images."""
    sources = open_sources(work, [(entry.key_id, image) for image in images])
    return tuple(
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
        for image, source in zip(images, sources, strict=True)
    )


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
        "added_at": entry.added_at,
    }
