"""Error rates by threshold, from scores: FMR and FNMR, DET and ROC, the equal error rate, the area under the curve.

A comparison matches where its score is at the threshold or above it. Terms as in ISO/IEC 19795-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = [
    "Curve",
    "ErrorRates",
    "area_under_curve",
    "drawn",
    "equal_error_rate",
    "error_rates",
    "threshold_for",
]

Numbers = npt.NDArray[np.float64]
MOST_POINTS: Final = 200


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Both error rates at every threshold where one of them changes.

    Attributes:
        thresholds: float64 [n], rising, the last above every score.
        false_matches: float64 [n], the part of the other people's scores at the threshold or above, falling to 0.
        false_non_matches: float64 [n], the part of the person's own scores below it, rising to 1.
    """

    thresholds: Numbers
    false_matches: Numbers
    false_non_matches: Numbers


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A curve's points for drawing: thresholds, false positives (or matches) and false negatives (or non-matches)."""

    thresholds: tuple[float, ...]
    false_positives: tuple[float, ...]
    false_negatives: tuple[float, ...]


def error_rates(own: Numbers, others: Numbers) -> ErrorRates:
    """Both error rates by threshold.

    Args:
        own: float64 [m], scores of a person with themselves; -inf where there was no comparison.
        others: float64 [n], scores of a person with another.
    """
    scores = np.unique(np.concatenate([own, others]))
    thresholds = np.append(scores, np.inf if not len(scores) else np.nextafter(scores[-1], np.inf))
    below_own = np.searchsorted(np.sort(own), thresholds, side="left")
    below_others = np.searchsorted(np.sort(others), thresholds, side="left")
    return ErrorRates(
        thresholds,
        1 - below_others / max(len(others), 1),
        below_own / max(len(own), 1),
    )


def area_under_curve(own: Numbers, others: Numbers) -> float:
    """The probability that a person's own score exceeds another's, ties half (Hanley and McNeil, 1982)."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, own, side="left") + np.searchsorted(ordered, own, side="right")
    return float(below.sum() / 2 / (len(own) * len(others)))


def equal_error_rate(rates: ErrorRates) -> float:
    """Where the two rates meet, on the straight line between the points on either side."""
    gap = rates.false_non_matches - rates.false_matches
    after = int(np.argmax(gap >= 0))
    if after == 0 or gap[after] == 0:
        return float((rates.false_matches[after] + rates.false_non_matches[after]) / 2)
    before = after - 1
    part = -gap[before] / (gap[after] - gap[before])
    return float(
        rates.false_matches[before] + part * (rates.false_matches[after] - rates.false_matches[before])
    )


def threshold_for(others: Numbers, rate: float) -> float:
    """The least threshold at which no more than a part `rate` of the scores lies at it or above.

    Args:
        others: float64 [n], the scores that must not pass; n of at least 1.
        rate: how many may, as a part of all.
    """
    ordered = np.sort(others)[::-1]
    allowed = int(np.floor(rate * len(ordered) + 1e-9))
    if allowed >= len(ordered):
        return float(ordered[-1])
    return float(np.nextafter(ordered[allowed], np.inf))


def drawn(rates: ErrorRates, most: int = MOST_POINTS) -> Curve:
    """Few enough points to store and draw: those where the rates change most on their logarithmic scales."""
    n = len(rates.thresholds)
    kept = np.arange(n)
    if n > most:
        floor = 1e-6
        steps = np.abs(np.diff(np.log(rates.false_matches + floor))) + np.abs(
            np.diff(np.log(rates.false_non_matches + floor))
        )
        along = np.concatenate([[0.0], np.cumsum(steps)])
        kept = np.unique(np.searchsorted(along, np.linspace(0, along[-1], most)).clip(0, n - 1))
    return Curve(
        thresholds=tuple(rates.thresholds[kept].tolist()),
        false_positives=tuple(rates.false_matches[kept].tolist()),
        false_negatives=tuple(rates.false_non_matches[kept].tolist()),
    )
