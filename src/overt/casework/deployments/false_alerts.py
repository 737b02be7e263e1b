"""How many false alerts are to be expected: what an authorising officer is told before signing.

The chance that a stranger alerts is `overt.gallery.stranger_chance` at the threshold; times the faces expected it is
the number of false alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from overt.gallery import stranger_chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.packs import MeasuredRate

__all__ = ["Expectation", "expected_false_alerts"]


class Expectation(BaseModel):
    """False alerts to be expected, and what that rests on. Figures are None where nothing has been measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured: Annotated[
        bool, Field(description="Whether the pack says anything measured for this threshold.")
    ]
    modelled: Annotated[
        bool,
        Field(description="Whether the list's size or the threshold is another than the measured one."),
    ]
    certified: Annotated[bool, Field(description="Whether a signed certificate stands behind it.")] = False
    certificate: Annotated[str | None, Field(description="Its id; null where uncertified.")] = None
    uncertified_because: Annotated[
        tuple[str, ...], Field(description="Why it is not, in sentences without the full stop.")
    ] = ()
    threshold: float
    comparisons: Annotated[int, Field(description="Entries that each face is compared with.")]
    footfall: int
    rate: Annotated[float | None, Field(description="False alerts a face seen (FPIR).")] = None
    rate_low: Annotated[float | None, Field(description="Lower end of its 95% interval.")] = None
    rate_high: Annotated[float | None, Field(description="Upper end of its 95% interval.")] = None
    expected: Annotated[float | None, Field(description="False alerts in the deployment.")] = None
    low: float | None = None
    high: float | None = None
    fewer_than: Annotated[
        bool, Field(description="No false alert was counted: only the upper end is known.")
    ] = False
    measured_threshold: float | None = None
    measured_watchlist: int | None = None
    measured_trials: int | None = None
    measured_false_positives: int | None = None
    measured_on: Annotated[str, Field(description="The data, and when.")] = ""
    says: Annotated[str, Field(description="The same in a sentence.")]

    @property
    def briefly(self) -> str:
        """How many, in a few words: `fewer than 2.3`, `1.2 (0.4 to 3.1)`, `not measured`."""
        if self.expected is None or self.low is None or self.high is None:
            return "not measured"
        at, low, high = (_figure(count) for count in (self.expected, self.low, self.high))
        return f"fewer than {high}" if self.fewer_than else f"{at} ({low} to {high})"


def expected_false_alerts(
    measured: Sequence[MeasuredRate], *, threshold: float, comparisons: int, footfall: int
) -> Expectation:
    """The false alerts to be expected, with their 95% interval.

    Between two measured thresholds the figures of the lower one are taken, which can only overstate. Below the lowest
    nothing is measured.

    Args:
        measured: false alerts counted, by threshold.
        threshold: the least similarity that alerts.
        comparisons: entries on the list.
        footfall: faces expected to be seen.
    """
    chance = stranger_chance(measured, score=threshold, comparisons=comparisons)
    if chance is None:
        return Expectation(
            measured=False,
            modelled=False,
            threshold=threshold,
            comparisons=comparisons,
            footfall=footfall,
            says=f"Not measured: nothing is known about false alerts at the threshold {threshold:g} or below it. "
            "Uncertified",
        )
    counts = chance.rate * footfall, chance.low * footfall, chance.high * footfall
    return Expectation(
        measured=True,
        modelled=chance.modelled,
        threshold=threshold,
        comparisons=comparisons,
        footfall=footfall,
        rate=chance.rate,
        rate_low=chance.low,
        rate_high=chance.high,
        expected=counts[0],
        low=counts[1],
        high=counts[2],
        fewer_than=chance.none_counted,
        measured_threshold=chance.threshold,
        measured_watchlist=chance.watchlist,
        measured_trials=chance.trials,
        measured_false_positives=chance.false_positives,
        measured_on=chance.measured_on,
        says=f"False alerts expected among {footfall:,} faces: {_count(counts, fewer_than=chance.none_counted)}. "
        + ("Modelled from " if chance.modelled else "Measured: ")
        + f"{chance.false_positives} false alerts in {chance.trials:,} trials against {chance.watchlist:,} people at "
        f"the threshold {chance.threshold:g} ({chance.measured_on}). Uncertified",
    )


def _count(counts: tuple[float, float, float], *, fewer_than: bool) -> str:
    at, low, high = (_figure(count) for count in counts)
    return f"fewer than {high}" if fewer_than else f"{at} (95% interval {low} to {high})"


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
