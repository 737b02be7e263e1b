"""Certificates in the console; and on every page of a deployment whether one stands behind its operating point."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from overt.casework import Office
from overt.records.certificates import verify_certificate
from tests.casework.alerts.cases import Case
from tests.casework.certificates.found import issue
from tests.casework.deployments.force import Force
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

Visit = Callable[..., Visitor]
WHY = "the test people were too alike"


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock, pack: object) -> Force:
    return Force(office, staff, clock)


def _pages(visit: Visit, case: Case, alert: str) -> dict[str, str]:
    """The pages of a deployment, by what they are."""
    name = case.deployment_id
    submitted = case.force.submitted(case.watchlist_id)
    asked = (
        ("plan", "deployment-planner", f"/deployments/{name}"),
        ("authorisation", "authorising-officer", f"/deployments/{submitted.id}/sign"),
        ("live", "lfr-operator", f"/live/{name}"),
        ("alert", "auditor", f"/alerts/{alert}"),
        ("live alert", "lfr-operator", f"/live/{name}?alert={alert}"),
        ("officer", "engagement-officer", f"/officer/alerts/{alert}"),
        ("record", "auditor", f"/deployments/{name}/record"),
    )
    return {what: visit(role).get(address).text for what, role, address in asked}


def test_every_page_of_an_uncertified_deployment_says_so(visit: Visit, force: Force) -> None:
    case = Case(force)
    pages = _pages(visit, case, case.take())
    assert {what for what, shown in pages.items() if "ncertified" not in shown} == set()
    for what in ("plan", "authorisation", "live", "record"):
        assert "No certificate was ever issued for the model pack" in pages[what], what


def test_every_page_of_a_certified_one_says_that(visit: Visit, force: Force) -> None:
    certificate = issue(force)
    case = Case(force)
    pages = _pages(visit, case, case.take())
    assert {what for what, shown in pages.items() if "ncertified" in shown} == set()
    for what in ("plan", "authorisation", "record"):
        assert f"/certificates/{certificate.id}" in pages[what], what
    for what in ("live", "alert", "officer", "live alert"):
        assert "ertified" in pages[what], what


def test_a_certificate_is_listed_read_taken_and_withdrawn(visit: Visit, force: Force) -> None:
    assert "There is no certificate yet" in visit("authorising-officer").get("/certificates").text
    made = issue(force)
    address = f"/certificates/{made.id}"
    officer = visit("authorising-officer")
    assert address in officer.get("/certificates").text
    shown = officer.get(address).text
    for said in ("What it does not say", "modelled", "nsufficient data", made.signed.digest):
        assert said in shown
    file = officer.get(f"{address}/download")
    assert verify_certificate(file.content, force.office.audit.public_key).ok
    assert json.loads(file.content)["certificate"]["id"] == made.id

    short = officer.post(f"{address}/withdraw", {"reason": "no"})
    assert short.status_code == 422
    assert officer.post(f"{address}/withdraw", {"reason": WHY}).status_code == 303
    shown = visit("auditor").get(address).text
    assert WHY in shown
    assert "Withdraw it for good" not in shown


def test_a_plan_that_is_being_written_is_told_why_it_is_uncertified(visit: Visit, force: Force) -> None:
    issue(force)
    asked = "/deployments/expected?pack=embedded&entries=4&footfall=1000"
    planner = visit("deployment-planner")
    assert "stands behind this operating point" in planner.get(asked).text
    assert "and 9 is planned" in planner.get(f"{asked}&confirmations=9").text
