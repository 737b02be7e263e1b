"""Measured rates and groups as a certificate holds them, and what its figures do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.evaluation.metrics import INSUFFICIENT
from overt.records.certificates import CertifiedGroup, CertifiedGroups, CertifiedRate, GroupSpread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.biometrics import OperatingPoint
    from overt.evaluation.metrics import Difference, Estimate, GroupColumn, Insufficient, Interval, Spread

__all__ = ["certified_groups", "certified_rate", "limits_of"]


def certified_rate(hits: int, trials: int, *, interval: Interval) -> CertifiedRate:
    """A rate with its interval."""
    return CertifiedRate(
        value=hits / trials if trials else 0.0, low=interval[0], high=interval[1], hits=hits, trials=trials
    )


def certified_groups(
    columns: Mapping[str, GroupColumn] | None,
) -> dict[str, CertifiedGroups] | Insufficient:
    """The groups of each column; those without a label are under "not labelled"."""
    if not columns:
        return INSUFFICIENT
    return {
        name: CertifiedGroups(
            groups={
                value or "not labelled": CertifiedGroup(
                    mated=rates.n_mated,
                    strangers=rates.n_nonmated,
                    tpir=_estimated(rates.tpir),
                    fpir=_estimated(rates.fpir),
                )
                for value, rates in column.values.items()
            },
            misses=_apart(column.fnir),
            false_positives=_apart(column.fpir),
        )
        for name, column in columns.items()
    }


def limits_of(point: OperatingPoint) -> tuple[str, ...]:
    """What the figures do not say, in sentences without the full stop."""
    said = [
        "Measured on pictures, one a search. Who walks past is looked at several times, which changes both rates",
        "It is no measure of the street: only seeds in a deployment are",
        "Pictures are enrolled as they are, where a watchlist refuses poor ones",
        "A list's size is carried over by a model of independent comparisons; look-alikes on a list break it upwards",
    ]
    if point.confirmations > 1:
        said.append(
            f"The {point.confirmations} confirmations of the operating point were no part of the searches"
        )
    return tuple(said)


def _estimated(rate: Estimate | Insufficient) -> CertifiedRate | Insufficient:
    return rate if isinstance(rate, str) else certified_rate(rate.hits, rate.trials, interval=rate.interval)


def _apart(difference: Difference) -> GroupSpread:
    return GroupSpread(
        max_over_geometric_mean=_spread(difference.max_over_geometric_mean), gini=_spread(difference.gini)
    )


def _spread(spread: Spread | Insufficient) -> tuple[float, float, float] | Insufficient:
    return spread if isinstance(spread, str) else (spread.value, *spread.interval)
