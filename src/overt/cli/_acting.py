"""What every command that acts shares: where the records are, and for whom it acts.

A person acts by signing in (`--as USERNAME`; the password from OVERT_PASSWORD, or asked for) for as long as the one
command takes, or with a personal API token in OVERT_TOKEN.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from overt.errors import InputError, SignInError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from overt.casework import Actor, Office

    M = TypeVar("M", bound=BaseModel)

__all__ = [
    "PASSWORD_VARIABLE",
    "TOKEN_VARIABLE",
    "ActingAs",
    "AsJson",
    "DataFolder",
    "DatabaseUrl",
    "acting",
    "secret_from",
    "taken",
]

PASSWORD_VARIABLE: Final = "OVERT_PASSWORD"  # noqa: S105 - the name of a variable, not a secret
TOKEN_VARIABLE: Final = "OVERT_TOKEN"  # noqa: S105 - the name of a variable, not a secret

DataFolder = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="OVERT_DATA",
        help="The data folder: database, master key and policy.",
        metavar="FOLDER",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="OVERT_DATABASE",
        help="Another database than SQLite in the folder, such as postgresql://user@host/name.",
        metavar="URL",
    ),
]
ActingAs = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Who acts: a username. The password is taken from OVERT_PASSWORD, or asked for. Without it, the "
        "personal API token in OVERT_TOKEN is used.",
        metavar="USERNAME",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@contextlib.contextmanager
def acting(
    data: Path,
    database: str | None,
    username: str | None,
    *,
    password: str | None = None,
    with_one_time_password: bool = False,
) -> Iterator[tuple[Office, Actor]]:
    """The office, and the one who acts in it. A session that was signed in to here is signed out at the end.

    Args:
        data: the data folder, which must have a database (or `database` names one).
        database: another database than the one in the folder.
        username: who signs in; None for the token in the environment.
        password: theirs, where it has been asked for already.
        with_one_time_password: whether someone who must change their password first may act all the same.

    Raises:
        SignInError: nobody is named, or they were not let in.
        RecordsError, VaultError, PolicyError: the office does not open.
    """
    from overt.casework import Actor, open_office, people

    with open_office(data, database_url=database, make=False) as office:
        if username is None:
            token = os.environ.get(TOKEN_VARIABLE)
            if not token:
                raise SignInError(
                    "It was not said who acts",
                    f"Name a person with --as, or set {TOKEN_VARIABLE} to an API token",
                )
            yield office, people.authenticate(office, token, "cli")
            return
        if password is None:
            password = secret_from(PASSWORD_VARIABLE, f"Password of {username}")
        request = taken(people.SignIn, username=username, password=password, client="local")
        signed_in = people.sign_in(office, Actor.nobody("cli"), request)
        actor = people.authenticate(office, signed_in.token, "cli")
        try:
            if signed_in.must_change_password and not with_one_time_password:
                raise SignInError(
                    "This password was given for the first sign-in only",
                    f"Choose your own with `overt users change-password --as {username}`",
                )
            yield office, actor
        finally:
            people.sign_out(office, actor)


def secret_from(variable: str, question: str, *, confirm: bool = False) -> str:
    """A secret out of the environment, or asked for without showing it.

    Raises:
        SignInError: it is not in the environment, and there is no terminal to ask at.
    """
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise SignInError(
            f"A password is needed ({question}), and there is no terminal to ask at", f"Set {variable}"
        )
    asked: str = typer.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)
    return asked


def taken(model: type[M], **fields: Any) -> M:
    """A model made of what the command line was given.

    Raises:
        InputError: a field cannot be taken; the first is named. The value is not repeated: it may be a secret.
    """
    from pydantic import ValidationError

    try:
        return model(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name or model.__name__}: {why}", "Correct it", field=name) from None
