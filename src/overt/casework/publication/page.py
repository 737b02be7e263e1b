"""The record as a page for people: one file without scripts, for the screen, for reading aloud and for paper."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Final

from overt.casework.deployments import USE_CASES
from overt.casework.publication.wording import (
    count,
    days_of,
    length,
    number,
    one_in,
    percent,
    record_summary,
    spread,
    time_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from overt.casework.publication.model import (
        DeploymentRecord,
        GroupFigures,
        OperatingPointFigures,
        OutcomeFigures,
    )

__all__ = ["record_page"]

_STYLE_FILE: Final = "record.css"
_REVIEWS: Final = {
    "not needed": "",
    "due": "its review is due",
    "upheld": "reviewed afterwards by another officer and upheld",
    "not upheld": "reviewed afterwards by another officer and not upheld",
}

Row = tuple[str, str, str]
"""What it is, the figure, and what it means."""


def record_page(record: DeploymentRecord) -> str:
    """The page, whole: HTML in UTF-8. Every word that came from people is escaped."""
    style = resources.files("overt.casework.publication").joinpath(_STYLE_FILE).read_text(encoding="utf-8")
    title = f"Live facial recognition: {record.deployment.location}, {days_of(record)}"
    parts = [
        _header(record),
        _section("In short", "".join(f"<p>{escape(sentence)}</p>" for sentence in record_summary(record))),
        _key_figures(record),
        _section("The deployment", _table("Where, when and for what", _terms(record))),
        _section("Alerts", _table("Alerts and what they were", _alerts(record))),
        _section("What came of it", _outcomes(record) + _table("Stops", _stops(record))),
        _section("How well it worked", _table("Measured on this deployment", _accuracy(record))),
        _section("How people judged", _table("Adjudication", _adjudication(record))),
        _section("Who was stopped", _groups(record)),
        _section("The machine", _times(record) + _table("The engine", _engine(record)) + _seals(record)),
        _footer(record),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _header(record: DeploymentRecord) -> str:
    made = record.publication
    state = f"Published, version {made.version}" if made.version else "Not published: a preview"
    kind = "published" if made.version else "preview"
    return (
        f'<header><p class="status {kind}">{state}</p>'
        f"<h1>Live facial recognition<br><span>{escape(record.deployment.location)}</span></h1>"
        f'<p class="when">{escape(days_of(record))} · {escape(USE_CASES[record.deployment.use_case])}</p>'
        "</header>\n<main>"
    )


def _footer(record: DeploymentRecord) -> str:
    audit = record.audit
    return (
        "</main>\n<footer><p>Counted by the software out of its own records at "
        f"{escape(time_of(record.publication.made_at))}. Deployment <code>{escape(record.deployment.id)}</code>. "
        f"Audit chain: {count(audit.entries, 'entry', 'entries')}, head <code>{escape(audit.head)}</code>. "
        f"Form of the record: version {escape(record.schema_version)}.</p></footer>"
    )


def _section(title: str, content: str) -> str:
    name = title.lower().replace(" ", "-")
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{content}</section>'


def _table(caption: str, rows: Iterable[Row]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(what)}{_small(meaning)}</th><td>{escape(figure)}</td></tr>'
        for what, figure, meaning in rows
    )
    return f"<table><caption>{escape(caption)}</caption><tbody>{lines}</tbody></table>"


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _grid(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = ""
    for first, *cells in rows:
        body += f'<tr><th scope="row">{escape(first)}</th>'
        body += "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    return (
        f'<table class="grid"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _key_figures(record: DeploymentRecord) -> str:
    alerts = record.alerts
    figures = (
        ("Faces seen", record.faces_seen),
        ("On the list", record.watchlist.size),
        ("Alerts", alerts.total),
        ("False alerts", alerts.false_confirmed + alerts.false_unconfirmed),
        ("People stopped", record.stops.stops),
        ("Arrests", record.outcomes.arrest + record.outcomes_after_false_alerts.arrest),
    )
    tiles = "".join(f"<div><dt>{what}</dt><dd>{number(figure)}</dd></div>" for what, figure in figures)
    return f'<dl class="figures" aria-label="Key figures">{tiles}</dl>'


def _terms(record: DeploymentRecord) -> list[Row]:
    terms, approved = record.deployment, record.authorisation
    expected = approved.expected_false_alerts
    urgent = "Yes; " + _REVIEWS[approved.urgent_review] if approved.urgent else "No"
    resources_ = record.resources
    rows = [
        ("Location", terms.location, ""),
        ("Purpose", terms.purpose, ""),
        ("How the public was told", terms.signage, ""),
        ("Live", f"{time_of(terms.started_at)} to {time_of(terms.ended_at)}", ""),
        ("Duration", length(terms.duration_minutes), "Without the time that it was suspended"),
        ("Authorised for", f"{time_of(terms.window_start)} to {time_of(terms.window_end)}", ""),
        ("Authorised", time_of(approved.authorised_at), "By an officer who did not plan it"),
        ("Urgent authorisation", urgent, ""),
        (
            "False alerts that the authorising officer was told to expect",
            "not recorded" if expected is None else expected.says,
            "",
        ),
        ("Cameras", number(terms.feeds), ""),
        ("Watchlist", number(record.watchlist.size), _categories(record)),
    ]
    if resources_ is not None:
        cost = "" if resources_.cost is None else f"{resources_.currency} {resources_.cost:,.2f}"
        staff = "" if resources_.staff is None else f"{number(resources_.staff)} staff"
        hours = "" if resources_.staff_hours is None else f"{number(resources_.staff_hours)} hours of work"
        words = ", ".join(part for part in (staff, hours, cost) if part)
        rows.append(("Staff and cost", words or "not recorded", f"As {resources_.basis}"))
    return rows


def _categories(record: DeploymentRecord) -> str:
    return ", ".join(f"{name}: {number(n)}" for name, n in record.watchlist.by_category.items())


def _alerts(record: DeploymentRecord) -> list[Row]:
    alerts = record.alerts
    return [
        ("All alerts", number(alerts.total), "An alert is never a decision: a trained person makes that"),
        ("True, confirmed", number(alerts.true_confirmed), "Approached, and it was the person sought"),
        ("True, unconfirmed", number(alerts.true_unconfirmed), "Judged to be the person, and not approached"),
        ("False, confirmed", number(alerts.false_confirmed), "Approached, and it was somebody else"),
        ("False, unconfirmed", number(alerts.false_unconfirmed), "Judged not to be the person; nobody approached"),
        ("Undecided", number(alerts.undecided), "Nobody had decided when the alert had to be deleted"),
        ("Not raised", number(alerts.not_raised), "Matches that no officer saw: no longer sought, or too late"),
    ]  # fmt: skip


def _outcomes(record: DeploymentRecord) -> str:
    def figures(found: OutcomeFigures) -> list[int]:
        return [
            found.arrest, found.voluntary_interview, found.appointment, found.information, found.safeguarding,
            found.no_action, found.not_recorded,
        ]  # fmt: skip

    names = (
        "Arrest", "Voluntary interview", "Appointment", "Information", "Safeguarding", "No further action",
        "Not recorded",
    )  # fmt: skip
    rows = zip(names, figures(record.outcomes), figures(record.outcomes_after_false_alerts), strict=True)
    return _grid(
        "Outcomes of stops",
        ("Outcome", "After true alerts", "After false alerts"),
        ([name, number(right), number(wrong)] for name, right, wrong in rows),
    )


def _stops(record: DeploymentRecord) -> list[Row]:
    stops = record.stops
    p50, _, _, longest = spread(stops.minutes, "min")
    return [
        ("People stopped", number(stops.stops), ""),
        ("Half of the stops took at most", p50, ""),
        ("The longest stop", longest, ""),
        ("Not reached", number(stops.not_contacted), "Nobody could be approached"),
    ]


def _accuracy(record: DeploymentRecord) -> list[Row]:
    seeds, point = record.seeds, record.operating_point
    tpir = "no seeds were counted walking past" if seeds.tpir is None else percent(seeds.tpir)
    return [
        ("False alert rate", one_in(record.alerts.false_alert_rate, "faces"), "False alerts per face seen"),
        ("Share of false alerts", percent(record.alerts.false_share), "False alerts per alert"),
        ("Recognised when they walked past", tpir, "Live true positive identification rate, by seeds"),
        ("Threshold", number(point.threshold), "The least similarity that raises an alert"),
        ("Model pack", f"{point.pack} {point.pack_version or ''}".strip(), point.pack_only_for or ""),
        ("Certificate", point.certificate, _certified(point)),
    ]


def _certified(point: OperatingPointFigures) -> str:
    if point.uncertified_because:
        return f"No evaluation is signed for this operating point. {'. '.join(point.uncertified_because)}"
    said = f"The signed evaluation that the operating point rests on; SHA-256 {point.certificate_digest}"
    if point.certificate_withdrawn_at is not None:
        said += f". Withdrawn since, on {point.certificate_withdrawn_at:%Y-%m-%d}"
    return said


def _adjudication(record: DeploymentRecord) -> list[Row]:
    found = record.adjudication
    p50, p95, _, _ = spread(found.seconds, "s")
    kappa = found.agreement.kappa
    said = "not defined: all decided alike" if kappa is None else str(kappa)
    if isinstance(kappa, float):
        said = f"{kappa:.2f}"
    return [
        ("Half of the judgements took at most", p50, "From being shown the alert to deciding"),
        ("95 of 100 took at most", p95, ""),
        ("Agreement of two people", said, f"Cohen's kappa over {number(found.agreement.pairs)} alerts judged twice"),
        ("Corrected later", number(record.corrections), "The first entry always stays beside the correction"),
        *_routing(record),
    ]  # fmt: skip


def _routing(record: DeploymentRecord) -> list[Row]:
    """How soon officers were on it, where any alert was routed."""
    found = record.routing
    if not found.routed:
        return []
    p50, p95, _, _ = spread(found.seconds, "s")
    said = f"{number(found.acknowledged)} of {number(found.routed)}"
    return [
        ("An officer said that they were on it", said, "Of the alerts that went to officers on duty"),
        ("Half of these within", p50, "From the alert's going to an officer"),
        ("95 of 100 within", p95, ""),
    ]


def _groups(record: DeploymentRecord) -> str:
    return _group_grid("As people described themselves", record.self_defined_groups) + _group_grid(
        "As officers described people", record.officer_defined_groups
    )


def _group_grid(caption: str, groups: tuple[GroupFigures, ...]) -> str:
    if not groups:
        return f"<p>{escape(caption)}: not recorded.</p>"
    shown = [group for group in groups if isinstance(group.stops, int)]
    note = "For every other group, too few to say." if shown else "For every group, too few to say."
    grid = _grid(
        caption,
        ("Group", "Stops", "False alerts", "Arrests", "Other outcomes", "No action"),
        (
            [group.group, *map(number, (group.stops, group.false_alerts, group.arrest, group.other, group.no_action))]
            for group in shown
        ),
    )  # fmt: skip
    return (
        grid if shown else f"<p>{escape(caption)}:</p>"
    ) + f"<p>{note} The software never infers a group.</p>"


def _times(record: DeploymentRecord) -> str:
    engine = record.engine
    rows = (
        ("From camera to alert", engine.capture_to_alert_ms),
        ("From camera to overwritten", engine.erasure_ms),
        ("From last use to overwritten", engine.erasure_after_use_ms),
    )
    return _grid(
        "How quickly",
        ("Time", "Half within", "95 of 100", "99 of 100", "Longest", "Measured"),
        ([what, *spread(found, "ms"), number(found.n)] for what, found in rows),
    )


def _engine(record: DeploymentRecord) -> list[Row]:
    engine = record.engine
    faults = ", ".join(f"{kind}: {number(n)}" for kind, n in engine.faults.items()) or "none"
    return [
        ("Runs", number(engine.runs), f"{number(engine.restarts)} of them restarts"),
        ("Ended in order", number(engine.ended_in_order), "With the engine's word that all was overwritten"),
        ("Faults", faults, ""),
        ("Frames received", number(engine.frames_received), ""),
        ("Frames searched", number(engine.frames_processed), ""),
        ("Frames skipped", number(engine.frames_skipped), "A newer one was there"),
    ]


def _seals(record: DeploymentRecord) -> str:
    seals = record.engine.seals
    if not seals:
        return "<p>Seals: the engine never ran.</p>"
    lines = "".join(
        f'<li class="{"held" if held else "broken"}"><span>{escape(name.replace("-", " "))}</span> '
        f"<strong>{'held' if held else 'not held'}</strong></li>"
        for name, held in seals.items()
    )
    return f'<h3>Seals</h3><ul class="seals">{lines}</ul>'
