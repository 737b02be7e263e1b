"""Rates by group, and how far apart they lie: ISO/IEC 19795-10's way of asking for whom a system works less well.

Two figures compare groups: the largest rate over the geometric mean of all, and the Gini coefficient. Both are stated
with an interval, and "insufficient data" is said wherever a group has too few trials or an error was never seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from overt.evaluation.metrics.intervals import (
    INSUFFICIENT,
    Estimate,
    Insufficient,
    Interval,
    estimate,
    quantile_interval,
    resampled_rates,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Difference",
    "GroupColumn",
    "GroupRates",
    "GroupTrials",
    "Spread",
    "difference_of",
    "gini",
    "group_column",
    "max_over_geometric_mean",
]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class GroupTrials(msgspec.Struct, frozen=True, kw_only=True):
    """The trials of one group at one threshold: who was missed, who alarmed, and whose trial it was."""

    misses: Flags
    mated_identities: Codes
    alarms: Flags
    stranger_identities: Codes
    probes: int
    """All of the group's."""
    unacquired: int
    """Those of them without a face."""


class GroupRates(msgspec.Struct, frozen=True, kw_only=True):
    """One group's rates, each with its interval, or "insufficient data".

    Attributes:
        n_mated: mated searches.
        n_nonmated: non-mated searches that had a face.
        failure_to_acquire: part of its probes without a face.
        tpir: searches that found the right entry; its value is 1 - FNIR.
        fnir: searches that did not.
        fpir: non-mated searches with a candidate at the threshold.
    """

    n_mated: int
    n_nonmated: int
    failure_to_acquire: float
    tpir: Estimate | Insufficient
    fnir: Estimate | Insufficient
    fpir: Estimate | Insufficient


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of how far apart groups lie, and its 95% interval by a bootstrap over identities in each group."""

    value: float
    interval: Interval


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How far apart the groups of a column lie in one rate.

    Attributes:
        groups: those that have enough trials and are compared.
        max_over_geometric_mean: 1 where all are alike.
        gini: 0 where all are alike, 1 where one group has all the errors.
    """

    groups: tuple[str, ...]
    max_over_geometric_mean: Spread | Insufficient
    gini: Spread | Insufficient


class GroupColumn(msgspec.Struct, frozen=True, kw_only=True):
    """The rates by the values of one column, at one threshold.

    Attributes:
        wanted_fpir: the rate for which the threshold was chosen over everybody.
        threshold: T.
        values: by group; probes without a label are under "".
        fnir: how far apart they lie in misses.
        fpir: and in false positives.
    """

    wanted_fpir: float
    threshold: float
    values: dict[str, GroupRates]
    fnir: Difference
    fpir: Difference


def group_column(
    trials: Mapping[str, GroupTrials], *, wanted_fpir: float, threshold: float, fewest: int, seed: int
) -> GroupColumn:
    """The rates of each group and how far apart they lie.

    Args:
        trials: by group.
        wanted_fpir: for which the threshold was chosen.
        threshold: T.
        fewest: non-mated trials below which nothing is said of a group's false positives.
        seed: of the bootstraps.
    """
    values = {}
    for name, of in sorted(trials.items()):
        values[name] = GroupRates(
            n_mated=len(of.misses),
            n_nonmated=len(of.alarms),
            failure_to_acquire=of.unacquired / of.probes if of.probes else 0.0,
            tpir=estimate(~of.misses, of.mated_identities, seed=seed),
            fnir=estimate(of.misses, of.mated_identities, seed=seed),
            fpir=estimate(of.alarms, of.stranger_identities, seed=seed, fewest=fewest),
        )
    return GroupColumn(
        wanted_fpir=wanted_fpir,
        threshold=threshold,
        values=values,
        fnir=difference_of(
            {
                name: (trials[name].misses, trials[name].mated_identities)
                for name, rates in values.items()
                if not isinstance(rates.fnir, str)
            },
            seed=seed,
        ),
        fpir=difference_of(
            {
                name: (trials[name].alarms, trials[name].stranger_identities)
                for name, rates in values.items()
                if not isinstance(rates.fpir, str)
            },
            seed=seed,
        ),
    )


def difference_of(errors: Mapping[str, tuple[Flags, Codes]], *, seed: int) -> Difference:
    """How far apart groups lie in one rate of errors.

    Args:
        errors: by group, whether each trial was an error, and whose trial it was.
        seed: of the bootstrap.
    """
    names = tuple(name for name in errors if name)
    chosen = [errors[name] for name in names]
    if len(chosen) < 2 or not all(flags.any() for flags, _ in chosen):
        return Difference(groups=names, max_over_geometric_mean=INSUFFICIENT, gini=INSUFFICIENT)
    rates = np.array([flags.mean() for flags, _ in chosen])
    resampled = np.stack(
        [resampled_rates(flags, people, seed=seed + i) for i, (flags, people) in enumerate(chosen)], axis=1
    )
    seen = resampled[(resampled > 0).all(axis=1)]
    return Difference(
        groups=names,
        max_over_geometric_mean=Spread(
            value=float(max_over_geometric_mean(rates[None])[0]),
            interval=quantile_interval(max_over_geometric_mean(seen)),
        ),
        gini=Spread(value=float(gini(rates[None])[0]), interval=quantile_interval(gini(seen))),
    )


def max_over_geometric_mean(rates: Numbers) -> Numbers:
    """The largest of each row's rates over their geometric mean, float64 [n]; rates must be above 0.

    >>> max_over_geometric_mean(np.array([[0.1, 0.1], [0.4, 0.1]])).round(6).tolist()
    [1.0, 2.0]
    """
    return np.asarray(rates.max(axis=1) / np.exp(np.log(rates).mean(axis=1)), np.float64)


def gini(rates: Numbers) -> Numbers:
    """The Gini coefficient of each row's rates, with the correction n ÷ (n - 1) for few groups, float64 [n].

    The aggregation of Howard, Laird, Sirotin, Rubin, Tipton and Vemury (2022).

    >>> gini(np.array([[0.1, 0.1], [0.2, 0.0], [0.3, 0.1]])).round(6).tolist()
    [0.0, 1.0, 0.5]
    """
    n = rates.shape[1]
    apart = np.abs(rates[:, :, None] - rates[:, None, :]).sum(axis=(1, 2))
    return np.asarray(n / (n - 1) * apart / (2 * n * n * rates.mean(axis=1)), np.float64)
