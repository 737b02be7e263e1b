"""Export of a list for review: a CSV, and the pictures where they are asked for; never a template."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import IO, TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from overt.casework.commands import Work, command
from overt.casework.watchlists._entry_views import entry_views
from overt.casework.watchlists._import_rows import COLUMNS, EXPORT_COLUMNS, escaped
from overt.casework.watchlists._rows import chunks, find_watchlist
from overt.casework.watchlists._sealed import open_picture
from overt.records.tables import ReferenceImage, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.casework.watchlists.entry_models import EntryView

__all__ = ["ExportView", "export_watchlist"]

_AT_ONCE: Final = 100


class ExportView(BaseModel):
    """What was exported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    watchlist_id: str
    entries: int
    images: int


def export_watchlist(
    office: Office, actor: Actor, watchlist_id: str, out: IO[bytes], *, pictures: bool = False
) -> ExportView:
    """Write a list for review, in the order its entries were added, withdrawn ones too.

    Args:
        office: the office.
        actor: for whom.
        watchlist_id: the list's.
        out: where to: CSV (UTF-8 with its mark), or with pictures a ZIP of `list.csv` and `images/`.
        pictures: whether to write the reference images as well.

    Raises:
        MissingError: the list is not there.
    """
    entry_ids = _begin(office, actor, watchlist_id, pictures=pictures)
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow((*COLUMNS, *EXPORT_COLUMNS))
    entries = images = 0
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) if pictures else None
    try:
        for some in chunks(entry_ids, _AT_ONCE):
            with office.database.reading() as session:
                work = Work(office, session, actor, office.now())
                rows = work.session.scalars(select(WatchlistEntry).where(WatchlistEntry.id.in_(some))).all()
                place = {entry_id: at for at, entry_id in enumerate(some)}
                rows = sorted(rows, key=lambda row: place[row.id])
                for entry, view in zip(rows, entry_views(work, rows), strict=True):
                    writer.writerow([escaped(cell) for cell in _cells(view, pictures=pictures)])
                    entries, images = entries + 1, images + view.images
                    if archive is not None:
                        _write_pictures(work, archive, entry)
        content = table.getvalue().encode("utf-8-sig")
        if archive is None:
            out.write(content)
        else:
            archive.writestr("list.csv", content, zipfile.ZIP_DEFLATED)
    finally:
        if archive is not None:
            archive.close()
    return ExportView(watchlist_id=watchlist_id, entries=entries, images=images)


@command("watchlists.export")
def _begin(work: Work, watchlist_id: str, *, pictures: bool) -> Sequence[str]:
    """The ids of what is to be exported: this is the entry in the audit chain, before anything is opened."""
    find_watchlist(work, watchlist_id)
    entry_ids = work.session.scalars(
        select(WatchlistEntry.id)
        .where(WatchlistEntry.watchlist_id == watchlist_id)
        .order_by(WatchlistEntry.added_at, WatchlistEntry.id)
    ).all()
    work.note(watchlist_id, entries=len(entry_ids), pictures=pictures)
    return entry_ids


def _cells(view: EntryView, *, pictures: bool) -> list[str]:
    images = view.reference_images
    cells = {
        "reference": view.reference,
        "name": view.name,
        "category": view.category,
        "lawful_basis": view.lawful_basis,
        "date_of_birth": str(view.date_of_birth),
        "instruction": view.instruction,
        "expires_on": str(view.expires_on),
        "image": "; ".join(
            f"images/{one.id}.jpg" if pictures else one.file.replace(";", ",") for one in images
        ),
        "image_source": "; ".join(one.source.replace(";", ",") for one in images),
        "image_date": "; ".join(str(one.taken_on) for one in images),
        "warnings": "; ".join(view.warnings),
        "review_by": str(view.review_by),
        "seed": "yes" if view.seed else "no",
        "notes": view.notes,
        "entry": view.id,
        "status": view.status,
        "revision": str(view.revision),
        "under_18": {True: "yes", False: "no", None: "unknown"}[view.under_18],
        "image_quality": "" if view.best_quality is None else f"{view.best_quality:.3f}",
        "added_at": view.added_at.isoformat(),
        "added_by": view.added_by,
        "approved_at": "" if view.approved_at is None else view.approved_at.isoformat(),
        "approved_by": view.approved_by or "",
        "withdrawn_at": "" if view.withdrawn_at is None else view.withdrawn_at.isoformat(),
        "withdrawn_by": view.withdrawn_by or "",
        "withdrawn_reason": view.withdrawn_reason,
    }
    return [cells[column] for column in (*COLUMNS, *EXPORT_COLUMNS)]


def _write_pictures(work: Work, archive: zipfile.ZipFile, entry: WatchlistEntry) -> None:
    images = work.session.scalars(select(ReferenceImage).where(ReferenceImage.entry_id == entry.id)).all()
    for image in images:
        archive.writestr(f"images/{image.id}.jpg", open_picture(work, entry.key_id, image))
