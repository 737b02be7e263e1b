"""Submission: what is frozen, what is left out, and that one digest covers all of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from overt.biometrics import packs
from overt.casework import deployments as d
from overt.casework.deployments.freezing import content_of, drift_of, effective_point
from overt.errors import ConflictError, ContractError, PackError
from overt.records.tables import Deployment, FrozenEntry
from tests.casework.deployments.force import WHY, Force


def _submit(force: Force, deployment_id: str) -> d.Submission:
    return d.submit_deployment(force.office, force.planner, deployment_id)


def test_what_is_submitted_is_frozen_by_id_and_digest(force: Force) -> None:
    watchlist_id = force.watchlist(2)
    seed = force.add_entry(watchlist_id, seed=True)
    made = _submit(force, force.draft(watchlist_id).id)
    assert (made.deployment.state, made.entries, made.deployment.entries) == ("submitted", 3, 3)
    assert made.digest == made.deployment.digest
    with force.office.database.transaction() as session:
        frozen = session.scalars(select(FrozenEntry)).all()
    assert len({row.entry_id for row in frozen}) == 3
    assert [row.category for row in frozen if row.seed] == ["wanted for a serious offence"]
    assert seed in {row.entry_id for row in frozen}


def test_entries_that_may_not_be_searched_for_are_left_out_by_name(force: Force) -> None:
    watchlist_id = force.watchlist(1)
    pending = force.add_entry(watchlist_id, status="pending")
    force.add_entry(watchlist_id, status="withdrawn")
    expired = force.add_entry(watchlist_id, expires_on=dt.date(2026, 5, 31))
    without = force.add_entry(watchlist_id, images=0)
    last_day = force.add_entry(watchlist_id, expires_on=dt.date(2026, 6, 1))
    made = _submit(force, force.draft(watchlist_id).id)
    assert (made.entries, made.pending, made.expired, made.without_image) == (
        2,
        (pending,),
        (expired,),
        (without,),
    )
    with force.office.database.transaction() as session:
        assert last_day in session.scalars(select(FrozenEntry.entry_id)).all()


def test_nobody_to_look_for_is_refused(force: Force) -> None:
    with pytest.raises(ConflictError, match="No entry would be searched for"):
        _submit(force, force.draft(force.watchlist(0)).id)
    with pytest.raises(ConflictError, match="2 are not approved"):
        _submit(force, force.draft(force.watchlist(2, status="pending")).id)


def test_more_than_the_policy_allows_is_refused(force: Force) -> None:
    draft = force.draft(force.watchlist(2), title="Two")
    limits = msgspec.structs.replace(force.office.policy.watchlists, most_entries=1)
    force.office.policy = msgspec.structs.replace(force.office.policy, watchlists=limits)
    with pytest.raises(ConflictError, match="2 entries would be searched for, and the policy allows 1"):
        _submit(force, draft.id)
    assert d.show_deployment(force.office, force.planner, draft.id).state == "draft"


def test_a_list_of_another_pack_is_refused(force: Force) -> None:
    with pytest.raises(ContractError, match="enrolled with the pack other"):
        _submit(force, force.draft(force.watchlist(1, pack="other")).id)


def test_a_pack_that_is_not_licensed_for_live_use_is_refused(
    force: Force, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = force.draft()

    def load(name: str, *, operational: bool = False) -> packs.ModelPack:
        assert operational
        raise PackError("The licence of the pack embedded forbids operational use")

    monkeypatch.setattr(packs, "load", load)
    with pytest.raises(PackError, match="forbids operational use"):
        _submit(force, draft.id)


CHANGES: list[dict[str, Any]] = [
    {"title": "Other"},
    {"purpose": "Another purpose"},
    {"location": "Elsewhere"},
    {"zone": "The other side of the street"},
    {"signage": "Marked van and signs, elsewhere"},
    {"window_end": dt.datetime(2026, 6, 1, 13, tzinfo=dt.UTC)},
    {"expected_footfall": 24_999},
    {"masked_fps": 2.0},
    {"far": "two-scale"},
    {"operating_point": d.ChosenPoint(threshold=0.96)},
    {"feeds": (d.Feed(name="north gate", uri="rtsp://van:other-password@10.0.0.8/main?token=abcdef"),)},
    {"feeds": (d.Feed(name="south gate", uri="rtsp://van:s3cret-camera@10.0.0.8/main?token=abcdef"),)},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_each_part_of_a_plan_is_in_the_digest(force: Force, change: dict[str, Any]) -> None:
    submitted = force.submitted()
    d.change_deployment(force.office, force.planner, submitted.id, d.PlanChange(**change))
    assert _submit(force, submitted.id).digest != submitted.digest


def test_the_same_content_has_the_same_digest(force: Force) -> None:
    submitted = force.submitted()
    d.withdraw_deployment(force.office, force.planner, submitted.id, WHY)
    force.clock.turn(minutes=3)
    assert _submit(force, submitted.id).digest == submitted.digest


def test_seals_and_second_adjudication_are_in_the_digest(force: Force) -> None:
    submitted = force.submitted()
    seen = {submitted.digest}
    policy = force.office.policy
    for change in (
        {"required_seals": (*policy.deployments.required_seals, "memory-locked")},
        {"second_adjudication": not policy.deployments.second_adjudication},
    ):
        deployments = msgspec.structs.replace(policy.deployments, **change)
        force.office.policy = msgspec.structs.replace(policy, deployments=deployments)
        d.withdraw_deployment(force.office, force.planner, submitted.id, WHY)
        seen.add(_submit(force, submitted.id).digest)
    assert len(seen) == 3


def test_every_difference_from_what_was_frozen_is_named(force: Force) -> None:
    watchlist_id = force.watchlist(1)
    gone, changed = force.add_entry(watchlist_id), force.add_entry(watchlist_id)
    submitted = force.submitted(watchlist_id)
    added = force.add_entry(watchlist_id)
    force.withdraw_entry(gone)
    force.change_entry(changed)
    force.approve_entry(changed)
    with force.office.database.transaction() as session:
        work = force.work(session)
        row = session.get_one(Deployment, submitted.id)
        drift = drift_of(work, row, content_of(work, row))
    assert (drift.added, drift.changed, drift.gone, drift.other) == ((added,), (changed,), (gone,), False)
    assert str(drift) == f"added: {added}; changed: {changed}; gone: {gone}"


def test_an_altered_row_does_not_pass_for_what_was_frozen(force: Force) -> None:
    submitted = force.submitted()
    with force.office.database.transaction() as session:
        row = session.get_one(Deployment, submitted.id)
        row.window_end += dt.timedelta(hours=5)
    with force.office.database.transaction() as session:
        work = force.work(session)
        row = session.get_one(Deployment, submitted.id)
        drift = drift_of(work, row, content_of(work, row))
    assert drift.other


def test_what_the_plan_leaves_open_is_the_packs_own() -> None:
    pack = packs.load("embedded")
    own = pack.manifest.operating_point
    assert effective_point(pack, d.ChosenPoint()) == own
    lower = effective_point(pack, d.ChosenPoint(threshold=0.2, confirmations=3))
    assert (lower.threshold, lower.clear_below, lower.confirmations) == (0.2, 0.2, 3)
    assert lower.min_eye_distance == own.min_eye_distance
