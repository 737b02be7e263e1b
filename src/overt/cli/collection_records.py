"""Commands about a collection's records and pairs: looked at, decided about, reviewed, deleted."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._collections import Name, Reference, progress, show_due, show_pairs
from overt.cli._showing import all_of, show_json
from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.casework import collections as c

__all__ = ["COMMANDS"]


def report(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    kind: Annotated[
        str | None,
        typer.Option(help="Only same-picture, same-person or two-people.", metavar="KIND"),
    ] = None,
    decided: Annotated[
        bool | None,
        typer.Option(
            "--decided/--undecided", help="Only those that somebody has, or nobody has decided about."
        ),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare the images that have not been compared yet first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Report the pairs of images that a person should look at. Nothing is ever done about them by itself.

    The same picture under two references; two references whose images score as one person; images of one record that
    score as two.
    """
    from typing import get_args

    from overt.casework import collections as c

    if kind is not None and kind not in get_args(c.PairKind):
        raise InputError(f"There is no kind {kind[:40]}", "Name one of: " + ", ".join(get_args(c.PairKind)))
    wanted = cast("c.PairKind | None", kind)
    with acting(data, database, as_) as (office, actor):
        if compare:
            with progress("comparing", quiet=as_json) as on_progress:
                c.compare_images(office, actor, name, on_progress)
        found = all_of(lambda page: c.report_pairs(office, actor, name, page, wanted, decided=decided))
    show_pairs(found, as_json=as_json)


def review_record(
    name: Name,
    reference: Reference,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    review_by: Annotated[
        str | None, typer.Option(help="The next review, such as 2030-01-31.", metavar="DAY")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record that a record was looked at and still belongs in the collection."""
    from overt.casework import collections as c

    review = taken(c.RecordReview, review_by=review_by)
    with acting(data, database, as_) as (office, actor):
        record = c.review_record(office, actor, name, reference, review)
    if as_json:
        show_json(record)
    else:
        typer.echo(f"{record.reference}: review by {record.review_by}")


def delete_record(
    name: Name,
    reference: Reference,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Delete a record by its reference: images, templates, what reports say of it, and their keys."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        gone = c.delete_record(office, actor, name, reference)
    if as_json:
        show_json(gone)
    else:
        typer.echo(
            f"{reference} is deleted (images: {gone.images}, keys destroyed: {gone.keys}); no search finds it"
        )


def decide(
    name: Name,
    pair: Annotated[str, typer.Argument(help="The pair's id, as `report` lists it.", metavar="PAIR")],
    *,
    found: Annotated[
        str,
        typer.Option(
            help="What you see: same-person, different-people; or left, where it cannot be told.",
            metavar="FOUND",
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; it is sealed.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Record by name what you found of a pair, having looked at both pictures. Nothing else is changed by it."""
    from overt.casework import collections as c

    decision = taken(c.NewPairDecision, found=found, reason=reason)
    with acting(data, database, as_) as (office, actor):
        shown = c.decide_pair(office, actor, name, pair, decision)
    if as_json:
        show_json(shown)
    else:
        typer.echo(f"{shown.id}: {found}. No record is changed by it.")


def picture(
    name: Name,
    image: Annotated[
        str,
        typer.Argument(help="The image's id, as `show --reference` and `report` list it.", metavar="IMAGE"),
    ],
    *,
    to: Annotated[Path, typer.Option("--to", help="Write it here, a JPEG: a new file.", metavar="FILE")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
) -> None:
    """Write one picture of a record to a file. That you looked at it is in the audit chain."""
    from overt.casework import collections as c

    if to.exists():
        raise InputError(f"{to} is there already", "Name a new file", field="to")
    if not to.parent.is_dir():
        raise InputError(f"There is no folder {to.parent}", "Name one that is there", field="to")
    with acting(data, database, as_) as (office, actor):
        content = c.show_picture(office, actor, name, image)
    to.write_bytes(content)
    typer.echo(str(to))


def due(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    within: Annotated[
        int, typer.Option(min=0, max=3660, help="Also those due within so many days.", metavar="DAYS")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List the records that are due for review, the earliest first, and when retention deletes them."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: c.list_due_records(office, actor, name, page, within))
    if as_json:
        show_json(found)
    else:
        show_due(found)


COMMANDS: Final[dict[str, Callable[..., Any]]] = {
    "report": report,
    "decide": decide,
    "picture": picture,
    "due": due,
    "review-record": review_record,
    "delete-record": delete_record,
}
"""By the names that are typed."""
