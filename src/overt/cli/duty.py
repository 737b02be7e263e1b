"""`overt deployments duty`: reporting for duty in a deployment, leaving it, and who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import show_json, show_table

if TYPE_CHECKING:
    from overt.casework.duty import DutyView

__all__ = ["duty"]

duty = typer.Typer(
    name="duty",
    help="Report for duty in a deployment, leave it, see who is there.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="The deployment's id.", metavar="DEPLOYMENT")]


@duty.command("begin")
def begin(
    deployment: Id,
    *,
    data: DataFolder,
    call_sign: Annotated[
        str, typer.Option("--call-sign", help="A call sign, or where, in a few words. It is sealed.")
    ] = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Report for duty: alerts that are to be engaged are routed to you."""
    from overt.casework import duty as present

    new = taken(present.NewDuty, call_sign=call_sign)
    with acting(data, database, as_) as (office, actor):
        _show((present.begin_duty(office, actor, deployment, new),), as_json=as_json)


@duty.command("end")
def end(
    deployment: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Leave duty. It ends by itself when the deployment is over."""
    from overt.casework import duty as present

    with acting(data, database, as_) as (office, actor):
        _show((present.end_duty(office, actor, deployment),), as_json=as_json)


@duty.command("list")
def list_(
    deployment: Id,
    *,
    data: DataFolder,
    ended: Annotated[bool, typer.Option("--ended", help="Also those who have left.")] = False,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """List who is on duty, with their ids, by which `overt alerts route` names them."""
    from overt.casework import duty as present

    with acting(data, database, as_) as (office, actor):
        _show(present.list_duty(office, actor, deployment, ended=ended), as_json=as_json)


def _show(views: tuple[DutyView, ...], *, as_json: bool) -> None:
    if as_json:
        show_json(views)
        return
    show_table(
        ("officer", "", "call sign", "since", "until"),
        (
            (
                view.officer_id,
                view.officer_name,
                "deleted" if view.call_sign is None else view.call_sign,
                f"{view.began_at:%Y-%m-%d %H:%M} UTC",
                "" if view.ended_at is None else f"{view.ended_at:%Y-%m-%d %H:%M} UTC ({view.end_reason})",
            )
            for view in views
        ),
    )
