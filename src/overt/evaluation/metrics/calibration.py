"""Scores into likelihood ratios, and whether those ratios keep their word on other people.

A likelihood ratio says how many times more often this score comes of two pictures of one person than of two people's.
It is no probability of a match: that takes the odds before anybody looked, which no software knows. So nothing here
decides, and a calibration is only worth what its check on people it has not seen says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

__all__ = [
    "Isotonic",
    "Logistic",
    "ReliabilityRow",
    "cllr",
    "fit_isotonic",
    "fit_logistic",
    "least_cllr",
    "reliability",
]

Numbers = npt.NDArray[np.float64]

_STEPS: Final = 100
_EDGES: Final = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
"""Of the reliability table's rows: powers of ten of the likelihood ratio."""


class Logistic(msgspec.Struct, frozen=True, kw_only=True):
    """The natural logarithm of the likelihood ratio as a straight line over the score.

    Attributes:
        slope: for one unit of the score.
        offset: at a score of 0.
    """

    slope: float
    offset: float

    def __call__(self, scores: Numbers) -> Numbers:
        """Log likelihood ratios float64 [n] of scores float64 [n]."""
        return self.slope * np.asarray(scores, np.float64) + self.offset


@dataclass(frozen=True, slots=True)
class Isotonic:
    """The logarithm of the likelihood ratio as steps that only rise; between two steps a straight line.

    Attributes:
        scores: float64 [k], rising.
        ratios: float64 [k], natural logarithms at them.
    """

    scores: Numbers
    ratios: Numbers

    def __call__(self, scores: Numbers) -> Numbers:
        """Log likelihood ratios float64 [n] of scores float64 [n]; beyond the ends, those of the ends."""
        return np.interp(np.asarray(scores, np.float64), self.scores, self.ratios)


def fit_logistic(
    same: Numbers, different: Numbers, *, counts: tuple[Numbers, Numbers] | None = None
) -> Logistic:
    """Logistic regression in which both kinds weigh alike, so that the line is the likelihood ratio's own.

    The usual calibration of scores (Brümmer and du Preez, 2006), by Newton's method on scores of unit deviation.

    Args:
        same: float64 [n], scores of two pictures of one person.
        different: float64 [m], of two people's.
        counts: how often each of them counts; once where not given.
    """
    scores, labels, weights = _pooled(same, different, counts)
    middle, scale = float(np.average(scores, weights=weights)), max(float(scores.std()), 1e-12)
    design = np.column_stack([(scores - middle) / scale, np.ones(len(scores))])
    line = np.zeros(2)
    # a little pull to 0 keeps the line finite where the two kinds do not overlap at all
    pull = np.diag([1e-6, 0.0])
    for _ in range(_STEPS):
        p = _logistic(design @ line)
        slope = design.T @ (weights * (p - labels)) + pull @ line
        curve = (design * (weights * p * (1 - p))[:, None]).T @ design + pull + 1e-12 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        # far steps overshoot where the curve is flat
        step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        line = line - step
        if float(np.abs(step).max()) < 1e-10:
            break
    return Logistic(slope=float(line[0] / scale), offset=float(line[1] - line[0] * middle / scale))


def fit_isotonic(same: Numbers, different: Numbers) -> Isotonic:
    """The best rising steps (pool adjacent violators), with one made-up trial of each kind at both ends.

    Without these the ends would be certain; with them a ratio stays within what so many trials can support.

    Args:
        same: float64 [n], scores of two pictures of one person.
        different: float64 [m], of two people's.
    """
    scores, labels, weights = _pooled(same, different)
    order = np.argsort(scores, kind="stable")
    ends = (scores.min(), scores.max())
    of_same, of_different = 0.5 / max(len(same), 1), 0.5 / max(len(different), 1)
    ordered = np.concatenate([[ends[0]] * 2, scores[order], [ends[1]] * 2])
    told = np.concatenate([[1.0, 0.0], labels[order], [1.0, 0.0]])
    counted = np.concatenate([[of_same, of_different], weights[order], [of_same, of_different]])
    at, where = np.unique(ordered, return_inverse=True)
    mass = np.bincount(where, counted)
    mean = np.bincount(where, counted * told) / mass
    rising = np.clip(isotonic_regression(mean, weights=mass).x, 1e-12, 1 - 1e-12)
    # only where a step begins or ends
    kept = np.flatnonzero(
        np.concatenate([[True], np.diff(rising) > 0]) | np.concatenate([np.diff(rising) > 0, [True]])
    )
    return Isotonic(at[kept], np.log(rising[kept]) - np.log1p(-rising[kept]))


def cllr(same: Numbers, different: Numbers) -> float:
    """The cost of log likelihood ratios, bits (Brümmer and du Preez, 2006): 0 is perfect, to say nothing costs 1.

    Args:
        same: float64 [n], log likelihood ratios of two pictures of one person.
        different: float64 [m], of two people's.
    """
    return float((np.logaddexp(0, -same).mean() + np.logaddexp(0, different).mean()) / (2 * np.log(2)))


def least_cllr(same: Numbers, different: Numbers, *, counts: tuple[Numbers, Numbers] | None = None) -> float:
    """What the scores would cost with the best rising calibration of these very trials: discrimination's part alone.

    Args:
        same: float64 [n], scores of two pictures of one person.
        different: float64 [m], of two people's.
        counts: how often each of them counts; once where not given.
    """
    scores, labels, weights = _pooled(same, different, counts)
    where = np.unique(scores, return_inverse=True)[1]
    mass = np.bincount(where, weights)
    rising = isotonic_regression(np.bincount(where, weights * labels) / mass, weights=mass).x[where]
    # a step of 0 or 1 holds one kind alone, and costs it nothing
    right = np.where(labels > 0, rising, 1 - rising)
    return float(-(weights * np.log2(right)).sum())


class ReliabilityRow(msgspec.Struct, frozen=True, kw_only=True):
    """Trials whose likelihood ratio lies in one range.

    Attributes:
        above: the range's lower end, as a power of ten; None at the lowest range.
        same: trials of one person.
        different: trials of two people.
        told: the ratio told, over the range: the part of one person's that it foretells, both kinds alike, as odds.
        came: the ratio that came: the part of one person's trials in this range by the part of two people's; None
            where one of them is 0.
    """

    above: float | None
    same: int
    different: int
    told: float | None
    came: float | None


def reliability(same: Numbers, different: Numbers) -> tuple[ReliabilityRow, ...]:
    """Whether ratios keep their word: by range of the ratio told, the ratio that came.

    Args:
        same: float64 [n], log likelihood ratios of two pictures of one person.
        different: float64 [m], of two people's.
    """
    ratios, labels, weights = _pooled(same, different)
    place = np.searchsorted(np.array(_EDGES) * np.log(10), ratios, side="right")
    rows = []
    for at in range(len(_EDGES) + 1):
        inside = place == at
        n_same, n_different = int((labels[inside] > 0).sum()), int((labels[inside] == 0).sum())
        told = came = None
        if inside.any():
            p = float(np.average(_logistic(ratios[inside]), weights=weights[inside]))
            told = p / max(1 - p, 1e-12)
        if n_same and n_different:
            came = (n_same / len(same)) / (n_different / len(different))
        rows.append(
            ReliabilityRow(
                above=None if at == 0 else _EDGES[at - 1],
                same=n_same,
                different=n_different,
                told=told,
                came=came,
            )
        )
    return tuple(rows)


def _pooled(
    same: Numbers, different: Numbers, counts: tuple[Numbers, Numbers] | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """Scores, labels (1 for one person), and weights under which either kind sums to a half."""
    if not len(same) or not len(different):
        raise ValueError("trials of both kinds are needed")
    scores = np.concatenate([same, different]).astype(np.float64)
    labels = np.concatenate([np.ones(len(same)), np.zeros(len(different))])
    of_same, of_different = counts or (np.ones(len(same)), np.ones(len(different)))
    weights = np.concatenate([of_same / of_same.sum(), of_different / of_different.sum()]) / 2
    counted = weights > 0
    return scores[counted], labels[counted], weights[counted]


def _logistic(x: Numbers) -> Numbers:
    return np.asarray(np.exp(-np.logaddexp(0, -x)), np.float64)
