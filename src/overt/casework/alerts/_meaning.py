"""What a score means, as far as anything has been measured: from what the authorising officer was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select

from overt.biometrics.packs import MeasuredRate
from overt.casework.alerts.models import ChanceOfStranger, ScoreMeaning
from overt.gallery import about, stranger_chance
from overt.records.tables import Authorisation

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.tables import Alert

__all__ = ["meaning_of"]

_COVERED: Final = {
    "lower": "The lower face looks covered and was left out of the comparison, on both sides: this is a match on the "
    "upper face alone."
}


def meaning_of(work: Work, alert: Alert) -> ScoreMeaning:
    """The score in words, with the false alerts to be expected per face seen where that is known.

    And with the chance that a stranger would score as much, by the pack's figures as they were when the deployment
    was authorised.
    """
    shown: dict[str, Any] | None = work.session.scalar(
        select(Authorisation.shown)
        .where(Authorisation.deployment_id == alert.deployment_id, Authorisation.decision == "authorised")
        .order_by(Authorisation.at.desc())
        .limit(1)
    )
    expected = (shown or {}).get("false_alerts") or {}
    rate, upper = expected.get("rate"), expected.get("rate_high")
    words = (
        f"The score {alert.score:.3f} is at or above the threshold {alert.threshold:.3f}: the passer-by resembles "
        "the entry. It is not a probability, and no decision."
    )
    if alert.covering is not None:
        words += f" {_COVERED[alert.covering]}"
    if expected.get("fewer_than") and upper:
        words += f" Strangers alert falsely fewer than once in {about(1 / upper)} faces seen"
        words += ", as far as was measured."
    elif rate:
        words += f" Strangers alert falsely about once in {about(1 / rate)} faces seen."
    else:
        words += " How often strangers alert falsely at this threshold has not been measured."
    chance = _chance(shown or {}, alert.score)
    if chance is not None:
        words += f" {chance.words}"
    return ScoreMeaning(
        score=alert.score,
        threshold=alert.threshold,
        expected_false_alerts_per_face=rate,
        chance_of_stranger=chance,
        words=words,
    )


def _chance(shown: dict[str, Any], score: float) -> ChanceOfStranger | None:
    measured = msgspec.convert(shown.get("measured") or [], tuple[MeasuredRate, ...])
    comparisons = (shown.get("false_alerts") or {}).get("comparisons")
    if comparisons is None:
        return None
    chance = stranger_chance(measured, score=score, comparisons=comparisons)
    if chance is None:
        return None
    return ChanceOfStranger(
        rate=None if chance.none_counted else chance.rate,
        low=chance.low,
        high=chance.high,
        list_size=chance.comparisons,
        modelled=chance.modelled,
        briefly=chance.briefly,
        words=chance.says,
    )
