"""`overt deployments`: planning, submitting, authorising, running and closing deployments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from overt.cli._acting import (
    PASSWORD_VARIABLE,
    ActingAs,
    AsJson,
    DatabaseUrl,
    DataFolder,
    acting,
    secret_from,
    taken,
)
from overt.cli._deployment_views import show_deployment, show_listing, show_review
from overt.cli._feed_test import try_feed
from overt.cli._planning import change, create
from overt.cli._showing import all_of, show_json
from overt.cli.duty import duty
from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.casework import Actor, Office
    from overt.casework import deployments as d

__all__ = ["deployments"]

deployments = typer.Typer(
    name="deployments",
    help="Plan, submit, authorise, start, suspend and close deployments.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="The deployment's id.", metavar="DEPLOYMENT")]


def _words(text: str | None) -> str | None:
    """What was written; `-` reads it from standard input, where no list of processes shows it."""
    return sys.stdin.read() if text == "-" else text


Why = Annotated[
    str, typer.Option("--reason", help="Why, in words; `-` reads them. It is sealed.", callback=_words)
]
WhyMaybe = Annotated[
    str | None, typer.Option("--reason", help="Why, in words; `-` reads them. It is sealed.", callback=_words)
]
Digest = Annotated[
    str, typer.Option("--digest", help="The digest that you saw in `overt deployments review`.")
]
Statement = Annotated[
    str,
    typer.Option(
        "--statement", help="Your statement, in words; `-` reads them. It is sealed.", callback=_words
    ),
]


deployments.command("create")(create)
deployments.command("change")(change)
deployments.command("test-feed")(try_feed)
deployments.add_typer(duty)


@deployments.command("list")
def list_(
    *,
    data: DataFolder,
    state: Annotated[str | None, typer.Option("--state", help="Only those in this state.")] = None,
    urgent_review_due: Annotated[
        bool,
        typer.Option("--urgent-review-due", help="Only those whose urgent authorisation is not reviewed."),
    ] = False,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """List deployments, the newest first."""
    from overt.casework import deployments as d

    wanted = taken(d.DeploymentFilter, state=state, urgent_review_due=urgent_review_due)
    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: d.list_deployments(office, actor, wanted, page))
    show_listing(found, as_json=as_json)


@deployments.command("show")
def show(
    deployment: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Show a deployment: its plan, its moves, the last decision about it."""
    from overt.casework import deployments as d

    _give(data, database, as_, as_json, lambda office, actor: d.show_deployment(office, actor, deployment))


@deployments.command("review")
def review(
    deployment: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Show what an authorising officer must see: expected false alerts, what is amiss with the list, the digest."""
    from overt.casework import deployments as d

    with acting(data, database, as_) as (office, actor):
        show_review(d.review_deployment(office, actor, deployment), as_json=as_json)


@deployments.command("submit")
def submit(
    deployment: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Freeze plan, feeds, operating point and entries under one digest, for an officer to decide over."""
    from overt.casework import deployments as d

    with acting(data, database, as_) as (office, actor):
        submission = d.submit_deployment(office, actor, deployment)
    if as_json:
        show_json(submission)
        return
    show_deployment(submission.deployment, as_json=False)
    for what, ids in (
        ("not approved", submission.pending),
        ("expired before the window begins", submission.expired),
        ("without an image", submission.without_image),
    ):
        if ids:
            print(f"left out, {what}: {', '.join(ids)}")


@deployments.command("withdraw")
def withdraw(
    deployment: Id,
    reason: Why,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Take a submitted or authorised deployment back to draft."""
    from overt.casework import deployments as d

    why = taken(d.MoveReason, reason=reason)
    _give(
        data,
        database,
        as_,
        as_json,
        lambda office, actor: d.withdraw_deployment(office, actor, deployment, why),
    )


@deployments.command("authorise")
def authorise(
    deployment: Id,
    digest: Digest,
    statement: Statement,
    *,
    data: DataFolder,
    minor: Annotated[
        list[str] | None,
        typer.Option("--minor", help="ENTRY=REASON for an entry under 18; give it again for each."),
    ] = None,
    minors_reason: Annotated[
        str | None, typer.Option("--minors-reason", help="One reason for every entry under 18 of the review.")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Authorise what was submitted. Asks for the password again (or takes OVERT_PASSWORD)."""
    from overt.casework import deployments as d

    reasons = [_minor(text) for text in minor or ()]
    with acting(data, database, as_) as (office, actor):
        if minors_reason is not None:
            listed = d.review_deployment(office, actor, deployment).under_18
            if listed:
                ids = [problem.entry_id for problem in listed]
                reasons.insert(0, {"entry_ids": ids, "reason": minors_reason})
        password = secret_from(PASSWORD_VARIABLE, f"Password of {actor.name} again, to sign")
        decision = taken(
            d.Decision, digest=digest, statement=statement, password=password, minors=tuple(reasons)
        )
        show_deployment(d.authorise_deployment(office, actor, deployment, decision), as_json=as_json)


@deployments.command("refuse")
def refuse(
    deployment: Id,
    digest: Digest,
    statement: Statement,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Refuse what was submitted."""
    from overt.casework import deployments as d

    refusal = taken(d.Refusal, digest=digest, statement=statement)
    _give(
        data,
        database,
        as_,
        as_json,
        lambda office, actor: d.refuse_deployment(office, actor, deployment, refusal),
    )


@deployments.command("review-urgent")
def review_urgent(
    deployment: Id,
    statement: Statement,
    *,
    data: DataFolder,
    upheld: Annotated[
        bool, typer.Option("--upheld/--not-upheld", help="Whether it was right to authorise it urgently.")
    ],
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Review another officer's urgent authorisation afterwards."""
    from overt.casework import deployments as d

    review = taken(d.UrgentReview, upheld=upheld, statement=statement)
    _give(
        data, database, as_, as_json, lambda office, actor: d.review_urgent(office, actor, deployment, review)
    )


@deployments.command("start")
def start(
    deployment: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Go live. The engine is started by the server (`overt serve`) that runs on the same records."""
    from overt.casework import deployments as d

    _give(data, database, as_, as_json, lambda office, actor: d.start_deployment(office, actor, deployment))


@deployments.command("suspend")
def suspend(
    deployment: Id,
    reason: Why,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Stop the engine for now."""
    from overt.casework import deployments as d

    why = taken(d.MoveReason, reason=reason)
    _give(
        data,
        database,
        as_,
        as_json,
        lambda office, actor: d.suspend_deployment(office, actor, deployment, why),
    )


@deployments.command("resume")
def resume(
    deployment: Id,
    *,
    data: DataFolder,
    reason: WhyMaybe = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Go live again after a suspension."""
    from overt.casework import deployments as d

    why = _maybe(reason)
    _give(
        data,
        database,
        as_,
        as_json,
        lambda office, actor: d.resume_deployment(office, actor, deployment, why),
    )


@deployments.command("close")
def close(
    deployment: Id,
    *,
    data: DataFolder,
    reason: WhyMaybe = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """End a deployment for good, before its window does."""
    from overt.casework import deployments as d

    why = _maybe(reason)
    _give(
        data, database, as_, as_json, lambda office, actor: d.close_deployment(office, actor, deployment, why)
    )


@deployments.command("cancel")
def cancel(
    deployment: Id,
    reason: Why,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Give up a deployment that has not run."""
    from overt.casework import deployments as d

    why = taken(d.MoveReason, reason=reason)
    _give(
        data,
        database,
        as_,
        as_json,
        lambda office, actor: d.cancel_deployment(office, actor, deployment, why),
    )


@deployments.command("record-costs")
def record_costs(
    deployment: Id,
    *,
    data: DataFolder,
    staff: Annotated[int | None, typer.Option("--staff", help="Officers and staff.")] = None,
    staff_hours: Annotated[
        float | None, typer.Option("--staff-hours", help="Hours of all of them together.")
    ] = None,
    cost: Annotated[float | None, typer.Option("--cost", help="What it cost.")] = None,
    currency: Annotated[str, typer.Option("--currency", help="Of the cost.")] = "GBP",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Record what a closed deployment took. Published."""
    from overt.casework import deployments as d

    costs = taken(d.Costs, staff=staff, staff_hours=staff_hours, cost=cost, currency=currency)
    _give(
        data, database, as_, as_json, lambda office, actor: d.record_costs(office, actor, deployment, costs)
    )


def _give(
    data: Any,
    database: str | None,
    username: str | None,
    as_json: bool,
    act: Callable[[Office, Actor], d.DeploymentView],
) -> None:
    """Act, and show the deployment as it is then."""
    with acting(data, database, username) as (office, actor):
        show_deployment(act(office, actor), as_json=as_json)


def _maybe(reason: str | None) -> d.MoveReason | None:
    from overt.casework import deployments as d

    return None if reason is None else taken(d.MoveReason, reason=reason)


def _minor(text: str) -> dict[str, Any]:
    entry_id, found, reason = text.partition("=")
    if not found:
        raise InputError(
            "An entry under 18 is not written as ENTRY=REASON", "Write entry-…=reason", field="minors"
        )
    return {"entry_ids": [entry_id.strip()], "reason": reason}
