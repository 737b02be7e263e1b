"""The master key: 256 bits that wrap every other key, from a file or the environment, never from the database.

A rotation puts the new key beside the old (`master.key.next`), commits, and moves it into the old one's place. One
that was interrupted after the commit is finished when the database is next opened.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from overt.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

__all__ = ["KEY_VARIABLE", "MasterKey"]

KEY_VARIABLE: Final = "OVERT_MASTER_KEY"
_BYTES: Final = 32
_NEXT: Final = ".next"
_LONGEST_FILE: Final = 4096


@dataclass(frozen=True)
class MasterKey:
    """The key and where it came from.

    Attributes:
        secret: 32 bytes.
        source: for messages: the file's name or the variable's.
        file: the file it was read from; None where it came from the environment.
        replaces: the file into whose place a rotation has yet to move it, where there is one.
    """

    secret: bytes = field(repr=False)
    source: str
    file: Path | None = None
    replaces: Path | None = None

    @classmethod
    def read(cls, file: Path, environment: Mapping[str, str]) -> MasterKey:
        """From `OVERT_MASTER_KEY` (base64) where it is set, else from the file.

        Raises:
            VaultError: neither is there, or what is there is no key.
        """
        written = environment.get(KEY_VARIABLE)
        if written is not None:
            return cls(_decode(written, KEY_VARIABLE), KEY_VARIABLE)
        try:
            return cls.from_file(file)
        except FileNotFoundError as error:
            raise VaultError(
                f"There is no master key: {file} is not there and {KEY_VARIABLE} is not set",
                "Put the key file back, or set the variable; without the key nothing sealed can be opened",
            ) from error

    @classmethod
    def from_file(cls, file: Path) -> MasterKey:
        """From a key file.

        Raises:
            FileNotFoundError: it is not there.
            VaultError: it cannot be read, others than its owner may read it, or it holds no key.
        """
        try:
            with file.open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                content = opened.read(_LONGEST_FILE)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise VaultError(
                f"The master key file {file} cannot be read: {error.strerror}", "See who owns it"
            ) from error
        if mode & 0o077:
            raise VaultError(
                f"The master key file {file} may be read by others than its owner",
                f"Take that away: chmod 600 {file}",
            )
        return cls(_decode(content.decode("latin-1"), str(file)), str(file), file)

    @classmethod
    def make(cls, file: Path) -> MasterKey:
        """Make a new key and write it to `file`, readable by its owner only.

        Raises:
            VaultError: the file is there already, or cannot be written.
        """
        made = cls(os.urandom(_BYTES), str(file), file)
        made.copy_to(file)
        return made

    def copy_to(self, file: Path) -> None:
        """Write this key to another file, readable by its owner only.

        Raises:
            VaultError: the file is there already, or cannot be written.
        """
        try:
            _write_new(file, self.secret)
        except OSError as error:
            raise VaultError(
                f"The master key file {file} cannot be written: {error.strerror}", "Name a new file"
            ) from error

    def successors(self) -> list[MasterKey]:
        """The keys that a rotation may have put in this one's place since it was read."""
        if self.file is None:
            return []
        place = self.replaces or self.file
        found = []
        with contextlib.suppress(FileNotFoundError, VaultError):
            found.append(MasterKey.from_file(place))
        with contextlib.suppress(FileNotFoundError, VaultError):
            found.append(replace(MasterKey.from_file(_next_to(place)), replaces=place))
        return [key for key in found if key.secret != self.secret]

    def prepare_successor(self, new: MasterKey, now: datetime) -> Path | None:
        """Before a rotation commits: the new key lies beside this one's file, and this one is kept under its date.

        Returns:
            Where this key is kept, for backups made with it; None where it came from the environment, and nothing
            was written.

        Raises:
            VaultError: the files cannot be written.
        """
        if self.file is None:
            return None
        place = self.replaces or self.file
        kept = place.with_name(f"{place.name}.until-{now:%Y%m%dT%H%M%SZ}")
        try:
            _next_to(place).unlink(missing_ok=True)
            _write_new(_next_to(place), new.secret)
            if not kept.exists():
                _write_new(kept, self.secret)
        except OSError as error:
            raise VaultError(
                f"The new master key cannot be put beside {place}: {error.strerror}",
                "Make the folder writable; the key in use has not changed",
            ) from error
        return kept

    def settle(self) -> MasterKey:
        """Move a key that lies beside the file it is to replace into that place; any other stays as it is.

        Raises:
            VaultError: the file cannot be moved.
        """
        place = self.replaces
        if self.file is None or place is None:
            return self
        try:
            self.file.replace(place)
            _sync_folder(place.parent)
        except FileNotFoundError:
            pass  # another process has finished the same rotation
        except OSError as error:
            raise VaultError(
                f"The new master key in {self.file} cannot be moved to {place}: {error.strerror}",
                f"The database opens with it alone: move it by hand, mv {self.file} {place}",
            ) from error
        return MasterKey(self.secret, str(place), place)

    def replace_by(self, new: MasterKey) -> MasterKey:
        """After a rotation has committed: the new key, in this one's place.

        Raises:
            VaultError: the file cannot be moved.
        """
        if self.file is None:
            return new
        place = self.replaces or self.file
        return MasterKey(new.secret, str(_next_to(place)), _next_to(place), replaces=place).settle()


def _next_to(place: Path) -> Path:
    return place.with_name(place.name + _NEXT)


def _write_new(file: Path, secret: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(base64.b64encode(secret) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Have a new name in a folder on disk, as its content is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decode(text: str, source: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise VaultError(
            f"{source} does not hold a master key",
            f"It must be {_BYTES} bytes in base64, as `overt vault new-key` writes them",
        )
    return secret
