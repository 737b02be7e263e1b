"""`overt users`: the people who work with Overt, their passwords and API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

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
from overt.cli._showing import all_of, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework import people

__all__ = ["NEW_PASSWORD_VARIABLE", "users"]

NEW_PASSWORD_VARIABLE: Final = "OVERT_NEW_PASSWORD"  # noqa: S105 - the name of a variable, not a secret

users = typer.Typer(
    name="users",
    help="People: add them, give them roles, shut them out; passwords and API tokens.",
    no_args_is_help=True,
)
tokens = typer.Typer(name="tokens", help="Your own API tokens, for your own programs.", no_args_is_help=True)
users.add_typer(tokens)

Username = Annotated[str, typer.Argument(help="A username, or a person's id.", metavar="PERSON")]
RoleNames = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role; give it again for each. Administrator and auditor stand alone."),
]


@users.command("first")
def first(
    username: Annotated[str, typer.Argument(help="Their username.")],
    full_name: Annotated[str, typer.Option("--full-name", help="Their name.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make the first administrator, with a one-time password that is printed this once.

    Refused once there is anybody. The data folder is made if it is not there.
    """
    from overt.casework import Actor, open_office, people

    with open_office(data, database_url=database) as office:
        given = people.add_first_person(office, Actor.nobody("cli"), username, full_name)
        _show_given(given, as_json=as_json)


@users.command("add")
def add(
    username: Annotated[str, typer.Argument(help="Their username: small letters, digits and . _ @ -")],
    full_name: Annotated[str, typer.Option("--full-name", help="Their name.")],
    *,
    data: DataFolder,
    role: RoleNames = None,
    oidc_subject: Annotated[
        str | None, typer.Option(help="Their `sub` at the OpenID Connect provider.")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by OpenID Connect alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person, with a one-time password that is printed this once."""
    from overt.casework import people

    new = taken(
        people.NewPerson,
        username=username,
        full_name=full_name,
        roles=tuple(role or ()),
        oidc_subject=oidc_subject,
        with_password=not no_password,
    )
    with acting(data, database, as_) as (office, actor):
        _show_given(people.add_person(office, actor, new), as_json=as_json)


@users.command("list")
def list_(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """List everybody."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: people.list_people(office, actor, page))
    if as_json:
        show_json(found)
    else:
        _show_people(found)


@users.command("show")
def show(
    person: Username,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one person."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        _show_person(people.show_person(office, actor, person), as_json=as_json)


@users.command("change")
def change(
    person: Username,
    *,
    data: DataFolder,
    full_name: Annotated[str | None, typer.Option("--full-name", help="Another name.")] = None,
    role: RoleNames = None,
    oidc_subject: Annotated[str | None, typer.Option(help="Another `sub` at the provider.")] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    unlink: Annotated[
        bool, typer.Option("--unlink-oidc", help="Take the link to the provider away.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change a person's name, roles (those given replace those held) or link to the OpenID Connect provider."""
    from overt.casework import people

    wanted: dict[str, Any] = {
        "full_name": full_name,
        "roles": None if role is None else tuple(role),
        "oidc_subject": oidc_subject,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if unlink:
        given["oidc_subject"] = None
    asked = taken(people.PersonChange, **given)
    with acting(data, database, as_) as (office, actor):
        person_id = people.show_person(office, actor, person).id
        _show_person(people.change_person(office, actor, person_id, asked), as_json=as_json)


@users.command("reset-password")
def reset_password(
    person: Username,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a person another one-time password, printed this once. Their sessions and API tokens end."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        person_id = people.show_person(office, actor, person).id
        _show_given(people.reset_password(office, actor, person_id), as_json=as_json)


@users.command("deactivate")
def deactivate(
    person: Username,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Shut a person out at once, from every session and with every API token."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        person_id = people.show_person(office, actor, person).id
        _show_person(people.deactivate_person(office, actor, person_id), as_json=as_json)


@users.command("reactivate")
def reactivate(
    person: Username,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a person in again, with a one-time password that is printed this once."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        person_id = people.show_person(office, actor, person).id
        _show_given(people.reactivate_person(office, actor, person_id), as_json=as_json)


@users.command("change-password")
def change_password(
    data: DataFolder,
    as_: Annotated[str, typer.Option("--as", help="Your username.", metavar="USERNAME")],
    database: DatabaseUrl = None,
) -> None:
    """Change your own password: from OVERT_PASSWORD to OVERT_NEW_PASSWORD, or both asked for."""
    from overt.casework import people

    current = secret_from(PASSWORD_VARIABLE, f"Current password of {as_}")
    with acting(data, database, as_, password=current, with_one_time_password=True) as (office, actor):
        new = secret_from(NEW_PASSWORD_VARIABLE, "New password", confirm=True)
        people.change_password(office, actor, taken(people.NewPassword, current=current, new=new))
    print("The password was changed. Every other session of yours has ended.")


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="A command, such as alerts.list, or a group of them, such as alerts; give it again for each."
        ),
    ],
    *,
    data: DataFolder,
    days: Annotated[float, typer.Option(help="How long it is good for.")] = 30,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token. Its secret is printed this once."""
    from overt.casework import people

    new = taken(people.NewToken, name=name, scopes=tuple(scope), days=days)
    with acting(data, database, as_) as (office, actor):
        made = people.add_token(office, actor, new)
    if as_json:
        show_json(made)
    else:
        print(f"{made.token.id}, good until {made.token.expires_at:%Y-%m-%d %H:%M} UTC. Shown this once:")
        print(made.secret)


@tokens.command("list")
def list_tokens(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """List your API tokens, without their secrets."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: people.list_tokens(office, actor, page))
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "name", "scopes", "expires", "state"),
        [
            (
                token.id,
                token.name,
                ", ".join(token.scopes),
                f"{token.expires_at:%Y-%m-%d %H:%M}",
                "revoked" if token.revoked_at else "",
            )
            for token in found
        ],
    )


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="The token's id.", metavar="TOKEN")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke an API token of yours, at once."""
    from overt.casework import people

    with acting(data, database, as_) as (office, actor):
        token = people.revoke_token(office, actor, token_id)
    if as_json:
        show_json(token)
    else:
        print(f"{token.id} was revoked.")


def _show_given(given: people.OneTimePassword, *, as_json: bool) -> None:
    if as_json:
        show_json(given)
        return
    _show_people([given.person])
    if given.one_time_password is None or given.expires_at is None:
        print("They sign in by OpenID Connect.")
        return
    print(
        f"One-time password, shown this once, to be used and changed before {given.expires_at:%Y-%m-%d %H:%M} UTC "
        f"(`overt users change-password --as {given.person.username}`):"
    )
    print(given.one_time_password)


def _show_person(person: people.PersonView, *, as_json: bool) -> None:
    if as_json:
        show_json(person)
    else:
        _show_people([person])


def _show_people(found: Sequence[people.PersonView]) -> None:
    show_table(
        ("username", "name", "roles", "state", "id"),
        [
            (person.username, person.full_name, ", ".join(person.roles), _state(person), person.id)
            for person in found
        ],
    )


def _state(person: people.PersonView) -> str:
    if person.deactivated_at is not None:
        return f"deactivated {person.deactivated_at:%Y-%m-%d}"
    if person.locked_until is not None:
        return f"locked until {person.locked_until:%H:%M} UTC"
    if person.must_change_password:
        return "has a one-time password"
    return "active" if person.has_password else "active, by OpenID Connect"
