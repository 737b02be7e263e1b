"""Deployments without a browser: the list, the plan's form, the drawn states, the moves, and the signing page."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from overt.casework import Office
from overt.casework import deployments as d
from overt.casework.deployments import TABLE
from overt.console.local_time import comes_twice, from_wall
from overt.console.state_drawing import drawing
from overt.errors import InputError
from tests.casework.deployments.force import ADDRESS, PASSWORD, STATEMENT, Force
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff

Visit = Callable[..., Visitor]


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock) -> Force:
    """A force with lists."""
    return Force(office, staff, clock)


def written(watchlist_id: str, **other: Any) -> dict[str, Any]:
    """The form as a planner fills it in, for a window from 11:00 to 15:00 on the wall's clock."""
    form = {
        "title": "Saturday market",
        "use_case": "crime-hotspot",
        "purpose": "To find people who are wanted for serious offences.",
        "watchlists": watchlist_id,
        "staff": "12",
        "currency": "GBP",
        "location": "High Street, Northtown",
        "zone": "Both pavements between the bank and the church",
        "signage": "Marked van; signs at both ends of the street",
        "window_start": "2026-06-01T11:00",
        "window_end": "2026-06-01T15:00",
        "feed_name_1": "north gate",
        "feed_uri_1": ADDRESS,
        "feed_transport_1": "udp",
        "masked_fps": "1",
        "pack": "embedded",
        "expected_footfall": "25000",
        "do": "save",
        **other,
    }
    return {name: value for name, value in form.items() if value is not None}


def plain(text: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def one(force: Force) -> d.DeploymentView:
    """The one deployment that there is."""
    (found,) = d.list_deployments(force.office, force.planner).items
    return d.show_deployment(force.office, force.planner, found.id)


def test_a_plan_is_kept_as_it_was_written(visit: Visit, force: Force) -> None:
    planner, listed = visit("deployment-planner"), force.watchlist()
    assert 'name="window_start"' in planner.get("/deployments/new").text
    answer = planner.post("/deployments/new", written(listed, feed_loop_1="yes", threshold="0.97"))
    made = one(force)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/deployments/{made.id}")
    assert made.plan.window_start == dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC), "11:00 in London in June"
    assert made.plan.feeds[0] == d.FeedView(
        name="north gate", address="rtsp://…@10.0.0.8/main?…", transport="udp", pace="live", loop=True
    )
    assert made.plan.operating_point.threshold == 0.97
    assert made.plan.staff == 12
    page = planner.get(f"/deployments/{made.id}").text
    assert "s3cret" not in page
    assert "abcdef" not in page


def test_a_refused_plan_loses_nothing_and_says_what_is_wrong_where(visit: Visit, force: Force) -> None:
    planner = visit("deployment-planner")
    form = written(
        force.watchlist(),
        title="x",
        watchlists=None,
        expected_footfall="many",
        feed_name_1="",
        feed_name_2="south gate",
        feed_uri_2="gopher://camera/1",
        window_end="2026-06-01T10:00",
    )
    answer = planner.post("/deployments/new", form)
    assert answer.status_code == 422
    for field in ("title", "watchlists", "expected_footfall", "feed_name_1", "feed_uri_2"):
        assert f'href="#field-{field}"' in answer.text, field
        assert f'id="field-{field}"' in answer.text, field
    for kept in (form["purpose"], form["zone"], ADDRESS, "gopher://camera/1", "many", "2026-06-01T10:00"):
        assert html.escape(kept) in answer.text
    assert not d.list_deployments(force.office, force.planner).items
    late = planner.post("/deployments/new", written(force.watchlist(), window_end="2026-06-01T10:00"))
    assert 'href="#field-window_end"' in late.text


def test_feeds_come_and_go_and_nothing_else_does(visit: Visit, force: Force) -> None:
    planner, listed = visit("deployment-planner"), force.watchlist()
    two = planner.post("/deployments/new", written(listed, do="add-feed", title="Half a"))
    assert two.status_code == 200
    assert 'name="feed_name_2"' in two.text
    assert 'value="Half a"' in two.text
    form = written(
        listed, do="remove-feed 1", feed_name_2="south gate", feed_uri_2="usb:0", feed_loop_2="yes"
    )
    left = planner.post("/deployments/new", form)
    assert 'name="feed_name_1" type="text" value="south gate"' in left.text
    assert "feed_name_2" not in left.text
    assert ADDRESS not in left.text
    assert not d.list_deployments(force.office, force.planner).items, "nothing was kept"


def test_sent_twice_a_plan_is_made_once(visit: Visit, force: Force) -> None:
    planner = visit("deployment-planner")
    form = written(force.watchlist(), once="one-filling-in-of-it")
    first, second = (planner.post("/deployments/new", form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(d.list_deployments(force.office, force.planner).items) == 1


def test_a_change_is_of_what_is_different_and_sealed_addresses_stay(visit: Visit, force: Force) -> None:
    planner = visit("deployment-planner")
    draft = force.draft(feeds=[{"name": "north gate", "uri": ADDRESS}, {"name": "old", "uri": "usb:0"}])
    page = planner.get(f"/deployments/{draft.id}/plan").text
    assert "s3cret" not in page
    assert 'value="2026-06-01T11:00"' in page
    form = written(
        draft.plan.watchlists[0],
        revision="1",
        staff=None,
        signage=draft.plan.signage,
        feed_transport_1="tcp",
        feed_was_1="north gate",
        feed_uri_1="",
        feed_name_2="south gate",
        feed_uri_2="usb:1",
        purpose="To find people who are wanted.",
    )
    answer = planner.post(f"/deployments/{draft.id}/plan", form)
    assert answer.status_code == 303, plain(answer.text)
    changed = one(force)
    assert changed.moves[-1].reason == "Changed: feeds, purpose"
    assert [feed.name for feed in changed.plan.feeds] == ["north gate", "south gate"]
    with force.office.database.transaction() as session:
        kept, _ = d.feed_of_plan(force.work(session), draft.id, "north gate")
    assert kept.uri == ADDRESS
    again = planner.post(f"/deployments/{draft.id}/plan", form)
    assert again.status_code == 409, "another revision than the one seen"
    same = {**form, "revision": "2", "feed_was_2": "south gate", "feed_uri_2": ""}
    assert planner.post(f"/deployments/{draft.id}/plan", same).status_code == 303
    assert one(force).revision == 2, "nothing was different"
    renamed = planner.post(f"/deployments/{draft.id}/plan", {**same, "feed_name_2": "west gate"})
    assert renamed.status_code == 422
    assert 'href="#field-feed_uri_2"' in renamed.text


@pytest.mark.parametrize(
    ("wall", "turn", "utc"),
    [
        ("2026-06-01T11:00", "", "2026-06-01T10:00"),
        ("2026-12-01T11:00", "", "2026-12-01T11:00"),
        ("2026-10-25T01:30", "first", "2026-10-25T00:30"),
        ("2026-10-25T01:30", "second", "2026-10-25T01:30"),
        ("2026-10-25T02:30", "", "2026-10-25T02:30"),
        ("2026-03-29T00:59", "", "2026-03-29T00:59"),
        ("2026-03-29 02:00", "", "2026-03-29T01:00"),
    ],
)
def test_times_are_those_on_the_wall(wall: str, turn: Any, utc: str) -> None:
    assert from_wall(wall, "window_start", turn) == dt.datetime.fromisoformat(f"{utc}+00:00")


def test_an_hour_that_does_not_come_or_comes_twice_is_asked_about(visit: Visit, force: Force) -> None:
    with pytest.raises(InputError, match="does not come"):
        from_wall("2026-03-29T01:30", "window_start")
    with pytest.raises(InputError, match="comes twice"):
        from_wall("2026-10-25T01:30", "window_start")
    assert not comes_twice("2026-10-25T02:00")
    planner = visit("deployment-planner")
    form = written(force.watchlist(), window_start="2026-10-25T01:30", window_end="2026-10-25T06:00")
    asked = planner.post("/deployments/new", form)
    assert asked.status_code == 422
    assert 'name="window_start_turn"' in asked.text
    assert planner.post("/deployments/new", {**form, "window_start_turn": "second"}).status_code == 303
    assert one(force).plan.window_start == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


def test_what_is_to_be_expected_follows_the_form(visit: Visit) -> None:
    planner = visit("deployment-planner")

    def told(**asked: str) -> str:
        answer = planner.get("/deployments/expected?" + "&".join(f"{k}={v}" for k, v in asked.items()))
        assert answer.status_code == 200
        return plain(answer.text)

    few, many = (told(pack="embedded", entries=entries, footfall="10000") for entries in ("10", "5000"))
    assert "Uncertified" in few
    assert few != many
    assert "Not measured" in told(pack="embedded", entries="10", footfall="10000", threshold="0.1")
    assert "Choose watchlists" in told(pack="embedded", entries="10", footfall="lots")
    assert "Choose watchlists" in told(pack="no-such-pack", entries="10", footfall="10")


def test_every_move_of_the_table_is_drawn_and_the_way_taken_marked(visit: Visit, force: Force) -> None:
    authorised = force.authorised()
    boxes, lines = drawing(authorised.state, authorised.moves)
    assert {name for line in lines for name in line.moves} == set(TABLE)
    assert len(lines) == len({(a, b) for leads in TABLE.values() for a, b in leads.items()})
    assert [box.state for box in boxes if box.here] == ["authorised"]
    assert {box.state for box in boxes if box.been} == {"draft", "submitted", "authorised"}
    assert {name for line in lines if line.taken for name in line.moves} == {"submit", "authorise"}
    page = visit("auditor").get(f"/deployments/{authorised.id}")
    assert page.text.count('class="move taken"') == 2
    assert "Submitted: draft → waiting for authorisation" in plain(page.text)
    assert "start : LFR operator" in plain(page.text)


def test_the_list_begins_with_what_waits_for_the_viewer(visit: Visit, force: Force) -> None:
    submitted, draft = force.submitted(), force.draft(title="Station approach")
    for role, waiting in (
        ("authorising-officer", submitted.id),
        ("deployment-planner", draft.id),
    ):
        page = visit(role).get("/deployments").text
        first = page.index("For you to do")
        assert f'href="/deployments/{waiting}"' in page[first : page.index("All deployments")], role
    assert "For you to do" not in visit("auditor").get("/deployments").text
    narrowed = visit("auditor").get("/deployments?state=draft").text
    assert draft.id in narrowed
    assert submitted.id not in narrowed


def test_the_moves_of_a_deployment_by_those_who_may(visit: Visit, force: Force) -> None:
    draft, planner = force.draft(), visit("deployment-planner")
    at = f"/deployments/{draft.id}"
    assert planner.post(f"{at}/submit").status_code == 303
    refused = planner.post(f"{at}/withdraw", {"reason": "x"})
    assert refused.status_code == 422
    assert planner.post(f"{at}/withdraw", {"reason": "The march was moved"}).status_code == 303
    assert "The march was moved" in planner.get(at).text
    planner.post(f"{at}/submit")
    assert visit("lfr-operator").post(f"{at}/start").status_code == 409
    force.authorise(one(force))
    force.clock.turn(hours=1, minutes=5)
    operator = visit("lfr-operator")
    assert "Start now" in operator.get(at).text
    started = operator.post(f"{at}/start")
    assert (started.status_code, started.headers["location"]) == (303, f"/live/{draft.id}")
    d.close_deployment(force.office, force.operator, draft.id)
    assert operator.post(f"{at}/costs", {"staff": "", "currency": "GBP"}).status_code == 422
    assert operator.post(f"{at}/costs", {"staff": "14", "currency": "GBP"}).status_code == 303
    assert one(force).costs is not None


def signing(force: Force, deployment: d.DeploymentView, **other: Any) -> dict[str, Any]:
    """The signing form, filled in."""
    return {
        "digest": deployment.digest,
        "statement": STATEMENT,
        "password": PASSWORD,
        "seen": ["false-alerts"],
        **other,
    }


def test_it_is_signed_over_exactly_what_is_shown(visit: Visit, force: Force) -> None:
    submitted, officer = force.submitted(), force.officer("authorising-officer")
    visitor = visit("authorising-officer")
    assert visitor.actor == officer
    at = f"/deployments/{submitted.id}/sign"
    page = visitor.get(at).text
    assert submitted.digest is not None
    assert submitted.digest in page
    assert "Uncertified" in page
    wrong = visitor.post(at, signing(force, submitted, password="not this one at all"))
    assert wrong.status_code == 422
    assert STATEMENT in wrong.text
    assert "not this one" not in wrong.text
    unseen = visitor.post(at, signing(force, submitted, seen=[]))
    assert unseen.status_code == 422
    assert 'href="#field-seen-false-alerts"' in unseen.text
    other = visitor.post(at, signing(force, submitted, digest="0" * 64))
    assert other.status_code == 409
    assert one(force).state == "submitted"
    assert visitor.post(at, signing(force, submitted)).status_code == 303
    assert one(force).state == "authorised"


def test_everything_amiss_is_ticked_and_each_child_has_a_reason(visit: Visit, force: Force) -> None:
    listed = force.watchlist(1)
    child = force.add_entry(listed, born=dt.date(2010, 1, 1), review_by=dt.date(2026, 5, 1), quality=0.1)
    force.add_entry(listed, born=None, taken_on=None)
    submitted = force.submitted(listed)
    force.officer("authorising-officer")
    visitor, at = visit("authorising-officer"), f"/deployments/{submitted.id}/sign"
    groups = set(re.findall(r'name="seen" value="([a-z0-9-]+)"', visitor.get(at).text))
    assert groups == {"false-alerts", "under-18", "age-unknown", "due", "old-images", "poor-images"}
    left = visitor.post(at, signing(force, submitted, seen=sorted(groups - {"due"})))
    assert left.status_code == 422
    assert 'href="#field-seen-due"' in left.text
    assert f'href="#field-minor_{child}"' in left.text
    why = "At grave risk of harm, and named by the strategy meeting"
    form = signing(force, submitted, seen=sorted(groups), **{f"minor_{child}": why})
    assert visitor.post(at, form).status_code == 303
    authorisation = one(force).authorisation
    assert authorisation is not None
    assert authorisation.minors == {child: why}


def test_who_planned_it_is_told_that_they_cannot_sign(visit: Visit, force: Force) -> None:
    both = force.staff("deployment-planner", "authorising-officer", name="both")
    force.give_password(both)
    draft = d.create_deployment(force.office, both, force.plan())
    d.submit_deployment(force.office, both, draft.id)
    visitor = visit("deployment-planner", "authorising-officer", name="both")
    at = f"/deployments/{draft.id}/sign"
    page = visitor.get(at).text
    assert "you cannot decide over it" in page
    assert "sign-form" not in page
    assert visitor.post(at, signing(force, one(force))).status_code in {403, 422}
    assert one(force).state == "submitted"


def test_a_refusal_needs_its_reason_and_the_next_reading_shows_what_is_different(
    visit: Visit, force: Force
) -> None:
    submitted, visitor = force.submitted(), visit("authorising-officer")
    at = f"/deployments/{submitted.id}"
    short = visitor.post(f"{at}/refuse", {"digest": submitted.digest, "refusal": "No"})
    assert short.status_code == 422
    assert 'href="#field-refusal"' in short.text
    why = "The zone takes in the entrance of a clinic."
    assert visitor.post(f"{at}/refuse", {"digest": submitted.digest, "refusal": why}).status_code == 303
    d.change_deployment(
        force.office, force.planner, submitted.id, d.PlanChange(zone="The north pavement alone")
    )
    d.submit_deployment(force.office, force.planner, submitted.id)
    page = plain(visitor.get(f"{at}/sign").text)
    assert "Since the last decision" in page
    assert why in page
    assert "Changed: zone" in page
    assert "What is frozen is different" in page


def test_an_urgent_authorisation_is_reviewed_by_another(visit: Visit, force: Force) -> None:
    urgent = force.authorised(urgent=True, urgent_reason="A threat was received this morning")
    at = f"/deployments/{urgent.id}"
    assert "Review due" in visit("authorising-officer").get("/deployments").text
    own = visit("authorising-officer", name="inspector").get(at).text
    assert "still to be reviewed by another officer" in own
    other = visit("authorising-officer", name="superintendent")
    assert other.post(f"{at}/urgent-review", {"statement": STATEMENT}).status_code == 422
    form = {"upheld": "false", "statement": STATEMENT}
    assert other.post(f"{at}/urgent-review", form).status_code == 303
    assert "not upheld" in other.get(at).text


def test_without_engines_a_feed_is_not_tried_and_says_so(visit: Visit, force: Force) -> None:
    planner = visit("deployment-planner")
    answer = planner.post("/deployments/new", written(force.watchlist(), do="try-feed 1"))
    assert answer.status_code == 409
    assert "runs no engines" in answer.text
    assert 'value="Saturday market"' in answer.text
    draft = force.draft()
    shown = visit("lfr-operator").post(f"/deployments/{draft.id}/try-feed", {"feed": "north gate"})
    assert shown.status_code == 409
    assert "runs no engines" in shown.text
