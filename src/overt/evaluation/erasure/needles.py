"""Needles: short runs of a face's bytes, and finding any of them in a great deal of memory.

A needle is 32 bytes long. Wherever it lies, at least three aligned eight-byte words fall inside it, the first at
one of eight offsets. So memory is read once, as aligned words, and each is looked up among the words that begin at
those offsets; what is met is compared in full.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LENGTH", "Hit", "Needle", "NeedleIndex", "cut_all", "cut_needles"]

LENGTH: Final = 32
"""Bytes of a needle. Faces are rich: 32 of their bytes never lie anywhere by chance."""

WORD: Final = 8
RICH: Final = 10
"""Different bytes that a needle has at least."""

CHUNK_WORDS: Final = 1 << 18
TABLE_BITS: Final = 20
MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Needle:
    """A run of bytes, the form it was cut from, and the face (its number in the proof) that it shows."""

    form: str
    face: int
    content: bytes


class Hit(NamedTuple):
    """A needle, and the offset in the searched memory at which it lies."""

    needle: Needle
    offset: int


@dataclass
class NeedleIndex:
    """Needles, made ready for searching.

    Attributes:
        needles: what is searched for; the same content twice counts once.
    """

    needles: list[Needle]
    _keys: npt.NDArray[np.uint64] = field(init=False)
    _owners: list[list[tuple[int, int]]] = field(init=False)
    _table: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        unique = {(needle.content, needle.face): needle for needle in self.needles}
        self.needles = list(unique.values())
        owners: dict[int, list[tuple[int, int]]] = {}
        for number, needle in enumerate(self.needles):
            if len(needle.content) != LENGTH:
                raise ValueError(f"a needle should be {LENGTH} bytes long, not {len(needle.content)}")
            for shift in range(WORD):
                word = int.from_bytes(needle.content[shift : shift + WORD], "little")
                owners.setdefault(word, []).append((number, shift))
        self._keys = np.array(sorted(owners), np.uint64)
        self._owners = [owners[int(word)] for word in self._keys]
        self._table = np.zeros(1 << TABLE_BITS, np.bool_)
        self._table[_hashed(self._keys)] = True

    def search(self, memory: Bytes) -> Iterator[Hit]:
        """Every place where a needle lies whole.

        Args:
            memory: uint8 [n], at an address that is a multiple of eight.
        """
        if not len(self._keys):
            return
        words = memory[: len(memory) // WORD * WORD].view(np.uint64)
        for start in range(0, len(words), CHUNK_WORDS):
            chunk = words[start : start + CHUNK_WORDS]
            likely = np.flatnonzero(self._table[_hashed(chunk)])
            if not len(likely):
                continue
            places = np.searchsorted(self._keys, chunk[likely])
            places[places == len(self._keys)] = 0
            met = self._keys[places] == chunk[likely]
            for at, key in zip(likely[met].tolist(), places[met].tolist(), strict=True):
                for number, shift in self._owners[key]:
                    begin = (start + at) * WORD - shift
                    content = self.needles[number].content
                    if begin >= 0 and memory[begin : begin + LENGTH].tobytes() == content:
                        yield Hit(self.needles[number], begin)

    def without(self, found: set[bytes]) -> NeedleIndex:
        """The same index without the needles of these contents."""
        return NeedleIndex([needle for needle in self.needles if needle.content not in found])


def cut_needles(rows: Bytes, form: str, face: int, most: int = 16) -> list[Needle]:
    """Cut needles out of a face's bytes: from rows spread over it, each where the row is richest.

    Args:
        rows: uint8 [n, width]: the bytes of n rows of the face, as they lie in memory.
        form: what the rows are.
        face: whose they are.
        most: how many needles at most.

    Returns:
        Needles of at least ten different bytes each; fewer than `most`, or none, where the face is flat.
    """
    if rows.shape[1] < LENGTH:
        return []
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
    windows = np.lib.stride_tricks.sliding_window_view(chosen, LENGTH, axis=1)[:, :: WORD // 2]
    richness = _richness(windows)
    best = richness.argmax(axis=1)
    return [
        Needle(form, face, windows[row, at].tobytes())
        for row, at in enumerate(best.tolist())
        if richness[row, at] >= RICH
    ]


def cut_all(row: Bytes, form: str, face: int) -> list[Needle]:
    """Cut needles out of all of one row, each half over the next: for a template, which has no dull parts.

    Args:
        row: uint8 [width].
        form: what it is.
        face: whose it is.
    """
    windows = np.lib.stride_tricks.sliding_window_view(row, LENGTH)[:: LENGTH // 2]
    richness = _richness(windows)
    return [
        Needle(form, face, window.tobytes())
        for window, rich in zip(windows, richness, strict=True)
        if rich >= RICH
    ]


def _richness(windows: Bytes) -> npt.NDArray[np.intp]:
    """How many different bytes each window (the last axis) has."""
    return np.asarray((np.diff(np.sort(windows, axis=-1), axis=-1) != 0).sum(axis=-1) + 1)


def _hashed(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (words * MULTIPLIER) >> np.uint64(64 - TABLE_BITS)
