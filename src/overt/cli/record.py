"""`overt record`: the public record of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import safe, show_json, show_table

if TYPE_CHECKING:
    from overt.casework import Actor, Office
    from overt.casework.publication import DeploymentRecord

__all__ = ["record"]

record = typer.Typer(
    name="record", help="The public record of a deployment: see it, publish it.", no_args_is_help=True
)

DeploymentId = Annotated[str, typer.Argument(help="The deployment's id.", metavar="DEPLOYMENT")]
Version = Annotated[
    int | None, typer.Option("--version", help="Which published version; the newest without it.", min=1)
]
Preview = Annotated[bool, typer.Option("--preview", help="As it would be published now.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write it to this file.", metavar="FILE")]


@record.command("show")
def show(
    deployment: DeploymentId,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    version: Version = None,
    *,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Show a deployment's record: in sentences, or whole as JSON."""
    from overt.casework.publication import record_summary

    with acting(data, database, as_) as (office, actor):
        found = _found(office, actor, deployment, version, preview=preview)
    if as_json:
        show_json(found)
        return
    made = found.publication
    print(f"Published, version {made.version}" if made.version else "Not published: a preview")
    for sentence in record_summary(found):
        print(safe(sentence))


@record.command("publish")
def publish(
    deployment: DeploymentId,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Publish the record of a closed deployment; after a correction, the next version beside the first."""
    from overt.casework.publication import publish_record

    with acting(data, database, as_) as (office, actor):
        made = publish_record(office, actor, deployment)
    if as_json:
        show_json(made)
    else:
        print(f"{made.id}: version {made.version} of {made.deployment_id}, SHA-256 {made.digest}")


@record.command("list")
def list_(
    deployment: DeploymentId,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the published versions of a deployment's record."""
    from overt.casework.publication import list_records

    with acting(data, database, as_) as (office, actor):
        found = list_records(office, actor, deployment)
    if as_json:
        show_json(found)
        return
    rows = [(str(row.version), f"{row.published_at:%Y-%m-%d %H:%M} UTC", row.id, row.digest) for row in found]
    show_table(("version", "published", "record", "SHA-256"), rows)


@record.command("page")
def page(
    deployment: DeploymentId,
    data: DataFolder,
    out: Out = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    version: Version = None,
    preview: Preview = False,
) -> None:
    """Write the record as a page for people: one HTML file, to be put on any web server or printed."""
    from overt.casework.publication import record_page

    with acting(data, database, as_) as (office, actor):
        found = _found(office, actor, deployment, version, preview=preview)
    _write(record_page(found), out)


@record.command("csv")
def csv(
    deployments: Annotated[list[str], typer.Argument(help="Ids of deployments.", metavar="DEPLOYMENT...")],
    data: DataFolder,
    out: Out = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
) -> None:
    """Write the newest published records of deployments as CSV, a line each, in the Met's order of columns."""
    from overt.casework.publication import record_csv, show_record

    with acting(data, database, as_) as (office, actor):
        found = [show_record(office, actor, deployment).record for deployment in deployments]
    _write(record_csv(found), out)


@record.command("seeds")
def seeds(
    deployment: DeploymentId,
    passes: Annotated[int, typer.Argument(help="How often seeds walked through the zone.", min=0)],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
) -> None:
    """Record how often seeds walked past, from which the live miss rate follows."""
    from overt.casework.publication import SeedPasses, record_seeds

    count = taken(SeedPasses, passes=passes)
    with acting(data, database, as_) as (office, actor):
        found = record_seeds(office, actor, deployment, count).seeds
    print(f"{found.recognised} recognised of {found.passes} passes")


@record.command("schema")
def schema() -> None:
    """Print the JSON Schema that every record holds to."""
    import json

    from overt.casework.publication import record_schema

    print(json.dumps(record_schema(), indent=2, ensure_ascii=False))


def _found(
    office: Office, actor: Actor, deployment: str, version: int | None, *, preview: bool
) -> DeploymentRecord:
    from overt.casework.publication import preview_record, show_record

    if preview:
        return preview_record(office, actor, deployment)
    return show_record(office, actor, deployment, version).record


def _write(text: str, out: Path | None) -> None:
    from overt.errors import InputError

    if out is None:
        print(text, end="")
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}", "Name another file") from error
