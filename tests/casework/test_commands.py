"""Commands: one table of permissions, one transaction, one entry in the audit chain."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from overt.casework import COMMANDS, PERMISSIONS, Actor, Office, Role, Work, command
from overt.casework.commands import Command
from overt.errors import AuthorityError, InputError
from overt.records.tables import AuditEntry, Person
from tests.offices import Staff


@pytest.mark.parametrize(("role", "name"), list(itertools.product(Role, PERMISSIONS)))
def test_each_role_may_give_exactly_the_commands_of_the_table(role: Role, name: str) -> None:
    actor = Actor(id="x", name="x", roles=frozenset({role}), via="api")
    given = Command(name, lambda _: None)
    if role in PERMISSIONS[name]:
        given.authorise(actor)
    else:
        with pytest.raises(AuthorityError, match=name):
            given.authorise(actor)


def _entries(office: Office) -> list[AuditEntry]:
    with office.database.transaction() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def test_what_is_done_is_in_the_chain_with_the_one_who_did_it(office: Office, staff: Staff) -> None:
    def body(work: Work, n: int) -> int:
        work.note("thing-1", n=n)
        return n + 1

    given = Command("policy.show", body)
    auditor = staff("auditor")
    assert given(office, auditor, 2) == 3
    (entry,) = _entries(office)
    assert (entry.actor_id, entry.command, entry.outcome) == (auditor.id, "policy.show", "done")
    assert (entry.subject, entry.details) == ("thing-1", '{"n":2}')


def test_a_command_that_fails_leaves_nothing_but_an_entry_that_says_so(office: Office, staff: Staff) -> None:
    def body(work: Work) -> None:
        work.office.vault.new_key(work.session, "test", work.now)
        work.note("thing-1")
        raise InputError("Secret Name is not a date", "Write a date")

    with pytest.raises(InputError):
        Command("policy.show", body)(office, staff("auditor"))
    (entry,) = _entries(office)
    assert (entry.outcome, entry.subject, entry.details) == ("failed", "thing-1", '{"error":"InputError"}')


def test_a_refused_command_does_nothing_and_is_entered(office: Office, staff: Staff) -> None:
    done = []
    with pytest.raises(AuthorityError, match=r"people\.add"):
        Command("people.add", lambda _: done.append(1))(office, staff("auditor"))
    assert done == []
    (entry,) = _entries(office)
    assert (entry.command, entry.outcome) == ("people.add", "refused")


def test_a_token_reaches_no_further_than_its_scopes() -> None:
    actor = Actor(id="x", name="x", roles=frozenset({Role.AUDITOR}), via="api", scopes=frozenset({"audit"}))
    Command("audit.verify", lambda _: None).authorise(actor)
    with pytest.raises(AuthorityError, match="token"):
        Command("alerts.list", lambda _: None).authorise(actor)


def test_a_command_needs_a_place_in_the_table() -> None:
    with pytest.raises(ValueError, match="table of permissions"):
        command("watchlists.burn")
    assert set(COMMANDS) <= set(PERMISSIONS)


def test_what_must_outlive_a_failure_is_kept_and_nothing_else(office: Office, staff: Staff) -> None:
    auditor = staff("auditor")

    def rename(work: Work, name: str) -> None:
        person = work.session.get_one(Person, auditor.id)
        person.full_name = name

    def body(work: Work) -> None:
        rename(work, "undone")
        work.session.flush()
        work.on_failure.append(lambda entry: entry.details.update(kept=1))
        work.on_failure.append(lambda entry: setattr(entry.session.get_one(Person, auditor.id), "roles", []))
        raise InputError("It fails")

    with pytest.raises(InputError):
        Command("policy.show", body)(office, auditor)
    (entry,) = _entries(office)
    assert entry.details == '{"error":"InputError","kept":1}'
    with office.database.transaction() as session:
        person = session.get_one(Person, auditor.id)
        assert (person.full_name, person.roles) == ("Auditor", [])
