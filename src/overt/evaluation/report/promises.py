"""What measured figures promise for a deployment: false alerts for a list's size and the people who pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from overt.rates import exact_interval, rate_for_list

if TYPE_CHECKING:
    from overt.evaluation.metrics import OpenSetRate
    from overt.evaluation.protocols import IdentificationResult

__all__ = ["Promise", "in_words", "promise_at", "promises"]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """False alerts to be expected at one threshold. Intervals are of 95%.

    Attributes:
        wanted_fpir: for which the threshold was chosen.
        threshold: T.
        list_size: entries that each face is compared with.
        footfall: faces expected to be seen.
        expected: false alerts.
        interval: of that, from the interval of the measured rate.
        fewer_than: none was counted, so only the upper end says anything.
        modelled: whether the list is of another size than the measured one, and the model of independent comparisons
            carries the rate over.
        tpir: the part of the people sought who are found, as measured; a longer list finds no more of them.
        tpir_interval: of that.
        measured_list: N, as measured.
    """

    wanted_fpir: float
    threshold: float
    list_size: int
    footfall: int
    expected: float
    interval: tuple[float, float]
    fewer_than: bool
    modelled: bool
    tpir: float
    tpir_interval: tuple[float, float]
    measured_list: int


def promises(result: IdentificationResult, *, list_size: int, footfall: int) -> tuple[Promise, ...]:
    """One promise for each rate that the trials support."""
    return tuple(
        promise_at(
            float(wanted), rate, measured_list=result.n_gallery, list_size=list_size, footfall=footfall
        )
        for wanted, rate in result.tpir.items()
        if not isinstance(rate, str)
    )


def promise_at(
    wanted: float, rate: OpenSetRate, *, measured_list: int, list_size: int, footfall: int
) -> Promise:
    """The false alerts to be expected at one measured threshold.

    Args:
        wanted: the rate for which the threshold was chosen.
        rate: as measured.
        measured_list: the list's size when it was measured.
        list_size: the deployment's.
        footfall: faces expected to be seen.
    """
    scale = list_size / measured_list
    low, high = exact_interval(rate.false_positives, rate.non_mated)
    at, low, high = (rate_for_list(part, scale) * footfall for part in (rate.fpir, low, high))
    return Promise(
        wanted_fpir=wanted,
        threshold=rate.threshold,
        list_size=list_size,
        footfall=footfall,
        expected=at,
        interval=(low, high),
        fewer_than=rate.false_positives == 0,
        modelled=list_size != measured_list or rate.modelled,
        tpir=rate.value,
        tpir_interval=rate.interval,
        measured_list=measured_list,
    )


def in_words(promise: Promise) -> str:
    """The promise in a sentence.

    >>> from overt.evaluation.report.promises import Promise, in_words
    >>> in_words(Promise(wanted_fpir=0.01, threshold=0.5, list_size=10_000, footfall=20_000, expected=0.7,
    ...     interval=(0.2, 1.9), fewer_than=False, modelled=True, tpir=0.9, tpir_interval=(0.88, 0.92),
    ...     measured_list=800))
    'List of 10,000, 20,000 passers-by: expect 0.7 false alerts (0.2 to 1.9), modelled from a list of 800.'
    """
    low, high = (_figure(edge) for edge in promise.interval)
    expected = (
        f"expect fewer than {high} false alerts"
        if promise.fewer_than
        else f"expect {_figure(promise.expected)} false alerts ({low} to {high})"
    )
    basis = f", modelled from a list of {promise.measured_list:,}" if promise.modelled else ", as measured"
    return f"List of {promise.list_size:,}, {promise.footfall:,} passers-by: {expected}{basis}."


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
