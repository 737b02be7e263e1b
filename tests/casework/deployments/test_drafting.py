"""Planning: what a plan must say, what is kept of it, how it is changed and listed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from overt.casework import deployments as d
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import AuditEntry, Deployment, DeploymentMove
from tests.casework.deployments.force import ADDRESS, WHY, Force


def test_a_plan_is_a_draft_and_shows_everything_but_the_cameras_password(force: Force) -> None:
    made = force.draft()
    assert (made.state, made.revision, made.digest, made.planner_id) == ("draft", 1, None, force.planner.id)
    assert [feed.address for feed in made.plan.feeds] == ["rtsp://…@10.0.0.8/main?…"]
    shown = d.show_deployment(force.office, force.staff("auditor"), made.id)
    assert shown == made
    assert "s3cret" not in shown.model_dump_json()
    assert "s3cret" not in repr(force.plan())
    assert set(made.moves_open) == {"change", "submit", "cancel"}
    assert [(move.move, move.actor_id) for move in made.moves] == [("create", force.planner.id)]


def test_addresses_and_reasons_are_sealed_in_the_database(force: Force) -> None:
    made = force.draft(urgent=True, urgent_reason="A threat came in this morning")
    d.cancel_deployment(force.office, force.planner, made.id, WHY)
    with force.office.database.transaction() as session:
        row = session.get_one(Deployment, made.id)
        assert "urgent_reason" not in row.plan
        assert all(set(feed) == {"name", "transport", "pace", "loop"} for feed in row.plan["feeds"])
        assert b"s3cret" not in row.sealed_feeds
        assert b"threat" not in row.sealed_feeds
        moves = session.query(DeploymentMove).where(DeploymentMove.deployment_id == made.id).all()
        assert all(WHY.reason.encode() not in (move.sealed_reason or b"") for move in moves)
        entries = session.query(AuditEntry).where(AuditEntry.subject == made.id).all()
    assert [entry.command for entry in entries] == ["deployments.create", "deployments.cancel"]
    assert all(word not in entry.details for entry in entries for word in ("s3cret", "threat", "weather"))
    shown = d.show_deployment(force.office, force.planner, made.id)
    assert shown.moves[-1].reason == WHY.reason
    assert shown.plan.urgent_reason == "A threat came in this morning"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "title"),
        ({"use_case": "covert"}, "use_case"),
        ({"signage": "none"}, "signage"),
        ({"window_end": "2026-06-01T10:00:00Z"}, "window_end must be after window_start"),
        ({"window_end": "2026-06-01T14:00:00"}, "timezone"),
        ({"watchlists": []}, "watchlists"),
        ({"watchlists": ["watchlist-1", "watchlist-1"]}, "names one twice"),
        ({"feeds": []}, "feeds"),
        ({"feeds": [{"name": "a", "uri": "usb:0"}, {"name": "a", "uri": "usb:1"}]}, "two of the same name"),
        ({"feeds": [{"name": "a", "uri": "gopher://s3cret@x"}]}, "not supported"),
        ({"feeds": [{"name": "a", "uri": "x" * 1500}]}, "no file can have"),
        ({"feeds": [{"name": "a/b", "uri": "usb:0"}]}, "name"),
        ({"expected_footfall": 0}, "expected_footfall"),
        ({"urgent": True}, "urgent_reason must say"),
        ({"urgent_reason": "A threat came in this morning"}, "urgent is not set"),
        ({"operating_point": {"pack": "../secret"}}, "pack"),
        ({"operating_point": {"threshold": 2}}, "threshold"),
        ({"operating_point": {"confirmations": 0}}, "confirmations"),
        ({"masked_fps": 100}, "masked_fps"),
        ({"far": "very"}, "far"),
        ({"covert": True}, "covert"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_field(force: Force, wrong: dict[str, Any], words: str) -> None:
    written = {**force.written("watchlist-1"), **wrong}
    with pytest.raises(ValidationError, match=words):
        d.Plan.model_validate(written)
    with pytest.raises(InputError) as refused:
        d.validated_plan(written)
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_what_the_policy_forbids_is_refused(force: Force) -> None:
    watchlist_id = force.watchlist()
    too_long = force.plan(watchlist_id, window_end="2026-06-02T10:00:01Z")
    with pytest.raises(InputError, match="longer than 24 hours") as refused:
        d.create_deployment(force.office, force.planner, too_long)
    assert refused.value.field == "window_end"
    past = force.plan(watchlist_id, window_start="2026-06-01T07:00:00Z", window_end="2026-06-01T09:00:00Z")
    with pytest.raises(InputError, match="over already"):
        d.create_deployment(force.office, force.planner, past)
    with pytest.raises(InputError, match="no watchlist 'watchlist-0'"):
        d.create_deployment(force.office, force.planner, force.plan(watchlist_id, "watchlist-0"))


def test_a_change_touches_what_it_names_and_keeps_the_addresses(force: Force) -> None:
    made = force.draft()
    changed = d.change_deployment(
        force.office, force.planner, made.id, d.PlanChange(title="Sunday market", expected_footfall=10)
    )
    assert (changed.plan.title, changed.plan.expected_footfall, changed.revision) == ("Sunday market", 10, 2)
    assert (
        changed.plan.model_copy(update={"title": made.plan.title, "expected_footfall": 25_000}) == made.plan
    )
    force.authorise(d.submit_deployment(force.office, force.planner, made.id).deployment)
    force.clock.turn(hours=2)
    assert [feed.uri for feed in force.may_run(made.id).feeds] == [ADDRESS]


def test_a_change_of_what_was_authorised_voids_it_and_says_so(force: Force) -> None:
    authorised = force.authorised()
    assert authorised.authorisation is not None
    assert authorised.authorisation.voided_at is None
    changed = d.change_deployment(
        force.office, force.planner, authorised.id, d.PlanChange(location="Elsewhere")
    )
    assert (changed.state, changed.digest, changed.entries) == ("draft", None, 0)
    assert changed.authorisation is not None
    assert changed.authorisation.voided_at == force.clock()
    assert changed.authorisation.void_reason == "the plan was changed"
    with force.office.database.transaction() as session:
        entry = session.query(AuditEntry).where(AuditEntry.command == "deployments.change").one()
    assert '"authorisation_voided":true' in entry.details


def test_a_change_is_refused_whole_where_the_plan_would_not_hold(force: Force) -> None:
    made = force.draft()
    for change in (
        d.PlanChange(window_end=made.plan.window_start),
        d.PlanChange(urgent=True),
        d.PlanChange(watchlists=("watchlist-0",)),
        d.PlanChange(),
    ):
        with pytest.raises(InputError):
            d.change_deployment(force.office, force.planner, made.id, change)
    with pytest.raises(ConflictError, match="you saw revision 7"):
        d.change_deployment(force.office, force.planner, made.id, d.PlanChange(revision=7, title="Other"))
    assert d.show_deployment(force.office, force.planner, made.id) == made


def test_nobody_but_a_planner_plans(force: Force) -> None:
    plan = force.plan()
    for role in ("authorising-officer", "lfr-operator", "administrator", "auditor", "watchlist-manager"):
        with pytest.raises(AuthorityError):
            d.create_deployment(force.office, force.staff(role), plan)
    with pytest.raises(AuthorityError):
        d.list_deployments(force.office, force.staff("administrator"))


def test_a_listing_goes_on_where_the_page_before_ended(force: Force) -> None:
    watchlist_id = force.watchlist()
    made = []
    for n in range(5):
        made.append(force.draft(watchlist_id, title=f"Plan {n}").id)
        force.clock.turn(seconds=n // 2)
    auditor = force.staff("auditor")
    seen: list[str] = []
    page = Page(limit=2)
    while True:
        listing = d.list_deployments(force.office, auditor, d.DeploymentFilter(), page)
        assert listing.total == 5
        seen += [item.id for item in listing.items]
        if listing.next is None:
            break
        page = Page(limit=2, after=listing.next)
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5
    d.cancel_deployment(force.office, force.planner, made[3], WHY)
    cancelled = d.list_deployments(force.office, auditor, d.DeploymentFilter(state="cancelled"))
    assert [item.id for item in cancelled.items] == [made[3]]


def test_what_is_not_there_is_said_to_be_missing(force: Force) -> None:
    with pytest.raises(MissingError, match="deployment-0"):
        d.show_deployment(force.office, force.planner, "deployment-0")
    with pytest.raises(InputError, match="no such page"):
        d.list_deployments(force.office, force.planner, d.DeploymentFilter(), Page(after="deployment-0"))


def test_a_feed_that_keeps_its_name_keeps_its_sealed_address(force: Force) -> None:
    draft = force.draft()
    asked = d.PlanChange.model_validate(
        {"feeds": [{"name": "north gate", "loop": True}, {"name": "new", "uri": "usb:0"}]}
    )
    changed = d.change_deployment(force.office, force.planner, draft.id, asked)
    assert [(feed.name, feed.address, feed.loop) for feed in changed.plan.feeds] == [
        ("north gate", "rtsp://…@10.0.0.8/main?…", True),
        ("new", "usb:0", False),
    ]
    assert changed.moves[-1].reason == "Changed: feeds"
    with force.office.database.transaction() as session:
        kept, pack = d.feed_of_plan(force.work(session), draft.id, "north gate")
    assert (kept.uri, pack) == (ADDRESS, "embedded")
    renamed = d.PlanChange.model_validate({"feeds": [{"name": "east gate"}]})
    with pytest.raises(InputError, match="east gate") as refused:
        d.change_deployment(force.office, force.planner, draft.id, renamed)
    assert refused.value.field == "feeds.0.uri"


def test_a_listing_tells_what_is_to_be_expected_and_takes_several_states(force: Force) -> None:
    draft, submitted = force.draft(), force.submitted()
    waiting = d.list_deployments(force.office, force.planner, d.DeploymentFilter(states=("submitted",))).items
    assert [one.id for one in waiting] == [submitted.id]
    review = d.review_deployment(force.office, force.planner, submitted.id)
    assert waiting[0].false_alerts == review.false_alerts.briefly
    both = d.DeploymentFilter(states=("draft", "submitted"))
    told = {one.id: one.false_alerts for one in d.list_deployments(force.office, force.planner, both).items}
    assert set(told) == {draft.id, submitted.id}
    assert not told[draft.id], "nothing is frozen"
