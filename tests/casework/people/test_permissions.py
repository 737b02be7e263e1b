"""Each role really gives each command about people: allowed, it is done; not allowed, nothing changes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select

from overt.casework import COMMANDS, PERMISSIONS, Actor, Office, Role, people
from overt.casework.policy import OidcPolicy
from overt.errors import AuthorityError, ConflictError, SignInError
from overt.records.tables import ApiToken, AuditEntry, Person, SignInSession
from tests.casework.people.conftest import PASSWORD, Crew

COMMANDS_OF_PEOPLE = sorted(name for name in PERMISSIONS if name.startswith("people."))


def _calls(office: Office, crew: Crew, actor: Actor) -> dict[str, Callable[[], object]]:
    """Each command with arguments that suit an actor who may give it."""
    target = crew.hire("target", Role.LFR_OPERATOR)
    gone = crew.hire("gone", Role.LFR_OPERATOR)
    people.deactivate_person(office, crew.administrator, gone.id)
    token = "token-0"
    if actor.session_id is not None:
        new = people.NewToken(name="first", scopes=("alerts",))
        token = people.add_token(office, actor, new).token.id
    office.policy = msgspec.structs.replace(
        office.policy, oidc=OidcPolicy(issuer="http://127.0.0.1:9", client_id="overt")
    )
    newcomer = people.NewPerson(username="newcomer", full_name="N", roles=(Role.AUDITOR,))
    return {
        "people.add-first": lambda: people.add_first_person(office, actor, "first", "First"),
        "people.sign-in": lambda: people.sign_in(
            office, actor, people.SignIn(username="target", password=PASSWORD, client="10.0.0.9")
        ),
        "people.sign-in-oidc": lambda: people.sign_in_oidc(
            office, actor, people.OidcAnswer(code="c", state="s", pending="p", client="10.0.0.9")
        ),
        "people.show-self": lambda: people.show_self(office, actor),
        "people.add-token": lambda: people.add_token(
            office, actor, people.NewToken(name="second", scopes=("alerts",))
        ),
        "people.list-tokens": lambda: people.list_tokens(office, actor),
        "people.revoke-token": lambda: people.revoke_token(office, actor, token),
        "people.add": lambda: people.add_person(office, actor, newcomer),
        "people.list": lambda: people.list_people(office, actor),
        "people.show": lambda: people.show_person(office, actor, target.id),
        "people.change": lambda: people.change_person(
            office, actor, target.id, people.PersonChange(full_name="Another")
        ),
        "people.reset-password": lambda: people.reset_password(office, actor, target.id),
        "people.deactivate": lambda: people.deactivate_person(office, actor, target.id),
        "people.reactivate": lambda: people.reactivate_person(office, actor, gone.id),
        "people.change-password": lambda: people.change_password(
            office, actor, people.NewPassword(current=PASSWORD, new="seven green spoons")
        ),
        "people.sign-out": lambda: people.sign_out(office, actor),
    }


# What nobody can do all the same, for another reason than their role: there are people already; the answer of the
# provider was not begun here.
_OTHERWISE: dict[str, type[Exception]] = {
    "people.add-first": ConflictError,
    "people.sign-in-oidc": SignInError,
}


def _kept(office: Office) -> dict[str, list[tuple[object, ...]]]:
    with office.database.transaction() as session:
        return {
            table.__tablename__: [tuple(row) for row in session.execute(select(*table.__table__.columns))]
            for table in (Person, SignInSession, ApiToken)
        }


def _actor(crew: Crew, role: Role) -> Actor:
    if role is Role.NOBODY:
        return Actor.nobody("api")
    return Actor.software("server") if role is Role.SOFTWARE else crew.hire("actor", role)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gives_each_command_or_is_refused(office: Office, crew: Crew, role: Role) -> None:
    actor = _actor(crew, role)
    calls = _calls(office, crew, actor)
    assert sorted(calls) == COMMANDS_OF_PEOPLE
    for name, call in calls.items():
        if role in PERMISSIONS[name]:
            expected = "done"
            if name in _OTHERWISE:
                expected = "failed"
                with pytest.raises(_OTHERWISE[name]):
                    call()
            else:
                call()
        else:
            expected = "refused"
            before = _kept(office)
            with pytest.raises(AuthorityError, match=name):
                call()
            assert _kept(office) == before, name
        with office.database.transaction() as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (last.command, last.outcome, last.actor_id) == (name, expected, actor.id)


def test_every_command_about_people_is_there_and_documented() -> None:
    assert sorted(name for name in COMMANDS if name.startswith("people.")) == COMMANDS_OF_PEOPLE
    assert all(COMMANDS[name].__doc__ for name in COMMANDS_OF_PEOPLE)
