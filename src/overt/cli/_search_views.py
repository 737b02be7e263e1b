"""A search in a terminal: words and figures, no face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.cli._showing import safe, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework.searches import CandidateView, SearchFigures, SearchView

__all__ = ["show_figures", "show_search_view"]


def show_search_view(view: SearchView, *, as_json: bool) -> None:
    """Print a search with everything that whoever asked may see."""
    if as_json:
        show_json(view)
        return
    print(f"{view.id}  {view.state}")
    show_table(("", ""), _facts(view))
    if not view.candidates:
        print(f"Nobody among {view.images:,} images scores {view.threshold:.3f} or more.")
        return
    show_table(
        ("", "candidate", "reference", "score", "chance of a false candidate", "examined", "decision"),
        (
            (
                str(one.rank),
                one.id,
                one.reference or "deleted",
                f"{one.score:.3f}",
                _rate(one),
                f"{one.examinations_made} of {view.examinations_needed}",
                _decision(one),
            )
            for one in view.candidates
        ),
    )


def _facts(view: SearchView) -> Iterator[tuple[str, str]]:
    yield "collection", f"{view.collection or 'deleted'} ({view.images:,} images), pack {view.pack}"
    yield "reason", view.reason or "deleted, as its time was over"
    yield "offence", view.offence
    for what, said in (("authority", view.authority), ("requested by", view.requested_by)):
        if said:
            yield what, said
    yield "searched by", f"{view.searched_by_name}, {view.searched_at:%Y-%m-%d %H:%M} UTC"
    of = "" if view.faces_in_probe == 1 else f", one of {view.faces_in_probe} faces"
    yield (
        "probe",
        f"{view.probe or 'deleted'}: {view.probe_kind}{of}; quality {view.quality:.2f}, {view.verdict}",
    )
    for finding in view.findings:
        yield "", finding.detail
    chance = "nothing is measured of it" if view.threshold_chance is None else view.threshold_chance.briefly
    held = "" if view.threshold_holds else f"; it is not shown that at most {view.threshold_aim:.0%} do"
    yield "threshold", f"{view.threshold:.3f}: {chance} would find somebody{held}"
    for one in view.candidates:
        for row in one.examinations:
            place = "first" if row.place == 1 else "second"
            yield (
                f"{place} examination",
                (
                    f"{one.rank}: {row.support}, {row.decision} by {row.person_name} after "
                    f"{row.seconds_taken:.0f} s: {row.reason or 'reason deleted'}"
                ),
            )
    if view.review is not None:
        faults = "".join(f", {fault}" for fault in view.review.faults)
        yield (
            "review",
            f"{view.review.finding}{faults} by {view.review.person_name}: {view.review.reason or 'reason deleted'}",
        )
    for came in view.outcomes:
        yield "outcome" if came.stands else "outcome, replaced", f"{came.outcome} by {came.person_name}"
    due = {
        "examine": "your examination: `overt searches examine`",
        "review": "your review: `overt searches review`",
        "outcome": "what came of it: `overt searches outcome`",
    }
    if view.due_from_you:
        yield "due", due[view.due_from_you]


def _rate(one: CandidateView) -> str:
    return "not measured" if one.chance is None else one.chance.briefly


def _decision(one: CandidateView) -> str:
    if one.disputed and one.decision is None:
        return "the examiners disagree"
    return one.decision or ""


def show_figures(made: SearchFigures) -> None:
    """Monthly figures, the totals of each; the whole of it is in CSV and JSON."""
    show_table(
        (
            "month",
            "searches",
            "nobody found",
            "candidates",
            "put forward",
            "examiners agree",
            "in order",
            "no lead",
        ),
        (
            (
                one.month,
                str(one.searches),
                str(one.by_result["nobody"]),
                str(one.candidates),
                str(one.decisions["put-forward"]),
                f"{one.agreement.same} of {one.agreement.pairs}",
                str(one.reviews["in-order"]),
                str(one.outcomes["no-lead"]),
            )
            for one in made.months
        ),
    )
    print(
        safe(
            "Counts under 5 within a month are left out. --csv and --json have more figures, without those too."
        )
    )
