"""Two ways of scoring the same trials: by how much TPIR differs at the same FPIR, and whether chance explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from overt.evaluation.metrics.curves import threshold_for
from overt.evaluation.metrics.intervals import BOOTSTRAPS, Interval, identity_weights, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PairedDifference", "Scored", "paired_difference", "resampled_tpir"]

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """The searches of one test under one way of scoring.

    Attributes:
        mates: float64 [n], the score of each mated probe's own entry where it is first, else -inf.
        strangers: float64 [m], the best score of each non-mated probe.
        mated_identities: int64 [n], whose probes they are.
        stranger_identities: int64 [m], likewise.
    """

    mates: Numbers
    strangers: Numbers
    mated_identities: Codes
    stranger_identities: Codes

    def tpir(self, fpir: float) -> float:
        """TPIR at the least threshold that holds this FPIR here."""
        return float((self.mates >= threshold_for(self.strangers, fpir)).mean())


class PairedDifference(msgspec.Struct, frozen=True, kw_only=True):
    """TPIR of one way of scoring less that of another, each at its own threshold for the same FPIR.

    Attributes:
        value: the difference; above 0 where the first finds more.
        interval: of 95%, by a bootstrap over identities in which both ways see the same people and choose their
            thresholds anew.
    """

    value: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval[0] > 0 or self.interval[1] < 0


def paired_difference(
    ours: Scored | Sequence[Scored], theirs: Scored | Sequence[Scored], fpir: float, *, seed: int
) -> PairedDifference:
    """The difference in TPIR at a matched FPIR, over one test or as the mean over several tests of the same people.

    Where there are several tests (splits of the same people by lot, say), a resample weighs each person alike in all
    of them; taking the tests as independent would make the interval too narrow.

    Args:
        ours: one way of scoring, a test after another.
        theirs: the other, of the same tests and the same trials.
        fpir: the rate that both hold.
        seed: of the resamples.
    """
    first = [ours] if isinstance(ours, Scored) else list(ours)
    second = [theirs] if isinstance(theirs, Scored) else list(theirs)
    if len(first) != len(second) or any(
        not np.array_equal(a.mated_identities, b.mated_identities)
        or not np.array_equal(a.stranger_identities, b.stranger_identities)
        for a, b in zip(first, second, strict=True)
    ):
        raise ValueError("both ways of scoring should be of the same trials, in the same order")
    value = float(np.mean([a.tpir(fpir) - b.tpir(fpir) for a, b in zip(first, second, strict=True)]))
    resampled = resampled_tpir(first, (fpir,), seed=seed) - resampled_tpir(second, (fpir,), seed=seed)
    return PairedDifference(value=value, interval=quantile_interval(resampled[0]))


def resampled_tpir(tests: Sequence[Scored], fpirs: Sequence[float], *, seed: int) -> Numbers:
    """TPIR at each wanted FPIR in each resample of the identities, the mean over the tests.

    With one seed the resamples of two ways of scoring the same trials draw the same people, so their difference is a
    paired one.

    Args:
        tests: one way of scoring, a test after another.
        fpirs: the wanted rates.
        seed: of the resamples.

    Returns:
        float64 [len(fpirs), BOOTSTRAPS].
    """
    mated = _Drawn([one.mated_identities for one in tests], seed)
    strangers = _Drawn([one.stranger_identities for one in tests], seed + 1)
    total = np.zeros((len(fpirs), BOOTSTRAPS))
    for one, test in enumerate(tests):
        total += _resampled(test, mated.weights(one), strangers.weights(one), fpirs)
    return total / len(tests)


class _Drawn:
    """How often each person of all tests is drawn in each resample."""

    def __init__(self, tests: Sequence[Codes], seed: int) -> None:
        self._tests = tests
        self._people = np.unique(np.concatenate(list(tests)))
        self._weights = np.concatenate(list(identity_weights(self._people, seed=seed)))

    def weights(self, test: int) -> Numbers:
        """Of one test's trials, float64 [BOOTSTRAPS, trials]."""
        return self._weights[:, np.searchsorted(self._people, self._tests[test])]


def _resampled(scored: Scored, mated: Numbers, strangers: Numbers, fpirs: Sequence[float]) -> Numbers:
    """TPIR at the wanted FPIRs in each resample, float64 [len(fpirs), BOOTSTRAPS]."""
    down = np.argsort(-scored.strangers, kind="stable")
    above = np.cumsum(strangers[:, down], axis=1)
    rates = []
    for fpir in fpirs:
        # the first score that would be one too many: the threshold lies just above it
        over = above > fpir * above[:, -1:] + 1e-9
        strict = np.where(over.any(axis=1), scored.strangers[down][over.argmax(axis=1)], -np.inf)
        found = scored.mates > strict[:, None]
        rates.append((mated * found).sum(axis=1) / np.maximum(mated.sum(axis=1), 1))
    return np.stack(rates)
