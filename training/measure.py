"""Open-set identification and verification figures, with numpy alone.

The terms are those of ISO/IEC 19795. Intervals are by bootstrap over people, as one person's trials are not
independent.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OpenSet", "open_set", "s_norm", "verification"]

Numbers = npt.NDArray[np.float32]

COHORT_TOP = 200
"""How many of the cohort's nearest faces the adaptive S-norm takes its mean and deviation from."""


@dataclass(frozen=True)
class OpenSet:
    """One gallery picture a person, one mated probe each, and strangers.

    Attributes:
        scores: float32 [mated, gallery], the same person on the diagonal.
        strangers: float32 [strangers, gallery].
    """

    scores: Numbers
    strangers: Numbers

    def rank1(self) -> float:
        """How often the right entry comes first."""
        return float((self.scores.argmax(1) == np.arange(len(self.scores))).mean())

    def tpir(self, fpir: float) -> float:
        """How many mated probes come first and above the threshold at which `fpir` of the strangers alert."""
        return _tpir(self.scores, self.strangers.max(1), fpir)

    def interval(self, fpir: float, rounds: int = 400, seed: int = 5) -> tuple[float, float]:
        """The 95% interval of `tpir`: mated people and strangers drawn again with replacement."""
        random = np.random.default_rng(seed)
        best = self.strangers.max(1)
        right = self.scores.argmax(1) == np.arange(len(self.scores))
        top = np.where(right, self.scores.max(1), -np.inf)
        drawn = []
        for _ in range(rounds):
            limit = _threshold(best[random.integers(0, len(best), len(best))], fpir)
            drawn.append((top[random.integers(0, len(top), len(top))] > limit).mean())
        low, high = np.quantile(drawn, (0.025, 0.975))
        return float(low), float(high)


def _threshold(best: Numbers, fpir: float) -> float:
    """The score above which at most `fpir` of the strangers come."""
    return float(np.sort(best)[::-1][int(fpir * len(best))])


def _tpir(scores: Numbers, best: Numbers, fpir: float) -> float:
    right = scores.argmax(1) == np.arange(len(scores))
    return float((right & (scores.max(1) > _threshold(best, fpir))).mean())


def s_norm(probes: Numbers, gallery: Numbers, cohort: Numbers, top: int = COHORT_TOP) -> Numbers:
    """Scores of probes against a gallery by adaptive symmetric normalisation (Matějka and others, 2017).

    Args:
        probes: float32 [n, d], rows of unit length.
        gallery: float32 [m, d], likewise.
        cohort: float32 [k, d]: other people, one picture each.
        top: how many of the cohort's best scores count.
    """
    raw = probes @ gallery.T
    ends = []
    for rows in (probes, gallery):
        near = -np.partition(-(rows @ cohort.T), min(top, len(cohort) - 1), axis=1)[:, :top]
        ends.append((near.mean(1), near.std(1) + 1e-6))
    (mean_p, std_p), (mean_g, std_g) = ends
    return 0.5 * ((raw - mean_p[:, None]) / std_p[:, None] + (raw - mean_g) / std_g)


def open_set(
    templates: Numbers,
    roles: npt.NDArray[np.str_],
    people: npt.NDArray[np.str_],
    cohort: Numbers | None = None,
) -> OpenSet:
    """Search the mated probes and the strangers against the gallery.

    Args:
        templates: float32 [n, d], rows of unit length.
        roles: `gallery`, `mated`, `nonmated` or anything else, which is left out.
        people: whose picture it is.
        cohort: scores are S-normed against it; plain cosine without it.
    """
    gallery = {person: row for row, person in enumerate(people) if roles[row] == "gallery"}
    mated = {person: row for row, person in enumerate(people) if roles[row] == "mated"}
    both = sorted(gallery.keys() & mated.keys())
    entries = templates[[gallery[person] for person in both]]
    probes = templates[[mated[person] for person in both]]
    strangers = templates[roles == "nonmated"]
    if cohort is None:
        return OpenSet(probes @ entries.T, strangers @ entries.T)
    return OpenSet(s_norm(probes, entries, cohort), s_norm(strangers, entries, cohort))


def verification(
    pairs: Path, templates: Numbers, pictures: npt.NDArray[np.str_]
) -> tuple[float, float, int] | None:
    """Accuracy on labelled pairs both of whose pictures are there, ten folds by order, and its standard error.

    The threshold of each fold is the best one of the others.
    """
    row_of = {name: row for row, name in enumerate(pictures)}
    scores, same = [], []
    with pairs.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ends = [row_of.get(f"faces/lfw_gray192/{row[key]}") for key in ("image_a", "image_b")]
            if ends[0] is not None and ends[1] is not None:
                scores.append(float(templates[ends[0]] @ templates[ends[1]]))
                same.append(row["same"] == "1")
    if len(scores) < 50:
        return None
    values, truth = np.array(scores), np.array(same)
    fold = np.arange(len(values)) % 10
    accuracies = []
    for one in range(10):
        rest = fold != one
        known = np.sort(values[rest])
        limits = (known[1:] + known[:-1]) / 2
        right = [((values[rest] >= limit) == truth[rest]).mean() for limit in limits]
        limit = limits[int(np.argmax(right))]
        accuracies.append(((values[~rest] >= limit) == truth[~rest]).mean())
    return float(np.mean(accuracies)), float(np.std(accuracies) / np.sqrt(10)), len(values)
