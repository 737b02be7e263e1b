"""What a search found, and how the findings of several parts of a collection become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray

__all__ = ["Found", "best_of"]


@dataclass(frozen=True, slots=True)
class Found:
    """The best images for each probe, best first; those that score the same by their ids.

    Attributes:
        ids: int64 [n, k]; -1 where there is no more (fewer images than k, or a probe without a direction).
        scores: float32 [n, k]: cosine of the probe and the image's template; -inf where there is none.
    """

    ids: npt.NDArray[np.int64]
    scores: FloatArray

    @classmethod
    def nothing(cls, n: int, k: int) -> Found:
        """No image for any of n probes."""
        return cls(np.full((n, k), -1, np.int64), np.full((n, k), -np.inf, np.float32))


def best_of(parts: Sequence[Found], n: int, k: int) -> Found:
    """The best k of what several parts of one collection found for the same n probes.

    Args:
        parts: what each found; no image is in two of them.
        n: probes.
        k: images for each probe; no part was asked for fewer.
    """
    best = Found.nothing(n, k)
    if not parts:
        return best
    ids = np.concatenate([part.ids for part in parts], axis=1)
    scores = np.concatenate([part.scores for part in parts], axis=1)
    for i in range(n):
        order = np.lexsort((ids[i], -scores[i]))[:k]
        best.ids[i, : len(order)] = ids[i, order]
        best.scores[i, : len(order)] = scores[i, order]
    return best
