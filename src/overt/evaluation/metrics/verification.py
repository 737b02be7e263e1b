"""Accuracy of one-to-one decisions, the threshold for each part learned on the others."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["FoldedAccuracy", "best_threshold", "folded_accuracy", "stratified_folds"]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
FOLDS: Final = 10


class FoldedAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """The mean accuracy over parts, each decided at the threshold that was best on all the others.

    Attributes:
        mean: over the parts.
        standard_error: of that mean: the standard deviation over the parts by the root of their number.
        threshold: the mean of the thresholds.
        folds: how many parts.
    """

    mean: float
    standard_error: float
    threshold: float
    folds: int


def folded_accuracy(scores: Numbers, same: Flags, folds: Codes, *, balanced: bool = False) -> FoldedAccuracy:
    """The estimate of Labeled Faces in the Wild's view 2 (Huang, Ramesh, Berg and Learned-Miller, 2007).

    Args:
        scores: float64 [n].
        same: bool [n], whether a pair is of one person.
        folds: int64 [n], which part each pair is in.
        balanced: weigh the two kinds of pair alike, where there are more of one.
    """
    weights = np.ones(len(scores))
    if balanced:
        weights = np.where(same, 0.5 / max(same.mean(), 1e-12), 0.5 / max((~same).mean(), 1e-12))
    accuracies, thresholds = [], []
    for fold in np.unique(folds):
        test = folds == fold
        threshold = best_threshold(scores[~test], same[~test], weights[~test])
        right = (scores[test] >= threshold) == same[test]
        accuracies.append(float(np.average(right, weights=weights[test])))
        thresholds.append(threshold)
    spread = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else 0.0
    return FoldedAccuracy(
        mean=float(np.mean(accuracies)),
        standard_error=spread / len(accuracies) ** 0.5,
        threshold=float(np.mean(thresholds)),
        folds=len(accuracies),
    )


def best_threshold(scores: Numbers, same: Flags, weights: Numbers | None = None) -> float:
    """The threshold with the most right decisions: halfway between two scores, the middle one of equals."""
    counted = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    ordered, signed = scores[order], np.where(same[order], -counted[order], counted[order])
    # right[i]: with the i lowest scores called different, against calling all of them the same
    right = np.concatenate([[0.0], np.cumsum(signed)])
    finite = ordered[np.isfinite(ordered)]
    low, high = (finite[0], finite[-1]) if len(finite) else (0.0, 0.0)
    edges = np.concatenate([[low], (ordered[:-1] + ordered[1:]) / 2, [np.nextafter(high, np.inf)]])
    apart = np.concatenate([[True], ordered[1:] > ordered[:-1], [True]]) & np.isfinite(edges)
    at, gain = edges[apart], right[apart]
    best = np.flatnonzero(gain >= gain.max() - 1e-9)
    return float(at[best[len(best) // 2]])


def stratified_folds(same: Flags, *, seed: int, folds: int = FOLDS) -> Codes:
    """Parts of nearly the same size and mixture, drawn by lot."""
    rng = np.random.default_rng(seed)
    out = np.zeros(len(same), np.int64)
    for kind in (True, False):
        which = np.flatnonzero(same == kind)
        out[rng.permutation(which)] = np.arange(len(which)) % folds
    return out
