"""An alert in a terminal: words and figures, no face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.cli._showing import show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework.alerts import AlertView

__all__ = ["show_alert_view"]


def show_alert_view(view: AlertView, *, as_json: bool) -> None:
    """Print an alert with everything that whoever asked may see."""
    if as_json:
        show_json(view)
        return
    print(f"{view.id}  {view.state}" + (f", {view.alert_class}" if view.alert_class else ""))
    show_table(("", ""), _facts(view))


def _facts(view: AlertView) -> Iterator[tuple[str, str]]:
    yield "captured", f"{view.captured_at:%Y-%m-%d %H:%M:%S} UTC on {view.feed}"
    yield "score", view.meaning.words
    entry = view.entry
    if view.personal_data_deleted:
        yield "entry", "deleted, as its time was over"
    elif entry is not None:
        age = "age unknown" if entry.age is None else f"aged {entry.age}"
        yield "entry", f"{entry.name} ({entry.entry_id}), {age}"
        for what, said in (
            ("category", entry.category),
            ("lawful basis", entry.lawful_basis),
            ("instruction", entry.instruction),
            ("warnings", ", ".join(entry.warnings)),
        ):
            if said:
                yield what, said
        for other in entry.look_alikes:
            yield "looks like", f"{other.name} ({other.entry_id}), similarity {other.score:.3f}"
    if view.seed:
        yield "seed", "a consenting person, walking past for the count"
    for one in view.adjudications:
        place = "first" if one.place == 1 else "second"
        yield (
            _label(f"{place} adjudication", stands=one.stands),
            (
                f"{one.decision} ({one.reason_code}) by {one.person_id} after {one.seconds_taken:.0f} s: "
                f"{one.reason or 'reason deleted'} [{one.id}]"
            ),
        )
    for routed in view.routings:
        by = routed.routed_by_name
        if routed.decided_by_name is not None:
            by = f"the software, as {routed.decided_by_name} decided"
        seconds = routed.seconds_to_acknowledge
        on_it = "not acknowledged" if seconds is None else f"on it after {seconds:.0f} s"
        yield "routed to", f"{routed.officer_name} by {by}: {on_it} [{routed.officer_id}]"
    for contact in view.engagements:
        yield (
            _label("engagement", stands=contact.stands),
            (
                f"{contact.identity}, {contact.started_at:%H:%M} to {contact.ended_at:%H:%M} UTC by "
                f"{contact.officer_id} [{contact.id}]"
            ),
        )
    for came in view.outcomes:
        yield _label("outcome", stands=came.stands), f"{came.outcome} by {came.person_id} [{came.id}]"
    if view.routed_to_you and not view.acknowledged_by_you and view.state == "engage":
        yield "due", "say that you are on it: `overt alerts acknowledge`"
    if view.yours_to_adjudicate:
        yield "due", "your adjudication; the default is do-not-engage"


def _label(what: str, *, stands: bool) -> str:
    return what if stands else f"{what}, corrected"
