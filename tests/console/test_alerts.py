"""The history of alerts: who sees what of it, and how what was recorded is corrected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from overt.casework import Office
from overt.casework import alerts as a
from overt.casework.live import record_end
from tests.casework.alerts.cases import SOFTWARE, Case, ask_for_two
from tests.casework.deployments.force import Force
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

Visit = Callable[..., Visitor]
WHY = {"correction_code": "entered-wrongly", "correction_reason": "a slip of the finger"}


@pytest.fixture
def case(office: Office, staff: Staff, clock: Clock) -> Case:
    return Case(Force(office, staff, clock))


def _closed(case: Case) -> a.AlertView:
    """An alert with an engagement and an outcome."""
    alert = case.take()
    case.engage(alert)
    return a.record_outcome(
        case.office, case.officer, alert, a.NewOutcome(outcome="arrest", note="taken along")
    )


def test_alerts_are_listed_filtered_and_paged(visit: Visit, case: Case) -> None:
    ids = [case.take() for _ in range(52)]
    case.adjudicate(ids[0], engage=False)
    auditor = visit("auditor")
    first = auditor.get("/alerts").text
    assert "50 of 52 shown" in first
    assert "2 of 52 shown" in auditor.get(f"/alerts?after={ids[2]}").text
    assert "1 of 1 shown" in auditor.get("/alerts?state=closed").text
    assert "No alert fits" in auditor.get("/alerts?state=engaged").text
    assert "No alert fits" in auditor.get("/alerts?deployment_id=deployment-0").text
    assert auditor.get("/alerts?state=lost").status_code == 422
    for role in ("administrator", "watchlist-manager"):
        assert visit(role).get("/alerts").status_code == 403


def test_an_auditor_reads_all_of_it_and_changes_nothing(visit: Visit, case: Case) -> None:
    alert = _closed(case)
    shown = visit("auditor").get(f"/alerts/{alert.id}").text
    for said in ("Same person", "They are the person sought", "Arrest", "taken along", "Lfr-Operator"):
        assert said in shown
    assert "Correct this" not in shown
    assert f'href="/audit?subject={alert.id}"' in shown
    picture = visit("auditor").get(f"/alerts/{alert.id}/picture")
    assert picture.headers["cache-control"] == "no-store"
    assert picture.headers["content-type"] == "image/jpeg"
    row = alert.adjudications[0].id
    assert visit("auditor").get(f"/alerts/{alert.id}/corrections/adjudication/{row}").status_code == 403
    assert visit("administrator").get(f"/alerts/{alert.id}/picture").status_code == 403


def test_the_first_adjudication_is_hidden_from_whoever_makes_the_second(visit: Visit, case: Case) -> None:
    ask_for_two(case.office)
    alert = case.take()
    case.adjudicate(alert)
    assert "ears and hairline agree" not in visit("engagement-officer").get(f"/alerts/{alert}").text
    assert "made blind to the first" in visit("engagement-officer").get(f"/alerts/{alert}").text
    assert "ears and hairline agree" in visit("lfr-operator").get(f"/alerts/{alert}").text
    assert "ears and hairline agree" in visit("auditor").get(f"/alerts/{alert}").text


def test_an_operator_corrects_their_own_adjudication_and_nobody_else(visit: Visit, case: Case) -> None:
    alert = case.take()
    made = case.adjudicate(alert, engage=False)
    there = f"/alerts/{alert}/corrections/adjudication/{made.adjudications[0].id}"
    operator = visit("lfr-operator")
    assert "the ears differ" in operator.get(there).text
    assert visit("engagement-officer").get(there).status_code == 404
    changed = {"decision": "do-not-engage", "reason_code": "poor-image", "reason": "too dark to tell"}
    refused = operator.post(there, {**changed, **WHY, "correction_code": ""})
    assert refused.status_code == 422
    assert "Say why it is corrected" in refused.text
    assert "too dark to tell" in refused.text
    assert operator.post(there, {**changed, **WHY, "reason_code": "same-person"}).status_code == 422
    done = operator.post(there, {**changed, **WHY, "once": "only-this-once"})
    assert (done.status_code, done.headers["location"]) == (303, f"/alerts/{alert}")
    shown = operator.get(f"/alerts/{alert}").text
    assert "corrected since" in shown
    assert "a slip of the finger" in shown


def test_an_officer_corrects_engagement_and_outcome(visit: Visit, case: Case) -> None:
    alert = _closed(case)
    officer = visit("engagement-officer")
    row = alert.engagements[0]
    there = f"/alerts/{alert.id}/corrections/engagement/{row.id}"
    form = officer.get(there).text
    assert row.started_at.strftime("%Y-%m-%dT") in form
    changed = {
        "identity": "other",
        "started_at": "2026-06-01T11:06:00",
        "ended_at": "2026-06-01T11:07:00",
        "note": "it was his brother",
    }
    backwards = {**changed, **WHY, "ended_at": "2026-06-01T10:00:00"}
    assert officer.post(there, backwards).status_code == 422
    assert officer.post(there, {**changed, **WHY}).status_code == 303
    outcome = f"/alerts/{alert.id}/corrections/outcome/{alert.outcomes[0].id}"
    assert officer.post(outcome, {"outcome": "no-further-action", **WHY}).status_code == 303
    shown = officer.get(f"/alerts/{alert.id}").text
    assert "False alert, confirmed" in shown
    assert "it was his brother" in shown
    assert officer.get(there).status_code == 404


def test_an_alert_that_is_not_there_is_a_plain_page(visit: Visit, case: Case) -> None:
    assert visit("auditor").get("/alerts/alert-0").status_code == 404
    assert visit("auditor").get("/alerts/nonsense").status_code == 404


@pytest.mark.system
@pytest.mark.parametrize(("phone", "dark"), [(False, True), (True, False)])
def test_the_history_in_a_browser(seats: Seats, case: Case, *, phone: bool, dark: bool) -> None:
    alert = _closed(case)
    record_end(case.office, SOFTWARE, case.run_id, "stopped", in_order=True)
    seat = seats("engagement-officer", phone=phone, dark=dark)
    page = seat.open("/alerts")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page = seat.open(f"/alerts/{alert.id}")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Correct this outcome").click()
    page.get_by_role("radio", name="Voluntary interview").check()
    page.get_by_label("Why, in words").fill("a slip of the finger")
    page.get_by_role("button", name="Record the correction").click()
    page.get_by_role("alert").get_by_text("Say why it is corrected").wait_for()
    no_barriers(page)
    page.get_by_role("radio", name="Entered wrongly").check()
    page.get_by_role("button", name="Record the correction").click()
    page.get_by_text("The correction is recorded").wait_for()
