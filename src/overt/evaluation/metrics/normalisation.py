"""Scores measured against a cohort of other people: Z-norm and adaptive symmetric normalisation.

Some faces resemble everybody a little more than others do, and then one threshold is too low for them and too high
for the rest. A cohort of people who are neither on the list nor walk past says how much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from overt.biometrics import FloatArray

__all__ = ["COHORT_TOP", "CohortScores", "Normalisation", "Normaliser"]

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Normalisation = Literal["none", "s-norm", "z-norm"]

COHORT_TOP: Final = 200
"""How many of the cohort's scores, the highest, a face is measured by."""

_LEAST_SPREAD: Final = 1e-4


class Normaliser:
    """Normalises the cosines of one gallery against a cohort.

    S-norm (Kenny, 2010), adaptive in its cohort (Cumani, Batzu, Colibro, Vair, Laface and Vasilakakis, 2011): the
    mean of the score's standardisation by the entry's highest cohort scores and by the probe's. Z-norm (Reynolds,
    1997) takes the entry's side alone, over the whole cohort.

    Whoever is in the cohort as well, as are the people of calibration data on which a threshold is chosen, is left
    out of it for every comparison they are in. Otherwise the very score that is judged is among those that it is
    judged by, and the threshold comes out too low for people whom the cohort does not know.

    Args:
        kind: `s-norm` or `z-norm`.
        cohort: float32 [c, d], of unit length, one for each person.
        cohort_identities: int64 [c], each once.
        gallery: float32 [m, d].
        gallery_identities: int64 [m].
        probe_identities: int64 [n], of the probes in the order in which they will be searched.
        top: how many cohort scores S-norm uses.
    """

    def __init__(
        self,
        kind: Literal["s-norm", "z-norm"],
        cohort: FloatArray,
        cohort_identities: Codes,
        *,
        gallery: FloatArray,
        gallery_identities: Codes,
        probe_identities: Codes,
        top: int = COHORT_TOP,
    ) -> None:
        self._kind, self._top = kind, None if kind == "z-norm" else top
        self._cohort, self._people = cohort, cohort_identities
        self._of_gallery = _places(gallery_identities, cohort_identities)
        self._of_probe = _places(probe_identities, cohort_identities)
        self._entries = CohortScores(gallery, self._of_gallery, cohort, self._top)

    def __call__(self, scores: FloatArray, probes: FloatArray, part: slice) -> FloatArray:
        """Scores float32 [b, m] of a block of probes, normalised."""
        of_probe = self._of_probe[part]
        mean, spread = self._entries.standing(of_probe)
        normal = (scores - mean.T) / spread.T
        if self._kind == "s-norm":
            against = CohortScores(probes, of_probe, self._cohort, self._top)
            mean, spread = against.standing(self._of_gallery)
            normal = (normal + (scores - mean) / spread) / 2
        return np.asarray(normal, np.float32)


class CohortScores:
    """The scores of some faces against a cohort, each person's own left out.

    Args:
        faces: float32 [n, d].
        places: int64 [n], where in the cohort each face's person is; -1 where nowhere.
        cohort: float32 [c, d].
        top: only so many of the highest; all where None.
    """

    def __init__(self, faces: FloatArray, places: Codes, cohort: FloatArray, top: int | None) -> None:
        self._scores = np.asarray(faces @ cohort.T, np.float64)
        own = np.flatnonzero(places >= 0)
        self._scores[own, places[own]] = -np.inf
        n, c = self._scores.shape
        # one more than are counted, to step in for one that is left out
        kept = c if top is None else min(c, top + 1)
        ordered = -np.sort(-np.partition(self._scores, c - kept, axis=1)[:, c - kept :], axis=1)
        counted = ordered if top is None or top >= kept else ordered[:, :top]
        self._spare = ordered[:, top] if top is not None and top < kept else np.full(n, np.nan)
        real = np.isfinite(counted)
        counted = np.where(real, counted, 0.0)
        self._number = real.sum(axis=1).astype(np.float64)
        self._sum, self._squares = counted.sum(axis=1), (counted**2).sum(axis=1)
        self._least = np.where(real, counted, np.inf).min(axis=1)

    def standing(self, others: Codes) -> tuple[Numbers, Numbers]:
        """Mean and standard deviation of the counted scores, without one person each time.

        Args:
            others: int64 [k], where in the cohort those are who are left out, -1 for nobody.

        Returns:
            float64 [n, k] each; [n, 1] where nobody is left out at all.
        """
        if not (others >= 0).any():
            return _mean_and_spread(self._number[:, None], self._sum[:, None], self._squares[:, None])
        out = self._scores[:, others]
        out[:, others < 0] = -np.inf
        inside = np.isfinite(out) & (out >= self._least[:, None])
        gone = np.where(inside, out, 0.0)
        stands_in = inside & np.isfinite(self._spare)[:, None]
        come = np.where(stands_in, np.nan_to_num(self._spare)[:, None], 0.0)
        return _mean_and_spread(
            self._number[:, None] - inside + stands_in,
            self._sum[:, None] - gone + come,
            self._squares[:, None] - gone**2 + come**2,
        )


def _mean_and_spread(number: Numbers, total: Numbers, squares: Numbers) -> tuple[Numbers, Numbers]:
    mean = total / np.maximum(number, 1)
    variance = squares / np.maximum(number, 1) - mean**2
    return mean, np.maximum(np.sqrt(np.maximum(variance, 0)), _LEAST_SPREAD)


def _places(identities: Codes, cohort_identities: Codes) -> Codes:
    """Where in the cohort each identity is, -1 where nowhere."""
    order = np.argsort(cohort_identities, kind="stable")
    at = np.searchsorted(cohort_identities[order], identities).clip(0, max(len(order) - 1, 0))
    return np.where(cohort_identities[order][at] == identities, order[at], -1).astype(np.int64)
