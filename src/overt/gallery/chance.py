"""What a score means: the chance that a stranger would score at least as much against a list of this length.

One comparison matches falsely with a probability p; a pack's manifest says how many of its trials of strangers
reached which score against a list of N (FPIR, ISO/IEC 19795-1). With independent comparisons FPIR(N) = 1 - (1 - p)^N,
so for a list of N' it is 1 - (1 - FPIR(N))^(N'/N) (the binomial model of Grother and Phillips, 2004). The exact 95%
interval of the measured rate (Clopper and Pearson, 1934) is carried through the same formula; where none was counted
in n trials, its upper end is the rule of three, 3/n (Hanley and Lippman-Hand, 1983).

It is no probability that somebody is the person sought: that hangs on whether they come past at all, too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec

from overt.rates import exact_interval, rate_for_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.packs import MeasuredRate

__all__ = ["StrangerChance", "about", "stranger_chance"]

_NEARLY_ALL: Final = 0.8
"""A larger part of all is said in words."""


class StrangerChance(msgspec.Struct, frozen=True, kw_only=True):
    """How many strangers would score so.

    Attributes:
        score: the least score that counts.
        comparisons: templates that each stranger is compared with: entries of a watchlist, pictures of a collection.
        rate: the part of strangers; an upper bound of it where the measured threshold lies below the score.
        low: lower end of the 95% interval.
        high: its upper end.
        none_counted: no stranger was counted, so only the upper end is known.
        modelled: carried over from another list or another threshold.
        threshold: the measured threshold that it rests on, the highest one not above the score.
        watchlist: the measured list.
        trials: strangers who were tried.
        false_positives: how many of them reached the threshold.
        measured_on: the data, and when.
    """

    score: float
    comparisons: int
    rate: float
    low: float
    high: float
    none_counted: bool
    modelled: bool
    threshold: float
    watchlist: int
    trials: int
    false_positives: int
    measured_on: str

    @property
    def briefly(self) -> str:
        """In a few words: `about 1 in 4,000 strangers`, `fewer than 1 in 670 strangers`."""
        rate = self.high if self.none_counted else self.rate
        if not 0 < rate <= _NEARLY_ALL:
            return "nearly every stranger" if rate else "no stranger"
        return f"{'fewer than' if self.none_counted else 'about'} 1 in {about(1 / rate)} strangers"

    @property
    def says(self) -> str:
        """The same in sentences that cannot be taken for the chance that it is, or is not, the person."""
        basis = (
            f"modelled from {self.false_positives:,} of {self.trials:,} strangers, list of {self.watchlist:,}"
            if self.modelled
            else f"measured: {self.false_positives:,} of {self.trials:,} strangers"
        )
        briefly = self.briefly
        return (
            f"{briefly[0].upper()}{briefly[1:]} would score {self.score:.3f} or more against a list of "
            f"{self.comparisons:,} ({basis}). "
            "That counts strangers. How likely it is that this is the person, the software cannot say."
        )


def stranger_chance(
    measured: Sequence[MeasuredRate], *, score: float, comparisons: int
) -> StrangerChance | None:
    """The chance that somebody who is not on a list scores at least this against it; None where nothing is measured.

    Between two measured thresholds the figures of the lower one are taken, which can only overstate. Below the lowest
    nothing is measured.

    Args:
        measured: strangers counted, by threshold: a pack's `measured`.
        score: the score, or a threshold.
        comparisons: entries on the list, however many pictures each has (see `overt.gallery.fusion`); of a
            collection its pictures.
    """
    basis = _basis(measured, score, comparisons)
    if basis is None:
        return None
    scale = comparisons / basis.watchlist
    none = basis.false_positives == 0
    low, high = exact_interval(basis.false_positives, basis.trials)
    if none:
        high = min(1.0, 3 / basis.trials)
    at, low, high = (rate_for_list(rate, scale) for rate in (basis.false_positives / basis.trials, low, high))
    return StrangerChance(
        score=score,
        comparisons=comparisons,
        rate=at,
        low=low,
        high=high,
        none_counted=none,
        modelled=comparisons != basis.watchlist or score != basis.threshold,
        threshold=basis.threshold,
        watchlist=basis.watchlist,
        trials=basis.trials,
        false_positives=basis.false_positives,
        measured_on=f"{basis.data}, {basis.date}",
    )


def about(count: float) -> str:
    """Two significant figures: no measurement of false alerts says more.

    >>> about(81_447), about(12.6), about(3.2)
    ('81,000', '13', '3.2')
    """
    return f"{float(f'{count:.2g}'):,.10g}"


def _basis(measured: Sequence[MeasuredRate], score: float, comparisons: int) -> MeasuredRate | None:
    """The figures to go by: of the highest measured threshold not above this one, those of the nearest list size."""
    below = [row for row in measured if row.threshold <= score]
    if not below:
        return None
    nearest = max(row.threshold for row in below)
    return min(
        (row for row in below if row.threshold == nearest),
        key=lambda row: (abs(math.log(max(comparisons, 1) / row.watchlist)), -row.trials),
    )
