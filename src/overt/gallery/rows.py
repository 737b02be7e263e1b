"""What is to be enrolled: the rows of a folder of pictures or of a CSV file, before any picture is opened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.errors import EnrolmentError
from overt.gallery.judgement import Finding
from overt.gallery.pictures import PICTURE_ENDINGS
from overt.gallery.tables import LARGEST_CSV_MIB, read_table
from overt.gallery.watchlist import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from overt.gallery.tables import Table, TableRow

__all__ = ["CSV_COLUMNS", "Row", "Rows", "rows_of_csv", "rows_of_folder"]

_DATES: Final = ("image_date", "date_of_birth", "expiry")
CSV_COLUMNS: Final = (
    "image",
    "reference",
    "name",
    "category",
    "lawful_basis",
    "instruction",
    "image_source",
    *_DATES,
)
"""The columns that mean something; any other is kept as a note on the entry."""


@dataclass(frozen=True)
class Row:
    """One entry to enrol.

    Attributes:
        place: where it stands, such as `line 3`.
        entry: what is known of the subject.
        files: its pictures.
        faults: what is wrong with the row itself; then nothing of it is enrolled.
    """

    place: str
    entry: Entry
    files: tuple[Path, ...]
    faults: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of one source, and what in it was passed over."""

    rows: tuple[Row, ...]
    notices: tuple[str, ...] = field(default=())


def rows_of_folder(folder: Path) -> Rows:
    """A picture is an entry, and so is a subfolder with its pictures; the reference is the name without the ending.

    Names that begin with a dot are passed over in silence, other files with a notice.

    Raises:
        EnrolmentError: the folder cannot be read or holds no picture.
    """
    rows, ignored = [], []
    for path in _listed(folder):
        if path.is_dir():
            inside = _listed(path)
            pictures = tuple(one for one in inside if one.is_file() and _is_picture(one))
            ignored += [one for one in inside if one not in pictures]
            if pictures:
                rows.append(_folder_row(folder, path.name, path.name + "/", pictures))
            else:
                ignored.append(path)
        elif _is_picture(path):
            rows.append(_folder_row(folder, path.stem, path.name, (path,)))
        else:
            ignored.append(path)
    if not rows:
        raise EnrolmentError(
            f"the folder {folder} holds no pictures",
            "Put one picture a person, or one subfolder a person, in it",
        )
    notices = tuple(f"passed over {path.relative_to(folder)}: not a picture" for path in ignored)
    return Rows(_refuse_repeats(rows), notices)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise EnrolmentError(
            f"the folder {folder} cannot be read: {error.strerror}", "Name a folder that can be read"
        ) from error


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_ENDINGS


def _folder_row(folder: Path, reference: str, place: str, files: tuple[Path, ...]) -> Row:
    faults = [fault for path in files if (fault := _outside(folder, path))]
    name = " ".join(reference.replace("_", " ").split())
    return Row(place, Entry(reference=reference, name=name), files, tuple(faults))


def _outside(folder: Path, path: Path) -> Finding | None:
    if path.resolve().is_relative_to(folder.resolve()):
        return None
    return Finding(
        kind="outside-folder", detail=f"{path.name} leads outside the folder {folder.name or folder}"
    )


def rows_of_csv(path: Path) -> Rows:
    """Rows of a table as `read_table` reads it, with the column names in its first line.

    `image` names one or several files (separated by semicolons) below the CSV's folder; `reference`, or failing that
    `name`, identifies the entry. Dates are written 2026-01-31.

    Raises:
        EnrolmentError: the file cannot be read, is empty, is not in UTF-8, or lacks a column.
    """
    table = read_table(_content(path), path.name)
    if table.columns:
        _require_columns(table)
    rows = [_csv_row(path.parent, row) for row in table.rows()]
    if not rows:
        raise EnrolmentError(
            f"{path.name} has no rows", f"Give it the columns {', '.join(CSV_COLUMNS)} and a row each"
        )
    return Rows(_refuse_repeats(rows))


def _content(path: Path) -> bytes:
    """The file's content, or as much of it as shows that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_CSV_MIB * 2**20 + 1)
    except OSError as error:
        raise EnrolmentError(
            f"{path} cannot be read: {error.strerror}", "Name a folder or a CSV file"
        ) from error


def _require_columns(table: Table) -> None:
    columns = table.columns
    if "image" not in columns or not {"reference", "name"} & set(columns):
        raise EnrolmentError(
            f"{table.name} has the columns {', '.join(filter(None, columns))}, and needs `image` and one of "
            "`reference` and `name`",
            "Write the column names in the first line",
        )


def _csv_row(folder: Path, row: TableRow) -> Row:
    faults = [_malformed(row.fault)] if row.fault else []
    values = row.values
    reference = values.get("reference") or values.get("name", "")
    if not reference:
        faults.append(_malformed("has neither a reference nor a name"))
    dates: dict[str, dt.date | None] = {}
    for name in _DATES:
        try:
            dates[name] = dt.date.fromisoformat(values[name]) if values.get(name) else None
        except ValueError:
            faults.append(
                _malformed(f"has the {name} {values[name]!r}, which is not a date such as 2026-01-31")
            )
    files = _csv_files(folder, values.get("image", ""))
    if not files:
        faults.append(_malformed("names no image"))
    faults += [fault for file in files if (fault := _outside(folder, file))]
    entry = Entry(
        reference=reference,
        name=values.get("name", ""),
        category=values.get("category", ""),
        lawful_basis=values.get("lawful_basis", ""),
        instruction=values.get("instruction", ""),
        image_source=values.get("image_source", ""),
        image_date=dates.get("image_date"),
        date_of_birth=dates.get("date_of_birth"),
        expiry=dates.get("expiry"),
        notes={name: cell for name, cell in values.items() if name not in CSV_COLUMNS and cell},
    )
    return Row(row.place, entry, files, tuple(faults))


def _malformed(detail: str) -> Finding:
    return Finding(kind="malformed", detail=detail)


def _csv_files(folder: Path, cell: str) -> tuple[Path, ...]:
    if not cell:
        return ()
    if "\n" not in cell and (folder / cell).is_file():
        return (folder / cell,)
    return tuple(folder / part.strip() for part in cell.split(";") if part.strip())


def _refuse_repeats(rows: list[Row]) -> tuple[Row, ...]:
    """The first row with a reference keeps it; the others are refused."""
    first: dict[str, str] = {}
    checked = []
    for row in rows:
        reference = row.entry.reference
        earlier = first.setdefault(reference, row.place)
        if reference and earlier != row.place:
            fault = Finding(
                kind="repeated", detail=f"has the reference {reference!r}, which {earlier} has already"
            )
            checked.append(Row(row.place, row.entry, row.files, (*row.faults, fault)))
        else:
            checked.append(row)
    return tuple(checked)
