"""Entries of one watchlist that the software could take for each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.gallery.report import LookAlike

if TYPE_CHECKING:
    import numpy.typing as npt

    from overt.biometrics import FloatArray
    from overt.gallery.watchlist import Watchlist

__all__ = ["find_look_alikes", "least_alike"]

_ROWS: Final = 512


def find_look_alikes(watchlist: Watchlist, threshold: float) -> tuple[LookAlike, ...]:
    """Every two entries whose most alike templates score at least the threshold, most alike first."""
    templates, owner = watchlist.templates, watchlist.entry_of_template
    best: dict[tuple[int, int], float] = {}
    for first in range(0, len(templates), _ROWS):
        scores = templates[first : first + _ROWS] @ templates[first:].T
        for row, column in np.argwhere(scores >= threshold).tolist():
            pair = sorted((int(owner[first + row]), int(owner[first + column])))
            if pair[0] != pair[1]:
                key = (pair[0], pair[1])
                best[key] = max(best.get(key, -1.0), float(scores[row, column]))
    references = watchlist.references
    found = [
        LookAlike(first=references[a], second=references[b], score=round(score, 4))
        for (a, b), score in best.items()
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second)))


def least_alike(templates: FloatArray) -> npt.NDArray[np.float32]:
    """For each of several templates of one entry, its best score against the others; float32 [m], m ≥ 2."""
    scores = templates @ templates.T
    np.fill_diagonal(scores, -np.inf)
    return np.asarray(scores.max(axis=1), np.float32)
