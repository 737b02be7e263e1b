"""Deployments and their reviews on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.cli._showing import safe, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from overt.casework import deployments as d

__all__ = ["show_deployment", "show_listing", "show_review"]


def show_deployment(view: d.DeploymentView, *, as_json: bool) -> None:
    """Print a deployment."""
    if as_json:
        show_json(view)
        return
    plan = view.plan
    print(f"{view.id}  {safe(plan.title)}  {view.state}, revision {view.revision}")
    rows = [
        ("window", f"{_time(plan.window_start)} to {_time(plan.window_end)}"),
        ("location", plan.location),
        ("zone", plan.zone),
        ("use case", plan.use_case),
        ("purpose", plan.purpose),
        ("signage", plan.signage),
        ("watchlists", ", ".join(plan.watchlists)),
        *(("feed", f"{feed.name}: {feed.address}") for feed in plan.feeds),
        ("operating point", _point(plan.operating_point)),
        ("expected footfall", f"{plan.expected_footfall:,}"),
    ]
    if plan.urgent:
        rows.append(("urgent", plan.urgent_reason or "yes"))
    rows.append(("certificate", view.certification.briefly))
    if view.digest is not None:
        rows.append(("frozen", f"{view.entries:,} entries, digest {view.digest}"))
    if view.authorisation is not None:
        rows += _decision(view.authorisation)
    if view.costs is not None:
        figures = view.costs.model_dump(exclude_none=True)
        rows.append(("took", ", ".join(f"{name} {value}" for name, value in figures.items())))
    rows += [
        (
            _time(move.at),
            f"{move.move}: {move.from_state or '-'} → {move.to_state} ({move.actor_id}) {move.reason}",
        )
        for move in view.moves
    ]
    show_table(("", ""), rows)


def show_listing(found: Sequence[d.DeploymentSummary], *, as_json: bool) -> None:
    """Print deployments, one a row."""
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "state", "window", "title", "location", "urgent"),
        (
            (
                item.id,
                item.state,
                f"{_time(item.window_start)} to {_time(item.window_end)}",
                item.title,
                item.location,
                "review due" if item.urgent_review_due else "yes" if item.urgent else "",
            )
            for item in found
        ),
    )


def show_review(review: d.DeploymentReview, *, as_json: bool) -> None:
    """Print what an authorising officer must see."""
    if as_json:
        show_json(review)
        return
    print(f"{review.deployment_id}  {review.state}")
    print(f"digest to sign: {review.digest or 'none: not submitted'}")
    print(
        f"{review.entries:,} entries with {review.images:,} images; pack {review.pack} {review.pack_version}, "
        f"threshold {review.threshold:g}, {review.confirmations} confirmations"
    )
    print(f"{safe(review.false_alerts.says)}.\n")
    for warning in review.warnings:
        print(f"! {safe(warning)}.")
    _list("added since submission", ((entry_id, "") for entry_id in review.entries_added))
    _list("changed since submission", ((entry_id, "") for entry_id in review.entries_changed))
    _list("gone since submission", ((entry_id, "") for entry_id in review.entries_gone))
    _list("under 18", ((problem.entry_id, problem.why) for problem in review.under_18))
    _list("of unknown age", ((entry_id, "") for entry_id in review.age_unknown))
    _list("stale", ((problem.entry_id, problem.why) for problem in review.stale))
    _list("poor quality", ((problem.entry_id, problem.why) for problem in review.poor_quality))
    _list(
        "alike",
        ((" and ".join(pair.entry_ids), f"{pair.kind}, {pair.score:.3f}") for pair in review.look_alikes),
    )
    _list("left out, not approved", ((entry_id, "") for entry_id in review.pending))
    _list("left out, expired", ((entry_id, "") for entry_id in review.expired))
    _list("not to be compared with masked faces", ((entry_id, "") for entry_id in review.without_covered))
    _list("left out, without an image", ((entry_id, "") for entry_id in review.without_image))
    _list(
        "at the same time",
        ((one.deployment_id, f"{one.title}, {one.location} ({one.state})") for one in review.overlaps),
    )


def _list(heading: str, rows: Iterable[tuple[str, str]]) -> None:
    listed = list(rows)
    if listed:
        print(f"\n{heading}:")
    for what, why in listed:
        print(f"  {safe(what)}  {safe(why)}".rstrip())


def _decision(given: d.AuthorisationView) -> list[tuple[str, str]]:
    rows = [
        (given.decision, f"by {given.officer_id} at {_time(given.at)}, until {_time(given.valid_until)}"),
        ("statement", given.statement),
    ]
    if given.voided_at is not None:
        rows.append(("void", f"since {_time(given.voided_at)}: {given.void_reason}"))
    if given.review_due:
        rows.append(("urgent", "not yet reviewed by another officer"))
    elif given.reviewed_at is not None:
        held = "upheld" if given.review_upheld else "not upheld"
        rows.append(("urgent review", f"{held} by {given.reviewed_by} at {_time(given.reviewed_at)}"))
    return rows


def _point(point: d.ChosenPoint) -> str:
    chosen = point.model_dump(exclude_none=True)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in chosen.items())


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
