"""`overt alerts`: looking at alerts, adjudicating them, recording engagements and outcomes, correcting any of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._alert_views import show_alert_view
from overt.cli._showing import all_of, show_json, show_table
from overt.errors import InputError

if TYPE_CHECKING:
    from overt.casework import alerts as a

__all__ = ["alerts"]

alerts = typer.Typer(
    name="alerts",
    help="Look at alerts, adjudicate them, record engagements and outcomes, correct what was recorded.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="The alert's id.", metavar="ALERT")]
RowId = Annotated[str, typer.Argument(help="The id of what is corrected.", metavar="ID")]
DecisionOption = Annotated[str, typer.Option("--decision", help="engage or do-not-engage.")]
ReasonCodeOption = Annotated[
    str,
    typer.Option(
        "--reason-code",
        help="To engage: same-person, likely-same-person. Not to: different-person, look-alike, poor-image, "
        "not-actionable, lost-from-view, unsafe, other.",
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words. It is sealed.")]
NoteOption = Annotated[str, typer.Option("--note", help="In words. It is sealed.")]
StartedOption = Annotated[
    str, typer.Option("--started", help="When it began, with its zone: 2026-06-01T14:05:00+01:00.")
]
EndedOption = Annotated[str, typer.Option("--ended", help="When it ended, likewise.")]
IdentityOption = Annotated[
    str,
    typer.Option(
        "--identity",
        help="sought: the person on the list; other: somebody else; not-contacted: nobody was approached.",
    ),
]
SelfDefinedOption = Annotated[
    str | None, typer.Option("--self-defined", help="As the person describes themselves (16+1 code).")
]
OfficerDefinedOption = Annotated[
    str | None, typer.Option("--officer-defined", help="As the officer does (IC code).")
]
OutcomeOption = Annotated[
    str,
    typer.Option(
        "--outcome",
        help="arrest, voluntary-interview, appointment, information, safeguarding or no-further-action.",
    ),
]
CodeOption = Annotated[str, typer.Option("--code", help="What kind of correction it is.")]
CorrectionOption = Annotated[
    str, typer.Option("--correction", help="Why it is corrected, in words. It is sealed.")
]


@alerts.command("list")
def list_(
    *,
    data: DataFolder,
    deployment: Annotated[str | None, typer.Option("--deployment", help="Only this deployment's.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only those: open, second, engage, engaged or closed.")
    ] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Only those that were routed to you and are not closed.")
    ] = False,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """List alerts, the newest first."""
    from overt.casework import alerts as a

    wanted = taken(a.AlertFilter, deployment_id=deployment, state=state)
    if mine and wanted != a.AlertFilter():
        raise InputError("--mine lists those of every deployment and state", "Leave the other options out")
    with acting(data, database, as_) as (office, actor):
        found = all_of(
            lambda page: (
                a.list_my_alerts(office, actor, page) if mine else a.list_alerts(office, actor, wanted, page)
            )
        )
    if as_json:
        show_json(found)
        return
    show_table(
        ("alert", "state", "class", "feed", "captured", "score", ""),
        (
            (
                one.id,
                one.state,
                one.alert_class or "",
                one.feed,
                f"{one.captured_at:%Y-%m-%d %H:%M:%S} UTC",
                f"{one.score:.3f} (threshold {one.threshold:.3f})",
                _due(one),
            )
            for one in found
        ),
    )


@alerts.command("show")
def show(
    alert: Id,
    *,
    data: DataFolder,
    crop: Annotated[
        Path | None, typer.Option("--crop", help="Write the alert's picture here: a new file, JPEG.")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Show an alert. From the first look on, an adjudicator's time is counted."""
    from overt.casework import alerts as a

    if crop is not None and crop.exists():
        raise InputError(f"{crop} is there already", "Name a new file", field="crop")
    with acting(data, database, as_) as (office, actor):
        view = a.show_alert(office, actor, alert)
        picture = a.show_crop(office, actor, alert) if crop is not None else b""
    if crop is not None:
        crop.write_bytes(picture)
    show_alert_view(view, as_json=as_json)


@alerts.command("adjudicate")
def adjudicate(
    alert: Id,
    *,
    data: DataFolder,
    reason_code: ReasonCodeOption,
    reason: ReasonOption,
    decision: DecisionOption = "do-not-engage",
    officers: Annotated[
        list[str] | None,
        typer.Option(
            "--officer",
            help="An operator may name the officers on duty to whom it goes if it is to be engaged: their ids. "
            "Without it, everybody on duty.",
            metavar="OFFICER",
        ),
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Adjudicate an alert that you have looked at. Without --decision it is not to engage."""
    from overt.casework import alerts as a

    new = taken(
        a.NewAdjudication,
        decision=decision,
        reason_code=reason_code,
        reason=reason,
        officer_ids=tuple(officers or ()),
    )
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.adjudicate_alert(office, actor, alert, new), as_json=as_json)


@alerts.command("route")
def route(
    alert: Id,
    officers: Annotated[
        list[str], typer.Argument(help="Officers on duty in the deployment: their ids.", metavar="OFFICER…")
    ],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Route an alert that is to be engaged to officers, beside those who have it."""
    from overt.casework import alerts as a

    new = taken(a.NewRouting, officer_ids=tuple(officers))
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.route_alert(office, actor, alert, new), as_json=as_json)


@alerts.command("acknowledge")
def acknowledge(
    alert: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Say that you are on it: an alert that was routed to you."""
    from overt.casework import alerts as a

    with acting(data, database, as_) as (office, actor):
        said = a.acknowledge_alert(office, actor, alert)
    if as_json:
        show_json(said)
        return
    print(f"{said.officer_name} is on {said.alert_id}, {said.seconds_to_acknowledge:.0f} s after its routing")


@alerts.command("engagement")
def engagement(
    alert: Id,
    *,
    data: DataFolder,
    started: StartedOption,
    ended: EndedOption,
    identity: IdentityOption,
    self_defined: SelfDefinedOption = None,
    officer_defined: OfficerDefinedOption = None,
    note: NoteOption = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Record the contact on the street."""
    from overt.casework import alerts as a

    new = _engagement(started, ended, identity, self_defined, officer_defined, note)
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.record_engagement(office, actor, alert, new), as_json=as_json)


@alerts.command("outcome")
def outcome_(
    alert: Id,
    *,
    data: DataFolder,
    outcome: OutcomeOption,
    note: NoteOption = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Record what came of an engagement."""
    from overt.casework import alerts as a

    new = taken(a.NewOutcome, outcome=outcome, note=note)
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.record_outcome(office, actor, alert, new), as_json=as_json)


@alerts.command("correct-adjudication")
def correct_adjudication(
    adjudication: RowId,
    *,
    data: DataFolder,
    decision: DecisionOption,
    reason_code: ReasonCodeOption,
    reason: ReasonOption,
    code: CodeOption,
    correction: CorrectionOption = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Correct an adjudication of yours: a new entry beside the old one."""
    from overt.casework import alerts as a

    new = taken(a.NewAdjudication, decision=decision, reason_code=reason_code, reason=reason)
    why = taken(a.Correction, code=code, reason=correction)
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.correct_adjudication(office, actor, adjudication, new, why), as_json=as_json)


@alerts.command("correct-engagement")
def correct_engagement(
    engagement: RowId,
    *,
    data: DataFolder,
    started: StartedOption,
    ended: EndedOption,
    identity: IdentityOption,
    code: CodeOption,
    correction: CorrectionOption = "",
    self_defined: SelfDefinedOption = None,
    officer_defined: OfficerDefinedOption = None,
    note: NoteOption = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Correct an engagement: a new entry beside the old one."""
    from overt.casework import alerts as a

    new = _engagement(started, ended, identity, self_defined, officer_defined, note)
    why = taken(a.Correction, code=code, reason=correction)
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.correct_engagement(office, actor, engagement, new, why), as_json=as_json)


@alerts.command("correct-outcome")
def correct_outcome(
    outcome_id: RowId,
    *,
    data: DataFolder,
    outcome: OutcomeOption,
    code: CodeOption,
    correction: CorrectionOption = "",
    note: NoteOption = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Correct an outcome: a new entry beside the old one."""
    from overt.casework import alerts as a

    new = taken(a.NewOutcome, outcome=outcome, note=note)
    why = taken(a.Correction, code=code, reason=correction)
    with acting(data, database, as_) as (office, actor):
        show_alert_view(a.correct_outcome(office, actor, outcome_id, new, why), as_json=as_json)


def _due(one: a.AlertSummary) -> str:
    if one.yours_to_adjudicate:
        return "yours to adjudicate"
    if not one.routed or one.state == "closed":
        return ""
    yours = ", you among them" if one.acknowledged_by_you else ""
    return f"{one.acknowledged} of {one.routed} officers on it{yours}"


def _engagement(  # noqa: PLR0917 - one private row of options
    started: str,
    ended: str,
    identity: str,
    self_defined: str | None,
    officer_defined: str | None,
    note: str,
) -> a.NewEngagement:
    from overt.casework import alerts as a

    fields: dict[str, Any] = {
        "started_at": _moment(started, "started"),
        "ended_at": _moment(ended, "ended"),
        "identity": identity,
        "self_defined_group": self_defined,
        "officer_defined_group": officer_defined,
        "note": note,
    }
    return taken(a.NewEngagement, **fields)


def _moment(written: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise InputError(
            f"--{field} is no moment: {written[:40]}", "Write it like 2026-06-01T14:05:00+01:00", field=field
        ) from None
