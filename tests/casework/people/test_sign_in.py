"""Signing in: what is let in, what is refused, and that every failure counts and looks the same."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import argon2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from overt.casework import Actor, Office, Work, people
from overt.casework.commands import Command
from overt.casework.people import passwords
from overt.casework.people.lockout import client_of
from overt.errors import AuthorityError, InputError, RateError, SignInError
from overt.records.tables import AuditEntry, Person, SignInAttempt
from tests.casework.people.conftest import NOBODY, PASSWORD, Crew, settle, sign_in
from tests.offices import Clock


@pytest.fixture
def bob(crew: Crew) -> Actor:
    """Someone who can sign in."""
    return crew.hire("bob", "authorising-officer")


def _last(office: Office, command: str = "people.sign-in") -> tuple[str, str, dict[str, object]]:
    with office.database.transaction() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.command == command).order_by(AuditEntry.seq.desc()).limit(1)
        ).one()
        return entry.outcome, entry.subject, json.loads(entry.details)


def _person(office: Office, username: str = "bob") -> Person:
    with office.database.transaction() as session:
        return session.scalars(select(Person).where(Person.username == username)).one()


def _fail(office: Office, times: int, username: str = "bob") -> None:
    for _ in range(times):
        with pytest.raises(SignInError):
            sign_in(office, username, "a wrong password")


def test_the_right_password_begins_a_session(office: Office, bob: Actor, clock: Clock) -> None:
    signed_in = sign_in(office, " Bob ")
    assert signed_in.token.startswith("overt_s_")
    assert len(signed_in.token) == len("overt_s_") + 43
    assert signed_in.person.id == bob.id
    assert not signed_in.must_change_password
    actor = people.authenticate(office, signed_in.token, "console")
    assert (actor.id, actor.name, actor.roles, actor.via) == (bob.id, "bob", bob.roles, "console")
    outcome, subject, details = _last(office)
    assert (outcome, subject, details) == ("done", bob.id, {"session": actor.session_id})


def test_no_secret_is_kept(office: Office, bob: Actor) -> None:
    token = sign_in(office, "bob").token
    api_token = people.add_token(office, bob, people.NewToken(name="n", scopes=("alerts",))).secret
    with office.database.engine.connect() as connection:
        from overt.records.tables import Base

        rows = [
            str(row) for table in Base.metadata.sorted_tables for row in connection.execute(select(table))
        ]
    kept = "\n".join(rows)
    assert bob.id in kept
    for secret in (PASSWORD, token, token[8:], api_token, api_token[8:]):
        assert secret not in kept
    assert "$argon2id$" in kept


def test_every_failure_says_the_same(office: Office, bob: Actor, crew: Crew) -> None:
    gone = crew.hire("gone", "auditor")
    people.deactivate_person(office, crew.administrator, gone.id)
    crew.hire("shut", "auditor")
    _fail(office, 5, "shut")
    messages = []
    for username, password, why in (
        ("bob", "a wrong password", "wrong password"),
        ("eve", PASSWORD, "unknown username"),
        ("gone", PASSWORD, "deactivated"),
        ("shut", PASSWORD, "locked"),
    ):
        with pytest.raises(SignInError) as caught:
            sign_in(office, username, password, client=username)
        messages.append(str(caught.value))
        assert _last(office)[2]["why"] == why
    assert len(set(messages)) == 1


def test_an_unknown_username_costs_what_a_wrong_password_does(
    office: Office, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[bytes] = []
    real = argon2.low_level.hash_secret, argon2.low_level.verify_secret

    def hash_secret(*args: object, **kwargs: object) -> bytes:
        spent.append(b"")
        return real[0](*args, **kwargs)  # type: ignore[arg-type]

    def verify_secret(*args: object, **kwargs: object) -> bool:
        spent.append(b"")
        return real[1](*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("argon2._password_hasher.hash_secret", hash_secret)
    monkeypatch.setattr("argon2._password_hasher.verify_secret", verify_secret)
    for username in ("bob", "eve"):
        spent.clear()
        _fail(office, 1, username)
        assert len(spent) == 1, username


def test_what_was_typed_as_a_username_is_not_kept(office: Office, bob: Actor) -> None:
    with pytest.raises(SignInError):
        sign_in(office, "myActualPassword1")
    with office.database.transaction() as session:
        texts = session.execute(select(AuditEntry.actor_name, AuditEntry.subject, AuditEntry.details)).all()
    assert "myactualpassword1" not in str(texts).casefold()


def test_an_account_locks_after_wrong_passwords_and_opens_by_itself(
    office: Office, bob: Actor, clock: Clock
) -> None:
    policy = office.policy.sign_in
    _fail(office, policy.failures_before_lockout - 1)
    assert _person(office).locked_until is None
    assert _last(office)[2]["wrong_passwords"] == policy.failures_before_lockout - 1
    _fail(office, 1)
    outcome, subject, details = _last(office)
    assert (outcome, subject) == ("failed", bob.id)
    assert details["locked_until"] == clock.turn(minutes=policy.lockout_minutes).isoformat()
    clock.turn(seconds=-1)
    with pytest.raises(SignInError):
        sign_in(office, "bob")
    assert _last(office)[2]["why"] == "locked"
    clock.turn(seconds=1)
    assert sign_in(office, "bob").person.locked_until is None


def test_a_right_password_forgets_the_wrong_ones(office: Office, bob: Actor) -> None:
    most = office.policy.sign_in.failures_before_lockout
    for _ in range(2):
        _fail(office, most - 1)
        sign_in(office, "bob", client="elsewhere")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["right", "wrong", "wrong", "wrong", "14 minutes", "1 minute"]), max_size=14))
def test_the_lock_after_any_history(office: Office, crew: Crew, clock: Clock, history: list[str]) -> None:
    """Against a model of three lines: so many wrong ones in a row lock for so long; a right one forgets them."""
    username = f"someone-{secrets.token_hex(4)}"
    actor = crew.hire(username, "auditor")
    policy = office.policy.sign_in
    wrong, locked_until = 0, clock()
    for n, what in enumerate(history):
        if "minute" in what:
            clock.turn(minutes=int(what.split()[0]))
            continue
        open_, right = clock() >= locked_until, what == "right"
        try:
            sign_in(office, username, PASSWORD if right else "a wrong password", client=f"{username}-{n}")
            let_in = True
        except SignInError:
            let_in = False
        assert let_in == (open_ and right)
        if open_:
            wrong = 0 if right else wrong + 1
            if wrong == policy.failures_before_lockout:
                wrong, locked_until = 0, clock() + timedelta(minutes=policy.lockout_minutes)
        assert _person(office, username).failed_sign_ins == wrong
    assert _person(office, username).id == actor.id


def test_guesses_at_the_same_moment_lock_the_account_too(office: Office, bob: Actor) -> None:
    most = office.policy.sign_in.failures_before_lockout

    def guess(n: int) -> None:
        with pytest.raises(SignInError):
            sign_in(office, "bob", f"guess number {n}", client=f"10.0.1.{n}")

    with ThreadPoolExecutor(4 * most) as threads:
        list(threads.map(guess, range(4 * most)))
    with pytest.raises(SignInError):
        sign_in(office, "bob")
    with office.database.transaction() as session:
        details = session.scalars(select(AuditEntry.details).where(AuditEntry.command == "people.sign-in"))
        judged = sum(json.loads(text).get("why") == "wrong password" for text in details)
    # Where several transactions write at a time, those that are under way at the moment of the lock are judged too.
    assert judged == most if office.database.is_sqlite else most <= judged <= 4 * most


def test_a_lock_does_not_end_the_sessions_there_are(office: Office, bob: Actor) -> None:
    token = sign_in(office, "bob").token
    _fail(office, 5)
    assert people.authenticate(office, token, "api").id == bob.id


def test_an_address_is_held_to_its_rate_and_one_refusal_a_minute_is_entered(
    office: Office, bob: Actor, clock: Clock
) -> None:
    most = office.policy.sign_in.attempts_per_minute
    for n in range(most):
        with pytest.raises(SignInError):
            sign_in(office, f"unknown-{n}")
        clock.turn(seconds=1)
    for _ in range(3):
        with pytest.raises(RateError) as caught:
            sign_in(office, "bob")
        assert caught.value.wait_seconds == 60 - most
    with office.database.transaction() as session:
        entered = session.scalars(select(AuditEntry.details).where(AuditEntry.command == "people.sign-in"))
        assert list(entered).count('{"error":"RateError"}') == 1
    assert sign_in(office, "bob", client="10.0.0.2").person.id == bob.id
    clock.turn(seconds=60 - most)
    assert sign_in(office, "bob").person.id == bob.id


def test_the_machine_itself_is_not_held_to_a_rate_but_an_address_called_local_is(
    office: Office, bob: Actor
) -> None:
    request = people.SignIn(username="bob", password=PASSWORD, client="local")
    most = office.policy.sign_in.attempts_per_minute
    for _ in range(most + 1):
        people.sign_in(office, Actor.nobody("cli"), request)
    for _ in range(most):
        people.sign_in(office, NOBODY, request)
    with pytest.raises(RateError):
        people.sign_in(office, NOBODY, request)


def test_attempts_are_counted_by_address_and_a_network_s_ipv6_addresses_together() -> None:
    assert client_of("192.0.2.7") == client_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff:2%eth0") == "2001:db8::/64"
    assert client_of("2001:db8:0:1::1") != client_of("2001:db8::1")
    assert client_of("testclient") == "testclient"


def test_only_nobody_signs_in(office: Office, bob: Actor) -> None:
    request = people.SignIn(username="bob", password=PASSWORD, client="10.0.0.1")
    with pytest.raises(AuthorityError):
        people.sign_in(office, bob, request)
    assert _last(office)[0] == "refused"


def test_a_digest_made_with_other_parameters_is_made_anew(office: Office, bob: Actor) -> None:
    before = _person(office).password_digest
    office.password_cost = argon2.Parameters(
        type=argon2.Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=64, parallelism=1
    )
    sign_in(office, "bob")
    after = _person(office).password_digest
    assert before is not None
    assert after is not None
    assert "m=64,t=2,p=1" in after
    assert "m=64,t=2,p=1" not in before
    sign_in(office, "bob")
    assert _person(office).password_digest == after


def test_a_password_is_the_same_from_every_keyboard(office: Office, crew: Crew) -> None:
    crew.hire("zoe", "auditor", password="caf\u00e9 au lait \u00bd")
    assert sign_in(office, "zoe", "cafe\u0301 au lait 1\u20442").person.username == "zoe"


def test_a_password_changed_meanwhile_is_not_let_in_with(
    office: Office, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = passwords.is_password

    def changed_meanwhile(password: str, digest: str, cost: argon2.Parameters) -> bool:
        right = real(password, digest, cost)
        monkeypatch.setattr(passwords, "is_password", real)
        people.change_password(office, bob, people.NewPassword(current=PASSWORD, new="seven green spoons"))
        return right

    monkeypatch.setattr(passwords, "is_password", changed_meanwhile)
    with pytest.raises(SignInError):
        sign_in(office, "bob")


def _signing(office: Office, actor: Actor, password: str) -> None:
    def body(work: Work) -> None:
        work.session.get_one(Person, actor.id).full_name = "Changed"
        people.check_password(work, actor.id, password)

    Command("deployments.authorise", body)(office, actor)


def test_a_password_given_again_counts_when_it_is_wrong_and_undoes_the_command(
    office: Office, bob: Actor
) -> None:
    for n in range(5):
        with pytest.raises(SignInError):
            _signing(office, bob, "a wrong password")
        assert _last(office, "deployments.authorise")[2]["wrong_passwords"] == n + 1
    assert _person(office).full_name == "Bob"
    with pytest.raises(SignInError):
        _signing(office, bob, PASSWORD)
    assert _last(office, "deployments.authorise")[2]["why"] == "locked"


def test_a_password_given_again_lets_the_command_through(office: Office, bob: Actor) -> None:
    _signing(office, bob, PASSWORD)
    assert _person(office).full_name == "Changed"


def test_attempts_of_all_outcomes_are_counted(office: Office, bob: Actor) -> None:
    with office.database.transaction() as session:
        before = session.scalar(select(func.count()).select_from(SignInAttempt)) or 0
    sign_in(office, "bob")
    _fail(office, 1)
    with office.database.transaction() as session:
        attempts = list(session.scalars(select(SignInAttempt).order_by(SignInAttempt.seq)))[before:]
    assert [attempt.succeeded for attempt in attempts] == [True, False]


class TestOwnPassword:
    """`people.change-password`."""

    def test_other_sessions_end_and_this_one_stays(self, office: Office, bob: Actor) -> None:
        here, there = sign_in(office, "bob").token, sign_in(office, "bob").token
        actor = people.authenticate(office, here, "api")
        people.change_password(office, actor, people.NewPassword(current=PASSWORD, new="seven green spoons"))
        assert people.authenticate(office, here, "api").id == bob.id
        with pytest.raises(SignInError, match="ended"):
            people.authenticate(office, there, "api")
        sign_in(office, "bob", "seven green spoons")

    def test_the_current_password_is_needed_and_guesses_count(self, office: Office, bob: Actor) -> None:
        change = people.NewPassword(current="a wrong password", new="seven green spoons")
        for _ in range(5):
            with pytest.raises(SignInError):
                people.change_password(office, bob, change)
        with pytest.raises(SignInError):
            sign_in(office, "bob")

    @pytest.mark.parametrize("new", ["tiny", PASSWORD, "bob123456789012", "password1234"])
    def test_a_bad_one_is_refused_and_not_repeated(self, office: Office, bob: Actor, new: str) -> None:
        with pytest.raises(InputError) as caught:
            people.change_password(office, bob, people.NewPassword(current=PASSWORD, new=new))
        assert caught.value.field == "new"
        assert new not in str(caught.value)

    def test_an_expired_one_time_password_cannot_be_changed_any_more(
        self, office: Office, crew: Crew, clock: Clock
    ) -> None:
        bob = crew.hire("cyd", "auditor")
        given = people.reset_password(office, crew.administrator, bob.id)
        assert given.one_time_password is not None
        clock.turn(hours=23, minutes=59)
        actor = people.authenticate(office, sign_in(office, "cyd", given.one_time_password).token, "api")
        clock.turn(minutes=1)
        with pytest.raises(SignInError, match="expired"):
            people.change_password(
                office, actor, people.NewPassword(current=given.one_time_password, new="seven green spoons")
            )


def test_secrets_do_not_show_in_the_text_of_models(office: Office, crew: Crew) -> None:
    given = people.reset_password(office, crew.administrator, crew.hire("bob", "auditor").id)
    settle_request = people.SignIn(username="bob", password=PASSWORD, client="c")
    change = people.NewPassword(current=PASSWORD, new="seven green spoons")
    settle(office, given)
    signed_in = sign_in(office, "bob")
    text = f"{given!r} {settle_request!r} {change!r} {signed_in!r}"
    for secret in (given.one_time_password, PASSWORD, "seven green spoons", signed_in.token):
        assert str(secret) not in text
