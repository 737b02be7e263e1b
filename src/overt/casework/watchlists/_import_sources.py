"""Where a bulk import reads from: a CSV file and its folder, or a ZIP that holds both. Nothing is ever extracted."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from overt.casework.archives import Archive, ArchiveLimits, name_fault, table_names
from overt.errors import ImageError, InputError
from overt.gallery import LARGEST_CSV_MIB

__all__ = ["ArchiveLimits", "ArchiveSource", "FolderSource", "ImportSource", "open_source"]

_CSV_BYTES: Final = LARGEST_CSV_MIB * 2**20


class ImportSource(Protocol):
    """A table and the pictures that it names.

    Attributes:
        name: the table's file name, for messages.
    """

    name: str

    def table(self) -> bytes:
        """The CSV file's content."""

    def fault_of(self, picture: str) -> str:
        """Why a picture named in the table cannot be taken from here; empty where it can."""

    def read(self, picture: str, most: int) -> bytes:
        """A picture's content, of at most so many bytes and one more.

        Raises:
            ImageError: it is missing, damaged, or cannot be read.
        """

    def close(self) -> None:
        """Let go of it."""


def open_source(path: Path) -> ImportSource:
    """A source by its file: a ZIP, or a CSV whose pictures lie in or below its folder.

    Raises:
        InputError: it is not there, or the ZIP cannot be taken.
    """
    if not path.is_file():
        raise InputError(
            f"{path.name} is not a file that can be read", "Name a CSV or ZIP file", field="source"
        )
    return ArchiveSource(path) if zipfile.is_zipfile(path) else FolderSource(path)


class FolderSource:
    """A CSV file, and the pictures in or below its folder."""

    def __init__(self, table: Path) -> None:
        self.name = table.name
        self._path = table
        self._folder = table.parent.resolve()

    def table(self) -> bytes:
        """The CSV file's content.

        Raises:
            InputError: it cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return file.read(_CSV_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be read: {error.strerror}", "Check the file's rights", field="source"
            ) from error

    def fault_of(self, picture: str) -> str:
        """Whether a name leads out of the folder, by dots, as an absolute path, or through a link."""
        if name_fault(picture):
            return name_fault(picture)
        try:
            resolved = (self._folder / picture).resolve()
        except (OSError, RuntimeError):
            return "cannot be followed"
        return "" if resolved.is_relative_to(self._folder) else "leads outside the table's folder"

    def read(self, picture: str, most: int) -> bytes:
        """A picture's content. Only plain files are opened."""
        path = self._folder / picture
        try:
            if not path.is_file():
                raise ImageError(f"{path.name} is not there", "Put it beside the table, or correct its name")
            with path.open("rb") as file:
                return file.read(most + 1)
        except OSError as error:
            raise ImageError(
                f"{path.name} cannot be read: {error.strerror}", "Check the file's rights"
            ) from error

    def close(self) -> None:
        """Nothing is held open."""


class ArchiveSource:
    """A ZIP that holds one CSV file and its pictures, read member by member. Refused whole if any of it is unsafe.

    Args:
        file: the ZIP, by its path or as an open file.
        limits: what it is held to.

    Raises:
        InputError: it is no ZIP, damaged, encrypted, too large, holds links, archives or unsafe names, or not exactly
            one CSV file.
    """

    def __init__(self, file: Path | IO[bytes], limits: ArchiveLimits | None = None) -> None:
        self._archive = Archive(file, limits)
        try:
            table = _table_of(self._archive)
        except BaseException:
            self._archive.close()
            raise
        self.name = PurePosixPath(table).name
        self._table = table
        self._folder = str(PurePosixPath(table).parent)

    def table(self) -> bytes:
        """The CSV file's content.

        Raises:
            InputError: it is damaged.
        """
        try:
            return self._archive.read(self._table, _CSV_BYTES)
        except ImageError as error:
            raise InputError(error.what, "Make the ZIP again", field="source") from error

    def fault_of(self, picture: str) -> str:
        """Whether a name could not be one of a file below the table's folder."""
        return name_fault(picture)

    def read(self, picture: str, most: int) -> bytes:
        """A picture's content."""
        return self._archive.read(str(PurePosixPath(self._folder) / picture), most)

    def close(self) -> None:
        """Close the ZIP."""
        self._archive.close()


def _table_of(archive: Archive) -> str:
    tables = table_names(archive.members)
    if len(tables) != 1:
        raise InputError(
            f"The ZIP holds {len(tables)} CSV files" if tables else "The ZIP holds no CSV file",
            "Put exactly one table in it, and the pictures below the table's folder",
            field="source",
        )
    return tables[0]
