"""Open-set identification: TPIR at a wanted FPIR, with intervals, or "insufficient data"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from overt.evaluation.metrics.curves import threshold_for
from overt.evaluation.metrics.identification import missed
from overt.evaluation.metrics.intervals import (
    FEWEST_TRIALS,
    INSUFFICIENT,
    Estimate,
    Insufficient,
    Interval,
    IntervalMethod,
    estimate,
    identity_weights,
    quantile_interval,
)
from overt.rates import exact_interval, trials_needed

if TYPE_CHECKING:
    from overt.evaluation.metrics.identification import Searches

__all__ = ["OpenSetRate", "Origin", "choose_threshold", "rate_at"]

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Origin = Literal["test data", "bare test data", "calibration data"]


class OpenSetRate(msgspec.Struct, frozen=True, kw_only=True):
    """TPIR at one threshold, and what the threshold does to strangers. Intervals are of 95%.

    Attributes:
        value: TPIR, 1 - FNIR(N, 1, T).
        interval: of TPIR at this threshold.
        method: of that interval.
        bootstrap_interval: the same when the threshold, too, is chosen anew in every resample of the identities;
            None where the threshold comes from other data.
        threshold: T.
        hits: mated searches that found the right entry.
        trials: mated searches, those without a face included.
        fpir: measured at this threshold.
        fpir_interval: of that.
        false_positives: non-mated searches with a candidate at the threshold or above.
        non_mated: non-mated searches, those without a face left out.
        threshold_from: `test data`: chosen where it was measured; `bare test data`: on the same people before their
            faces were covered; `calibration data`: on other people.
        modelled: whether the threshold was carried to this list's size from one of another size.
    """

    value: float
    interval: Interval
    method: IntervalMethod
    bootstrap_interval: Interval | None
    threshold: float
    hits: int
    trials: int
    fpir: float
    fpir_interval: Interval
    false_positives: int
    non_mated: int
    threshold_from: Origin
    modelled: bool = False

    @property
    def tpir(self) -> Estimate:
        """TPIR alone."""
        return Estimate(
            value=self.value, interval=self.interval, hits=self.hits, trials=self.trials, method=self.method
        )


def choose_threshold(strangers: Numbers, fpir: float) -> float | None:
    """The least threshold that holds FPIR on these trials; None where they are too few to support it (rule of three).

    Args:
        strangers: float64 [n], the best score of each non-mated search.
        fpir: the wanted rate.
    """
    if len(strangers) < trials_needed(fpir):
        return None
    return threshold_for(strangers, fpir)


def rate_at(
    mated: Searches,
    mated_identities: Codes,
    strangers: Numbers,
    stranger_identities: Codes,
    *,
    threshold: float,
    seed: int,
    wanted: float | None = None,
    threshold_from: Origin = "test data",
    modelled: bool = False,
) -> OpenSetRate | Insufficient:
    """TPIR and FPIR at a threshold.

    Args:
        mated: searches of people on the list.
        mated_identities: whose they are.
        strangers: the best score of each search of somebody who is not.
        stranger_identities: whose they are.
        threshold: T.
        seed: of the bootstraps.
        wanted: the FPIR for which the threshold was chosen on these very strangers; None for a threshold from
            elsewhere.
        threshold_from: where it was chosen.
        modelled: whether it was carried over from a list of another size.
    """
    found = ~missed(mated, threshold)
    tpir = estimate(found, mated_identities, seed=seed)
    if isinstance(tpir, str) or len(strangers) < FEWEST_TRIALS:
        return INSUFFICIENT
    alarms = strangers >= threshold
    false_positives = int(alarms.sum())
    fpir = estimate(alarms, stranger_identities, seed=seed + 1, fewest=1)
    bootstrap = None
    if wanted is not None:
        bootstrap = quantile_interval(
            _resampled(mated, mated_identities, strangers, stranger_identities, fpir=wanted, seed=seed)
        )
    return OpenSetRate(
        value=tpir.value,
        interval=tpir.interval,
        method=tpir.method,
        bootstrap_interval=bootstrap,
        threshold=threshold,
        hits=tpir.hits,
        trials=tpir.trials,
        fpir=false_positives / len(strangers),
        fpir_interval=exact_interval(false_positives, len(strangers))
        if isinstance(fpir, str)
        else fpir.interval,
        false_positives=false_positives,
        non_mated=len(strangers),
        threshold_from=threshold_from,
        modelled=modelled,
    )


def _resampled(
    mated: Searches,
    mated_identities: Codes,
    strangers: Numbers,
    stranger_identities: Codes,
    *,
    fpir: float,
    seed: int,
) -> Numbers:
    """TPIR at the wanted FPIR in resamples of both kinds of identity, float64 [BOOTSTRAPS]."""
    down = np.argsort(-strangers, kind="stable")
    falling = strangers[down]
    thresholds = []
    for weights in identity_weights(stranger_identities[down], seed=seed + 2):
        above = np.cumsum(weights, axis=1)
        # the first score that would be one too many: the threshold lies just above it
        over = above > fpir * above[:, -1:] + 1e-9
        thresholds.append(np.where(over.any(axis=1), falling[over.argmax(axis=1)], -np.inf))
    strict = np.concatenate(thresholds)
    scores = np.where(mated.rank == 1, mated.mate, -np.inf)
    order = np.argsort(-scores, kind="stable")
    passing = np.searchsorted(-scores[order], -strict, side="left")
    tpir, start = np.zeros(len(strict)), 0
    for weights in identity_weights(mated_identities[order], seed=seed + 3):
        sums = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)
        rows = np.arange(len(weights))
        tpir[start : start + len(weights)] = sums[rows, passing[start : start + len(weights)]] / sums[:, -1]
        start += len(weights)
    return tpir
