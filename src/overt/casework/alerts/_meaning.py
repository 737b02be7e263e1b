"""What a score means, as far as anything has been measured: from what the authorising officer was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from overt.casework.alerts.models import ScoreMeaning
from overt.records.tables import Authorisation

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.tables import Alert

__all__ = ["meaning_of"]


def meaning_of(work: Work, alert: Alert) -> ScoreMeaning:
    """The score in words, with the false alerts to be expected per face seen where that is known."""
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
    if expected.get("fewer_than") and upper:
        words += f" Strangers alert falsely fewer than once in {_about(1 / upper)} faces seen"
        words += ", as far as was measured."
    elif rate:
        words += f" Strangers alert falsely about once in {_about(1 / rate)} faces seen."
    else:
        words += " How often strangers alert falsely at this threshold has not been measured."
    return ScoreMeaning(
        score=alert.score,
        threshold=alert.threshold,
        expected_false_alerts_per_face=rate,
        words=words,
    )


def _about(faces: float) -> str:
    """Two significant figures: no measurement of false alerts says more.

    >>> _about(81_447), _about(12.6), _about(3.2)
    ('81,000', '13', '3.2')
    """
    return f"{float(f'{faces:.2g}'):,.10g}"
