"""The officer's page without a browser: duty, whose alerts are shown, what is recorded, what may be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import cv2
import numpy as np
import pytest

from overt.casework import Office, duty
from overt.casework import alerts as a
from overt.console.officer import ICONS, MOST_CARDS, OfficerWatcher, told_to
from overt.console.pages import STATIC
from tests.casework.alerts.cases import ask_for_two
from tests.casework.deployments.force import Force
from tests.console.street import NAME, WARNINGS, Street
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

OFFICER = "engagement-officer"
KEY = {"Idempotency-Key": "a-tap-of-its-own"}


@pytest.fixture
def street(office: Office, staff: Staff, clock: Clock) -> Street:
    return Street(Force(office, staff, clock))


@pytest.fixture
def officer(visit: Callable[..., Visitor], street: Street) -> Visitor:
    """An officer at their page, who is not on duty yet."""
    return visit(OFFICER)


def contact(street: Street, **other: str) -> dict[str, str]:
    """A contact as taps make it."""
    street.force.clock.turn(minutes=3)
    now = street.office.now()
    begun, ended = (now - timedelta(minutes=2)).isoformat(), (now - timedelta(seconds=5)).isoformat()
    return {"started_at": begun, "ended_at": ended, "identity": "sought", **other}


def test_duty_is_begun_where_it_can_be_and_ended(officer: Visitor, street: Street) -> None:
    page = officer.get("/officer").text
    assert f'value="{street.deployment_id}"' in page
    assert "You are off duty" in page
    begin = {"deployment_id": street.deployment_id, "call_sign": "Sierra 21"}
    assert officer.post("/officer/duty/begin", begin).status_code == 303
    own = duty.own_duty(street.office, street.officer)
    assert own is not None
    assert (own.deployment_id, own.call_sign) == (street.deployment_id, "Sierra 21")
    page = officer.get("/officer").text
    assert "Sierra 21" in page
    assert "Begin duty" not in page
    assert officer.post("/officer/duty/end", {"deployment_id": street.deployment_id}).status_code == 303
    assert duty.own_duty(street.office, street.officer) is None
    again = officer.post("/officer/duty/end", {"deployment_id": street.deployment_id})
    assert again.status_code == 409
    assert "There is nothing to leave" in again.text


def test_duty_where_there_is_nothing_says_what_to_do(officer: Visitor, street: Street) -> None:
    nowhere = officer.post("/officer/duty/begin", {"deployment_id": "deployment-0000000000000000"})
    assert nowhere.status_code == 409
    assert "Choose one of those that are shown" in nowhere.text
    assert officer.post("/officer/duty/begin", {"call_sign": "x" * 61}).status_code == 422


def test_the_list_holds_the_officers_own_alerts_with_warnings_first(
    officer: Visitor, visit: Callable[..., Visitor], street: Street
) -> None:
    other = visit(OFFICER, name="another")
    street.present()
    mine = street.routed()
    assert other.actor is not None
    street.present(other.actor)
    waiting = street.take(1)
    page = officer.get("/officer").text
    assert (f"card-{mine}" in page, f"card-{waiting}" in page) == (True, False)
    assert page.index(WARNINGS[0]) < page.index(WARNINGS[1]) < page.index(NAME)
    assert "wanted for a serious offence" in page
    assert "north gate" in page
    assert "I am on it" in page
    duty.end_duty(street.office, other.actor, street.deployment_id)
    only_mine = street.routed(1)
    assert f"card-{only_mine}" in officer.get("/officer").text
    assert f"card-{only_mine}" not in other.get("/officer").text


def test_who_else_is_on_it_is_named_and_a_tap_sent_twice_counts_once(
    officer: Visitor, visit: Callable[..., Visitor], street: Street
) -> None:
    other = visit(OFFICER, name="another")
    assert other.actor is not None
    street.present()
    street.present(other.actor)
    alert = street.routed()
    assert "Nobody else is on it yet" in officer.get("/officer").text
    for _ in range(2):
        assert officer.post(f"/officer/alerts/{alert}/acknowledge", headers=KEY).status_code == 303
    assert street.shown(alert).acknowledged == 1
    assert "Also on it: Engagement-Officer" in other.get(f"/officer/cards/{alert}").text
    card = officer.get(f"/officer/cards/{alert}").text
    assert "You are on it" in card
    assert "data-acknowledge" not in card


def test_an_alert_shows_what_decides_and_what_the_score_means(officer: Visitor, street: Street) -> None:
    street.present()
    alert = street.routed()
    page = officer.get(f"/officer/alerts/{alert}").text
    shown = street.shown(alert)
    assert shown.entry is not None
    for said in (
        *WARNINGS,
        NAME,
        "warrant of arrest",
        "Detain. Do not approach alone.",
        "It is no identification",
    ):
        assert said in page
    assert shown.meaning.words.split(".")[0] in page
    assert f"/live/crops/{alert}" in page
    assert f"/live/references/{shown.entry.image_ids[0]}" in page
    for address in (f"/live/crops/{alert}", f"/live/references/{shown.entry.image_ids[0]}"):
        answer = officer.get(address)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")


def test_a_contact_and_its_outcome_are_recorded_once(officer: Visitor, street: Street) -> None:
    street.present()
    alert = street.routed()
    tapped = contact(street, note="calm", self_defined_group="W1")
    for _ in range(2):
        sent = officer.post(f"/officer/alerts/{alert}/engagement", tapped, headers=KEY)
        assert sent.status_code == 303, sent.text
    (row,) = street.shown(alert).engagements
    assert (row.started_at.isoformat(), row.ended_at.isoformat()) == (
        tapped["started_at"],
        tapped["ended_at"],
    )
    assert (row.identity, row.note, row.self_defined_group, row.officer_defined_group) == (
        "sought",
        "calm",
        "W1",
        None,
    )
    assert "Outcome due" in officer.get("/officer").text
    arrested = officer.post(f"/officer/alerts/{alert}/outcome", {"outcome": "arrest"})
    assert arrested.status_code == 303
    assert street.shown(alert).state == "closed"
    page = officer.get(f"/officer/alerts/{alert}").text
    assert f'href="/alerts/{alert}"' in page
    assert f"card-{alert}" not in officer.get("/officer").text


@pytest.mark.parametrize(
    ("before", "wrong", "said"),
    [
        ("take", {}, "has not been adjudicated"),
        ("routed", {"identity": ""}, "identity"),
        ("routed", {"started_at": "2026-06-01T09:00:00Z"}, "starts before it was decided"),
        ("routed", {"ended_at": "2027-06-01T09:00:00Z"}, "ends in the future"),
    ],
)
def test_a_contact_that_cannot_be_comes_back_with_the_reason(
    officer: Visitor, street: Street, before: str, wrong: dict[str, str], said: str
) -> None:
    street.present()
    alert = getattr(street, before)()
    sent = officer.post(f"/officer/alerts/{alert}/engagement", contact(street, **wrong))
    assert sent.status_code in {409, 422}
    faults = re.search(r"data-faults>.*?</ul>", sent.text, re.DOTALL)
    assert faults is not None
    assert said in faults[0]
    assert not street.shown(alert).engagements


def test_what_is_decided_against_says_stop(officer: Visitor, street: Street) -> None:
    street.present()
    alert = street.routed()
    (row,) = street.shown(alert).adjudications
    against = a.NewAdjudication(decision="do-not-engage", reason_code="unsafe", reason="seen with a knife")
    why = a.Correction(code="learned-later", reason="a camera operator saw it")
    a.correct_adjudication(street.office, street.operator, row.id, against, why)
    for address in (f"/officer/cards/{alert}", f"/officer/alerts/{alert}"):
        page = officer.get(address).text
        assert "Stop. Nobody is to be approached" in page
        assert "data-acknowledge" not in page
        assert "data-tap=" not in page


def test_officers_adjudicate_from_do_not_engage(officer: Visitor, street: Street) -> None:
    ask_for_two(street.office)
    street.present()
    alert = street.take()
    assert f"/officer/alerts/{alert}" in officer.get("/officer/to-judge").text
    assert "1 alert to be adjudicated" in officer.get("/officer").text
    page = officer.get(f"/officer/alerts/{alert}").text
    assert re.search(r'value="do-not-engage" checked', page)
    assert "nobody is to be approached" in page
    judged = {"decision": "engage", "reason_code": "same-person", "reason": ""}
    assert officer.post(f"/officer/alerts/{alert}/adjudicate", judged).status_code == 422
    judged["reason"] = "the ears and the hairline agree"
    assert officer.post(f"/officer/alerts/{alert}/adjudicate", judged).status_code == 303
    assert street.shown(alert).state == "second"
    assert "Not yours to adjudicate" in officer.get("/officer/to-judge").text


def test_long_lists_go_on(officer: Visitor, street: Street) -> None:
    street.present()
    alerts = [street.take(number % 2) for number in range(MOST_CARDS + 1)]
    for alert in alerts:
        street.adjudicate(alert, look_seconds=0)
    page = officer.get("/officer").text
    assert page.count("data-card=") == MOST_CARDS
    onward = re.search(r'href="(/officer\?after=[^"]+)"', page)
    assert onward is not None
    assert officer.get(onward[1]).text.count("data-card=") == 1


def test_news_tells_of_the_officers_own_alerts_alone(street: Street, staff: Staff) -> None:
    other = staff(OFFICER, name="another")
    street.present()
    mine, waiting = street.routed(), street.take(1)
    items = [{"id": mine, "waits": False}, {"id": waiting, "waits": True}]
    data = json.dumps({"items": items, "head": False, "late": False})
    message = f"id: 17\r\nevent: alerts\r\ndata: {data}\r\n\r\n".encode()

    def heard(actor: object) -> dict[str, object]:
        told = told_to(street.office, actor, street.deployment_id, message)  # type: ignore[arg-type] # an actor
        assert (told.id, told.event) == ("17", "news")
        found: dict[str, object] = json.loads(str(told.data))
        return found

    assert heard(street.officer) == {
        "alerts": [{"id": mine, "state": "engage", "mine": False}],
        "duty": False,
    }
    assert heard(other) == {"alerts": [], "duty": False}
    watcher = OfficerWatcher(other, 0)
    watcher.put(b"event: feeds\r\ndata: {}\r\n\r\n")
    assert watcher.messages.empty()
    watcher.put(message)
    assert watcher.messages.get_nowait() == message


def test_the_app_can_be_installed_and_keeps_nothing_of_anybody(visit: Callable[..., Visitor]) -> None:
    nobody = visit()
    answer = nobody.get("/officer.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["start_url"], manifest["display"], manifest["id"]) == (
        "/officer",
        "standalone",
        "/officer",
    )
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        picture = cv2.imdecode(np.frombuffer(nobody.get(icon["src"]).content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert "x".join(str(side) for side in picture.shape[1::-1]) == icon["sizes"]
    worker = nobody.get("/officer-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    kept = json.loads(re.search(r"KEPT = (\[.*?\]);", worker.text)[1])  # type: ignore[index] # it is there
    assert kept
    for address in kept:
        assert address.startswith("/static/")
        assert nobody.get(address).status_code == 200
    assert "You are offline" in worker.text


def test_the_maskable_sign_fills_its_square() -> None:
    (name,) = [name for name, _, purpose in ICONS if purpose == "maskable"]
    picture = cv2.imread(str(STATIC / name), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture[..., 3].min() == 255
