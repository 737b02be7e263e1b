"""Records: their figures and plots, publishing, downloads, the public page; by those whose they are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from overt.casework import Office, publication
from overt.records.tables import Alert, Deployment, EngineRun
from tests.casework.publication.day import Day, make_day
from tests.casework.retention.rows import Rows
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.console.visitors import Visitor
from tests.offices import Staff

Visit = Callable[..., Visitor]
LONG = (
    "An operation with a very long name that somebody wrote out in full, with everything that it is about "
    * 2
)


@pytest.fixture
def rows(office: Office, staff: Staff) -> Rows:
    return Rows(office, staff)


@pytest.fixture
def day(rows: Rows, office: Office) -> Day:
    """A day with something of everything, its alerts spread over it."""
    made = make_day(rows)
    with office.database.transaction() as session:
        began = session.get_one(Deployment, made.deployment).live_at
        assert began is not None
        for run in made.runs:
            session.get_one(EngineRun, run).started_at = began
        for minutes, alert in enumerate(session.scalars(select(Alert).order_by(Alert.id))):
            alert.received_at = began + timedelta(minutes=10 * minutes)
    words_deleted(office, made.deployment)
    return made


def words_deleted(office: Office, deployment_id: str) -> None:
    """Let the time to keep what was said of a deployment be over; its figures stay."""
    with office.database.transaction() as session:
        session.get_one(Deployment, deployment_id).key_id = None


def _open(day: Day) -> str:
    return f"/deployments/{day.deployment}/record"


def test_records_are_listed_by_where_they_stand(visit: Visit, day: Day, rows: Rows) -> None:
    rows.deployment(rows.watchlist(), state="draft", plan={"title": "A draft"})
    shown = visit("auditor").get("/records").text
    assert f"{_open(day)}" in shown
    assert "A draft" not in shown
    assert "No record is published yet" in visit("auditor").get("/records?state=published").text
    assert visit("auditor").get("/records?state=draft").status_code == 422


def test_a_record_says_everything_and_draws_what_is_known(visit: Visit, day: Day, office: Office) -> None:
    shown = visit("auditor").get(_open(day)).text
    assert "Uncertified" in shown
    assert "Recognised 2 times. How often they walked past is not recorded" in shown
    assert shown.count('class="plot tall"') == 1
    assert "Alerts in each 10 minutes" in shown
    assert "10 of 11 pairs decided the same" in shown
    assert "Over several runs each figure is the greatest of the runs" in shown
    assert "Publish" not in shown
    assert 'style="' not in shown


def test_a_deployment_that_never_ran_has_a_record_that_says_so(
    visit: Visit, rows: Rows, office: Office
) -> None:
    bare = rows.deployment(rows.watchlist(), state="authorised", plan={"title": LONG[:200]})
    words_deleted(office, bare)
    shown = visit("deployment-planner").get(f"/deployments/{bare}/record").text
    assert "The deployment has not been live." in shown
    assert "The engine never ran." in shown
    assert "they cannot be published yet" in shown
    assert "No seed was on the list" in shown


def test_seeds_and_costs_are_recorded_and_refused_with_a_word(visit: Visit, day: Day, office: Office) -> None:
    operator = visit("lfr-operator")
    refused = operator.post(f"{_open(day)}/seeds", {"passes": "many"})
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    assert operator.post(f"{_open(day)}/seeds", {"passes": "3"}).status_code == 303
    assert "insufficient data (2 of 3; 95% interval 9.4% to 99.2%)" in operator.get(_open(day)).text
    assert operator.post(f"{_open(day)}/costs", {"currency": "GBP"}).status_code == 422
    given = {"staff": "12", "staff_hours": "48.5", "cost": "", "currency": "GBP"}
    assert operator.post(f"{_open(day)}/costs", given).status_code == 303
    assert publication.preview_record(office, visit("auditor").actor, day.deployment).resources is not None  # type: ignore[arg-type] # this visitor has signed in
    assert visit("auditor").post(f"{_open(day)}/seeds", {"passes": "3"}).status_code == 403


def test_an_authorising_officer_publishes_once_for_each_filling_in(visit: Visit, day: Day) -> None:
    officer = visit("authorising-officer")
    assert "What becomes public" in officer.get(_open(day)).text
    for _ in range(2):
        made = officer.post(f"{_open(day)}/publish", {"once": "the-same-filling-in"})
        assert (made.status_code, made.headers["location"]) == (303, _open(day))
    again = officer.post(f"{_open(day)}/publish", {"once": "another-filling-in"})
    assert again.status_code == 409
    assert "Nothing in the record" in again.text
    assert "Version 1, published" in officer.get(_open(day)).text
    for role in ("deployment-planner", "auditor", "lfr-operator"):
        assert visit(role).post(f"{_open(day)}/publish").status_code == 403


def test_downloads_are_what_was_published_or_say_that_they_are_a_preview(visit: Visit, day: Day) -> None:
    auditor = visit("auditor")
    preview = auditor.get(f"{_open(day)}/download?kind=json")
    assert json.loads(preview.text)["publication"]["status"] == "not published"
    assert "preview.json" in preview.headers["content-disposition"]
    assert auditor.get(f"{_open(day)}/download?kind=json&version=1").status_code == 404
    visit("authorising-officer").post(f"{_open(day)}/publish")
    assert (
        json.loads(auditor.get(f"{_open(day)}/download?kind=json&version=1").text)["publication"]["version"]
        == 1
    )
    lines = list(csv.reader(io.StringIO(auditor.get(f"{_open(day)}/download?kind=csv&version=1").text)))
    assert lines[0] == list(publication.COLUMNS)
    assert auditor.get(f"{_open(day)}/download?kind=html&version=1").text.startswith("<!doctype html>")
    assert auditor.get(f"{_open(day)}/download?kind=exe").status_code == 422


def test_the_public_page_is_shown_under_its_own_policy(visit: Visit, day: Day) -> None:
    shown = visit("auditor").get(f"{_open(day)}/page")
    policy = shown.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "style-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert shown.headers["cache-control"] == "no-store"
    assert "Not published: a preview" in shown.text


@pytest.mark.system
@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_the_record_in_a_browser(seats: Seats, day: Day, *, phone: bool, dark: bool) -> None:
    seat = seats("authorising-officer", phone=phone, dark=dark)
    page = seat.open("/records")
    no_barriers(page)
    page.get_by_role("link", name="High Street, Saturday").click()
    page.get_by_role("heading", name="In short").wait_for()
    for summary in page.locator("details.same").all():
        summary.evaluate("one => one.open = true")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bars = page.locator(".plot.tall .bar").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert len(bars) >= 5
    assert min(bars) > 5
    fills = page.locator(".plot.tall .bar").evaluate_all(
        "all => [...new Set(all.map((one) => getComputedStyle(one).fill))]"
    )
    assert len(fills) == 4
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog", name="Publish this record?")
    no_barriers(page)
    dialog.get_by_role("button", name="Publish it").click()
    page.get_by_text("Version 1 of the record is published").wait_for()
