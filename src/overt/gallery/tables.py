"""Reads the text of a CSV file that anyone may have made: its encoding, its separator, its columns, its rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.errors import EnrolmentError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LARGEST_CSV_MIB", "Table", "TableRow", "read_table"]

LARGEST_CSV_MIB: Final = 64

_REMEDY: Final = "Save the table as `CSV UTF-8`"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TableRow:
    """A row of a table.

    Attributes:
        place: where it stands, such as `line 3`.
        values: by column, without the spaces around them; columns that the row does not reach are missing.
        fault: what is wrong with its cells; empty where nothing is.
    """

    place: str
    values: dict[str, str]
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """A table before anything in it is understood.

    Attributes:
        name: the file's.
        columns: their names, in small letters with underscores; empty where a column has none.
    """

    name: str
    columns: tuple[str, ...]
    _reader: Iterator[list[str]]
    _lines: _Lines

    def rows(self) -> Iterator[TableRow]:
        """Its rows, once, as they are read; empty lines are passed over.

        Raises:
            EnrolmentError: what stands there is no row of a CSV file.
        """
        while (cells := _next(self._reader, self._lines, self.name)) is not None:
            fault = ""
            if any(cell.strip() for cell in cells[len(self.columns) :]):
                fault = f"has {len(cells)} cells under {len(self.columns)} columns"
            values = {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False) if name}
            yield TableRow(f"line {self._lines.number}", values, fault)


class _Lines:
    """Where the reader is."""

    def __init__(self, text: str) -> None:
        header = text.lstrip("\r\n").split("\n", 1)[0]
        separator = max(",;\t", key=header.count)
        self.reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)

    @property
    def number(self) -> int:
        return self.reader.line_num


def read_table(content: bytes, name: str) -> Table:
    """The table in a CSV file, in UTF-8 or marked UTF-16, separated by commas, semicolons or tabs.

    Args:
        content: of the file.
        name: the file's, for messages.

    Raises:
        EnrolmentError: the file is too large, not text, in another encoding, empty, or names a column twice.
    """
    lines = _Lines(_text(content, name))
    header = _next(lines.reader, lines, name)
    if header is None:
        return Table(name, (), iter(()), lines)
    columns = ["_".join(cell.lower().replace("-", " ").replace("_", " ").split()) for cell in header]
    repeated = [column for column, times in Counter(columns).items() if times > 1 and column]
    if repeated:
        raise EnrolmentError(f"{name} has the column {repeated[0]!r} twice", "Remove one of them")
    return Table(name, tuple(columns), lines.reader, lines)


def _next(reader: Iterator[list[str]], lines: _Lines, name: str) -> list[str] | None:
    """The next line that is not empty."""
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                return cells
    except csv.Error as error:
        raise EnrolmentError(
            f"{name}, line {lines.number}, is not a row of a CSV file: {error}", "Save the table as CSV again"
        ) from error
    return None


def _text(content: bytes, name: str) -> str:
    if len(content) > LARGEST_CSV_MIB * 2**20:
        raise EnrolmentError(
            f"{name} has {len(content) / 2**20:.0f} MiB, and the limit is {LARGEST_CSV_MIB}",
            "Divide the table",
        )
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise EnrolmentError(
                f"{name} is damaged: it is not the UTF-16 that it is marked as", _REMEDY
            ) from error
        line = content.count(b"\n", 0, error.start) + 1
        raise EnrolmentError(
            f"{name}, line {line}, is not in UTF-8 (it may be in Windows-1252, which cannot be told from others)",
            _REMEDY,
        ) from error
    if "\0" in text:
        raise EnrolmentError(f"{name} is not a text file, or is in UTF-16 without its mark", _REMEDY)
    return text
