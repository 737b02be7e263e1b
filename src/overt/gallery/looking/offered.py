"""Pictures on their way to a worker: cut into parts there, put together again here, and overwritten."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LARGEST_PART", "Offered", "Received", "parts_of"]

LARGEST_PART: Final = 64 * 1024
"""Bytes of a part."""

_LENGTHS: Final = struct.Struct("<QQ")  # of everything, of the list of names and lengths that follows


@dataclass(frozen=True, eq=False)
class Offered:
    """A picture's file.

    Attributes:
        name: for findings, such as `folder/front.jpg`.
        content: of the file.
    """

    name: str
    content: bytes = field(repr=False)


def parts_of(pictures: Sequence[Offered]) -> Iterator[bytes]:
    """The pictures as parts of at most `LARGEST_PART` bytes, for `Received`."""
    listed = msgspec.msgpack.encode([(one.name, len(one.content)) for one in pictures])
    total = _LENGTHS.size + len(listed) + sum(len(one.content) for one in pictures)
    whole = b"".join([_LENGTHS.pack(total, len(listed)), listed, *(one.content for one in pictures)])
    for first in range(0, total, LARGEST_PART):
        yield whole[first : first + LARGEST_PART]


class Received:
    """Pictures that arrive part by part, in one piece of memory that can be overwritten."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._filled = 0

    def take(self, part: bytes) -> None:
        """The next part.

        Raises:
            ValueError: it is more than was announced, or does not say how much follows.
        """
        if not self._held:
            if len(part) < _LENGTHS.size:
                raise ValueError("the first part does not say how much follows")
            self._held = bytearray(_LENGTHS.unpack_from(part)[0])
        end = self._filled + len(part)
        if end > len(self._held):
            raise ValueError(f"{end} bytes came of {len(self._held)} that were announced")
        self._held[self._filled : end] = part
        self._filled = end

    def pictures(self) -> Iterator[Offered]:
        """The pictures, one after another, each as a copy of its own.

        Raises:
            ValueError: they are not all there.
        """
        if not self._held or self._filled < len(self._held):
            raise ValueError(f"{self._filled} bytes came of {len(self._held)} that were announced")
        _, length = _LENGTHS.unpack_from(self._held)
        at = _LENGTHS.size + length
        listed = msgspec.msgpack.decode(self._held[_LENGTHS.size : at], type=list[tuple[str, int]])
        for name, size in listed:
            yield Offered(name, bytes(self._held[at : at + size]))
            at += size

    def clear(self) -> None:
        """Overwrite and forget what came."""
        self._held[:] = bytes(len(self._held))
        self._held = bytearray()
        self._filled = 0
