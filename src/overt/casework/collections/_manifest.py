"""The rows of an ingestion, understood: whose picture each is, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from overt.casework.collections._sealed import plain
from overt.errors import EnrolmentError, InputError
from overt.gallery import Finding, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.gallery import TableRow

__all__ = ["SourceRow", "Stamped", "manifest_rows", "plain_row"]

_NEEDED: Final = ("image", "reference")
_OWN: Final = frozenset({"image", "reference", "image_date", "review_by"})
_LONGEST_REFERENCE: Final = 200
_LONGEST_CELL: Final = 2000
_MOST_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class Stamped:
    """A picture's file, as far as it is known before it is read.

    Attributes:
        stamp: what changes when the file does; empty where it is not there.
        fault: why a picture of this name is not taken; empty where nothing is wrong with it.
    """

    stamp: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One picture of one person.

    Attributes:
        place: where it stands, from 1.
        reference: whose it is.
        image: its name in the source.
        stamp: what changes when the file does.
        columns: what else the table says.
        taken_on: when it was taken; None where that is unknown.
        review_by: the record's review date; None where the collection's own time holds.
        findings: what is wrong with it.
    """

    place: int
    reference: str
    image: str
    stamp: str
    columns: dict[str, str]
    taken_on: dt.date | None
    review_by: dt.date | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether the picture need not be read."""
        return any(finding.refuses for finding in self.findings)


def plain_row(place: int, name: str, file: Stamped) -> SourceRow:
    """The row of a picture that no table names: its folder is the reference, or its name where it lies in none."""
    path = PurePosixPath(name)
    folder = path.parent.as_posix()
    reference = path.stem if folder == "." else folder
    return SourceRow(
        place, reference, name, file.stamp, {}, None, None, _findings(_faults(reference), name, file)
    )


def manifest_rows(content: bytes, name: str, file_of: Callable[[str], Stamped]) -> Iterator[SourceRow]:
    """Every row of a table. A row that cannot be understood harms no other.

    Args:
        content: of the CSV file.
        name: its name, for messages.
        file_of: says of a picture's name what is known of its file.

    Raises:
        InputError: the table as a whole cannot be read, lacks a column, or has no rows.
    """
    place = 0
    try:
        table = read_table(content, name)
        missing = [column for column in _NEEDED if column not in table.columns]
        if missing:
            raise InputError(
                f"{name} lacks the columns {', '.join(missing)}",
                "Give it the columns image and reference; image_date, review_by and others may follow",
                field="source",
            )
        if len(table.columns) > _MOST_COLUMNS:
            raise InputError(
                f"{name} has {len(table.columns)} columns, and the limit is {_MOST_COLUMNS}",
                "Leave out what the record does not need",
                field="source",
            )
        for place, row in enumerate(table.rows(), 1):
            yield _understood(place, row, file_of)
    except EnrolmentError as error:
        raise InputError(error.what, error.remedy, field="source") from error
    if not place:
        raise InputError(f"{name} has no rows", "Give it a row for each picture", field="source")


def _understood(place: int, row: TableRow, file_of: Callable[[str], Stamped]) -> SourceRow:
    values = row.values
    faults = [row.fault] if row.fault else []
    reference, image = values.get("reference", ""), values.get("image", "")
    faults += _faults(reference)
    columns = {name: cell for name, cell in values.items() if cell and name not in _OWN}
    faults += [
        f"has a {name[:40]} of more than {_LONGEST_CELL} letters"
        for name, cell in columns.items()
        if len(cell) > _LONGEST_CELL
    ]
    taken_on = _date(values, "image_date", faults)
    review_by = _date(values, "review_by", faults)
    file = Stamped()
    if image:
        file = file_of(image)
    else:
        faults.append("names no image")
    return SourceRow(
        place,
        reference,
        image,
        file.stamp,
        columns,
        taken_on,
        review_by,
        _findings(faults, image, file),
    )


def _findings(faults: list[str], image: str, file: Stamped) -> tuple[Finding, ...]:
    found = [Finding(kind="malformed", detail=fault) for fault in faults]
    if file.fault:
        found.append(Finding(kind="outside-folder", detail=f"{image[-80:]!r} {file.fault}"))
    return tuple(found)


def _faults(reference: str) -> list[str]:
    if not plain(reference):
        return ["lacks the reference"]
    if len(reference) > _LONGEST_REFERENCE:
        return [f"has a reference of more than {_LONGEST_REFERENCE} letters"]
    if any(unicodedata.category(letter) == "Cc" for letter in reference):
        return ["has a reference with control characters"]
    return []


def _date(values: dict[str, str], column: str, faults: list[str]) -> dt.date | None:
    cell = values.get(column, "")
    if not cell or cell.lower() == "unknown":
        return None
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        faults.append(f"has the {column} {cell[:40]!r}, which is not a date such as 2026-01-31")
        return None
