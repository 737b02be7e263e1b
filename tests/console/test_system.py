"""System, retention and policy in the console: what the administrator sees, and no case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from overt.casework import Office
from overt.casework.policy import Policy, check_policy
from overt.casework.retention import KINDS, policy_view
from overt.console.policy_words import sections_of
from tests.casework.retention.rows import Rows
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Staff

Visit = Callable[..., Visitor]


def test_the_system_tells_whether_it_is_in_order(visit: Visit, office: Office) -> None:
    shown = visit("administrator").get("/system").text
    assert "this server runs none" in shown
    assert "overt vault rotate" in shown
    assert "Something is not in order" not in shown
    assert str(office.folder) not in shown
    assert "overt vault rotate" not in visit("auditor").get("/system").text
    assert visit("lfr-operator").get("/system").status_code == 403


def test_packs_are_shown_with_their_licences(visit: Visit) -> None:
    shown = visit("administrator").get("/system/packs").text
    assert "Licence of the weights" in shown
    assert 'id="pack-embedded"' in shown
    assert 'id="pack-open"' in shown


def test_retention_shows_each_clock_and_runs_when_asked(visit: Visit, office: Office, staff: Staff) -> None:
    rows = Rows(office, staff)
    rows.entry(rows.watchlist(), expires_on=date(2026, 5, 1))
    administrator = visit("administrator")
    shown = administrator.get("/system/retention").text
    assert all(kind.replace("-", " ").capitalize() in shown for kind in KINDS)
    assert "It has not run yet." in shown
    run = administrator.post("/system/retention/runs")
    assert (run.status_code, run.headers["location"]) == (303, "/system/retention")
    assert "1 entries deleted." in administrator.get("/system/retention").text
    administrator.post("/system/retention/runs")
    assert "Nothing was due." in administrator.get("/system/retention").text
    assert visit("auditor").post("/system/retention/runs").status_code == 403
    assert "Run it now" not in visit("auditor").get("/system/retention").text


def test_the_policy_is_shown_with_the_limits_to_everybody(visit: Visit, office: Office) -> None:
    tighter = msgspec.structs.replace(office.policy.retention, alert_hours=12)
    office.policy = msgspec.structs.replace(office.policy, retention=tighter)
    for role in ("investigator", "engagement-officer", "administrator"):
        shown = visit(role).get("/policy").text
        assert "retention.alert_hours" in shown
        assert "at most 24" in shown
        assert "seals can be added, none taken away" in shown
        assert shown.count("own</span>") == 1


def test_every_figure_of_the_policy_has_words() -> None:
    policy = Policy()
    check_policy(policy, "the defaults")
    sections = sections_of(policy_view(policy))
    figures = [figure for section in sections for figure in section.figures]
    assert len(figures) == len(policy_view(policy).figures)
    for figure in figures:
        assert figure.what != figure.name.partition(".")[2], figure.name
        assert figure.is_default


@pytest.mark.system
@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_the_system_in_a_browser(seats: Seats, *, phone: bool, dark: bool) -> None:
    seat = seats("administrator", phone=phone, dark=dark)
    for path in ("/system", "/system/packs", "/system/retention", "/policy", "/people/roles"):
        page = seat.open(path)
        no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page = seat.open("/system/retention")
    page.get_by_role("button", name="Run it now").click()
    page.get_by_role("dialog", name="Delete what is due?").get_by_role("button", name="Delete it").click()
    page.get_by_text("Retention has run: nothing was due").wait_for()
