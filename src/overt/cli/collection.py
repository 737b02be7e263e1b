"""`overt collection`: galleries for retrospective search, brought in, looked through, weeded and re-embedded."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, cast

import typer

from overt.cli import collection_records as of_records
from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._collections import (
    Name,
    progress,
    show_collections,
    show_ingestions,
    show_refused,
    summary,
)
from overt.cli._showing import all_of, show_json
from overt.errors import InputError

if TYPE_CHECKING:
    from overt.casework import collections as c

__all__ = ["collection"]

collection = typer.Typer(
    name="collection",
    help="Collections for retrospective search: make them, bring pictures in, report, delete, re-embed.",
    no_args_is_help=True,
)


Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        envvar="OVERT_CLUSTER",
        help="Have a Ray cluster look at the pictures: its head, as machine:port.",
    ),
]


@collection.command("create")
def create(
    name: Annotated[
        str, typer.Argument(help="What it is called: letters, figures, dots and dashes.", metavar="NAME")
    ],
    purpose: Annotated[str, typer.Option(help="What it is for, in words that name nobody.")],
    *,
    data: DataFolder,
    pack: Annotated[str, typer.Option(help="The model pack that makes its templates.")] = "embedded",
    review_days: Annotated[
        int | None, typer.Option(help="After so many days a record is due for review.", metavar="DAYS")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Make an empty collection."""
    from overt.casework import collections as c

    new = taken(c.NewCollection, name=name, purpose=purpose, pack=pack, review_days=review_days)
    with acting(data, database, as_) as (office, actor):
        _show(c.create_collection(office, actor, new), as_json=as_json)


@collection.command("list")
def list_(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """List every collection."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: c.list_collections(office, actor, page))
    if as_json:
        show_json(found)
    else:
        show_collections(found)


@collection.command("show")
def show(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    reference: Annotated[
        str | None, typer.Option(help="Show the record of this reference instead.", metavar="REFERENCE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a collection, or one record of it."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        if reference is None:
            _show(c.show_collection(office, actor, name), as_json=as_json)
            return
        record = c.show_record(office, actor, name, reference)
    if as_json:
        show_json(record)
        return
    typer.echo(f"{record.reference}: {record.id}, review by {record.review_by}, {len(record.images)} images")
    for image in record.images:
        searched = "" if image.searched else ", not searched: the pack makes no template of it"
        typer.echo(f"  {image.id} {image.file}: quality {image.quality:.2f}{searched}")


@collection.command("change")
def change(
    collection_: Annotated[str, typer.Argument(help="The collection's name or id.", metavar="NAME")],
    *,
    data: DataFolder,
    name: Annotated[str | None, typer.Option("--name", help="What it is called from now on.")] = None,
    purpose: Annotated[str | None, typer.Option(help="What it is for, in words that name nobody.")] = None,
    review_days: Annotated[
        int | None,
        typer.Option(help="After so many days a record that comes in from now on is due.", metavar="DAYS"),
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Change what a collection is called, what it is for, or when records to come are due for review."""
    from overt.casework import collections as c

    if name is None and purpose is None and review_days is None:
        raise InputError("Nothing is named that is to change", "Give --name, --purpose or --review-days")
    asked = taken(c.CollectionChange, name=name, purpose=purpose, review_days=review_days)
    with acting(data, database, as_) as (office, actor):
        _show(c.change_collection(office, actor, collection_, asked), as_json=as_json)


@collection.command("ingest")
def ingest(
    name: Name,
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of pictures (a subfolder's name is the reference), a ZIP of one, or a CSV manifest with "
            "the columns image and reference whose pictures lie in or below its folder.",
            metavar="PATH",
        ),
    ],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    compare: Annotated[
        bool, typer.Option(help="Compare the new images with all others, for the collection's report.")
    ] = True,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Bring pictures into a collection.

    A picture that is refused harms no other, and what is there already is not added again. If it is cut short, the
    same command goes on where it was. With --json, one object is printed: the ingestion, and the rows that were
    refused. The exit status is 1 if any row was refused.
    """
    from overt.casework import collections as c
    from overt.casework import use_cluster

    with acting(data, database, as_) as (office, actor):
        if cluster is not None:
            use_cluster(office, cluster)
        c.show_collection(office, actor, name)  # before a large source is read through
        source = c.open_pictures(path)
        try:
            job = c.begin_ingestion(office, actor, name, source)
            if job.done and not as_json:
                typer.echo(f"{job.id} goes on: {job.done:,} of {len(source):,} rows are done")
            with progress("ingesting", quiet=as_json) as on_progress:
                done = c.carry_out_ingestion(office, actor, job.id, source, on_progress)
        finally:
            source.close()
        pairs = None
        if compare:
            with progress("comparing", quiet=as_json) as on_progress:
                pairs = c.compare_images(office, actor, name, on_progress)
        refused = all_of(lambda page: c.show_ingestion_rows(office, actor, done.id, page, "refused"))
    if as_json:
        import json

        rows = [row.model_dump(mode="json") for row in refused]
        print(json.dumps(done.model_dump(mode="json") | {"pairs": pairs, "report": rows}, ensure_ascii=False))
    else:
        show_refused(refused, len(refused))
        typer.echo(summary(done))
        if pairs:
            typer.echo(f"{pairs:,} pairs of images should be looked at: `overt collection report {name}`")
    if done.refused:
        raise typer.Exit(1)


@collection.command("ingestions")
def ingestions(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    rows: Annotated[
        str | None,
        typer.Option("--rows", help="List the rows of this ingestion instead.", metavar="INGESTION"),
    ] = None,
    result: Annotated[
        str | None,
        typer.Option(help="Of the rows, only added, changed, unchanged or refused ones.", metavar="RESULT"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the ingestions to a collection: how far, how fast, what was refused; or one's rows."""
    from overt.casework import collections as c

    wanted = _outcome(result)
    with acting(data, database, as_) as (office, actor):
        if rows is None:
            found = all_of(lambda page: c.list_ingestions(office, actor, name, page))
            if as_json:
                show_json(found)
            else:
                show_ingestions(found)
            return
        listed = all_of(lambda page: c.show_ingestion_rows(office, actor, rows, page, wanted))
    if as_json:
        show_json(listed)
        return
    for row in listed:
        why = "; ".join(f"{one.kind}: {one.detail}" for one in row.findings)
        typer.echo(f"{row.place} {row.reference} {row.image}: {row.result}" + (f" ({why})" if why else ""))


for _name, _command in of_records.COMMANDS.items():
    collection.command(_name)(_command)


@collection.command("delete")
def delete(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a collection with all its records, and destroy their keys."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        found = c.show_collection(office, actor, name)
        if not yes:
            typer.confirm(f"Delete {found.name} with its {found.records:,} records?", abort=True)
        count = c.delete_collection(office, actor, found.id)
    typer.echo(f"{found.name} is deleted, with {count:,} records")


@collection.command("re-embed")
def re_embed(
    name: Name,
    *,
    data: DataFolder,
    pack: Annotated[
        str | None, typer.Option(help="The model pack; the one that was begun where none is named.")
    ] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Delete the templates that were made beside those in use.")
    ] = False,
    cluster: Cluster = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Make another model pack's templates beside those in use, which are searched until the switch.

    If it is cut short, the same command goes on where it was.
    """
    from overt.casework import collections as c
    from overt.casework import use_cluster

    if abandon and pack is not None:
        raise InputError("--abandon takes no pack", "Leave one of them out")
    with acting(data, database, as_) as (office, actor):
        if cluster is not None:
            use_cluster(office, cluster)
        if abandon:
            _show(c.abandon_re_embedding(office, actor, name), as_json=as_json)
            return
        if pack is not None:
            c.begin_re_embedding(office, actor, name, pack)
        with progress("re-embedding", quiet=as_json) as on_progress:
            shown = c.carry_out_re_embedding(office, actor, name, on_progress)
    _show(shown, as_json=as_json)


@collection.command("switch")
def switch(
    name: Name,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Search the templates that `re-embed` made from now on, and delete the old ones."""
    from overt.casework import collections as c

    with acting(data, database, as_) as (office, actor):
        _show(c.switch_templates(office, actor, name), as_json=as_json)


def _show(found: c.CollectionView, *, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        show_collections([found])


def _outcome(result: str | None) -> c.RowOutcome | None:
    from typing import get_args

    from overt.casework import collections as c

    if result is not None and result not in get_args(c.RowOutcome):
        raise InputError(
            f"There is no result {result[:40]}", "Name one of: " + ", ".join(get_args(c.RowOutcome))
        )
    return cast("c.RowOutcome | None", result)
