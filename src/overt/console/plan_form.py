"""A plan as a form holds it: filled from a deployment, turned into a plan or a change, and refused field by field."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from overt.casework.deployments import Feed, Plan, PlanChange
from overt.console.forms import FieldFault, Form, blank_form
from overt.console.local_time import Turn, from_wall
from overt.console.wording import FILTERS
from overt.errors import InputError, OvertError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from overt.casework.deployments import DeploymentView, PlanView

__all__ = [
    "LABELS",
    "FeedRow",
    "changed_plan",
    "feed_of_row",
    "feed_rows",
    "filled",
    "refused_plan",
    "taken_plan",
    "with_rows",
]

LABELS: Final = {
    "title": "Title",
    "use_case": "Use case",
    "purpose": "Purpose",
    "watchlists": "Watchlists",
    "staff": "Officers and staff",
    "cost": "Planned cost",
    "currency": "Currency",
    "location": "Location",
    "zone": "Zone of recognition",
    "signage": "How the public is told",
    "window_start": "Begins",
    "window_end": "Ends",
    "urgent_reason": "Why it is urgent",
    "feeds": "Feeds",
    "masked_fps": "Masked pictures a second",
    "far": "Faces far away",
    "pack": "Model pack",
    "threshold": "Threshold",
    "expected_footfall": "Faces expected",
    "min_eye_distance": "Least distance between the eyes",
    "min_quality": "Least quality",
    "confirmations": "Confirmations",
}
"""What the fields are called, on the page and in what is said about them."""

_PLAIN: Final = (
    *("title", "use_case", "purpose", "location", "zone", "signage"),
    *("staff", "cost", "currency", "masked_fps", "far", "expected_footfall"),
)
_POINT: Final = ("pack", "threshold", "min_eye_distance", "min_quality", "confirmations")
_FEED: Final = ("name", "uri", "transport", "pace")
_ROW: Final = re.compile(r"feed_name_([1-9][0-9]{0,2})")
_SAID: Final = {
    "missing": "This is needed",
    "string_too_short": "Write {min_length} characters or more",
    "string_too_long": "Write {max_length} characters at most",
    "too_short": "Choose at least one",
    "too_long": "That is more than {max_length}",
    "greater_than_equal": "It cannot be less than {ge}",
    "less_than_equal": "It cannot be more than {le}",
    "int_parsing": "Write a whole number",
    "int_from_float": "Write a whole number",
    "float_parsing": "Write a number",
    "literal_error": "Choose one of those that are offered",
}
_PATTERNS: Final = {
    "name": "Begin with a letter or a digit; then letters, digits, spaces, dots and dashes, 64 at most",
    "currency": "Write three capital letters, like GBP",
    "pack": "Choose one of those that are offered",
}


@dataclass(frozen=True)
class FeedRow:
    """A feed in the form.

    Attributes:
        n: its number there; fields are called after it.
        was: its name in the plan that is being changed, empty where it is new. Its sealed address stays unless
            another is written.
        known: that address, without what could be a secret.
    """

    n: int
    name: str
    uri: str
    transport: str
    was: str
    known: str
    tried: str


def feed_rows(form: Form) -> tuple[FeedRow, ...]:
    """The feeds that the form holds, in their order; an empty one where it holds none."""
    numbers = sorted(int(found[1]) for name in form.values if (found := _ROW.fullmatch(name))) or [1]
    return tuple(
        FeedRow(
            n=n,
            name=form.text(f"feed_name_{n}"),
            uri=form.text(f"feed_uri_{n}"),
            transport=form.text(f"feed_transport_{n}", "tcp"),
            was=form.text(f"feed_was_{n}"),
            known=form.text(f"feed_known_{n}"),
            tried=form.text(f"feed_tried_{n}"),
        )
        for n in numbers
    )


def with_rows(
    form: Form, *, add: bool = False, remove: int | None = None, more: Mapping[str, str] | None = None
) -> Form:
    """The form with a feed more or less, and with these values; faults are forgotten."""
    numbers = [row.n for row in feed_rows(form) if row.n != remove]
    if add or not numbers:
        numbers.append(0)
    values = {name: value for name, value in form.values.items() if not re.match(r"feed_\w+_\d+$", name)}
    for place, number in enumerate(numbers, 1):
        fields = {
            name: form.values[f"feed_{name}_{number}"]
            for name in (*_FEED, "loop", "was", "known", "tried")
            if f"feed_{name}_{number}" in form.values
        } or {"name": ("",)}
        values |= {f"feed_{name}_{place}": value for name, value in fields.items()}
    return replace(
        form, values={**values, **{name: (value,) for name, value in (more or {}).items()}}, faults=()
    )


def filled(view: DeploymentView) -> Form:
    """The form of a plan that is to be changed. No address is in it."""
    plan = view.plan
    values: dict[str, str | tuple[str, ...]] = {
        **{name: _shown(getattr(plan, name)) for name in _PLAIN},
        **{name: _shown(getattr(plan.operating_point, name)) for name in _POINT},
        "watchlists": plan.watchlists,
        "window_start": FILTERS["local"](plan.window_start),
        "window_end": FILTERS["local"](plan.window_end),
        "urgent_reason": plan.urgent_reason,
        "revision": str(view.revision),
    }
    for side in ("window_start", "window_end"):
        moment = getattr(plan, side)
        first = from_wall(str(values[side]), side, "first")
        values[f"{side}_turn"] = "first" if first == moment.replace(second=0, microsecond=0) else "second"
    if plan.urgent:
        values["urgent"] = "yes"
    for n, feed in enumerate(plan.feeds, 1):
        values |= {
            f"feed_name_{n}": feed.name,
            f"feed_was_{n}": feed.name,
            f"feed_known_{n}": feed.address,
            f"feed_transport_{n}": feed.transport,
            f"feed_pace_{n}": feed.pace,
        }
        if feed.loop:
            values[f"feed_loop_{n}"] = "yes"
    return blank_form(**values)


def taken_plan(form: Form) -> Plan:
    """The plan that the form holds.

    Raises:
        ValidationError: something does not fit.
        InputError: a time cannot be taken.
    """
    return Plan.model_validate(_written(form))


def changed_plan(form: Form, plan: PlanView) -> PlanChange | None:
    """What is to be different from a plan as it is; None where nothing is.

    Raises:
        ValidationError: something does not fit.
        InputError: a time cannot be taken.
    """
    written = _written(form)
    blank = dict.fromkeys(("staff", "cost")) | {"urgent_reason": "", "currency": "GBP"}
    asked = PlanChange.model_validate({**blank, **written, "revision": form.text("revision") or None})
    kept = [(feed.name, feed.transport, feed.pace, feed.loop) for feed in plan.feeds]
    feeds = [
        (feed.name, feed.transport, feed.pace, feed.loop) for feed in asked.feeds or () if feed.uri is None
    ]
    same_feeds = len(asked.feeds or ()) == len(feeds) and feeds == kept
    differing = {
        name
        for name in asked.model_fields_set - {"revision", "feeds"}
        if getattr(asked, name) != _to_minute(getattr(plan, name), name)
    }
    if not same_feeds:
        differing.add("feeds")
    if not differing:
        return None
    return PlanChange(**{name: getattr(asked, name) for name in (*differing, "revision")})


def feed_of_row(row: FeedRow) -> Feed:
    """The feed of a row whose address is written out.

    Raises:
        ValidationError: something does not fit.
    """
    return Feed.model_validate({"name": row.name, "uri": row.uri, "transport": row.transport})


def refused_plan(form: Form, error: Exception, row: FeedRow | None = None) -> Form:
    """The form with what an error says at the fields that it is about. `row` where the error is about one feed."""
    rows = feed_rows(form)
    if isinstance(error, ValidationError):
        faults = tuple(
            FieldFault(_field(one["loc"], str(one["msg"]), rows, row), _said(one))
            for one in error.errors(include_url=False, include_input=False)
        )
        return replace(form, faults=faults, status=422)
    if isinstance(error, InputError):
        where = tuple(int(part) if part.isdigit() else part for part in error.field.split(".") if part)
        field = _field(where, "", rows, row)
        return replace(form, faults=(FieldFault(field, error.what, error.remedy),), status=422)
    refused = form.refused(error)
    assert isinstance(error, OvertError)  # noqa: S101 - there are no others among the refusals
    return replace(refused, faults=(FieldFault("", error.what, error.remedy),))


def _written(form: Form) -> dict[str, Any]:
    written: dict[str, Any] = {name: form.text(name) for name in _PLAIN if form.text(name)}
    written["operating_point"] = {name: form.text(name) for name in _POINT if form.text(name)}
    written["watchlists"] = tuple(value for value in form.all("watchlists") if value)
    for side in ("window_start", "window_end"):
        if form.text(side):
            turn = form.text(f"{side}_turn")
            written[side] = from_wall(
                form.text(side), side, cast("Turn", turn) if turn in {"first", "second"} else ""
            )
    written["urgent"] = form.has("urgent")
    if written["urgent"]:
        written["urgent_reason"] = form.text("urgent_reason")
    written["feeds"] = tuple(_feed(form, row) for row in feed_rows(form))
    return written


def _feed(form: Form, row: FeedRow) -> dict[str, Any]:
    feed: dict[str, Any] = {
        "transport": row.transport,
        "pace": form.text(f"feed_pace_{row.n}", "live"),
        "loop": form.has(f"feed_loop_{row.n}"),
    }
    return feed | {name: value for name, value in (("name", row.name), ("uri", row.uri)) if value}


def _field(where: Iterable[int | str], message: str, rows: tuple[FeedRow, ...], row: FeedRow | None) -> str:
    """The form's name for a place in a plan."""
    parts: list[int | str] = [*where, "", "", ""]
    first, second, third = parts[:3]
    if first == "feeds" and isinstance(second, int) and second < len(rows):
        row, first = rows[second], third or "name"
    if row is not None and first in {"name", "uri", "transport", "pace", "loop"}:
        return f"feed_{first}_{row.n}"
    if first == "operating_point" and second in _POINT:
        return str(second)
    if first in LABELS:
        return str(first)
    named = message.removeprefix("Value error, ").partition(" ")[0]
    return named if named in LABELS else ""


def _said(one: Any) -> str:
    kind, where = one["type"], one["loc"][-1] if one["loc"] else ""
    if kind == "string_pattern_mismatch" and where in _PATTERNS:
        return _PATTERNS[str(where)]
    if kind in _SAID:
        return _SAID[kind].format(**one.get("ctx", {}))
    plain = str(one["msg"]).removeprefix("Value error, ")
    for name, label in LABELS.items():
        plain = re.sub(rf"\b{name}\b", f"“{label}”" if "_" in name else name, plain)
    return plain[:1].upper() + plain[1:]


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _to_minute(value: Any, name: str) -> Any:
    """A plan's value as the form can say it: times to the minute."""
    return value.replace(second=0, microsecond=0) if name.startswith("window_") else value
