"""A stream of bytes, cut into chunks of 1 MiB that are each sealed with AES-256-GCM.

A chunk's nonce is its number and whether it is the last one (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, 2015), so a byte altered, a chunk moved or repeated, or an end cut off is refused. A key must
seal one stream only.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["AlteredError", "Body", "open_chunks", "seal_chunks"]

CHUNK: Final = 2**20
_TAG: Final = 16


class AlteredError(Exception):
    """A sealed stream is not what was written."""


def seal_chunks(parts: Iterable[bytes], cipher: AESGCM, associated: bytes) -> Iterator[bytes]:
    """Seal a stream, given in parts of any size."""
    for number, last, chunk in _cut(parts):
        yield cipher.encrypt(_nonce(number, last=last), chunk, associated)


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">QI", number, last)


def _cut(parts: Iterable[bytes]) -> Iterator[tuple[int, bool, bytes]]:
    """Number, whether it is the last, and content of each chunk; only a single chunk may be empty."""
    waiting, number = bytearray(), 0
    for part in parts:
        waiting += part
        while len(waiting) > CHUNK:
            yield number, False, bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
            number += 1
    yield number, True, bytes(waiting)


def open_chunks(file: BinaryIO, cipher: AESGCM, associated: bytes) -> Iterator[bytes]:
    """Open the chunks that follow in a file.

    Raises:
        AlteredError: a chunk is not what was sealed, or not where it was, or the last one is missing.
    """
    number, sealed = 0, file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            chunk = cipher.decrypt(_nonce(number, last=not following), sealed, associated)
        except (InvalidTag, ValueError) as error:
            raise AlteredError from error
        yield chunk
        if not following:
            return
        number, sealed = number + 1, following


class Body:
    """Takes an exact number of bytes at a time from a stream of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._waiting = bytearray()

    def take(self, size: int) -> bytearray:
        """The next `size` bytes; EOFError where there are fewer."""
        while len(self._waiting) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise EOFError("it ends too early")
            self._waiting += chunk
        taken = self._waiting[:size]
        del self._waiting[:size]
        return taken

    def finish(self) -> None:
        """EOFError unless everything has been taken."""
        if self._waiting or next(self._chunks, None) is not None:
            raise EOFError("something follows its end")
