"""ZIPs that others made, read member by member: refused whole if any of it is unsafe. Nothing is ever extracted."""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from overt.errors import ImageError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Archive", "ArchiveLimits", "name_fault", "table_names"]

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


class Archive:
    """A ZIP whose members may all be read.

    Attributes:
        members: its files by name, in one form of Unicode.

    Args:
        file: the ZIP, by its path or as an open file.
        limits: what it is held to.

    Raises:
        InputError: it is no ZIP, damaged, encrypted, too large, or holds links, archives or unsafe names.
    """

    def __init__(self, file: Path | IO[bytes], limits: ArchiveLimits | None = None) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED as error:
            raise _refused("The file is not a ZIP that can be read", "Make the ZIP again") from error
        try:
            self.members = _checked(self._zip.infolist(), limits or ArchiveLimits(), self._zip.start_dir)
        except BaseException:
            self._zip.close()
            raise

    def member(self, name: str) -> zipfile.ZipInfo | None:
        """A member, by its name; None where there is none."""
        return self.members.get(_plain(name))

    def read(self, name: str, most: int) -> bytes:
        """A member's content, of at most so many bytes and one more.

        Raises:
            ImageError: it is missing or damaged.
        """
        member = self.member(name)
        if member is None:
            raise ImageError(f"{PurePosixPath(name).name} is not in the ZIP", "Add it, or correct its name")
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except _DAMAGED as error:
            shown = PurePosixPath(member.filename).name
            raise ImageError(f"{shown} is damaged in the ZIP", "Make the ZIP again") from error

    def close(self) -> None:
        """Close the ZIP."""
        self._zip.close()


def table_names(names: Iterable[str]) -> list[str]:
    """The names of CSV files among the names of files; what systems leave beside them is passed over."""
    return [
        name
        for name in names
        if name.lower().endswith(".csv")
        and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]


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
    fault = name_fault(member.orig_filename.rstrip("/"))
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


def name_fault(name: str) -> str:
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
