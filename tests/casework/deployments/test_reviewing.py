"""What an authorising officer is shown before signing."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from overt.biometrics import CoveredScale, ModelPack, packs
from overt.casework import deployments as d
from overt.casework.watchlists import renewing
from overt.console.list_problems import problem_groups
from overt.records.tables import LookAlikePair, new_id
from tests.casework.deployments.force import WHY, Force


def _review(force: Force, deployment_id: str) -> d.DeploymentReview:
    return d.review_deployment(force.office, force.officer(), deployment_id)


def test_the_expected_false_alerts_are_for_this_list_threshold_and_footfall(force: Force) -> None:
    watchlist_id = force.watchlist(2, images=2)
    submitted = force.submitted(watchlist_id, operating_point={"threshold": 0.957}, expected_footfall=8000)
    review = _review(force, submitted.id)
    assert (review.entries, review.images, review.threshold) == (2, 4, 0.957)
    found = review.false_alerts
    assert (found.threshold, found.comparisons, found.footfall) == (0.957, 2, 8000)
    measured = packs.load("embedded").manifest.measured
    basis = max((row for row in measured if row.threshold <= 0.957), key=lambda row: row.threshold)
    rate = 1 - (1 - basis.false_positives / basis.trials) ** (2 / basis.watchlist)
    assert found.modelled
    assert found.rate == pytest.approx(rate, rel=1e-6)
    assert found.expected == pytest.approx(8000 * rate, rel=1e-6)
    basis_said = f"Modelled: measured against {basis.watchlist} people"
    assert any(warning.startswith(basis_said) for warning in review.warnings)
    assert any(warning.startswith("Uncertified") for warning in review.warnings)


def test_what_is_not_measured_is_said_aloud(force: Force) -> None:
    review = _review(force, force.submitted(operating_point={"threshold": 0.5}).id)
    assert not review.false_alerts.measured
    assert any(warning.startswith("Not measured") for warning in review.warnings)


def test_each_kind_of_problem_is_listed_with_its_entries(force: Force) -> None:
    watchlist_id = force.watchlist(1)
    due = force.add_entry(watchlist_id, review_by=dt.date(2026, 5, 30))
    old = force.add_entry(watchlist_id, taken_on=dt.date(2020, 1, 1))
    undated = force.add_entry(watchlist_id, taken_on=None)
    young = force.add_entry(watchlist_id, born=dt.date(2008, 6, 2))
    adult = force.add_entry(watchlist_id, born=dt.date(2008, 6, 1))
    unknown = force.add_entry(watchlist_id, born=None)
    poor = force.add_entry(watchlist_id, quality=0.1)
    pending = force.add_entry(watchlist_id, status="pending", born=dt.date(2012, 1, 1))
    review = _review(force, force.submitted(watchlist_id).id)
    assert {problem.entry_id: problem.why for problem in review.stale} == {
        due: "was due for review on 2026-05-30",
        old: "its newest image was taken on 2020-01-01",
        undated: "nobody knows when its images were taken",
    }
    assert [problem.entry_id for problem in review.under_18] == [young]
    assert adult not in {problem.entry_id for problem in review.under_18}
    assert review.age_unknown == (unknown,)
    assert [problem.entry_id for problem in review.poor_quality] == [poor]
    assert review.pending == (pending,)
    assert "Entries under 18: each needs your own reason: 1" in review.warnings


def test_look_alikes_on_the_list_are_shown(force: Force) -> None:
    watchlist_id = force.watchlist(0)
    first, second = sorted(force.add_entry(watchlist_id) for _ in range(2))
    with force.office.database.transaction() as session:
        session.add(
            LookAlikePair(
                id=new_id("pair"),
                watchlist_id=watchlist_id,
                first_id=first,
                second_id=second,
                kind="look-alike",
                score=0.97,
                found_at=force.clock(),
            )
        )
    review = _review(force, force.submitted(watchlist_id).id)
    assert review.look_alikes == (
        d.LookAlikeProblem(entry_ids=(first, second), kind="look-alike", score=0.97),
    )


def test_deployments_at_the_same_time_are_shown(force: Force) -> None:
    shared, other = force.watchlist(), force.watchlist()
    same = force.submitted(shared, other, location="Low Street")
    force.draft(
        shared, window_start="2026-06-01T14:00:00Z", window_end="2026-06-01T16:00:00Z", title="Afterwards"
    )
    cancelled = force.submitted(shared)
    d.cancel_deployment(force.office, force.planner, cancelled.id, WHY)
    review = _review(force, force.submitted(shared).id)
    assert [(one.deployment_id, one.location) for one in review.overlaps] == [(same.id, "Low Street")]
    assert review.overlaps[0].same_watchlists == (shared,)


def test_a_draft_can_be_reviewed_and_a_stale_submission_says_so(force: Force) -> None:
    watchlist_id = force.watchlist()
    draft = force.draft(watchlist_id)
    review = _review(force, draft.id)
    assert (review.digest, review.as_frozen, review.entries) == (None, False, 3)
    submitted = d.submit_deployment(force.office, force.planner, draft.id).deployment
    review = _review(force, draft.id)
    assert (review.digest, review.as_frozen) == (submitted.digest, True)
    added = force.add_entry(watchlist_id)
    review = _review(force, draft.id)
    assert (review.as_frozen, review.entries_added) == (False, (added,))
    assert any(warning.startswith("Stale") for warning in review.warnings)


def test_images_that_masked_faces_cannot_be_compared_with_are_shown_with_the_remedy(
    force: Force, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = force.submitted(force.watchlist(2))
    assert _review(force, submitted.id).without_covered == ()
    plain = packs.load("embedded")
    scale = CoveredScale(covering="lower", scores=(0.2, 0.9), bare=(0.1, 0.8), data="", date="")
    able = ModelPack(manifest=msgspec.structs.replace(plain.manifest, covered=(scale,)), folder=plain.folder)
    monkeypatch.setattr(renewing, "readable_pack", lambda _: able)
    review = _review(force, submitted.id)
    assert len(review.without_covered) == review.entries == 2
    (said,) = (one for one in review.warnings if "masked faces" in one)
    assert said.endswith("`overt watchlists renew`: 2")
    (group,) = (one for one in problem_groups(review) if one.code == "without-covered")
    assert [row.entries for row in group.rows] == [(entry_id,) for entry_id in review.without_covered]
