"""The `overt` command: one file a command, registered here."""

from __future__ import annotations

import sys

import typer

from overt.cli.doctor import doctor
from overt.cli.models import models
from overt.errors import OvertError

__all__ = ["app", "main"]

app = typer.Typer(
    name="overt",
    help="Live facial recognition that answers for itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _overt() -> None:
    """Live facial recognition that answers for itself."""


app.add_typer(models)
app.command()(doctor)


def main() -> None:
    """Run the command line; an `OvertError` is one message on stderr and exit status 1."""
    try:
        app()
    except OvertError as error:
        print(f"overt: {error}", file=sys.stderr)
        sys.exit(1)
