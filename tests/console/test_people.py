"""People in the console: found, added with a password shown once, changed, shut out and let in again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from overt.casework import Office, Role
from overt.casework.people import show_person
from overt.records.tables import Person, new_id
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Staff

Visit = Callable[..., Visitor]
NEW = {
    "username": "wendy",
    "full_name": "Wendy Example",
    "roles": ["watchlist-manager", "deployment-planner"],
}


def _password(shown: str) -> str:
    found = re.search(r'<code class="secret" data-copy>([^<]+)</code>', shown)
    assert found is not None
    return html.unescape(found[1])


def test_a_person_is_added_once_and_their_password_is_shown_once(
    visit: Visit, office: Office, staff: Staff
) -> None:
    administrator = visit("administrator")
    first = administrator.post("/people", {**NEW, "once": "this-filling-in"})
    again = administrator.post("/people", {**NEW, "once": "this-filling-in"})
    assert _password(first.text) == _password(again.text)
    person = show_person(office, staff("auditor"), "wendy")
    assert person.roles == (Role.DEPLOYMENT_PLANNER, Role.WATCHLIST_MANAGER)
    assert _password(first.text) not in administrator.get(f"/people/{person.id}").text
    signed_in = visit().post(
        "/sign-in", {"username": "wendy", "password": _password(first.text), "next": "/"}
    )
    assert signed_in.status_code == 303


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"roles": []}, "roles"),
        ({"roles": ["auditor", "lfr-operator"]}, "cannot be held together"),
        ({"username": "Wendy Example"}, "Username"),
        ({"full_name": ""}, "Full name"),
        ({"username": "server"}, "own"),
    ],
)
def test_what_cannot_be_taken_is_told_and_stays_as_it_was_written(
    visit: Visit, change: dict[str, object], said: str
) -> None:
    refused = visit("administrator").post("/people", {**NEW, **change})
    assert refused.status_code == 422
    assert said in refused.text
    assert 'value="deployment-planner" checked' in refused.text or "roles" in change


def test_people_are_found_among_a_thousand(visit: Visit, office: Office) -> None:
    with office.database.transaction() as session:
        for number in range(1000):
            session.add(
                Person(
                    id=new_id("person"),
                    username=f"officer{number:04d}",
                    full_name=f"Officer {number} " + "of the Northern Counties" * (number % 2),
                    roles=["engagement-officer"],
                    created_at=office.now(),
                    created_by="test",
                    deactivated_at=office.now() if number < 3 else None,
                )
            )
    auditor = visit("auditor")
    shown = auditor.get("/people").text
    assert "100 of 1,001 shown" in shown
    assert "Add a person" not in shown
    assert "after=" in shown
    assert "1 of 1 shown" in auditor.get("/people?named=officer0777").text
    assert "3 of 3 shown" in auditor.get("/people?active=no&role=engagement-officer").text
    assert "Nobody fits" in auditor.get("/people?named=zzz").text


def test_a_person_is_changed_shut_out_and_let_in_again(visit: Visit, office: Office, staff: Staff) -> None:
    administrator, person = visit("administrator"), staff("lfr-operator")
    there = f"/people/{person.id}"
    given = {"full_name": "Olive Operator", "roles": ["lfr-operator", "engagement-officer"]}
    assert administrator.post(there, given).headers["location"] == there
    assert show_person(office, staff("auditor"), person.id).full_name == "Olive Operator"
    assert administrator.post(there, {"full_name": "", "roles": []}).status_code == 422
    operator = visit("lfr-operator")
    assert operator.get("/self").status_code == 200
    assert administrator.post(f"{there}/deactivate").status_code == 303
    assert operator.get("/self").status_code == 303
    assert administrator.post(f"{there}/deactivate").status_code == 409
    assert "let in no more" in administrator.get(there).text
    assert administrator.post(f"{there}/reactivate").status_code == 200
    assert len(_password(administrator.post(f"{there}/reset-password").text)) >= 12


def test_the_last_administrator_stays(visit: Visit) -> None:
    administrator = visit("administrator")
    assert administrator.actor is not None
    there = f"/people/{administrator.actor.id}"
    refused = administrator.post(f"{there}/deactivate")
    assert refused.status_code == 409
    assert "last administrator" in refused.text
    assert "This is you" in administrator.get(there).text


def test_an_auditor_reads_and_changes_nothing(visit: Visit, staff: Staff) -> None:
    auditor, person = visit("auditor"), staff("lfr-operator")
    shown = auditor.get(f"/people/{person.id}").text
    assert "<form" not in shown.partition("<main")[2].partition("</main>")[0]
    for action in ("", "/deactivate", "/reactivate", "/reset-password"):
        assert auditor.post(f"/people/{person.id}{action}").status_code == 403
    assert "Adjudicate" in auditor.get("/people/roles").text.title()


@pytest.mark.system
@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_people_in_a_browser(seats: Seats, office: Office, staff: Staff, *, phone: bool, dark: bool) -> None:
    staff("lfr-operator", name="bartholomew-featherstonehaugh-cholmondeley-of-the-north")
    seat = seats("administrator", phone=phone, dark=dark)
    page = seat.open("/people")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Wendy Example")
    page.get_by_role("textbox", name="Username").fill("wendy")
    page.get_by_role("button", name="Add them").click()
    page.get_by_role("alert").get_by_text("roles").wait_for()
    no_barriers(page)
    page.get_by_label("Watchlist manager").check()
    page.get_by_role("button", name="Add them").click()
    page.get_by_text("Give them this one-time password").wait_for()
    no_barriers(page)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Let in no more").click()
    no_barriers(page)
    page.get_by_role("dialog").get_by_role("button", name="Let in no more").click()
    page.get_by_text("They are let in no more").wait_for()
    no_barriers(page)
