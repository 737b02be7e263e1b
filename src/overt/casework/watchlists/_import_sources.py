"""Where a bulk import reads from: a CSV file and its folder, or a ZIP that holds both. Nothing is ever extracted."""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, Protocol

from overt.errors import ImageError, InputError
from overt.gallery import LARGEST_CSV_MIB

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ArchiveLimits", "ArchiveSource", "FolderSource", "ImportSource", "open_source"]

_CSV_BYTES: Final = LARGEST_CSV_MIB * 2**20
_ARCHIVES: Final = frozenset(
    {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar", ".cab", ".iso", ".lzma"}
)
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LOCAL_HEADER: Final = 30
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises over a damaged ZIP: hardly any of it is documented, and a test changes bytes at random."""


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
        if _name_fault(picture):
            return _name_fault(picture)
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


class ArchiveLimits:
    """What a ZIP is held to.

    Attributes:
        members: most files.
        bytes: most that all files may unpack to.
        member_bytes: most that one may unpack to.
        ratio: most that a file may grow in unpacking, where it grows past `ratio_from` bytes. A photograph does not
            grow by a tenth; a table of text seldom by more than thirty times.
    """

    def __init__(
        self,
        members: int = 60_000,
        bytes: int = 16 * 2**30,  # noqa: A002 - it is what is counted
        member_bytes: int = 64 * 2**20,
        ratio: float = 100.0,
        ratio_from: int = 2**20,
    ) -> None:
        self.members, self.bytes, self.member_bytes = members, bytes, member_bytes
        self.ratio, self.ratio_from = ratio, ratio_from


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
        self._limits = limits or ArchiveLimits()
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED as error:
            raise _refused("The file is not a ZIP that can be read", "Make the ZIP again") from error
        try:
            self._members = _checked(self._zip.infolist(), self._limits, self._zip.start_dir)
            table = _table_of(self._members)
        except BaseException:
            self._zip.close()
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
            return self._read(self._members[self._table], _CSV_BYTES)
        except ImageError as error:
            raise _refused(error.what, "Make the ZIP again") from error

    def fault_of(self, picture: str) -> str:
        """Whether a name could not be one of a file below the table's folder."""
        return _name_fault(picture)

    def read(self, picture: str, most: int) -> bytes:
        """A picture's content."""
        name = str(PurePosixPath(self._folder) / picture)
        member = self._members.get(_plain(name))
        if member is None:
            raise ImageError(
                f"{PurePosixPath(picture).name} is not in the ZIP", "Add it, or correct its name"
            )
        return self._read(member, most)

    def close(self) -> None:
        """Close the ZIP."""
        self._zip.close()

    def _read(self, member: zipfile.ZipInfo, most: int) -> bytes:
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except _DAMAGED as error:
            name = PurePosixPath(member.filename).name
            raise ImageError(f"{name} is damaged in the ZIP", "Make the ZIP again") from error


def _checked(listed: list[zipfile.ZipInfo], limits: ArchiveLimits, end: int) -> dict[str, zipfile.ZipInfo]:
    """The files of a ZIP by name, if all of them are safe.

    Raises:
        InputError: it names the first that is not.
    """
    if len(listed) > limits.members:
        raise _refused(f"The ZIP holds {len(listed)} files, and the limit is {limits.members}", "Divide it")
    total = 0
    members: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        fault = _member_fault(member, limits)
        if fault:
            raise _refused(
                f"{_shown(member.filename)} in the ZIP {fault}", "Take it out, and make the ZIP again"
            )
        total += member.file_size
        if total > limits.bytes:
            raise _refused(
                f"The ZIP unpacks to more than {limits.bytes / 2**30:g} GiB", "Divide it into several"
            )
        if member.is_dir():
            continue
        name = _plain(member.filename)
        if name in members:
            raise _refused(f"{_shown(member.filename)} is in the ZIP twice", "Take one of them out")
        members[name] = member
    _refuse_overlaps(listed, end)
    return members


def _member_fault(member: zipfile.ZipInfo, limits: ArchiveLimits) -> str:
    mode = member.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind and kind not in {stat.S_IFREG, stat.S_IFDIR}:
        return "is a link" if kind == stat.S_IFLNK else "is not a plain file"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    fault = _name_fault(member.orig_filename.rstrip("/"))
    if fault:
        return fault
    if PurePosixPath(member.filename).suffix.lower() in _ARCHIVES:
        return "is an archive itself"
    if member.compress_type not in _METHODS:
        return "is packed by a method other than deflate"
    if member.file_size > limits.member_bytes:
        return (
            f"unpacks to {member.file_size / 2**20:.0f} MiB, and the limit is {limits.member_bytes / 2**20:g}"
        )
    grows = member.file_size / max(member.compress_size, 1)
    if member.file_size > limits.ratio_from and grows > limits.ratio:
        return f"grows {grows:.0f} times in unpacking, and the limit is {limits.ratio:g}"
    return ""


def _refuse_overlaps(listed: Iterable[zipfile.ZipInfo], end: int) -> None:
    """Files that share packed bytes unpack to far more than the ZIP holds (Fifield, 2019)."""
    placed = sorted(listed, key=lambda member: member.header_offset)
    if placed and placed[0].header_offset < 0:
        raise _refused(f"{_shown(placed[0].filename)} lies outside the ZIP", "Make the ZIP again")
    starts = [member.header_offset for member in placed[1:]] + [end]
    for member, following in zip(placed, starts, strict=True):
        if member.header_offset + _LOCAL_HEADER + member.compress_size > following:
            raise _refused(
                f"{_shown(member.filename)} in the ZIP overlaps another file", "Make the ZIP again"
            )


def _table_of(members: dict[str, zipfile.ZipInfo]) -> str:
    tables = [
        name
        for name in members
        if name.lower().endswith(".csv")
        and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    if len(tables) != 1:
        raise _refused(
            f"The ZIP holds {len(tables)} CSV files" if tables else "The ZIP holds no CSV file",
            "Put exactly one table in it, and the pictures below the table's folder",
        )
    return tables[0]


def _name_fault(name: str) -> str:
    """Why a file's name is unsafe, wherever it would be used; empty where it is not."""
    if "\0" in name or any(unicodedata.category(letter) == "Cc" for letter in name):
        return "has a name with control characters"
    if "\\" in name:
        return "has a name with a backslash"
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path"
    if ".." in name.split("/"):
        return "leads outside the table's folder"
    return "" if name.strip() else "has no name"


def _plain(name: str) -> str:
    """Names are compared in one form of Unicode: makers of ZIPs differ in it."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name[-80:])


def _refused(what: str, remedy: str) -> InputError:
    return InputError(what, remedy, field="source")
