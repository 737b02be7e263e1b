"""Exact search of a collection's templates: an eight-bit scan, and float32 for what could be among the best."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from overt.gallery.collections._block import Block, Nearest, Probe
from overt.gallery.collections.checking import RE_EMBED, check_vectors, checked_ids
from overt.gallery.collections.found import Found, best_of
from overt.gallery.collections.gate import Gate
from overt.gallery.search import Precision, require_contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import Contract, FloatArray

__all__ = ["CollectionIndex"]

_ROOM: Final = 65_536
"""Rows of a block."""

_SPARE: Final = 64
_FOR_EACH: Final = 16
_SHORTEST: Final = 1e-6


class CollectionIndex:
    """The templates of a collection's images, searched exactly.

    The answer is that of comparing every template in float32. With `int8` all of them are compared in eight
    bits first; a bound on the rounding tells which could be among the best k, and only those are compared in
    float32. Both forms are kept: 5 bytes a number and 8 an image. With `float32` it is 4 a number.

    Any number of threads may search, add and remove. A search sees what was held at one moment. When `remove`
    returns, the rows have been overwritten, and no search that still runs can find them.

    Args:
        contract: what templates and probes are bound to.
        precision: of the scan; the answer is the same.
        threads: threads of one search.
        room: images of one block, the unit that a thread takes.
    """

    def __init__(
        self, contract: Contract, *, precision: Precision = "int8", threads: int = 1, room: int = _ROOM
    ) -> None:
        self.contract = contract
        self.precision: Precision = precision
        self._room = room
        self._threads = threads
        self._others = ThreadPoolExecutor(threads - 1, "collection") if threads > 1 else None
        self._gate = Gate()
        self._changing = threading.Lock()
        self._blocks: list[Block] = []
        self._largest_id = -1

    def __len__(self) -> int:
        with self._gate.reading():
            return sum(block.count for block in self._blocks)

    @property
    def memory(self) -> int:
        """Bytes of the arrays that hold ids and templates."""
        with self._gate.reading():
            return sum(block.memory for block in self._blocks)

    def require(self, contract: Contract) -> None:
        """Refuse another contract's templates.

        Raises:
            ContractError: `contract` is not this index's.
        """
        require_contract(self.contract, contract, remedy=RE_EMBED)

    def add(self, ids: Sequence[int] | npt.NDArray[np.int64], templates: FloatArray) -> None:
        """Hold these images too: all of them, or with an error none. Waits for the searches that run.

        Args:
            ids: of the images, not negative, each once and none held.
            templates: float32 [m, dimension], of unit length.

        Raises:
            ContractError: the templates are not of the contract's dimension.
            EnrolmentError: a template is not finite or not of unit length to within 0.001.
            ValueError: ids are negative, doubled, held already, or not as many as templates.
        """
        names = checked_ids(ids, templates, self.contract)
        with self._changing:
            self._check_new(names)
            with self._gate.writing():
                done = 0
                while done < len(names):
                    if not self._blocks or self._blocks[-1].count == self._room:
                        self._blocks.append(Block(self.contract.dimension, self._room, self.precision))
                    block = self._blocks[-1]
                    part = slice(done, done + self._room - block.count)
                    block.append(names[part], templates[part])
                    done = part.stop
            self._largest_id = max(self._largest_id, int(names.max(initial=-1)))

    def _check_new(self, names: npt.NDArray[np.int64]) -> None:
        if len(names) and int(names.min()) <= self._largest_id:
            for block in self._blocks:
                held = np.isin(names, block.ids[: block.count])
                if held.any():
                    raise ValueError(f"image {int(names[held][0])} is held already")

    def remove(self, ids: Sequence[int] | npt.NDArray[np.int64]) -> int:
        """Hold these images no longer, and overwrite their templates; ids that are not held do nothing.

        Waits for the searches that run.

        Returns:
            How many of them were held.
        """
        names = np.asarray(ids, np.int64).reshape(-1)
        with self._changing, self._gate.writing():
            places = [
                (b, int(row))
                for b, block in enumerate(self._blocks)
                for row in np.flatnonzero(np.isin(block.ids[: block.count], names))
            ]
            for b, row in reversed(places):  # the last first, so that the last row of all is one that stays
                last = self._blocks[-1]
                if (b, row) != (len(self._blocks) - 1, last.count - 1):
                    end = last.count - 1
                    self._blocks[b].put(row, int(last.ids[end]), last.templates[end])
                last.drop_last()
                if not last.count:
                    self._blocks.pop()
            for b in {b for b, _ in places}:
                if b < len(self._blocks):
                    self._blocks[b].forget()
            if self._blocks:
                self._blocks[-1].forget()
        return len(places)

    def close(self) -> None:
        """Overwrite all that is held, and let the threads go."""
        with self._changing, self._gate.writing():
            for block in self._blocks:
                block.clear()
            self._blocks = []
            if self._others is not None:
                self._others.shutdown()
                self._others = None

    def search(self, probes: FloatArray, k: int) -> Found:
        """The k best images for each probe.

        Args:
            probes: float32 [n, dimension]. Scores are cosines, whatever a probe's length. One that is not
                finite or has no length finds nothing.
            k: images for each probe.

        Raises:
            ContractError: the probes are not of the contract's dimension.
        """
        check_vectors(probes, "probes", self.contract)
        found = Found.nothing(len(probes), k)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.linalg.norm(probes, axis=1)
        usable = np.flatnonzero(np.isfinite(lengths) & (lengths > _SHORTEST))
        taken = [Probe(probes[i]) for i in usable]
        with self._gate.reading():
            if self._blocks and k > 0:
                for i, one, near in zip(usable, taken, self._scan(taken, k), strict=True):
                    best = self._compare(one, near, k)
                    found.ids[i], found.scores[i] = best.ids[0], best.scores[0]
        return found

    def _scan(self, probes: Sequence[Probe], k: int) -> list[list[Nearest]]:
        """For each probe what each block says; the threads take blocks in turn."""
        most = _FOR_EACH * k + _SPARE
        said: list[list[Nearest]] = [[] for _ in self._blocks]
        threads = min(self._threads if self._others else 1, len(self._blocks))

        def scan(start: int) -> None:
            for b in range(start, len(self._blocks), threads):
                said[b] = [self._blocks[b].nearest(probe, most) for probe in probes]

        others = [self._others.submit(scan, start) for start in range(1, threads)] if self._others else []
        scan(0)
        for other in others:
            other.result()
        return [[block[i] for block in said] for i in range(len(probes))]

    def _compare(self, probe: Probe, near: list[Nearest], k: int) -> Found:
        """The best k for one probe: exact scores of all rows that could be among them."""
        surely = np.concatenate([part.scores - part.margin for part in near])
        least = np.partition(surely, len(surely) - k)[len(surely) - k] if len(surely) > k else -np.inf
        parts = []
        for block, said in zip(self._blocks, near, strict=True):
            part = said
            while not part.all_rows and part.scores.min() + part.margin >= least:
                part = block.nearest(probe, 8 * len(part.rows))  # rows that it left out could be among them
            rows = part.rows[part.scores + part.margin >= least]
            parts.append(Found(block.ids[rows][None], block.exactly(probe, rows)[None]))
        return best_of(parts, 1, k)
