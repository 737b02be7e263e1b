"""Who works for the simulated force: one person for each role, with one password, made for this run alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework import Actor, Role, people
from overt.casework.people import NewPassword, NewPerson, SignIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.casework import Office

__all__ = ["STAFF", "Member", "Staff", "hire"]


@dataclass(frozen=True)
class Member:
    """Someone of the simulated force.

    Attributes:
        username: what they sign in with.
        full_name: as it is shown.
        roles: what they may act as.
        begins_at: the page that their work begins at.
    """

    username: str
    full_name: str
    roles: tuple[Role, ...]
    begins_at: str


STAFF: Final = (
    Member("manager", "Maya Okafor", (Role.WATCHLIST_MANAGER,), "/watchlists"),
    Member("planner", "Peter Lindqvist", (Role.DEPLOYMENT_PLANNER,), "/deployments"),
    Member("inspector", "Ines Marchetti", (Role.AUTHORISING_OFFICER,), "/deployments"),
    Member("operator", "Owen Pryce", (Role.LFR_OPERATOR,), "/live"),
    Member("officer", "Olu Adeyemi", (Role.ENGAGEMENT_OFFICER,), "/officer"),
    Member("auditor", "Aisha Rahman", (Role.AUDITOR,), "/audit"),
    Member("admin", "Ada Novak", (Role.ADMINISTRATOR,), "/people"),
)
"""Invented names; the administrator is last and is made first."""


@dataclass(frozen=True)
class Staff:
    """The people, and the password that each of them has.

    Attributes:
        password: everybody's.
        actors: by username.
    """

    password: str
    actors: Mapping[str, Actor]

    def __getitem__(self, username: str) -> Actor:
        return self.actors[username]


def hire(office: Office, password: str) -> Staff:
    """Make them, in an office that has nobody yet, as an administrator makes people: each has signed in once.

    Raises:
        ConflictError: there are people already.
        InputError: the password is too short.
    """
    *others, administrator = STAFF
    first = people.add_first_person(
        office, Actor.nobody("cli"), administrator.username, administrator.full_name
    )
    actors = {administrator.username: _settle(office, first, password)}
    for member in others:
        made = people.add_person(
            office,
            actors[administrator.username],
            NewPerson(username=member.username, full_name=member.full_name, roles=member.roles),
        )
        actors[member.username] = _settle(office, made, password)
    return Staff(password, actors)


def _settle(office: Office, made: people.OneTimePassword, password: str) -> Actor:
    """Sign in with the one-time password, and change it."""
    given = made.one_time_password
    assert given is not None  # noqa: S101 - none of them signs in by a provider
    username = made.person.username
    begun = people.sign_in(
        office, Actor.nobody("cli"), SignIn(username=username, password=given, client="demonstration")
    )
    newcomer = people.authenticate(office, begun.token, "cli")
    people.change_password(office, newcomer, NewPassword(current=given, new=password))
    people.sign_out(office, newcomer)
    return Actor(id=made.person.id, name=username, roles=frozenset(made.person.roles), via="cli")
