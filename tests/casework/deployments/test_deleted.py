"""What is left of a deployment when retention has destroyed its key."""

from __future__ import annotations

import pytest

from overt.casework import deployments as d
from overt.casework.retention import run_retention
from overt.errors import ConflictError
from tests.casework.deployments.force import STATEMENT, WHY, Force


def test_a_closed_deployment_keeps_its_figures_and_loses_its_words(force: Force) -> None:
    live = force.live(urgent=True, urgent_reason="A credible threat to the event")
    d.suspend_deployment(force.office, force.operator, live.id, WHY)
    d.close_deployment(force.office, force.operator, live.id, WHY)
    force.clock.turn(days=32)
    run_retention(force.office, force.software)
    left = d.show_deployment(force.office, force.staff("auditor"), live.id)
    assert left.personal_data_deleted_at == force.clock()
    assert (left.state, left.moves_open, left.plan.urgent_reason) == ("closed", ("publish",), "")
    assert [feed.address for feed in left.plan.feeds] == [""]
    assert [move.reason for move in left.moves] == [""] * len(left.moves)
    assert left.authorisation is not None
    assert (left.authorisation.statement, left.authorisation.review_due) == ("", True)
    assert left.authorisation.shown["entries"] == 3

    review = d.UrgentReview(upheld=True, statement=STATEMENT)
    reviewed = d.review_urgent(force.office, force.officer("superintendent"), live.id, review)
    assert reviewed.authorisation is not None
    assert (reviewed.authorisation.review_upheld, reviewed.authorisation.review) == (True, "")


def test_a_refused_plan_whose_words_are_gone_cannot_be_taken_up_again(force: Force) -> None:
    submitted = force.submitted()
    refusal = d.Refusal(digest=submitted.digest, statement=STATEMENT)
    d.refuse_deployment(force.office, force.officer(), submitted.id, refusal)
    force.clock.turn(days=32)
    run_retention(force.office, force.software)
    for give in (
        lambda: d.change_deployment(force.office, force.planner, submitted.id, d.PlanChange(title="Again")),
        lambda: d.cancel_deployment(force.office, force.planner, submitted.id, WHY),
        lambda: d.review_deployment(force.office, force.officer(), submitted.id),
    ):
        with pytest.raises(ConflictError, match="has been deleted"):
            give()
    assert d.show_deployment(force.office, force.planner, submitted.id).state == "refused"
