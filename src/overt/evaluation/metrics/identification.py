"""What a search of a list gives, over all probes at once: the mate's score and rank, and the best of all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import FloatArray

__all__ = ["Searches", "cumulative_matches", "missed", "search_all"]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
_BLOCK: Final = 16_000_000
"""Scores held at once."""


@dataclass(frozen=True, slots=True)
class Searches:
    """The outcome of each probe's search of the whole list. A probe without a template has -inf and rank 0.

    Attributes:
        best: float64 [n], the highest score of any entry.
        mate: float64 [n], the score of the probe's own entry; -inf where it has none.
        rank: int64 [n], the place of its own entry, from 1, ties counted against it; 0 where it has none.
    """

    best: Numbers
    mate: Numbers
    rank: Codes

    def take(self, which: Flags | Codes) -> Searches:
        """The searches that an index or a mask picks."""
        return Searches(self.best[which], self.mate[which], self.rank[which])


def search_all(
    probes: FloatArray,
    found: Flags,
    mates: Codes,
    gallery: FloatArray,
    owners: Codes,
    *,
    normalise: Callable[[FloatArray, FloatArray, slice], FloatArray] | None = None,
) -> Searches:
    """Search every probe against every entry. An entry with several templates scores as its best one.

    Args:
        probes: float32 [n, d], of unit length.
        found: bool [n], whether there is a template at all.
        mates: int64 [n], each probe's own entry, -1 for none.
        gallery: float32 [m, d], of unit length, entry after entry.
        owners: int64 [m], each template's entry, rising from 0 without a gap.
        normalise: takes cosines float32 [b, m], the probes of that block and where the block lies; gives scores.
    """
    n = len(probes)
    best, mate = np.full(n, -np.inf), np.full(n, -np.inf)
    rank = np.zeros(n, np.int64)
    if not len(gallery):
        return Searches(best, mate, rank)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    one_each = len(starts) == len(owners)
    block = max(1, _BLOCK // len(gallery) // (1 if normalise is None else 8))
    for first in range(0, n, block):
        part = slice(first, min(first + block, n))
        scores = np.asarray(probes[part] @ gallery.T, np.float32)
        if normalise is not None:
            scores = normalise(scores, probes[part], part)
        if not one_each:
            scores = np.maximum.reduceat(scores, starts, axis=1)
        best[part] = scores.max(axis=1)
        own = mates[part]
        has = np.flatnonzero(own >= 0)
        mate_scores = scores[has, own[has]]
        mate[first + has] = mate_scores
        rank[first + has] = (scores[has] >= mate_scores[:, None]).sum(axis=1)
    best[~found], mate[~found], rank[~found] = -np.inf, -np.inf, 0
    return Searches(best, mate, rank)


def missed(searches: Searches, threshold: float, rank: int = 1) -> Flags:
    """Which mated searches fail: the mate is not among the first `rank`, or scores below the threshold.

    Their part of all is FNIR(N, R, T) of ISO/IEC 19795-1. A probe without a template is missed.
    """
    return ~((searches.mate >= threshold) & (searches.rank >= 1) & (searches.rank <= rank))


def cumulative_matches(ranks: Codes, most: int) -> Numbers:
    """The CMC: the part of mated searches whose mate is among the first r, for r from 1 to `most`, float64 [most]."""
    counts = np.bincount(np.clip(ranks, 0, most + 1), minlength=most + 2)[1 : most + 1]
    return np.cumsum(counts) / max(len(ranks), 1)
