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

__all__ = ["COHORT_TOP", "Normalisation", "Normaliser", "cohort_statistics"]

Codes = npt.NDArray[np.int64]
Normalisation = Literal["none", "s-norm", "z-norm"]

COHORT_TOP: Final = 200
"""How many of the cohort's scores, the highest, a face is measured by."""

_LEAST_SPREAD: Final = 1e-4


class Normaliser:
    """Normalises the cosines of one gallery against a cohort.

    S-norm (Kenny, 2010), adaptive in its cohort (Cumani, Batzu, Colibro, Vair, Laface and Vasilakakis, 2011): the
    mean of the score's standardisation by the entry's highest cohort scores and by the probe's. Z-norm (Reynolds,
    1997) takes the entry's side alone, over the whole cohort.

    Args:
        kind: `s-norm` or `z-norm`.
        cohort: float32 [c, d], of unit length, one for each person.
        cohort_identities: int64 [c], by which a person's own template is left out of the person's cohort.
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
        self._kind, self._top = kind, top
        self._cohort, self._people = cohort, cohort_identities
        self._probe_identities = probe_identities
        self._mean, self._spread = cohort_statistics(
            gallery, gallery_identities, cohort, cohort_identities, top=None if kind == "z-norm" else top
        )

    def __call__(self, scores: FloatArray, probes: FloatArray, part: slice) -> FloatArray:
        """Scores float32 [b, m] of a block of probes, normalised."""
        of_entry = (scores - self._mean) / self._spread
        if self._kind == "z-norm":
            return np.asarray(of_entry, np.float32)
        mean, spread = cohort_statistics(
            probes, self._probe_identities[part], self._cohort, self._people, top=self._top
        )
        of_probe = (scores - mean[:, None]) / spread[:, None]
        return np.asarray((of_entry + of_probe) / 2, np.float32)


def cohort_statistics(
    templates: FloatArray,
    identities: Codes,
    cohort: FloatArray,
    cohort_identities: Codes,
    *,
    top: int | None,
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each template's scores against the cohort, float32 [n] each.

    Args:
        templates: float32 [n, d].
        identities: int64 [n]; scores against the same identity are left out.
        cohort: float32 [c, d].
        cohort_identities: int64 [c].
        top: only so many of the highest; all where None.
    """
    means, spreads = np.zeros(len(templates), np.float32), np.ones(len(templates), np.float32)
    for first in range(0, len(templates), 512):
        part = slice(first, first + 512)
        scores = templates[part] @ cohort.T
        scores[identities[part][:, None] == cohort_identities[None]] = np.nan
        kept = scores
        if top is not None and top < scores.shape[1]:
            # a number that is missing sorts last, so it is taken only where nothing else is left
            kept = -np.partition(-scores, top - 1, axis=1)[:, :top]
        means[part] = np.nanmean(kept, axis=1)
        spreads[part] = np.maximum(np.nanstd(kept, axis=1), _LEAST_SPREAD)
    return means, spreads
