"""From which score on somebody is a candidate, and how likely a stranger is to reach one.

A policy says which part of searches for somebody who is not in the collection may return anybody (FPIR, ISO/IEC
19795-1). The pack's measurements, carried to the number of images searched (`overt.gallery.stranger_chance`), say
which score that takes. Where they do not reach so far, the highest measured score is taken, and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from overt.casework.searches.models import SearchChance
from overt.gallery import StrangerChance, stranger_chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from overt.biometrics.packs import MeasuredRate

__all__ = ["SearchThreshold", "as_kept", "chance_of", "threshold_for"]


@dataclass(frozen=True)
class SearchThreshold:
    """A threshold.

    Attributes:
        score: the least score of a candidate.
        chance: what was measured of it; None where nothing was.
        aim: the rate that was asked for.
    """

    score: float
    chance: StrangerChance | None
    aim: float

    @property
    def holds(self) -> bool:
        """Whether the measurements show that the aim is kept."""
        return self.chance is not None and _at_most(self.chance) <= self.aim


def threshold_for(
    measured: Sequence[MeasuredRate], *, images: int, aim: float, otherwise: float
) -> SearchThreshold:
    """The least measured score at which no more than `aim` of strangers would find somebody in so many images.

    Args:
        measured: the pack's measurements.
        images: images that are searched.
        aim: the rate asked for, more than 0 and at most 1.
        otherwise: the pack's operating threshold: taken where nothing is measured.
    """
    chances = {
        row.threshold: stranger_chance(measured, score=row.threshold, comparisons=max(images, 1))
        for row in measured
    }
    if not chances:
        return SearchThreshold(score=otherwise, chance=None, aim=aim)
    enough = [score for score, chance in chances.items() if chance is not None and _at_most(chance) <= aim]
    score = min(enough) if enough else max(chances)
    return SearchThreshold(score=score, chance=chances[score], aim=aim)


def as_kept(chance: StrangerChance | None) -> dict[str, Any]:
    """A chance as a row keeps it; empty where nothing was measured."""
    return {} if chance is None else dict(msgspec.to_builtins(chance))


def chance_of(kept: Mapping[str, Any]) -> SearchChance | None:
    """A chance as it is shown; None where nothing was measured."""
    if not kept:
        return None
    chance = msgspec.convert(dict(kept), StrangerChance)
    return SearchChance(
        rate=_at_most(chance),
        none_counted=chance.none_counted,
        low=chance.low,
        high=chance.high,
        images=chance.comparisons,
        modelled=chance.modelled,
        briefly=chance.briefly,
        words=chance.says,
    )


def _at_most(chance: StrangerChance) -> float:
    """The rate, or its upper bound where nobody was counted."""
    return chance.high if chance.none_counted else chance.rate
