"""The live page without a browser: who may open it, its moves, its queue, the open alert and its adjudication."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from overt.casework import Office, alerts, duty
from overt.casework.alerts.codes import REASONS_NOT_TO_ENGAGE, REASONS_TO_ENGAGE
from overt.casework.live._frames import frames_of
from overt.console.live import FACE_MARGIN
from overt.console.live.page import _NOT_TO_ENGAGE, _TO_ENGAGE
from overt.engine import MaskedFrame
from overt.engine.masking import CROP_MARGIN
from overt.records.tables import Alert, AuditEntry, Deployment, EngineRun
from tests.casework.alerts.cases import Case, ask_for_two
from tests.casework.deployments.force import Force
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

Visit = Callable[..., Visitor]


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock, pack: object) -> Force:
    """A force."""
    return Force(office, staff, clock)


@pytest.fixture
def case(force: Force) -> Case:
    """A deployment that is live."""
    return Case(force)


def state_of(office: Office, deployment_id: str) -> str:
    with office.database.reading() as session:
        return session.get_one(Deployment, deployment_id).state


def commands(office: Office, name: str) -> int:
    with office.database.reading() as session:
        done = select(AuditEntry.seq).where(AuditEntry.command == name, AuditEntry.outcome == "done")
        return len(session.scalars(done).all())


def test_the_page_knows_every_reason_and_the_engine_s_margin() -> None:
    assert set(_NOT_TO_ENGAGE) == REASONS_NOT_TO_ENGAGE
    assert set(_TO_ENGAGE) == REASONS_TO_ENGAGE
    assert FACE_MARGIN == CROP_MARGIN


def test_where_one_is_live_the_choice_is_made(visit: Visit, case: Case) -> None:
    answer = visit("lfr-operator").get("/live")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/live/{case.deployment_id}")


def test_what_is_authorised_can_be_chosen_and_started_once_its_window_is_open(
    visit: Visit, force: Force, office: Office
) -> None:
    operator = visit("lfr-operator")
    assert "Nothing is live" in operator.get("/live").text
    made = force.authorised()
    assert made.plan.title in operator.get("/live").text
    page = operator.get(f"/live/{made.id}").text
    assert "Not so: It is within its window. It starts then, and not before" in page
    refused = operator.post(f"/live/{made.id}/start")
    assert refused.status_code == 409
    assert "begins at 2026-06-01 10:00" in refused.text
    force.clock.turn(hours=1, minutes=5)
    assert visit("lfr-operator").post(f"/live/{made.id}/start").status_code == 303
    assert state_of(office, made.id) == "live"


def test_pausing_and_ending_need_a_reason_and_are_asked_about_first(
    visit: Visit, case: Case, office: Office
) -> None:
    operator, where = visit("lfr-operator"), f"/live/{case.deployment_id}"
    page = operator.get(where).text
    assert 'data-opens="pause"' in page
    assert "overwrites every face that it holds" in page
    for move, field in (("suspend", "pause_reason"), ("close", "end_reason")):
        assert operator.post(f"{where}/{move}", {field: " "}).status_code == 422
        assert state_of(office, case.deployment_id) == "live"
    assert operator.post(f"{where}/suspend", {"pause_reason": "The officers are engaged"}).status_code == 303
    assert "It is paused. To go on" in operator.get(where).text
    assert operator.post(f"{where}/resume").status_code == 303
    assert operator.post(f"{where}/close", {"end_reason": "It rains"}).status_code == 303
    assert "no camera is watched" in operator.get(where).text


def test_an_auditor_looks_on_and_can_do_nothing(visit: Visit, case: Case) -> None:
    alert_id, auditor, where = case.take(), visit("auditor"), f"/live/{case.deployment_id}"
    page = auditor.get(f"{where}/alerts/{alert_id}").text
    assert "data-judge" not in page
    assert "Pause" not in page
    assert auditor.post(f"{where}/suspend", {"pause_reason": "because"}).status_code == 403
    assert auditor.post(f"{where}/alerts/{alert_id}/adjudicate", {}).status_code == 403


def test_the_queue_has_the_oldest_first_and_names_nobody(visit: Visit, case: Case) -> None:
    taken = []
    for number in range(3):
        case.force.clock.turn(seconds=number)
        taken.append(case.take())
    case.adjudicate(taken[1], engage=False)
    page = visit("lfr-operator").get(f"/live/{case.deployment_id}").text
    waiting, decided = page.split('id="decided"')
    assert re.findall(r'data-alert="([^"]+)"', waiting) == [taken[0], taken[2]]
    assert re.findall(r'data-alert="([^"]+)"', decided) == [taken[1]]
    assert "Sam Sought" not in page


def test_the_open_alert_says_what_must_be_known_and_begins_from_not_engaging(
    visit: Visit, case: Case
) -> None:
    alert_id = case.take()
    page = visit("lfr-operator").get(f"/live/{case.deployment_id}/alerts/{alert_id}?part=panel").text
    for said in ("Sam Sought", "warrant", "detain", "Wanted for a serious offence".lower(), "north gate"):
        assert said in page
    assert "It is not a probability, and no decision." in page
    assert "The operating point is uncertified" in page
    assert re.search(r'value="do-not-engage" checked', page)
    assert not re.search(r'value="engage" checked', page)
    assert not re.search(r'name="reason_code" value="[a-z-]+" checked', page)


def test_an_adjudication_is_recorded_once_and_seeds_are_marked_only_then(
    visit: Visit, case: Case, office: Office
) -> None:
    alert_id, operator = case.take(2), visit("lfr-operator")
    where = f"/live/{case.deployment_id}/alerts/{alert_id}"
    assert "Seed" not in operator.get(where).text
    form = {
        "decision": "do-not-engage",
        "reason_code": "different-person",
        "reason": "the ears differ",
        "once": "one-filling-in-of-it",
    }
    for _ in range(2):
        answer = operator.post(f"{where}/adjudicate?part=panel", form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}?part=panel")
    assert len(alerts.show_alert(office, case.operator, alert_id).adjudications) == 1
    after = operator.get(f"{where}?part=panel").text
    assert "Seed: a consenting person" in after
    assert "the ears differ" in after
    assert "data-judge" not in after


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": "x"}, "The reason must be 3 characters or longer"),
        ({"reason_code": "same-person"}, "is no reason to decide do-not-engage"),
        ({"reason_code": ""}, "This is needed"),
    ],
)
def test_a_refused_adjudication_keeps_what_was_written(
    visit: Visit, case: Case, wrong: dict[str, str], said: str
) -> None:
    alert_id, operator = case.take(), visit("lfr-operator")
    where = f"/live/{case.deployment_id}/alerts/{alert_id}"
    operator.get(where)
    form = {
        "decision": "do-not-engage",
        "reason_code": "different-person",
        "reason": "the ears differ",
        **wrong,
    }
    answer = operator.post(f"{where}/adjudicate?part=panel", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert form["reason"] in answer.text


def test_words_that_came_too_late_are_shown_to_whoever_wrote_them(
    visit: Visit, case: Case, staff: Staff
) -> None:
    alert_id, operator = case.take(), visit("lfr-operator")
    where = f"/live/{case.deployment_id}/alerts/{alert_id}"
    operator.get(where)
    case.adjudicate(alert_id, staff("lfr-operator", name="otto"), engage=False)
    form = {"decision": "engage", "reason_code": "same-person", "reason": "the same scar"}
    answer = operator.post(f"{where}/adjudicate?part=panel", form)
    assert answer.status_code == 409
    assert "What you had written was not recorded" in answer.text
    assert "the same scar" in answer.text
    assert "the ears differ" in answer.text


def test_the_second_adjudicator_sees_nothing_of_the_first(visit: Visit, case: Case) -> None:
    ask_for_two(case.office)
    alert_id, where = case.take(), f"/live/{case.deployment_id}"
    case.adjudicate(alert_id, case.operator, engage=True)
    first, second = visit("lfr-operator"), visit("lfr-operator", name="otto")
    for page in (f"{where}/alerts/{alert_id}?part=panel", where):
        shown = second.get(page).text
        assert "hairline" not in shown
        assert "likely" not in shown.lower() or "data-judge" in shown
    assert "blind to the first" in second.get(f"{where}/alerts/{alert_id}?part=panel").text
    own = first.get(f"{where}/alerts/{alert_id}?part=panel").text
    assert "Yours is recorded. A second person adjudicates" in own
    assert "Waits for a second person" in first.get(where).text


def test_one_s_own_adjudication_can_be_corrected_and_nobody_else_s(visit: Visit, case: Case) -> None:
    alert_id, where = case.take(), f"/live/{case.deployment_id}/alerts/"
    view = case.adjudicate(alert_id, engage=False)
    operator, other = visit("lfr-operator"), visit("lfr-operator", name="otto")
    address = f"{where}{alert_id}/correct/{view.adjudications[0].id}?part=panel"
    form = {
        "decision": "engage",
        "reason_code": "same-person",
        "reason": "the same scar after all",
        "correction_code": "entered-wrongly",
        "correction_reason": "a slip of the finger",
    }
    assert other.post(address, form).status_code == 403
    assert operator.post(address, {**form, "correction_code": ""}).status_code == 422
    assert operator.post(address, form).status_code == 303
    shown = operator.get(f"{where}{alert_id}?part=panel").text
    assert "the same scar after all" in shown
    assert "corrected since" in shown


def test_it_goes_to_the_officers_who_are_named_and_later_to_others(
    visit: Visit, case: Case, staff: Staff
) -> None:
    named, other = staff("engagement-officer", name="nell"), staff("engagement-officer", name="omar")
    for officer in (named, other):
        duty.begin_duty(case.office, officer, case.deployment_id)
    alert_id, operator = case.take(), visit("lfr-operator")
    where = f"/live/{case.deployment_id}/alerts/{alert_id}"
    assert "everybody on duty (2)" in operator.get(f"{where}?part=panel").text
    form = {"decision": "engage", "reason_code": "same-person", "reason": "ears", "officer_ids": named.id}
    assert operator.post(f"{where}/adjudicate?part=panel", form).status_code == 303
    assert operator.post(f"{where}/route?part=panel", {}).status_code == 422
    assert operator.post(f"{where}/route?part=panel", {"officer_ids": other.id}).status_code == 303
    view = alerts.show_alert(case.office, case.operator, alert_id)
    assert [one.officer_id for one in view.routings] == [named.id, other.id]


def test_an_alert_of_another_deployment_is_not_shown_here(visit: Visit, case: Case) -> None:
    elsewhere = Case(case.force)
    alert_id = elsewhere.take()
    operator = visit("lfr-operator")
    assert operator.get(f"/live/{case.deployment_id}/alerts/{alert_id}").status_code == 404
    assert operator.get(f"/live/{case.deployment_id}/alerts/alert-00ff").status_code == 404


def test_deleted_personal_data_are_said_to_be_deleted(visit: Visit, case: Case, office: Office) -> None:
    alert_id = case.take()
    with office.database.transaction() as session:
        row = session.get_one(Alert, alert_id)
        row.key_id, row.sealed_crop, row.personal_data_deleted_at = None, None, office.now()
    page = visit("lfr-operator").get(f"/live/{case.deployment_id}/alerts/{alert_id}?part=panel").text
    assert "have been deleted, as their time was over" in page
    assert "data-judge" not in page


def test_a_masked_picture_is_one_look_in_the_chain_and_is_kept_nowhere(
    visit: Visit, case: Case, office: Office
) -> None:
    operator, address = visit("lfr-operator"), f"/live/{case.deployment_id}/feeds/north%20gate/picture"
    assert operator.get(address).status_code == 404
    for mark in (b"one", b"two"):
        frame = MaskedFrame(
            feed="north gate", captured_at=1, width=240, height=135, faces_in_view=2, jpeg=mark
        )
        frames_of(office).put(case.deployment_id, frame)
        answer = operator.get(address)
        assert answer.content == mark
        assert answer.headers["cache-control"] == "no-store"
    assert commands(office, "live.show-feed") == 1
    assert visit("engagement-officer").get(address).status_code == 403
    assert visit("administrator").get(address).status_code == 403


def test_each_look_at_a_crop_or_a_reference_is_in_the_chain(visit: Visit, case: Case, office: Office) -> None:
    alert_id, operator = case.take(), visit("lfr-operator")
    view = alerts.show_alert(office, case.operator, alert_id)
    assert view.entry is not None
    for address, command in (
        (f"/live/crops/{alert_id}", "alerts.show-crop"),
        (f"/live/references/{view.entry.image_ids[0]}", "images.show"),
    ):
        answer = operator.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["cache-control"] == "no-store"
        assert commands(office, command) == 1
        assert visit("administrator").get(address).status_code == 403


def test_missing_seals_of_the_last_start_are_named(visit: Visit, case: Case, office: Office) -> None:
    required = office.policy.deployments.required_seals
    with office.database.transaction() as session:
        run = session.get_one(EngineRun, case.run_id)
        run.seals = {name: {"held": name != required[0]} for name in required}
        run.ended_at, run.end_reason, run.in_order = office.now(), "a seal is missing", False
    operator = visit("lfr-operator")
    operator.post(f"/live/{case.deployment_id}/suspend", {"pause_reason": "to see why"})
    page = operator.get(f"/live/{case.deployment_id}").text
    assert f"these were missing: {required[0]}" in page
    assert "The engine ended by itself:</strong> a seal is missing" in page


def test_the_head_and_the_queue_are_had_alone(visit: Visit, case: Case) -> None:
    alert_id, operator = case.take(), visit("lfr-operator")
    head = operator.get(f"/live/{case.deployment_id}/head").text
    assert head.count('id="live-head"') == 1
    assert "<html" not in head
    queue = operator.get(f"/live/{case.deployment_id}/queue").text
    assert re.search(r'id="queue-lists" data-seq="[1-9]', queue)
    assert alert_id in queue


def test_time_left_and_window_are_shown(visit: Visit, case: Case) -> None:
    page = visit("lfr-operator").get(f"/live/{case.deployment_id}").text
    assert re.search(r"data-until=\"2026-06-01T14:00:00\+00:00\">3 h 5\d min<", page)
    case.force.clock.turn(hours=2)
    assert re.search(r">1 h 5\d min<", visit("lfr-operator").get(f"/live/{case.deployment_id}").text)


def test_a_long_queue_is_shown_whole(visit: Visit, case: Case) -> None:
    taken = []
    for _ in range(12):
        case.force.clock.turn(seconds=1)
        taken.append(case.take())
    page = visit("lfr-operator").get(f"/live/{case.deployment_id}").text
    assert re.findall(r'data-alert="([^"]+)"', page) == taken
