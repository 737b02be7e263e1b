"""The `overt` command: one file a command, registered here."""

from __future__ import annotations

import sys

import typer

from overt.cli.alerts import alerts
from overt.cli.audit import audit
from overt.cli.bench import bench
from overt.cli.certificates import certificates
from overt.cli.certify import certify
from overt.cli.cluster import cluster
from overt.cli.collection import collection
from overt.cli.demo import demo
from overt.cli.deployments import deployments
from overt.cli.doctor import doctor
from overt.cli.enrol import enrol
from overt.cli.evaluate import evaluate
from overt.cli.models import models
from overt.cli.prove_erasure import prove_erasure
from overt.cli.prove_masking import prove_masking
from overt.cli.record import record
from overt.cli.retention import policy, retention
from overt.cli.search import search
from overt.cli.searches import searches
from overt.cli.serve import serve
from overt.cli.users import users
from overt.cli.vault import vault
from overt.cli.watch import watch
from overt.cli.watchlists import watchlists
from overt.errors import OvertError
from overt.undumped import never_dumped

__all__ = ["app", "main"]

app = typer.Typer(
    name="overt",
    help="Live facial recognition that answers for itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def _overt() -> None:
    """Live facial recognition that answers for itself."""


app.add_typer(models)
app.add_typer(users)
app.add_typer(deployments)
app.add_typer(watchlists)
app.add_typer(collection)
app.add_typer(cluster)
app.add_typer(alerts)
app.add_typer(searches)
app.add_typer(audit)
app.add_typer(vault)
app.add_typer(record)
app.add_typer(certificates)
app.add_typer(retention)
app.add_typer(policy)
app.command()(doctor)
app.command()(enrol)
app.command()(search)
app.command()(demo)
app.command()(watch)
app.command()(serve)
app.command()(bench)
app.command()(evaluate)
app.command()(certify)
app.command()(prove_erasure)
app.command()(prove_masking)


def main() -> None:
    """Run the command line; an `OvertError` is one message on stderr and exit status 1.

    Commands hold keys, pictures and the faces of probes, so no process of theirs leaves a core dump.
    """
    never_dumped()
    try:
        app()
    except OvertError as error:
        print(f"overt: {error}", file=sys.stderr)
        sys.exit(1)
