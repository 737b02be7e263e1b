"""What the tests about watchlists offer: entries, pictures of two people in the public domain, tables, ZIPs."""

from __future__ import annotations

import datetime as dt
import functools
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from overt.casework import Actor, Office
from overt.casework import watchlists as w
from overt.casework.commands import Work
from tests.gallery import portraits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

COLUMNS = (
    "reference,name,category,lawful_basis,date_of_birth,instruction,expires_on,image,image_source,image_date"
)


@functools.cache
def collins(*, mirrored: bool = False, lighter: int = 0) -> bytes:
    """Eileen Collins, as a JPEG; mirrored or a little lighter it is another file of the same face."""
    image = portraits.astronaut()[:320, 60:400]
    image = cv2.flip(image, 1) if mirrored else image
    image = cv2.add(image, np.full_like(image, lighter))
    return jpeg(image)


@functools.cache
def hopper() -> bytes:
    """Grace Hopper, as a JPEG."""
    return jpeg(portraits.hopper())


def jpeg(image: np.ndarray) -> bytes:
    """A picture as a JPEG file."""
    return cv2.imencode(".jpg", image)[1].tobytes()


@dataclass
class Desk:
    """A watchlist manager and an authorising officer at work on one list."""

    office: Office
    manager: Actor
    officer: Actor
    watchlist: w.WatchlistView

    @property
    def today(self) -> dt.date:
        """Today, by the office's clock."""
        return self.office.now().date()

    def new(self, reference: str = "A/1", **fields: Any) -> w.NewEntry:
        """An entry to add."""
        usual = {
            "reference": reference,
            "name": f"Name of {reference}",
            "category": "wanted for a serious offence",
            "lawful_basis": "Warrant 17",
            "date_of_birth": "unknown",
            "instruction": "Arrest",
            "expires_on": self.today + dt.timedelta(days=30),
        }
        return w.NewEntry(**(usual | fields))

    def add(self, reference: str = "A/1", picture: bytes | None = None, **fields: Any) -> str:
        """Add an entry, and a picture where one is given; its id."""
        entry = w.add_entry(self.office, self.manager, self.watchlist.id, self.new(reference, **fields))
        if picture is not None:
            assert self.add_image(entry.id, picture).result == "added"
        return entry.id

    def image(self, content: bytes, **fields: Any) -> w.NewImage:
        """A picture to offer."""
        usual = {
            "content": content,
            "file": "portrait.jpg",
            "source": "custody image",
            "taken_on": self.today - dt.timedelta(days=100),
        }
        return w.NewImage(**(usual | fields))

    def add_image(self, entry_id: str, content: bytes, **fields: Any) -> w.ImageOutcome:
        """Offer a picture for an entry."""
        return w.add_image(self.office, self.manager, entry_id, self.image(content, **fields))

    def approve(self, entry_id: str) -> w.EntryView:
        """Approve an entry."""
        return w.approve_entry(self.office, self.officer, entry_id)

    def show(self, entry_id: str) -> w.EntryView:
        """An entry as it is now."""
        return w.show_entry(self.office, self.manager, entry_id)

    def ask(self, question: Callable[[Work], T]) -> T:
        """An answer of one of the functions that the rest of casework calls within its own transaction."""
        with self.office.database.transaction() as session:
            return question(Work(self.office, session, self.officer, self.office.now()))

    def row(self, reference: str, image: str, **fields: str) -> str:
        """A row of a table to import."""
        usual = {
            "reference": reference,
            "name": f"Name of {reference}",
            "category": "Wanted for a serious offence",
            "lawful_basis": "Warrant 17",
            "date_of_birth": "unknown",
            "instruction": "Arrest",
            "expires_on": str(self.today + dt.timedelta(days=30)),
            "image": image,
            "image_source": "custody image",
            "image_date": str(self.today - dt.timedelta(days=100)),
        }
        return ",".join((usual | fields).values())

    def import_from(self, path: Path, *, dry_run: bool = False) -> tuple[w.ImportView, list[w.ImportedRow]]:
        """Import a CSV or a ZIP: the import, and what became of each row."""
        from overt.casework.paging import Page

        job = w.start_import(self.office, self.manager, self.watchlist.id, dry_run=dry_run)
        source = w.open_source(path)
        try:
            done = w.carry_out_import(self.office, self.manager, job.id, source)
        finally:
            source.close()
        report = w.show_import_report(self.office, self.manager, job.id, Page(limit=500))
        return done, list(report.items)


def folder_of(folder: Path, rows: list[str], pictures: Mapping[str, bytes], columns: str = COLUMNS) -> Path:
    """A CSV file with its pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    path = folder / "list.csv"
    path.write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return path


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()
