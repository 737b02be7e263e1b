"""Duty, routing and acknowledgement through the API: what is sent twice over a bad network is done once."""

from __future__ import annotations

from overt.casework.alerts import show_alert
from tests.api.conftest import Callers, is_problem
from tests.casework.alerts.cases import Case
from tests.casework.deployments.force import Force
from tests.offices import Clock, Staff

JUDGED = {"decision": "engage", "reason_code": "same-person", "reason": "The ears agree"}
KEY = {"Idempotency-Key": "duty-0001-0001"}


def test_from_reporting_for_duty_to_being_on_it(
    callers: Callers, staff: Staff, clock: Clock, pack: object
) -> None:
    case = Case(Force(callers.office, staff, clock))
    operator, officer = callers("lfr-operator"), callers("engagement-officer")
    late = callers("engagement-officer", name="late")
    duty = f"/deployments/{case.deployment_id}/duty"
    begun = officer("POST", duty, {"call_sign": "Sierra 21"}, headers=KEY)
    assert (begun.status_code, begun.json()["call_sign"]) == (201, "Sierra 21")
    assert officer("POST", duty, {"call_sign": "Sierra 21"}, headers=KEY).json() == begun.json()
    is_problem(operator("POST", duty), 403)
    assert [one["officer_id"] for one in operator("GET", duty).json()] == [begun.json()["officer_id"]]

    alert_id = case.take()
    show_alert(case.office, case.operator, alert_id)
    judged = operator("POST", f"/alerts/{alert_id}/adjudications", JUDGED)
    assert [row["officer_id"] for row in judged.json()["routings"]] == [begun.json()["officer_id"]]
    assert late("POST", duty).json()["call_sign"] == ""
    assert [one["id"] for one in late("GET", "/self/alerts").json()["items"]] == [alert_id]

    clock.turn(seconds=4)
    said = officer(
        "POST", f"/alerts/{alert_id}/acknowledgements", headers={"Idempotency-Key": "ack-0001-0001"}
    )
    assert (said.status_code, said.json()["seconds_to_acknowledge"]) == (201, 4.0)
    clock.turn(seconds=9)
    again = officer("POST", f"/alerts/{alert_id}/acknowledgements")
    assert (again.status_code, again.json()) == (201, said.json())
    (mine,) = late("GET", "/self/alerts").json()["items"]
    assert (mine["routed"], mine["acknowledged"], mine["acknowledged_by_you"]) == (2, 1, False)

    is_problem(
        late("POST", f"/alerts/{alert_id}/routings", {"officer_ids": [begun.json()["officer_id"]]}), 403
    )
    is_problem(operator("POST", f"/alerts/{alert_id}/routings", {"officer_ids": []}), 422)
    is_problem(operator("POST", f"/alerts/{alert_id}/routings", {"officer_ids": ["person-0"]}), 409)
    assert late("POST", f"{duty}/end").json()["end_reason"] == "left"
    is_problem(late("POST", f"{duty}/end"), 409)
    ended = operator("GET", duty, params={"ended": True}).json()
    assert {one["end_reason"] for one in ended} == {None, "left"}, "they began at the same moment's clock"
