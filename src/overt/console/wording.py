"""How the console says things: codes in words, times, figures. A thing is called the same everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from overt.casework.alerts.codes import OFFICER_DEFINED_GROUPS, SELF_DEFINED_GROUPS
from overt.casework.deployments import USE_CASES
from overt.casework.publication.wording import count, number
from overt.console.search_words import SEARCH_WORDS
from overt.console.watchlist_words import WATCHLIST_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FILTERS", "WORDS", "words"]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    **WATCHLIST_WORDS,
    **SEARCH_WORDS,
    "role": {
        "watchlist-manager": "Watchlist manager",
        "deployment-planner": "Deployment planner",
        "authorising-officer": "Authorising officer",
        "lfr-operator": "LFR operator",
        "engagement-officer": "Engagement officer",
        "investigator": "Investigator",
        "facial-examiner": "Facial examiner",
        "auditor": "Auditor",
        "administrator": "Administrator",
        "software": "The software",
        "nobody": "Nobody signed in",
    },
    "deployment": {
        "draft": "Draft",
        "submitted": "Waiting for authorisation",
        "authorised": "Authorised",
        "refused": "Refused",
        "live": "Live",
        "suspended": "Suspended",
        "closed": "Closed",
        "published": "Published",
        "expired": "Expired",
        "cancelled": "Cancelled",
    },
    "alert": {
        "open": "To be adjudicated",
        "second": "Second adjudication due",
        "engage": "To be engaged",
        "engaged": "Engaged, outcome due",
        "closed": "Closed",
    },
    "class": {
        "true-confirmed": "True alert, confirmed",
        "true-unconfirmed": "True alert, unconfirmed",
        "false-confirmed": "False alert, confirmed",
        "false-unconfirmed": "False alert, unconfirmed",
    },
    "decision": {"engage": "Engage", "do-not-engage": "Do not engage"},
    "reason": {
        "same-person": "Same person",
        "likely-same-person": "Likely the same person",
        "different-person": "A different person",
        "look-alike": "A look-alike on the list",
        "poor-image": "Picture too poor to tell",
        "not-actionable": "Same person, no ground to stop them",
        "lost-from-view": "Same person, lost from view",
        "unsafe": "Same person, not safe to approach",
        "other": "Another reason",
    },
    "identity": {
        "sought": "They are the person sought",
        "other": "They are somebody else",
        "not-contacted": "Nobody was contacted",
    },
    "outcome": {
        "arrest": "Arrest",
        "voluntary-interview": "Voluntary interview",
        "appointment": "Appointment",
        "information": "Information gained",
        "safeguarding": "Safeguarding",
        "no-further-action": "No further action",
    },
    "correction": {
        "entered-wrongly": "Entered wrongly",
        "learned-later": "Learned later",
        "after-review": "Found in a review",
    },
    "self-defined": {str(code): said for code, said in SELF_DEFINED_GROUPS.items()},
    "officer-defined": {str(code): said for code, said in OFFICER_DEFINED_GROUPS.items()},
    "use-case": dict(USE_CASES),
    "audit-outcome": {"done": "Done", "refused": "Refused", "failed": "Failed"},
    "via": {
        "api": "The API",
        "cli": "The command line",
        "console": "The console",
        "server": "The server itself",
    },
    "certificate": {
        "valid": "Valid",
        "expired": "Expired",
        "withdrawn": "Withdrawn",
        "other code": "Other code runs here",
        "altered": "Altered since it was signed",
    },
    "pack": {"ready": "Ready", "absent": "Not on this machine", "refused": "Refused"},
    "move": {
        "create": "Planned",
        "change": "Changed",
        "submit": "Submitted",
        "withdraw": "Withdrawn",
        "authorise": "Authorised",
        "refuse": "Refused",
        "start": "Started",
        "suspend": "Suspended",
        "interrupt": "Interrupted",
        "resume": "Resumed",
        "close": "Closed",
        "end-window": "Window ended",
        "expire": "Expired",
        "cancel": "Cancelled",
        "publish": "Published",
        "review-urgent": "Urgent authorisation reviewed",
        "record-costs": "Costs recorded",
    },
    "move-to-make": {
        "change": "change",
        "submit": "submit",
        "withdraw": "withdraw",
        "authorise": "authorise",
        "refuse": "refuse",
        "start": "start",
        "suspend": "suspend",
        "interrupt": "interrupt",
        "resume": "resume",
        "close": "close",
        "end-window": "window ends",
        "expire": "expire",
        "cancel": "cancel",
        "publish": "publish",
    },
}
"""Codes in words, by what they are codes of."""

LOCAL: Final = ZoneInfo("Europe/London")
"""The time that people are shown; everything is kept as UTC, and each time shown carries that in its markup."""


def words(kind: str, code: str | None) -> str:
    """A code in words; one that has none as it is, with spaces.

    >>> words("decision", "do-not-engage")
    'Do not engage'
    """
    if code is None:
        return "not recorded"
    known = WORDS.get(kind, {}).get(code)
    return known if known is not None else code.replace("-", " ").capitalize()


def _time(value: datetime | None, shape: str, empty: str = "not yet") -> Markup | str:
    if value is None:
        return empty
    utc = value.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        utc.astimezone(LOCAL).strftime(shape),
    )


def _moment(value: datetime | None, empty: str = "not yet") -> Markup | str:
    """A day and a time, to the minute."""
    return _time(value, "%-d %b %Y, %H:%M", empty)


def _clock(value: datetime | None, empty: str = "not yet") -> Markup | str:
    """A time of day, to the second."""
    return _time(value, "%H:%M:%S", empty)


def _day(value: date | str | None, empty: str = "not given") -> str:
    """A day; `unknown` said outright stays a word."""
    if value is None:
        return empty
    return value if isinstance(value, str) else f"{value:%-d %b %Y}"


def _local(value: datetime | None) -> str:
    """A time as an `<input type=datetime-local>` holds it."""
    return "" if value is None else value.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")


def _percent(value: float | None, digits: int = 1) -> str:
    return "not measured" if value is None else f"{value:.{digits}%}"


def _short(value: str) -> str:
    """The beginning of an id or a digest, for a table: `entry-3f9c…`."""
    head, _, tail = value.rpartition("-")
    return (
        f"{head}-{tail[:6]}…" if head and len(tail) > 6 else value if len(value) <= 14 else f"{value[:12]}…"
    )


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "clock": _clock,
    "counted": count,
    "day": _day,
    "local": _local,
    "moment": _moment,
    "number": number,
    "percent": _percent,
    "short": _short,
}
"""What templates can turn values into."""
