"""The record as CSV, in the order of the Metropolitan Police Service's published deployment records."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from overt.casework.deployments import USE_CASES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from overt.casework.publication.model import DeploymentRecord

__all__ = ["COLUMNS", "record_csv"]

COLUMNS: Final = (
    "Location",
    "Date",
    "Duration",
    "Use case",
    "Watchlist size",
    "Minimum threshold setting",
    "Total alerts",
    "True alerts confirmed",
    "True alerts unconfirmed",
    "False alerts confirmed",
    "False alerts unconfirmed",
    "False alert rate",
    "Outcome: arrest",
    "Outcome: other",
    "No action",
    "Faces seen (estimate)",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def record_csv(records: Iterable[DeploymentRecord]) -> str:
    """A header and a line for each record. The duration is in hours and minutes, the rate a plain number."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow(_line(record))
    return out.getvalue()


def _line(record: DeploymentRecord) -> list[str]:
    alerts, threshold = record.alerts, record.operating_point.threshold
    rate = alerts.false_alert_rate.rate
    hours, minutes = divmod(round(record.deployment.duration_minutes), 60)
    return [
        _text(record.deployment.location),
        record.deployment.date.isoformat(),
        f"{hours}:{minutes:02d}",
        USE_CASES[record.deployment.use_case],
        str(record.watchlist.size),
        "" if threshold is None else f"{threshold:g}",
        str(alerts.total),
        str(alerts.true_confirmed),
        str(alerts.true_unconfirmed),
        str(alerts.false_confirmed),
        str(alerts.false_unconfirmed),
        "" if rate is None else f"{rate:.6g}",
        str(record.outcomes.arrest),
        str(record.outcomes.other),
        str(record.outcomes.no_action),
        str(record.faces_seen),
    ]


def _text(text: str) -> str:
    """Words that a spreadsheet will not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
