"""Signing in and out, in a browser and without one, and what happens when a session ends in the middle of work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from overt.casework import Office
from overt.casework.people.passwords import digest_password
from overt.records.tables import Person
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

PASSWORD = "correct horse battery staple"


def give_password(office: Office, person_id: str, *, one_time: bool = False) -> None:
    with office.database.transaction() as session:
        person = session.get_one(Person, person_id)
        person.password_digest = digest_password(PASSWORD, office.password_cost)
        person.must_change_password = one_time


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(visit: Callable[..., Visitor]) -> None:
    answer = visit().get("/self?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/self%3Fx%3D1"
    shown = visit().get("/sign-in?next=/self%3Fx%3D1")
    assert 'name="next" value="/self?x=1"' in shown.text


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test"])
def test_nobody_is_sent_on_to_another_site(
    visit: Callable[..., Visitor], office: Office, staff: Staff, elsewhere: str
) -> None:
    give_password(office, staff("auditor").id)
    form = {"username": "auditor", "password": PASSWORD, "next": elsewhere}
    answer = visit().post("/sign-in", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    visit: Callable[..., Visitor], office: Office, staff: Staff
) -> None:
    give_password(office, staff("auditor").id)
    form = {"username": "auditor", "password": PASSWORD}
    cookie = visit().post("/sign-in", form).headers["set-cookie"]
    assert cookie.startswith("overt-session=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    elsewhere = visit().post("/sign-in", form, headers={"Host": "lfr.test", "Origin": "http://lfr.test"})
    assert elsewhere.headers["set-cookie"].startswith("__Host-overt-session=")
    assert "Secure" in elsewhere.headers["set-cookie"]


def test_a_wrong_password_is_told_and_the_name_stays(
    visit: Callable[..., Visitor], office: Office, staff: Staff
) -> None:
    give_password(office, staff("auditor").id)
    answer = visit().post("/sign-in", {"username": "auditor", "password": "not this one at all"})
    assert answer.status_code == 401
    assert 'value="auditor"' in answer.text
    assert "not this one" not in answer.text


def test_a_one_time_password_leads_to_the_choice_of_another_and_nowhere_else(
    visit: Callable[..., Visitor], office: Office, staff: Staff
) -> None:
    visitor = visit("auditor")
    assert visitor.actor is not None
    give_password(office, visitor.actor.id, one_time=True)
    for path in ("/", "/self"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/self/password")
    form = {"current": PASSWORD, "new": "another horse altogether"}
    answer = visitor.post("/self/password", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_form_needs_its_token_and_must_come_from_here(visit: Callable[..., Visitor]) -> None:
    visitor = visit("auditor")
    assert visitor.post("/sign-out", csrf="0" * 64).status_code == 403
    assert visitor.post("/sign-out", headers={"Origin": "https://elsewhere.test"}).status_code == 403
    assert visitor.post("/sign-out", headers={"Origin": "null"}).status_code == 403
    assert visitor.post("/sign-out", headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert visitor.get("/self", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.get("/self").status_code == 200
    assert visitor.post("/sign-out").status_code == 303
    assert visitor.get("/self").status_code == 303


@pytest.mark.system
def test_a_session_that_ends_loses_nothing_that_was_written(
    seats: Seats, office: Office, staff: Staff, clock: Clock
) -> None:
    give_password(office, staff("auditor").id)
    seat = seats("auditor")
    page = seat.open("/self")
    page.get_by_label("What it is for").fill("the weekly figures")
    page.get_by_label("Commands it may give").fill("audit")
    clock.turn(hours=13)
    page.get_by_role("button", name="Make it").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    dialog.get_by_label("Password").fill("not this one at all")
    dialog.get_by_role("button", name="Sign in and go on").click()
    dialog.get_by_text("wrong").wait_for()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in and go on").click()
    page.get_by_text("The token “the weekly figures” is made").wait_for()
