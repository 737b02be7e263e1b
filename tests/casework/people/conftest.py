"""People who came in by the front door: added, given a one-time password, signed in, password changed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from overt.casework import Actor, Office, Role, people

PASSWORD = "three blue kettles"
NOBODY = Actor.nobody("api")


def sign_in(
    office: Office, username: str, password: str = PASSWORD, client: str = "10.0.0.1"
) -> people.SignedIn:
    """Sign in through the API."""
    request = people.SignIn(username=username, password=password, client=client)
    return people.sign_in(office, NOBODY, request)


@dataclass
class Crew:
    """Makes people and signs them in."""

    office: Office
    administrator: Actor

    def hire(self, username: str, *roles: Role | str, password: str = PASSWORD) -> Actor:
        """Add someone, have them choose a password, and sign them in."""
        new = people.NewPerson(
            username=username, full_name=username.title(), roles=tuple(Role(role) for role in roles)
        )
        given = people.add_person(self.office, self.administrator, new)
        return settle(self.office, given, password)


def settle(office: Office, given: people.OneTimePassword, password: str = PASSWORD) -> Actor:
    """First sign-in and change of the password."""
    assert given.one_time_password is not None
    bearer = sign_in(office, given.person.username, given.one_time_password, client=given.person.id).token
    actor = people.authenticate(office, bearer, "api")
    people.change_password(office, actor, people.NewPassword(current=given.one_time_password, new=password))
    return people.authenticate(office, bearer, "api")


@pytest.fixture
def administrator(office: Office) -> Actor:
    """The first administrator, signed in."""
    return settle(office, people.add_first_person(office, Actor.nobody("cli"), "ada", "Ada Byron"))


@pytest.fixture
def crew(office: Office, administrator: Actor) -> Crew:
    """Makes people."""
    return Crew(office, administrator)
