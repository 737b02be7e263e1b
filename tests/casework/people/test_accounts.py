"""People: the first administrator, adding, changing, shutting out."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pydantic import ValidationError

from overt.casework import Actor, Office, Role, people
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError, SignInError
from tests.casework.people.conftest import NOBODY, PASSWORD, Crew, settle, sign_in
from tests.offices import Clock, Staff


def _new(username: str = "bob", *roles: Role, **more: object) -> people.NewPerson:
    return people.NewPerson.model_validate(
        {"username": username, "full_name": "Bob", "roles": roles or (Role.LFR_OPERATOR,), **more}
    )


def test_the_first_administrator_is_made_once(office: Office) -> None:
    given = people.add_first_person(office, NOBODY, "ada", "Ada Byron")
    assert given.person.roles == (Role.ADMINISTRATOR,)
    assert given.person.must_change_password
    for username in ("ada", "eve"):
        with pytest.raises(ConflictError, match="people already"):
            people.add_first_person(office, NOBODY, username, "Eve")


def test_a_first_password_that_expired_unused_is_replaced_for_the_same_username_only(
    office: Office, clock: Clock
) -> None:
    old = people.add_first_person(office, NOBODY, "ada", "Ada Byron")
    clock.turn(hours=24)
    with pytest.raises(ConflictError):
        people.add_first_person(office, NOBODY, "eve", "Eve")
    new = people.add_first_person(office, NOBODY, "ada", "Ada Byron")
    assert new.person.id == old.person.id
    assert new.one_time_password != old.one_time_password
    settle(office, new)
    clock.turn(hours=48)
    with pytest.raises(ConflictError):
        people.add_first_person(office, NOBODY, "ada", "Ada Byron")


def test_the_first_administrator_needs_a_proper_username(office: Office) -> None:
    with pytest.raises(InputError, match="username") as caught:
        people.add_first_person(office, NOBODY, "Ada Byron", "Ada Byron")
    assert caught.value.field == "username"


def test_a_one_time_password_lets_in_for_nothing_but_its_change(office: Office, crew: Crew) -> None:
    given = people.add_person(office, crew.administrator, _new())
    assert given.one_time_password is not None
    signed_in = sign_in(office, "bob", given.one_time_password)
    assert signed_in.must_change_password
    actor = people.authenticate(office, signed_in.token, "api")
    allowed = people.show_self(office, actor).commands
    assert set(allowed) == {"people.change-password", "people.sign-out", "people.show-self"}
    with pytest.raises(AuthorityError):
        people.list_tokens(office, actor)
    people.change_password(office, actor, people.NewPassword(current=given.one_time_password, new=PASSWORD))
    actor = people.authenticate(office, signed_in.token, "api")
    assert people.list_tokens(office, actor).total == 0
    with pytest.raises(SignInError):
        sign_in(office, "bob", given.one_time_password)


def test_a_one_time_password_expires(office: Office, crew: Crew, clock: Clock) -> None:
    given = people.add_person(office, crew.administrator, _new())
    assert given.one_time_password is not None
    assert given.expires_at is not None
    clock.time = given.expires_at
    with pytest.raises(SignInError, match="one-time password has expired"):
        sign_in(office, "bob", given.one_time_password)
    with pytest.raises(SignInError, match="wrong"):
        sign_in(office, "bob", "not the one-time password")


@pytest.mark.parametrize("others", [r for r in Role.of_people() if r is not Role.ADMINISTRATOR])
def test_an_administrator_holds_no_other_role(others: Role) -> None:
    with pytest.raises(ValidationError, match="administrator"):
        _new("bob", Role.ADMINISTRATOR, others)


@pytest.mark.parametrize("others", [r for r in Role.of_people() if r is not Role.AUDITOR])
def test_an_auditor_holds_no_other_role(others: Role) -> None:
    with pytest.raises(ValidationError, match="cannot be held together"):
        _new("bob", Role.AUDITOR, others)


def test_the_other_roles_combine_and_the_software_s_are_nobody_s() -> None:
    case = [r for r in Role.of_people() if r not in {Role.ADMINISTRATOR, Role.AUDITOR}]
    for pair in itertools.combinations(case, 2):
        assert set(_new("bob", *pair).roles) == set(pair)
    assert set(_new("bob", *case).roles) == set(case)
    for role in (Role.SOFTWARE, Role.NOBODY):
        with pytest.raises(ValidationError, match="no person"):
            _new("bob", role)
    with pytest.raises(ValidationError):
        people.NewPerson(username="bob", full_name="Bob", roles=())


@pytest.mark.parametrize(
    "username",
    ["", "Bob", "bob smith", "-bob", "bob\n", "bøb", "x" * 65, "nobody", "engine", "person-1", "b\u200bob"],
)
def test_usernames_that_could_be_mistaken_are_refused(username: str) -> None:
    with pytest.raises(ValidationError):
        _new(username)


def test_a_username_is_one_person_s(office: Office, crew: Crew) -> None:
    people.add_person(office, crew.administrator, _new())
    with pytest.raises(ConflictError, match="bob"):
        people.add_person(office, crew.administrator, _new())


def test_someone_without_a_password_needs_openid_connect(office: Office, crew: Crew) -> None:
    with pytest.raises(InputError, match="OpenID Connect is not set up"):
        people.add_person(office, crew.administrator, _new(with_password=False))


def test_people_are_listed_by_username_in_pages(office: Office, crew: Crew, staff: Staff) -> None:
    for name in ("dee", "bob", "cyd"):
        people.add_person(office, crew.administrator, _new(name))
    auditor = staff("auditor", name="zed")
    one = people.list_people(office, auditor, Page(limit=2))
    two = people.list_people(office, auditor, Page(limit=2, after=one.next))
    three = people.list_people(office, auditor, Page(limit=2, after=two.next))
    names = [person.username for listing in (one, two, three) for person in listing.items]
    assert names == ["ada", "bob", "cyd", "dee", "zed"]
    assert (one.total, three.next) == (5, None)


def test_people_are_found_by_a_part_of_their_name_by_role_and_by_whether_they_are_let_in(
    office: Office, crew: Crew
) -> None:
    for name in ("dee", "bob_", "cyd"):
        people.add_person(office, crew.administrator, _new(name))
    gone = people.show_person(office, crew.administrator, "cyd").id
    people.deactivate_person(office, crew.administrator, gone)

    def found(**wanted: object) -> list[str]:
        listing = people.list_people(
            office, crew.administrator, Page(limit=1), people.PersonFilter.model_validate(wanted)
        )
        assert listing.total >= len(listing.items)
        return [person.username for person in listing.items] + ["…"] * (listing.next is not None)

    assert found() == ["ada", "…"]
    assert found(named="DEE") == ["dee"]
    assert found(named="b_") == ["bob_"]
    assert found(named="%") == []
    assert found(role="administrator") == ["ada"]
    assert found(active=False) == ["cyd"]


def test_a_person_is_shown_by_id_and_by_username(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    by_name = people.show_person(office, crew.administrator, "bob")
    assert by_name == people.show_person(office, crew.administrator, bob.id)
    with pytest.raises(MissingError):
        people.show_person(office, crew.administrator, "eve")


def test_changed_roles_hold_from_the_next_request(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    bearer = sign_in(office, "bob").token
    change = people.PersonChange(roles=(Role.ENGAGEMENT_OFFICER, Role.LFR_OPERATOR), full_name="Robert")
    seen = people.change_person(office, crew.administrator, bob.id, change)
    assert (seen.full_name, seen.username) == ("Robert", "bob")
    assert people.authenticate(office, bearer, "api").roles == {Role.ENGAGEMENT_OFFICER, Role.LFR_OPERATOR}


def test_a_change_that_is_left_out_changes_nothing(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    before = people.show_person(office, crew.administrator, bob.id)
    assert people.change_person(office, crew.administrator, bob.id, people.PersonChange()) == before
    with pytest.raises(ValidationError, match="null"):
        people.PersonChange.model_validate({"roles": None})


def test_who_is_deactivated_is_out_at_once(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    session = sign_in(office, "bob").token
    new = people.NewToken(name="script", scopes=("alerts",))
    token = people.add_token(office, bob, new).secret
    people.deactivate_person(office, crew.administrator, bob.id)
    for bearer in (session, token):
        with pytest.raises(SignInError, match="deactivated"):
            people.authenticate(office, bearer, "api")
    with pytest.raises(SignInError, match="wrong"):
        sign_in(office, "bob")
    with pytest.raises(ConflictError, match="already"):
        people.deactivate_person(office, crew.administrator, bob.id)

    given = people.reactivate_person(office, crew.administrator, bob.id)
    for bearer in (session, token):
        with pytest.raises(SignInError, match=r"ended|revoked"):
            people.authenticate(office, bearer, "api")
    with pytest.raises(SignInError):
        sign_in(office, "bob")
    settle(office, given)
    with pytest.raises(ConflictError, match="active"):
        people.reactivate_person(office, crew.administrator, bob.id)


def test_a_reset_password_ends_everything_and_lifts_a_lock(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    session = sign_in(office, "bob").token
    token = people.add_token(office, bob, people.NewToken(name="script", scopes=("alerts",))).secret
    for _ in range(office.policy.sign_in.failures_before_lockout):
        with pytest.raises(SignInError):
            sign_in(office, "bob", "a wrong password")
    given = people.reset_password(office, crew.administrator, bob.id)
    assert given.person.locked_until is None
    for bearer in (session, token):
        with pytest.raises(SignInError):
            people.authenticate(office, bearer, "api")
    with pytest.raises(SignInError):
        sign_in(office, "bob")
    settle(office, given)


def test_nobody_resets_their_own_password(office: Office, crew: Crew) -> None:
    with pytest.raises(ConflictError, match="your own"):
        people.reset_password(office, crew.administrator, crew.administrator.id)


def test_a_deactivated_person_gets_no_password(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")
    people.deactivate_person(office, crew.administrator, bob.id)
    with pytest.raises(ConflictError, match="Reactivate"):
        people.reset_password(office, crew.administrator, bob.id)


def test_the_last_administrator_who_can_sign_in_stays(office: Office, crew: Crew) -> None:
    ada = crew.administrator
    down = people.PersonChange(roles=(Role.LFR_OPERATOR,))
    given = people.add_person(office, ada, _new("bea", Role.ADMINISTRATOR))
    for act in (
        lambda: people.deactivate_person(office, ada, ada.id),
        lambda: people.change_person(office, ada, ada.id, down),
    ):
        with pytest.raises(ConflictError, match="last administrator"):
            act()
    # A new administrator counts once they have chosen a password, and no longer once they are shut out.
    bea = settle(office, given)
    people.change_person(office, bea, ada.id, down)
    with pytest.raises(ConflictError, match="last administrator"):
        people.deactivate_person(office, bea, bea.id)
    people.change_person(office, bea, ada.id, people.PersonChange(roles=(Role.ADMINISTRATOR,)))
    people.deactivate_person(office, bea, ada.id)
    with pytest.raises(ConflictError, match="last administrator"):
        people.change_person(office, bea, bea.id, down)


def test_two_administrators_cannot_shut_each_other_out_at_once(office: Office, crew: Crew) -> None:
    ada, bea = crew.administrator, crew.hire("bea", Role.ADMINISTRATOR)
    both = Barrier(2)

    def shut_out(actor: Actor, other: Actor) -> bool:
        both.wait()
        try:
            people.deactivate_person(office, actor, other.id)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(shut_out, (ada, bea), (bea, ada)))
    assert sorted(done) == [False, True]


def test_changes_and_sign_ins_at_the_same_moment_wait_for_each_other(office: Office, crew: Crew) -> None:
    bob = crew.hire("bob", "lfr-operator")

    def change(n: int) -> None:
        change = people.PersonChange(full_name=f"Bob {n}")
        people.change_person(office, crew.administrator, bob.id, change)

    def come(n: int) -> None:
        sign_in(office, "bob", client=f"10.0.2.{n}")

    def add(n: int) -> None:
        people.add_person(office, crew.administrator, _new(f"new-{n}"))

    with ThreadPoolExecutor(6) as threads:
        for act in [threads.submit(act, n) for n in range(6) for act in (change, come, add)]:
            act.result()
    listed = people.list_people(office, crew.administrator)
    assert listed.total == 8


def test_what_is_not_there_is_missing(office: Office, crew: Crew) -> None:
    ada = crew.administrator
    for act in (people.deactivate_person, people.reactivate_person, people.reset_password):
        with pytest.raises(MissingError, match="person-0"):
            act(office, ada, "person-0")
    with pytest.raises(MissingError, match="person-0"):
        people.change_person(office, ada, "person-0", people.PersonChange())


def test_the_software_cannot_add_people(office: Office) -> None:
    with pytest.raises(AuthorityError):
        people.add_person(office, Actor.software("server"), _new())
