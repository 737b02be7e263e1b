"""A large file on its way in or out: on disk only as ciphertext, under a key that only this process ever has.

An archive of reference pictures is too large for memory, and pictures of people who are sought must not lie on a disk
in the clear, not even for the length of an import. So the file has no name (`O_TMPFILE`, or unlinked at once), and
what is written to it is AES-256-CTR under a random key that goes with the object (NIST SP 800-38A). CTR lets a reader
seek, as ZIP needs. It does not authenticate; nobody but this process can reach the file.
"""

from __future__ import annotations

import errno
import io
import os
import tempfile
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

__all__ = ["SealedSpool", "SpoolWriter"]

_BLOCK: Final = 16
_FOLDER: Final = "tmp"


class SealedSpool(io.RawIOBase):
    """A file of bytes that is written once, from its beginning, and then read in any order."""

    def __init__(self, data: Path) -> None:
        """Make it in the data folder's `tmp`, which is made where it is missing."""
        super().__init__()
        folder = data / _FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = _nameless(folder)
        self._key = AES(os.urandom(32))
        self._nonce = int.from_bytes(os.urandom(_BLOCK // 2)) << 64
        self._at = 0
        self._size = 0
        self._writing = Cipher(self._key, CTR(self._nonce.to_bytes(_BLOCK))).encryptor()

    def write(self, content: Buffer) -> int:
        """Add to the end."""
        plain = memoryview(content).cast("B")
        sealed = memoryview(self._writing.update(plain))
        while sealed:
            sealed = sealed[os.write(self._file, sealed) :]
        self._size += len(plain)
        return len(plain)

    def readinto(self, buffer: Buffer) -> int:
        """Read from where the reader is."""
        room = memoryview(buffer).cast("B")
        first, skip = divmod(self._at, _BLOCK)
        sealed = os.pread(self._file, min(len(room), max(0, self._size - self._at)), self._at)
        opening = Cipher(self._key, CTR((self._nonce + first).to_bytes(_BLOCK))).decryptor()
        opening.update(bytes(skip))
        room[: len(sealed)] = opening.update(sealed)
        self._at += len(sealed)
        return len(sealed)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the reader."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the file's beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the reader is."""
        return self._at

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """Yes, at the end."""
        return True

    def seekable(self) -> bool:
        """Yes, for reading."""
        return True

    def close(self) -> None:
        """Give the disk's space back; the key is gone with the object."""
        if not self.closed:
            os.close(self._file)
        super().close()


class SpoolWriter(io.RawIOBase):
    """The writing end of a spool, for what would else seek about in it, as a ZIP's writer does."""

    def __init__(self, spool: SealedSpool) -> None:
        super().__init__()
        self._spool = spool

    def write(self, content: Buffer) -> int:
        """Add to the end."""
        return self._spool.write(content)

    def writable(self) -> bool:
        """Yes."""
        return True


def _nameless(folder: Path) -> int:
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:
            raise
    made, path = tempfile.mkstemp(dir=folder)
    os.unlink(path)  # noqa: PTH108 - the name as it was given
    return made
