"""The rows of an import's table, understood: what each says of an entry, its pictures, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from overt.casework.watchlists._rules import canonical_category
from overt.casework.watchlists._sealed import plain
from overt.casework.watchlists.entry_models import NewEntry
from overt.errors import EnrolmentError, InputError
from overt.gallery import Finding, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework.policy import WatchlistPolicy
    from overt.casework.watchlists._import_sources import ImportSource
    from overt.gallery import TableRow

__all__ = [
    "COLUMNS",
    "EXPORT_COLUMNS",
    "NEEDED_COLUMNS",
    "ImportRow",
    "NamedPicture",
    "escaped",
    "rows_of",
    "unescaped",
]

NEEDED_COLUMNS: Final = (
    "reference",
    "name",
    "category",
    "lawful_basis",
    "date_of_birth",
    "instruction",
    "expires_on",
    "image",
    "image_source",
    "image_date",
)
"""Columns without which a table is refused."""

COLUMNS: Final = (*NEEDED_COLUMNS, "warnings", "review_by", "seed", "notes")
"""Columns that mean something; any other is passed over, with a notice on each row that has something in it."""

_MOST_ROWS: Final = 100_000
_MOST_PICTURES: Final = 20
_YES: Final = frozenset({"yes", "true", "1", "y", "x"})
_NO: Final = frozenset({"", "no", "false", "0", "n"})
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True)
class NamedPicture:
    """A picture that a row names; `taken_on` is None where the row says that it is unknown."""

    file: str
    source: str
    taken_on: dt.date | None


@dataclass(frozen=True)
class ImportRow:
    """One row.

    Attributes:
        place: where it stands, such as `line 3`.
        reference: as written.
        name: as written.
        entry: what it says; None where something of it cannot be understood.
        pictures: that it names.
        findings: what is wrong with it.
    """

    place: str
    reference: str
    name: str
    entry: NewEntry | None
    pictures: tuple[NamedPicture, ...]
    findings: tuple[Finding, ...]


def rows_of(source: ImportSource, policy: WatchlistPolicy) -> list[ImportRow]:
    """Every row of a source's table. A row that cannot be understood harms no other.

    Raises:
        InputError: the table as a whole cannot be read, lacks a column, or has no rows or too many.
    """
    try:
        table = read_table(source.table(), source.name)
        missing = [column for column in NEEDED_COLUMNS if column not in table.columns]
        if missing:
            raise InputError(
                f"{source.name} lacks the columns {', '.join(missing)}",
                f"Give it the columns {', '.join(NEEDED_COLUMNS)}",
                field="source",
            )
        rows: list[ImportRow] = []
        first: dict[bytes, str] = {}
        for row in table.rows():
            if len(rows) == _MOST_ROWS:
                raise InputError(
                    f"{source.name} has more than {_MOST_ROWS} rows", "Divide it", field="source"
                )
            rows.append(_understood(row, source, policy, first))
    except EnrolmentError as error:
        raise InputError(error.what, error.remedy, field="source") from error
    if not rows:
        raise InputError(f"{source.name} has no rows", "Give it a row for each entry", field="source")
    return rows


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before it."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unescaped(cell: str) -> str:
    """The cell that `escaped` made this of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _understood(
    row: TableRow, source: ImportSource, policy: WatchlistPolicy, first: dict[bytes, str]
) -> ImportRow:
    values = {column: unescaped(cell) for column, cell in row.values.items()}
    faults = [row.fault] if row.fault else []
    reference = values.get("reference", "")
    fields: dict[str, Any] = {
        "reference": reference,
        "name": values.get("name", ""),
        "category": canonical_category(policy, values.get("category", "")),
        "lawful_basis": values.get("lawful_basis", ""),
        "instruction": values.get("instruction", ""),
        "warnings": tuple(_parts(values.get("warnings", ""))),
        "notes": values.get("notes", ""),
        "date_of_birth": _date(values, "date_of_birth", faults, unknown=True),
        "expires_on": _date(values, "expires_on", faults),
        "seed": _flag(values, faults),
    }
    if values.get("review_by"):
        fields["review_by"] = _date(values, "review_by", faults)
    pictures = _pictures(values, faults)
    entry = None
    if not faults:
        try:
            entry = NewEntry(**fields)
        except ValidationError as error:
            faults += [
                f"has a {fault['loc'][0]} that cannot be taken: {fault['msg'].lower()}"
                for fault in error.errors(include_url=False, include_input=False, include_context=False)
            ]
    findings = [Finding(kind="malformed", detail=fault) for fault in faults]
    findings += [
        Finding(kind="outside-folder", detail=f"{picture.file[-80:]!r} {unsafe}")
        for picture in pictures
        if (unsafe := source.fault_of(picture.file))
    ]
    if reference and (earlier := first.setdefault(plain(reference), row.place)) != row.place:
        findings.append(Finding(kind="repeated", detail=f"has the reference of {earlier}"))
    findings += [
        Finding(
            kind="malformed",
            detail=f"has something in the column {column!r}, which is not known",
            refuses=False,
        )
        for column, cell in values.items()
        if cell and column not in COLUMNS and column not in EXPORT_COLUMNS
    ]
    return ImportRow(row.place, reference, values.get("name", ""), entry, pictures, tuple(findings))


EXPORT_COLUMNS: Final = (
    "entry",
    "status",
    "revision",
    "under_18",
    "image_quality",
    "added_at",
    "added_by",
    "approved_at",
    "approved_by",
    "withdrawn_at",
    "withdrawn_by",
    "withdrawn_reason",
)
"""Columns that an export has besides; an import passes over them."""


def _parts(cell: str) -> Iterator[str]:
    return (part.strip() for part in cell.split(";") if part.strip())


def _date(
    values: dict[str, str], column: str, faults: list[str], *, unknown: bool = False
) -> dt.date | str | None:
    cell = values.get(column, "")
    if unknown and cell.lower() == "unknown":
        return "unknown"
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        wanted = "a date such as 2026-01-31" + (", or `unknown`" if unknown else "")
        faults.append(
            f"has the {column} {cell[:40]!r}, which is not {wanted}"
            if cell
            else f"lacks the {column}: {wanted}"
        )
        return None


def _flag(values: dict[str, str], faults: list[str]) -> bool:
    cell = values.get("seed", "").lower()
    if cell not in _YES | _NO:
        faults.append(f"has the seed {cell[:40]!r}, which is neither yes nor no")
    return cell in _YES


def _pictures(values: dict[str, str], faults: list[str]) -> tuple[NamedPicture, ...]:
    """The pictures a row names, each with its source and date; one source and one date may stand for all."""
    files = list(_parts(values.get("image", "")))
    if len(files) > _MOST_PICTURES:
        faults.append(f"names {len(files)} images, and the limit is {_MOST_PICTURES}")
        return ()
    if not files:
        return ()
    sources = list(_parts(values.get("image_source", ""))) or [""]
    dates = list(_parts(values.get("image_date", ""))) or [""]
    for column, cells in (("image_source", sources), ("image_date", dates)):
        if len(cells) not in {1, len(files)}:
            faults.append(f"names {len(files)} images and {len(cells)} of the column {column}")
            return ()
    if not all(sources):
        faults.append("lacks the image_source")
    if any(len(source) > 500 for source in sources):
        faults.append("has an image_source of more than 500 letters")
    taken = [_date({"image_date": cell}, "image_date", faults, unknown=True) for cell in dates]
    return tuple(
        NamedPicture(
            file=file,
            source=sources[at % len(sources)],
            taken_on=day if isinstance(day := taken[at % len(taken)], dt.date) else None,
        )
        for at, file in enumerate(files)
    )
