"""Sessions and API tokens: how they end, what they reach, and who is told why."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sqlalchemy import event, func, select

from overt.casework import PERMISSIONS, Actor, Office, people
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError, SignInError
from overt.records.tables import AuditEntry, SignInSession
from tests.casework.people.conftest import PASSWORD, Crew, sign_in
from tests.offices import Clock


@pytest.fixture
def bob(crew: Crew) -> Actor:
    """Someone signed in."""
    return crew.hire("bob", "lfr-operator")


def _token(
    office: Office, actor: Actor, *scopes: str, name: str = "script", days: float = 30
) -> people.AddedToken:
    return people.add_token(office, actor, people.NewToken(name=name, scopes=scopes, days=days))


@pytest.mark.parametrize(
    "bearer",
    ["", "overt_s_", "overt_s_" + "A" * 43, "overt_t_" + "A" * 43, "Bearer x", "\ud800", "x" * 10_000],
)
def test_an_unknown_bearer_is_refused(office: Office, bob: Actor, bearer: str) -> None:
    with pytest.raises(SignInError):
        people.authenticate(office, bearer, "api")


def test_a_session_and_a_token_are_not_taken_for_each_other(office: Office, bob: Actor) -> None:
    session = sign_in(office, "bob").token
    with pytest.raises(SignInError, match="not known"):
        people.authenticate(office, session.replace("overt_s_", "overt_t_"), "api")


def test_a_session_ends_without_use(office: Office, bob: Actor, clock: Clock) -> None:
    token = sign_in(office, "bob").token
    for _ in range(3):
        clock.turn(minutes=59)
        people.authenticate(office, token, "api")
    clock.turn(minutes=60)
    with pytest.raises(SignInError, match="not used"):
        people.authenticate(office, token, "api")


def test_a_session_ends_however_much_it_is_used(office: Office, bob: Actor, clock: Clock) -> None:
    signed_in = sign_in(office, "bob")
    for _ in range(23):
        clock.turn(minutes=30)
        people.authenticate(office, signed_in.token, "api")
    clock.time = signed_in.expires_at
    with pytest.raises(SignInError, match="end"):
        people.authenticate(office, signed_in.token, "api")


def test_sign_out_ends_the_session_and_only_it(office: Office, bob: Actor) -> None:
    here, there = sign_in(office, "bob").token, sign_in(office, "bob").token
    actor = people.authenticate(office, here, "api")
    people.sign_out(office, actor)
    people.sign_out(office, actor)
    with pytest.raises(SignInError, match="ended"):
        people.authenticate(office, here, "api")
    assert people.authenticate(office, there, "api").id == bob.id


def test_authenticating_enters_nothing_and_writes_once_a_minute(
    office: Office, bob: Actor, clock: Clock
) -> None:
    token, api_token = sign_in(office, "bob").token, _token(office, bob, "alerts").secret
    people.authenticate(office, api_token, "api")
    written: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN", "COMMIT")):
            written.append(statement)

    with office.database.transaction() as session:
        entries = session.scalar(select(func.count()).select_from(AuditEntry))
    event.listen(office.database.engine, "before_cursor_execute", note)
    for bearer in (token, api_token):
        for _ in range(5):
            people.authenticate(office, bearer, "api")
        assert written == []
        clock.turn(seconds=60)
        people.authenticate(office, bearer, "api")
        people.authenticate(office, bearer, "api")
        assert len(written) == 1
        written.clear()
        clock.turn(seconds=-60)
    event.remove(office.database.engine, "before_cursor_execute", note)
    with office.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries
        used = session.scalars(select(SignInSession.last_used_at).order_by(SignInSession.last_used_at)).all()
        assert used[-1] == clock.turn(seconds=60)


def test_one_sees_oneself_and_what_one_may_do(office: Office, bob: Actor) -> None:
    signed_in = sign_in(office, "bob")
    seen = people.show_self(office, people.authenticate(office, signed_in.token, "api"))
    assert (seen.person.id, seen.session_expires_at) == (bob.id, signed_in.expires_at)
    assert set(seen.commands) == {name for name, roles in PERMISSIONS.items() if bob.roles & roles}

    with_token = people.authenticate(office, _token(office, bob, "alerts", "people.show-self").secret, "api")
    seen = people.show_self(office, with_token)
    assert seen.session_expires_at is None
    assert set(seen.commands) == {
        name
        for name, roles in PERMISSIONS.items()
        if bob.roles & roles and (name.startswith("alerts.") or name == "people.show-self")
    }


class TestTokens:
    """Personal API tokens."""

    def test_a_token_acts_for_its_owner_within_its_scopes(self, office: Office, bob: Actor) -> None:
        made = _token(office, bob, "people.list-tokens", "alerts")
        assert made.secret.startswith("overt_t_")
        actor = people.authenticate(office, made.secret, "api")
        assert (actor.id, actor.roles, actor.session_id) == (bob.id, bob.roles, None)
        (listed,) = people.list_tokens(office, actor).items
        assert (listed.id, listed.name) == (made.token.id, "script")
        with pytest.raises(AuthorityError, match="token"):
            people.show_self(office, actor)

    def test_roles_taken_from_its_owner_are_taken_from_it(self, office: Office, crew: Crew) -> None:
        boss = crew.hire("boss", "administrator")
        actor = people.authenticate(office, _token(office, boss, "*").secret, "api")
        assert people.list_people(office, actor).total == 2
        people.change_person(
            office,
            crew.administrator,
            boss.id,
            people.PersonChange.model_validate({"roles": ["lfr-operator"]}),
        )
        actor = people.authenticate(office, _token(office, boss, "people", name="more").secret, "api")
        with pytest.raises(AuthorityError):
            people.list_people(office, actor)

    @pytest.mark.parametrize("scope", ["*", "people", "people.add-token"])
    def test_a_token_makes_no_tokens(self, office: Office, bob: Actor, scope: str) -> None:
        actor = people.authenticate(office, _token(office, bob, scope).secret, "api")
        with pytest.raises(ConflictError, match="cannot make API tokens"):
            _token(office, actor, "*", name="second")

    def test_a_token_gives_and_changes_no_password(self, office: Office, crew: Crew) -> None:
        boss, bob = crew.hire("boss", "administrator"), crew.hire("bob", "auditor")
        actor = people.authenticate(office, _token(office, boss, "*").secret, "api")
        change = people.NewPassword(current=PASSWORD, new="seven green spoons")
        with pytest.raises(ConflictError, match="cannot change a password"):
            people.change_password(office, actor, change)
        with pytest.raises(ConflictError, match="cannot give passwords"):
            people.reset_password(office, actor, bob.id)
        people.deactivate_person(office, actor, bob.id)
        with pytest.raises(ConflictError, match="cannot give passwords"):
            people.reactivate_person(office, actor, bob.id)
        with pytest.raises(ConflictError, match="revoked"):
            people.sign_out(office, actor)

    def test_an_expired_token_is_told_so_by_its_name(self, office: Office, bob: Actor, clock: Clock) -> None:
        made = _token(office, bob, "alerts", days=1)
        clock.time = made.token.expires_at
        with pytest.raises(SignInError, match="script expired on 02 June 2026 at 09:00"):
            people.authenticate(office, made.secret, "api")
        with pytest.raises(SignInError, match="not known"):
            people.authenticate(office, made.secret[:-1] + "!", "api")

    def test_a_revoked_token_is_out_at_once_and_stays_listed(self, office: Office, bob: Actor) -> None:
        made = _token(office, bob, "alerts")
        revoked = people.revoke_token(office, bob, made.token.id)
        assert people.revoke_token(office, bob, made.token.id) == revoked
        with pytest.raises(SignInError, match="script was revoked"):
            people.authenticate(office, made.secret, "api")
        assert people.list_tokens(office, bob).items == (revoked,)

    def test_nobody_sees_or_revokes_another_s(self, office: Office, bob: Actor, crew: Crew) -> None:
        made, cyd = _token(office, bob, "alerts"), crew.hire("cyd", "auditor")
        assert people.list_tokens(office, cyd).items == ()
        for actor in (cyd, crew.administrator):
            with pytest.raises(MissingError):
                people.revoke_token(office, actor, made.token.id)
        with pytest.raises(InputError):
            people.list_tokens(office, cyd, Page(after=made.token.id))

    @pytest.mark.parametrize(
        "scope", ["alert", "alerts.", "alerts.burn", "", "**", "alerts.list.x", "Alerts"]
    )
    def test_a_scope_names_commands(self, office: Office, bob: Actor, scope: str) -> None:
        with pytest.raises(InputError, match="command") as caught:
            _token(office, bob, "people", scope)
        assert caught.value.field == "scopes"

    def test_a_token_lasts_no_longer_than_the_policy_says(self, office: Office, bob: Actor) -> None:
        longest = office.policy.sign_in.token_days
        assert _token(office, bob, "alerts", days=longest).token.expires_at > office.now()
        with pytest.raises(InputError, match="90 days"):
            _token(office, bob, "alerts", name="longer", days=longest + 0.01)
        for days in (0, -1, float("nan"), float("inf")):
            with pytest.raises((ValidationError, InputError)):
                _token(office, bob, "alerts", name="odd", days=days)

    def test_a_name_is_used_once_at_a_time(self, office: Office, bob: Actor, clock: Clock) -> None:
        made = _token(office, bob, "alerts", days=1)
        with pytest.raises(ConflictError, match="script"):
            _token(office, bob, "alerts")
        clock.turn(days=1)
        second = _token(office, bob, "alerts")
        people.revoke_token(office, bob, second.token.id)
        third = _token(office, bob, "alerts")
        listed = [token.id for token in people.list_tokens(office, bob).items]
        assert set(listed[:2]) == {second.token.id, third.token.id}
        assert listed[2] == made.token.id

    def test_tokens_are_listed_in_pages(self, office: Office, bob: Actor, clock: Clock) -> None:
        made = []
        for n in range(5):
            made.append(_token(office, bob, "alerts", name=str(n)).token.id)
            clock.turn(seconds=n % 2)
        seen: list[str] = []
        after = None
        while True:
            listing = people.list_tokens(office, bob, Page(limit=2, after=after))
            assert listing.total == 5
            seen += [token.id for token in listing.items]
            after = listing.next
            if after is None:
                break
        assert sorted(seen) == sorted(made)
        assert seen[0] == made[-1]
