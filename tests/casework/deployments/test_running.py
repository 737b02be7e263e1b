"""Whether the engine may be started, and the moves of a deployment that runs."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from overt.biometrics import packs
from overt.casework import deployments as d
from overt.errors import AuthorityError, ConflictError, InputError, PackError
from overt.records.tables import AuditEntry, Authorisation, Deployment
from tests.casework.deployments.force import ADDRESS, WHY, Force


def _start(force: Force, deployment_id: str) -> d.DeploymentView:
    return d.start_deployment(force.office, force.operator, deployment_id)


def test_what_was_authorised_runs_inside_its_window(force: Force) -> None:
    watchlist_id = force.watchlist(3)
    authorised = force.authorised(
        watchlist_id, operating_point={"threshold": 0.96}, masked_fps=2, far="tiles"
    )
    force.clock.turn(hours=1)
    runnable = force.may_run(authorised.id)
    assert runnable.digest == authorised.digest
    assert [(feed.name, feed.uri) for feed in runnable.feeds] == [("north gate", ADDRESS)]
    assert (runnable.point.threshold, runnable.masked_fps, len(runnable.entry_ids)) == (0.96, 2, 3)
    assert runnable.far == "tiles"
    assert runnable.pack.manifest.id == "embedded"
    assert set(runnable.required_seals) == set(force.office.policy.deployments.required_seals)
    assert runnable.window_end == authorised.plan.window_end
    assert "s3cret" not in repr(runnable)
    live = _start(force, authorised.id)
    assert (live.state, live.live_at) == ("live", force.clock())


def test_before_and_after_the_window_it_does_not_start(force: Force) -> None:
    authorised = force.authorised()
    force.clock.turn(minutes=59, seconds=59)
    with pytest.raises(ConflictError, match="begins at 2026-06-01 10:00 UTC"):
        _start(force, authorised.id)
    force.clock.turn(hours=4, seconds=1)
    with pytest.raises(ConflictError, match="ended at 2026-06-01 14:00 UTC"):
        _start(force, authorised.id)


def test_without_an_authorisation_it_does_not_start(force: Force) -> None:
    submitted = force.submitted()
    force.clock.turn(hours=2)
    with pytest.raises(ConflictError, match="A submitted deployment cannot be started"):
        _start(force, submitted.id)
    with pytest.raises(ConflictError, match="A submitted deployment cannot be started"):
        force.may_run(submitted.id)
    with force.office.database.transaction() as session:
        session.get_one(Deployment, submitted.id).state = "authorised"
    with pytest.raises(ConflictError, match="is not authorised as it is"):
        _start(force, submitted.id)


def test_an_altered_authorisation_does_not_start_it(force: Force) -> None:
    authorised = force.authorised()
    force.clock.turn(hours=2)
    with force.office.database.transaction() as session:
        session.query(Authorisation).one().officer_id = force.planner.id
    with pytest.raises(ConflictError, match="not as it was signed"):
        _start(force, authorised.id)


@pytest.mark.parametrize("what", ["added", "changed", "changed and not approved", "withdrawn", "deleted"])
def test_any_change_of_the_list_stops_the_start_and_names_the_entry(force: Force, what: str) -> None:
    watchlist_id = force.watchlist(2)
    entry_id = force.add_entry(watchlist_id)
    authorised = force.authorised(watchlist_id)
    if what == "added":
        entry_id = force.add_entry(watchlist_id)
    elif what.startswith("changed"):
        force.change_entry(entry_id)
        if what == "changed":
            force.approve_entry(entry_id)
    elif what == "withdrawn":
        force.withdraw_entry(entry_id)
    else:
        force.delete_entry(entry_id)
    force.clock.turn(hours=2)
    word = what if what in {"added", "changed"} else "gone"
    with pytest.raises(ConflictError, match=rf"has changed since \({word}: {entry_id}\)"):
        _start(force, authorised.id)
    d.withdraw_deployment(force.office, force.planner, authorised.id, WHY)
    again = d.submit_deployment(force.office, force.planner, authorised.id).deployment
    force.authorise(again)
    assert _start(force, authorised.id).state == "live"


def test_an_entry_that_lapses_by_itself_does_not_void_what_was_authorised(force: Force) -> None:
    window = {"window_start": "2026-06-01T22:00:00Z", "window_end": "2026-06-02T06:00:00Z"}
    watchlist_id = force.watchlist(1)
    last_day = force.add_entry(watchlist_id, expires_on=dt.date(2026, 6, 1))
    authorised = force.authorised(watchlist_id, **window)
    force.clock.turn(hours=14)
    assert last_day in force.may_run(authorised.id).entry_ids
    force.clock.turn(hours=2)
    assert last_day not in force.may_run(authorised.id).entry_ids
    assert _start(force, authorised.id).state == "live"


def test_once_live_fewer_entries_stop_nothing_and_others_do(force: Force) -> None:
    watchlist_id = force.watchlist(1)
    withdrawn, deleted = force.add_entry(watchlist_id), force.add_entry(watchlist_id)
    live = force.live(watchlist_id)
    force.withdraw_entry(withdrawn)
    force.delete_entry(deleted)
    assert len(force.may_run(live.id).entry_ids) == 1
    d.suspend_deployment(force.office, force.operator, live.id, WHY)
    assert d.resume_deployment(force.office, force.operator, live.id).state == "live"
    added = force.add_entry(watchlist_id)
    with pytest.raises(ConflictError, match=f"added: {added}; gone: "):
        force.may_run(live.id)


def test_when_nobody_is_left_to_look_for_it_does_not_run(force: Force) -> None:
    watchlist_id = force.watchlist(0)
    entry_id = force.add_entry(watchlist_id)
    live = force.live(watchlist_id)
    force.withdraw_entry(entry_id)
    with pytest.raises(ConflictError, match="Nobody is left to look for"):
        force.may_run(live.id)


def test_a_seal_more_or_another_pack_stops_the_start(force: Force, monkeypatch: pytest.MonkeyPatch) -> None:
    authorised = force.authorised()
    force.clock.turn(hours=2)
    policy = force.office.policy
    seals = (*policy.deployments.required_seals, "memory-locked")
    deployments = msgspec.structs.replace(policy.deployments, required_seals=seals)
    force.office.policy = msgspec.structs.replace(policy, deployments=deployments)
    with pytest.raises(ConflictError, match="the policy's seals"):
        _start(force, authorised.id)
    force.office.policy = policy
    good = packs.load("embedded")
    first, second = good.manifest.files
    files = (msgspec.structs.replace(first, sha256="0" * 64), second)
    other = msgspec.structs.replace(good, manifest=msgspec.structs.replace(good.manifest, files=files))
    monkeypatch.setattr(packs, "load", lambda _, **__: other)
    with pytest.raises(ConflictError, match="the model pack"):
        _start(force, authorised.id)


def test_a_licence_that_forbids_live_use_stops_the_start(
    force: Force, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorised = force.authorised()
    force.clock.turn(hours=2)
    load = packs.load

    def forbidden(name: str, *, operational: bool = False) -> packs.ModelPack:
        if operational:
            raise PackError("The licence of the pack embedded forbids operational use")
        return load(name)

    monkeypatch.setattr(packs, "load", forbidden)
    with pytest.raises(PackError, match="forbids operational use"):
        _start(force, authorised.id)
    assert d.show_deployment(force.office, force.planner, authorised.id).state == "authorised"


def test_when_the_authorisation_no_longer_stands_it_does_not_start(force: Force) -> None:
    authorised = force.authorised()
    force.clock.turn(hours=2)
    with force.office.database.transaction() as session:
        session.query(Authorisation).one().valid_until = force.clock()
    with pytest.raises(ConflictError, match="stood until 2026-06-01 11:00 UTC"):
        _start(force, authorised.id)


def test_what_was_not_started_expires_when_its_window_is_over(force: Force) -> None:
    authorised, submitted, draft = force.authorised(), force.submitted(), force.draft()
    with pytest.raises(ConflictError, match="has not passed"):
        d.expire_deployment(force.office, force.software, authorised.id)
    force.clock.turn(hours=5)
    with force.office.database.transaction() as session:
        due = d.due_moves(session, force.clock())
    assert set(due.to_expire) == {authorised.id, submitted.id}
    assert due.to_end == ()
    for deployment_id in due.to_expire:
        assert d.expire_deployment(force.office, force.software, deployment_id).state == "expired"
    expired = d.show_deployment(force.office, force.planner, authorised.id)
    assert expired.authorisation is not None
    assert expired.authorisation.void_reason == "its time has passed"
    change = d.PlanChange(
        window_start=force.clock() + dt.timedelta(hours=1), window_end=force.clock() + dt.timedelta(hours=3)
    )
    assert d.change_deployment(force.office, force.planner, authorised.id, change).state == "draft"
    assert d.show_deployment(force.office, force.planner, draft.id).state == "draft"


def test_the_software_ends_a_window_and_nothing_before(force: Force) -> None:
    live, suspended = force.live(), force.authorised()
    _start(force, suspended.id)
    d.interrupt_deployment(force.office, force.software, suspended.id, "the server was restarted")
    with pytest.raises(ConflictError, match="is not over"):
        d.end_window(force.office, force.software, live.id)
    force.clock.turn(hours=4)
    with force.office.database.transaction() as session:
        due = d.due_moves(session, force.clock())
    assert set(due.to_end) == {live.id, suspended.id}
    for deployment_id in due.to_end:
        closed = d.end_window(force.office, force.software, deployment_id)
        assert (closed.state, closed.closed_at) == ("closed", force.clock())
    with force.office.database.transaction() as session:
        entry = session.query(AuditEntry).where(AuditEntry.command == "deployments.interrupt").one()
    assert entry.actor_id == "software-server"


def test_ending_and_interrupting_by_the_clock_is_the_softwares_own(force: Force) -> None:
    live = force.live()
    for give in (d.end_window, d.expire_deployment):
        with pytest.raises(AuthorityError):
            give(force.office, force.operator, live.id)
    with pytest.raises(AuthorityError):
        d.interrupt_deployment(force.office, force.operator, live.id, "no")
    with pytest.raises(AuthorityError):
        d.start_deployment(force.office, force.officer(), live.id)


def test_suspended_resumed_closed(force: Force) -> None:
    live = force.live()
    suspended = d.suspend_deployment(force.office, force.operator, live.id, WHY)
    assert (suspended.state, suspended.moves[-1].reason) == ("suspended", WHY.reason)
    with pytest.raises(ConflictError, match="A suspended deployment cannot be started"):
        _start(force, live.id)
    force.clock.turn(hours=1)
    resumed = d.resume_deployment(force.office, force.operator, live.id)
    assert (resumed.state, resumed.live_at) == ("live", live.live_at)
    closed = d.close_deployment(force.office, force.operator, live.id)
    assert (closed.state, closed.closed_at) == ("closed", force.clock())
    assert closed.authorisation is not None
    assert closed.authorisation.voided_at is None
    with pytest.raises(ConflictError, match="A closed deployment cannot be started"):
        _start(force, live.id)


def test_costs_are_recorded_when_it_is_over(force: Force) -> None:
    live = force.live(staff=10, cost=2000)
    costs = d.Costs(staff=12, staff_hours=48.5, cost=3100.5)
    with pytest.raises(ConflictError, match="it is live"):
        d.record_costs(force.office, force.operator, live.id, costs)
    d.close_deployment(force.office, force.operator, live.id)
    with pytest.raises(InputError, match="No figure"):
        d.record_costs(force.office, force.planner, live.id, d.Costs())
    recorded = d.record_costs(force.office, force.planner, live.id, costs)
    assert recorded.costs == d.CostsView(staff=12, staff_hours=48.5, cost=3100.5, currency="GBP")
    assert (recorded.plan.staff, recorded.plan.cost, recorded.state) == (10, 2000, "closed")
    later = d.record_costs(force.office, force.planner, live.id, d.Costs(staff=13))
    assert later.costs == d.CostsView(staff=13, staff_hours=None, cost=None, currency="GBP")
