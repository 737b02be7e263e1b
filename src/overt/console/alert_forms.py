"""The forms that correct what was recorded of an alert: from what was recorded to fields, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from overt.casework import alerts
from overt.console.forms import blank_form
from overt.console.wording import LOCAL, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from overt.console.forms import Form

__all__ = ["CORRECTIONS", "Asked", "blank_correction", "choices"]

M = TypeVar("M", bound="BaseModel")

CORRECTIONS: Final[Mapping[str, tuple[type[BaseModel], Callable[..., alerts.AlertView]]]] = {
    "adjudication": (alerts.NewAdjudication, alerts.correct_adjudication),
    "engagement": (alerts.NewEngagement, alerts.correct_engagement),
    "outcome": (alerts.NewOutcome, alerts.correct_outcome),
}
"""By what is corrected: what is to stand instead, and the command."""

_TIMES: Final = ("started_at", "ended_at")


@dataclass(frozen=True)
class Asked:
    """A form of these."""

    form: Form

    def of(self, model: type[M]) -> M:
        """What is to stand, its times taken as the force's own.

        Raises:
            ValidationError: something does not fit.
        """
        times = {name: self._time(name) for name in _TIMES if self.form.text(name)}
        return self.form.take(model, **{name: at for name, at in times.items() if name in model.model_fields})

    def _time(self, name: str) -> datetime | str:
        written = self.form.text(name)
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return written
        return at.replace(tzinfo=LOCAL) if at.tzinfo is None else at


def blank_correction(alert: alerts.AlertView, row_id: str) -> Form:
    """The form with what was recorded in it."""
    rows: list[dict[str, Any]] = [
        row.model_dump() for row in (*alert.adjudications, *alert.engagements, *alert.outcomes)
    ]
    known = next(row for row in rows if row["id"] == row_id)
    shown = (
        "decision",
        "reason_code",
        "reason",
        "identity",
        "note",
        "outcome",
        "self_defined_group",
        "officer_defined_group",
    )
    values = {name: str(known[name]) for name in shown if known.get(name)}
    for name in _TIMES:
        if name in known:
            values[name] = known[name].astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M:%S")
    return blank_form(**values)


def choices() -> dict[str, list[tuple[str, str]]]:
    """The closed lists, each code with its words; those of groups with the code, as UK police record them."""
    told = {kind: list(WORDS[kind].items()) for kind in ("reason", "outcome", "correction")}
    coded = {
        kind: [(code, f"{code}: {said}") for code, said in WORDS[kind].items()]
        for kind in ("self-defined", "officer-defined")
    }
    return told | coded
