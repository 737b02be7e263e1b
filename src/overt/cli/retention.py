"""`overt retention` and `overt policy`: what is kept, for how long, and by which policy."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting
from overt.cli._showing import show_json, show_table

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.retention import PolicyView, RetentionRunView

__all__ = ["policy", "retention"]

retention = typer.Typer(
    name="retention", help="What is kept, for how long, and deleting what is due.", no_args_is_help=True
)
policy = typer.Typer(name="policy", help="The limits that the force works to.", no_args_is_help=True)


@retention.command("run")
def run(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """Delete whatever is due now: rows and keys. The server does so by itself every few minutes."""
    from overt.casework.retention import run_retention

    with acting(data, database, as_) as (office, actor):
        done = run_retention(office, actor)
    if as_json:
        show_json(done)
    else:
        print(f"{done.id}: {_counts(done)}")


@retention.command("status")
def status(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """Each kind of data: how long it may be kept, how much there is, how much is due and when."""
    from overt.casework.retention import show_retention

    with acting(data, database, as_) as (office, actor):
        shown = show_retention(office, actor)
    if as_json:
        show_json(shown)
        return
    show_table(
        ("kind", "kept", "longest", "held", "due", "next due", "counted from"),
        [
            (
                kind.kind,
                _hours(kind.limit_hours),
                _hours(kind.longest_hours),
                str(kind.held),
                str(kind.due),
                _moment(kind.next_due),
                kind.counts_from,
            )
            for kind in shown.kinds
        ],
    )
    last = shown.last_run
    print(f"The server runs retention every {shown.run_every_minutes:g} minutes.")
    print("It has not run yet." if last is None else f"Last run {_moment(last.at)}: {_counts(last)}")


@policy.command("show")
def show(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """Every figure of the policy in force, with what it may be set to."""
    from overt.casework.retention import show_policy

    with acting(data, database, as_) as (office, actor):
        shown = show_policy(office, actor)
    _show_policy(shown, as_json=as_json)


@policy.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A policy file.", exists=True, dir_okay=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Check a policy file before it is used, and show what it would set. It needs no office and no sign-in."""
    from overt.casework.policy import read_policy
    from overt.casework.retention import policy_view

    _show_policy(policy_view(read_policy(file)), as_json=as_json)


def _show_policy(shown: PolicyView, *, as_json: bool) -> None:
    if as_json:
        show_json(shown)
        return
    show_table(
        ("figure", "is", "default", "at least", "at most"),
        [
            (
                figure.name,
                _value(figure.value),
                "" if figure.value == figure.default else _value(figure.default),
                _value(figure.at_least),
                _value(figure.at_most),
            )
            for figure in shown.figures
        ],
    )


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _counts(run: RetentionRunView) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in run.counts.items()) or "nothing was due"


def _hours(hours: float) -> str:
    return f"{hours / 24:g} days" if hours > 48 else f"{hours:g} h"


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
