"""Where an ingestion reads from: a folder of pictures, a ZIP, or a CSV manifest and the pictures beside it.

Without a table the folder that a picture lies in is its reference, or its own name where it lies in none; with one,
the columns `image` and `reference` say so. Nothing is ever extracted, and no name leads out of the folder or the ZIP.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, Protocol

from overt.casework.archives import Archive, ArchiveLimits, name_fault, table_names
from overt.casework.collections._manifest import SourceRow, Stamped, manifest_rows, plain_row
from overt.errors import ImageError, InputError
from overt.gallery import LARGEST_CSV_MIB, PROBE_PICTURE_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

__all__ = ["ARCHIVE_LIMITS", "ArchivePictures", "FolderPictures", "IngestionSource", "open_pictures"]

ARCHIVE_LIMITS: Final = ArchiveLimits(members=250_000, bytes=128 * 2**30)
"""What a ZIP of a collection is held to."""

_CSV_BYTES: Final = LARGEST_CSV_MIB * 2**20


class IngestionSource(Protocol):
    """Rows, each one picture of one person.

    Attributes:
        kind: what it is.
        name: its name, for messages.
        identity: by which it is known again after an interruption.
    """

    kind: Literal["folder", "archive", "manifest"]
    name: str
    identity: bytes

    def __len__(self) -> int:
        """How many rows it has."""

    def rows(self) -> Iterator[SourceRow]:
        """Its rows, in an order that stays the same."""

    def read(self, image: str, most: int) -> bytes:
        """A picture's content, of at most so many bytes and one more.

        Raises:
            ImageError: it is missing, damaged, or cannot be read.
        """

    def close(self) -> None:
        """Let go of it."""


def open_pictures(path: Path) -> IngestionSource:
    """A source by its path: a folder, a ZIP, or a CSV manifest whose pictures lie in or below its folder.

    Raises:
        InputError: it is not there, holds no picture or several tables, or cannot be taken.
    """
    if path.is_dir():
        return FolderPictures(path)
    if not path.is_file():
        raise _refused(f"{path.name} is not there", "Name a folder, a ZIP, or a CSV manifest")
    if zipfile.is_zipfile(path):
        return ArchivePictures(path, name=path.name, identity=str(path.resolve()).encode())
    if path.suffix.lower() == ".csv":
        return FolderPictures(path.parent, table=path)
    raise _refused(
        f"{path.name} is neither a folder, a ZIP nor a CSV file", "Name a folder, a ZIP, or a CSV manifest"
    )


class FolderPictures:
    """Pictures in or below a folder; with a table, those that it names.

    Args:
        folder: the folder.
        table: the table; one that lies in the folder itself is taken where none is named.

    Raises:
        InputError: there are several tables, or neither a table nor a picture.
    """

    kind: Literal["folder", "archive", "manifest"]

    def __init__(self, folder: Path, table: Path | None = None) -> None:
        self._folder = folder.resolve()
        if table is None:
            tables = table_names(sorted(path.name for path in self._folder.iterdir() if path.is_file()))
            table = self._folder / _only(tables, "folder") if tables else None
        self.name = folder.name if table is None else table.name
        if table is None:
            self.kind, self.identity = "folder", str(self._folder).encode()
            self._names = sorted(_names_below(self._folder))
            if not self._names:
                raise _refused(f"{self.name or folder} holds no picture", "See that it is the right folder")
            self._length = len(self._names)
            return
        self.kind, self.identity = "manifest", str(table.resolve()).encode()
        self._content = _content(table)
        self._length = sum(1 for _ in manifest_rows(self._content, self.name, lambda _: Stamped()))

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[SourceRow]:
        """Its rows: in the order of the names, or of the table."""
        if self.kind == "manifest":
            yield from manifest_rows(self._content, self.name, self._stamped)
            return
        for place, name in enumerate(self._names, 1):
            yield plain_row(place, name, self._stamped(name))

    def read(self, image: str, most: int) -> bytes:
        """A picture's content. Only plain files are opened."""
        path = self._folder / image
        try:
            if not path.is_file():
                raise ImageError(f"{path.name} is not there", "Put it in its place, or correct its name")
            with path.open("rb") as file:
                return file.read(most + 1)
        except OSError as error:
            raise ImageError(
                f"{path.name} cannot be read: {error.strerror}", "Check the file's rights"
            ) from error

    def close(self) -> None:
        """Nothing is held open."""

    def _stamped(self, name: str) -> Stamped:
        """Whether a name stays within the folder, and the size and date of its file."""
        fault = name_fault(name)
        if fault:
            return Stamped(fault=fault)
        try:
            resolved = (self._folder / name).resolve()
            if not resolved.is_relative_to(self._folder):
                return Stamped(fault="leads outside the folder")
            found = resolved.stat()
        except (OSError, RuntimeError):
            return Stamped()
        return Stamped(f"{found.st_size}:{found.st_mtime_ns}")


class ArchivePictures:
    """Pictures in a ZIP; with a table in it, those that it names. Refused whole if any of it is unsafe.

    Args:
        file: the ZIP, by its path or as an open file.
        name: its name, for messages.
        identity: by which it is known again; its content where None.
        limits: what it is held to.

    Raises:
        InputError: it is no ZIP, damaged, encrypted, too large, holds links, archives or unsafe names, several
            tables, or neither a table nor a picture.
    """

    kind: Literal["folder", "archive", "manifest"] = "archive"

    def __init__(
        self,
        file: Path | IO[bytes],
        *,
        name: str,
        identity: bytes | None = None,
        limits: ArchiveLimits | None = None,
    ) -> None:
        self._archive = Archive(file, limits or ARCHIVE_LIMITS)
        self.name = name
        self.identity = _digest(self._archive) if identity is None else identity
        try:
            tables = table_names(self._archive.members)
            self._table = _only(tables, "ZIP") if tables else None
            self._below = "" if self._table is None else str(PurePosixPath(self._table).parent)
            self._length = self._count()
        except BaseException:
            self._archive.close()
            raise

    def _count(self) -> int:
        if self._table is None:
            self._names = sorted(name for name in self._archive.members if _is_picture(name))
            if not self._names:
                raise _refused("The ZIP holds no picture", "See that it is the right one")
            return len(self._names)
        try:
            self._content = self._archive.read(self._table, _CSV_BYTES)
        except ImageError as error:
            raise _refused(error.what, "Make the ZIP again") from error
        return sum(1 for _ in manifest_rows(self._content, self._table, lambda _: Stamped()))

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[SourceRow]:
        """Its rows: in the order of the names, or of the table."""
        if self._table is not None:
            yield from manifest_rows(self._content, self._table, self._stamped)
            return
        for place, name in enumerate(self._names, 1):
            yield plain_row(place, name, self._stamped(name))

    def read(self, image: str, most: int) -> bytes:
        """A picture's content."""
        return self._archive.read(self._member(image), most)

    def close(self) -> None:
        """Close the ZIP."""
        self._archive.close()

    def _member(self, image: str) -> str:
        return str(PurePosixPath(self._below) / image)

    def _stamped(self, name: str) -> Stamped:
        fault = name_fault(name)
        if fault:
            return Stamped(fault=fault)
        member = self._archive.member(self._member(name))
        return Stamped() if member is None else Stamped(f"{member.file_size}:{member.CRC}")


def _digest(archive: Archive) -> bytes:
    """By which the same ZIP is known again when it is sent again: the names, sizes and checksums of what it holds."""
    held = sorted((name, member.file_size, member.CRC) for name, member in archive.members.items())
    return hashlib.sha256(repr(held).encode()).digest()


def _names_below(folder: Path) -> Iterator[str]:
    """The pictures in and below a folder, by their names from it; not hidden ones, nor what lies behind links."""
    for where, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        at = Path(where).relative_to(folder)
        for name in files:
            if _is_picture(name):
                yield (at / name).as_posix()


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in PROBE_PICTURE_ENDINGS and not hidden


def _only(tables: Mapping[str, object] | list[str], where: str) -> str:
    if len(tables) != 1:
        raise _refused(
            f"The {where} holds {len(tables)} CSV files, and it cannot be told which is meant",
            "Leave one, or name the table itself",
        )
    return next(iter(tables))


def _content(table: Path) -> bytes:
    try:
        with table.open("rb") as file:
            return file.read(_CSV_BYTES + 1)
    except OSError as error:
        raise _refused(f"{table.name} cannot be read: {error.strerror}", "Check the file's rights") from error


def _refused(what: str, remedy: str) -> InputError:
    return InputError(what, remedy, field="source")
