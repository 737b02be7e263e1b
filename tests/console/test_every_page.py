"""Every page that there is, opened by whoever may: wide in the light, and on a phone in the dark."""

from __future__ import annotations

import re

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office, Role
from overt.casework import alerts as a
from overt.casework import collections as c
from overt.casework import probes as p
from overt.casework import searches as s
from overt.casework.paging import Page
from overt.casework.permissions import PERMISSIONS
from tests.casework.alerts.cases import Case
from tests.casework.certificates.found import issue
from tests.casework.deployments.force import Force
from tests.casework.probes.pictures import encoded
from tests.casework.searches.cases import Shop, comparison
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.test_guards import GUARDED, Address
from tests.offices import Clock, Staff

pytestmark = [pytest.mark.system, pytest.mark.slow]

PARTS = re.compile(
    r"/(stream|news|head|queue|picture|progress|session|cards|expected|export|download|report\.csv)\b"
)
"""Addresses of what is no page by itself."""
ELSEWHERE = re.compile(
    r"^/(imports/|ingestions/|images/|live/(references|crops)/|deployments/tried/|live/\{deployment_id\}/feeds/)"
)
"""Those whose subject is made by uploading or by an engine: their own tests make it."""


@pytest.fixture
def places(office: Office, staff: Staff, clock: Clock, pack: ModelPack) -> dict[str, str]:
    """What the addresses name: a live deployment with alerts, one that waits for its officer, and the rest."""
    return deployed(office, staff, clock) | searched(office, staff, clock, pack)


def searched(office: Office, staff: Staff, clock: Clock, pack: ModelPack) -> dict[str, str]:
    """A search that is half examined, one that waits for its review, and a picture with two faces that is open."""
    shop = Shop(office, staff, clock, pack)
    shop.add("A reference, and one as long as somebody likes it " * 3, shop.like(0.99))
    probe = p.open_probe(
        office, shop.investigator, p.NewProbe(name="exhibit 1", reason="a robbery"), encoded("JPEG")
    )
    waiting = shop.search()
    candidate = waiting.candidates[0].id
    s.show_candidate_picture(office, shop.first, candidate)
    s.examine_candidate(office, shop.first, candidate, comparison())
    examined = shop.search(reason="another reason for the same face")
    for examiner in (shop.first, shop.second):
        s.show_candidate_picture(office, examiner, examined.candidates[0].id)
        s.examine_candidate(office, examiner, examined.candidates[0].id, comparison())
    shop.add("Somebody like them", shop.like(0.99))
    manager = staff("watchlist-manager")
    c.compare_images(office, manager, shop.collection_id)
    (pair,) = c.report_pairs(office, manager, shop.collection_id, Page()).items
    return {
        "pair_id": pair.id,
        "collection_id": shop.collection_id,
        "search_id": examined.id,
        "/searches/{search_id}/candidates/{candidate_id}": waiting.id,
        "candidate_id": candidate,
        "probe_id": probe.id,
        "face_id": probe.faces[0].id,
    }


def deployed(office: Office, staff: Staff, clock: Clock) -> dict[str, str]:
    """What is about deployments and watchlists."""
    case = Case(Force(office, staff, clock))
    waiting = case.take()
    closed = case.take()
    case.engage(closed)
    done = a.record_outcome(office, case.officer, closed, a.NewOutcome(outcome="arrest"))
    submitted = case.force.submitted(
        case.watchlist_id, title="Saturday, and a title as long as somebody likes it " * 3
    )
    return {
        "/deployments/{deployment_id}/sign": submitted.id,
        "/deployments/{deployment_id}/plan": submitted.id,
        "deployment_id": case.deployment_id,
        "alert_id": waiting,
        "/alerts/{alert_id}": closed,
        "/alerts/{alert_id}/corrections/{kind}/{row_id}": closed,
        "kind": "engagement",
        "row_id": done.engagements[0].id,
        "watchlist_id": case.watchlist_id,
        "entry_id": case.entries[0],
        "person_id": case.officer.id,
        "certificate_id": issue(case.force).id,
        "seq": "1",
    }


def pages() -> list[Address]:
    return [
        one
        for one in GUARDED
        if one.method == "GET"
        and one.path != "/"
        and not PARTS.search(one.path)
        and not ELSEWHERE.match(one.path)
    ]


def opener(address: Address) -> Role:
    """Somebody whose page it is: rather who works with it than the auditor, and who wrote what is to be corrected."""
    commands = address.guards[0].commands
    roles = [
        role
        for role in Role.of_people()
        if not commands or any(role in PERMISSIONS[name] for name in commands)
    ]
    if "{row_id}" in address.path:
        return Role.ENGAGEMENT_OFFICER
    if "{candidate_id}" in address.path:
        return Role.FACIAL_EXAMINER
    return min(roles, key=lambda role: role == Role.AUDITOR)


def filled(path: str, places: dict[str, str]) -> str:
    """The address with ids in it: those that are for this address alone come first."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return (
            places.get(path, places[name])
            if name in {"deployment_id", "alert_id", "search_id"}
            else places[name]
        )

    return re.sub(r"\{(\w+)\}", value, path)


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_every_page_is_whole_and_shuts_nobody_out(
    seats: Seats, places: dict[str, str], phone: bool, dark: bool
) -> None:
    assert len(pages()) > 30
    seated = {}
    faults = []
    for address in pages():
        role = opener(address)
        if role not in seated:
            seated[role] = seats(role, phone=phone, dark=dark)
        page = seated[role].page
        answer = page.goto(seated[role].address + filled(address.path, places), wait_until="load")
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{address.path} gave {answer.status} to {role}")
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        try:
            no_barriers(page)
        except AssertionError as error:
            faults.append(f"{address.path}: {error}")
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            faults.append(f"{address.path} is wider than the window")
    assert not faults, "\n".join(faults)
