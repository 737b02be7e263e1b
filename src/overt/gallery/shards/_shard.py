"""One shard: an index in an actor's own memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from overt.gallery.collections import CollectionIndex

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from overt.biometrics import Contract, FloatArray
    from overt.gallery.search import Precision

__all__ = ["Shard"]


class Shard:
    """Holds a part of a collection's templates; what it returns are ids and scores."""

    def __init__(self, contract: Contract, precision: Precision, threads: int) -> None:
        self._index = CollectionIndex(contract, precision=precision, threads=threads)

    def add(self, ids: npt.NDArray[np.int64], templates: FloatArray) -> int:
        """Hold these too, and say how many are held."""
        self._index.add(ids, templates)
        return len(self._index)

    def remove(self, ids: npt.NDArray[np.int64]) -> int:
        """Hold these no longer."""
        return self._index.remove(ids)

    def search(self, probes: FloatArray, k: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """The best k for each probe: ids, scores."""
        found = self._index.search(probes, k)
        return found.ids, found.scores

    def about(self) -> tuple[int, int, int]:
        """Images, bytes, and the number of the process."""
        return len(self._index), self._index.memory, os.getpid()
