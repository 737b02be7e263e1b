"""A rate with its interval, or "insufficient data": what every figure of an evaluation is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from overt.rates import exact_interval, trials_needed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BOOTSTRAPS",
    "FEWEST_TRIALS",
    "INSUFFICIENT",
    "Estimate",
    "Insufficient",
    "Interval",
    "IntervalMethod",
    "estimate",
    "identity_weights",
    "quantile_interval",
    "resampled_rates",
]

BOOTSTRAPS: Final = 1000
_BLOCK: Final = 4_000_000
"""Numbers held at once while resampling."""

FEWEST_TRIALS: Final = trials_needed(0.1)
"""With fewer trials not even a perfect result would show a rate of errors below one in ten."""

Insufficient = Literal["insufficient data"]
INSUFFICIENT: Final[Insufficient] = "insufficient data"

Interval = tuple[float, float]
IntervalMethod = Literal["clopper-pearson", "identity bootstrap"]

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate and its 95% interval.

    Attributes:
        value: `hits ÷ trials`.
        interval: exact where every trial is of another identity; else by a bootstrap over identities, because several
            pictures of one person are not independent.
        hits: how often it happened.
        trials: how often it could have.
        method: which interval it is.
    """

    value: float
    interval: Interval
    hits: int
    trials: int
    method: IntervalMethod


def estimate(
    flags: Flags, identities: Codes, *, seed: int, fewest: int = FEWEST_TRIALS
) -> Estimate | Insufficient:
    """A rate out of trials, or "insufficient data" where there are fewer than `fewest`.

    Args:
        flags: bool [n], whether it happened.
        identities: int64 [n], whose trial it was.
        seed: of the bootstrap.
        fewest: trials below which nothing is said.
    """
    trials, hits = len(flags), int(flags.sum())
    if trials < max(fewest, 1):
        return INSUFFICIENT
    interval, method = exact_interval(hits, trials), "clopper-pearson"
    if len(np.unique(identities)) < trials and 0 < hits < trials:
        interval = quantile_interval(resampled_rates(flags, identities, seed=seed))
        method = "identity bootstrap"
    return Estimate(
        value=hits / trials,
        interval=interval,
        hits=hits,
        trials=trials,
        method="clopper-pearson" if method == "clopper-pearson" else "identity bootstrap",
    )


def resampled_rates(flags: Flags, identities: Codes, *, seed: int, n: int = BOOTSTRAPS) -> Numbers:
    """The rate in n resamples of the identities, float64 [n]; each identity's trials go together.

    The bootstrap of Efron (1979) with the identity as its unit, as the subset bootstrap of Bolle, Ratha and Pankanti
    (2004) has it.
    """
    totals = np.bincount(identities)
    hits = np.bincount(identities, flags)
    present = np.flatnonzero(totals)
    totals, hits = totals[present].astype(np.float64), hits[present]
    rng = np.random.default_rng(seed)
    rates = [
        (weights @ hits) / (weights @ totals) for weights in _draws(rng, len(present), n, width=len(present))
    ]
    return np.concatenate(rates)


def identity_weights(
    identities: Codes, *, seed: int, n: int = BOOTSTRAPS
) -> Iterator[npt.NDArray[np.float64]]:
    """How often each trial counts in each of n resamples of the identities, in blocks of float64 [≤ n, trials]."""
    _, compact = np.unique(identities, return_inverse=True)
    rng = np.random.default_rng(seed)
    for weights in _draws(rng, int(compact.max(initial=-1)) + 1, n, width=len(identities)):
        yield weights[:, compact]


def _draws(rng: np.random.Generator, people: int, n: int, *, width: int) -> Iterator[Numbers]:
    block = max(1, min(n, _BLOCK // max(width, 1)))
    for start in range(0, n, block):
        size = min(block, n - start)
        yield rng.multinomial(people, np.full(people, 1 / people), size).astype(np.float64)


def quantile_interval(values: Numbers) -> Interval:
    """The 95% percentile interval of resampled values; NaN, where a resample could not be judged, is passed over."""
    low, high = (float(edge) for edge in np.nanquantile(values, (0.025, 0.975)))
    return low, high
