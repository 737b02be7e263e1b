"""The authorising officer's decision."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from overt.casework import Role
from overt.casework import deployments as d
from overt.casework.deployments.authorising import is_signature_good
from overt.errors import AuthorityError, ConflictError, InputError, SignInError
from overt.records.tables import AuditEntry, Authorisation, Deployment, Person
from tests.casework.deployments.force import PASSWORD, STATEMENT, WHY, Force

URGENT = {"urgent": True, "urgent_reason": "A credible threat to the event"}


def test_an_authorisation_stands_over_what_was_seen_and_keeps_what_was_shown(force: Force) -> None:
    submitted = force.submitted()
    review = d.review_deployment(force.office, force.officer(), submitted.id)
    authorised = force.authorise(submitted)
    assert authorised.state == "authorised"
    given = authorised.authorisation
    assert given is not None
    assert (given.officer_id, given.digest, given.statement) == (
        force.officer().id,
        submitted.digest,
        STATEMENT,
    )
    assert given.valid_until == authorised.plan.window_end
    assert (given.urgent, given.review_due) == (False, False)
    assert given.shown["false_alerts"] == review.false_alerts.model_dump(mode="json")
    assert given.shown["warnings"] == list(review.warnings)
    assert PASSWORD not in authorised.model_dump_json()


def test_the_signature_covers_decision_words_and_figures(force: Force) -> None:
    authorised = force.authorised()
    assert authorised.authorisation is not None

    def is_good() -> bool:
        with force.office.database.transaction() as session:
            work = force.work(session)
            row = session.query(Authorisation).one()
            return is_signature_good(work, session.get_one(Deployment, authorised.id), row)

    assert is_good()
    for name, value in (
        ("valid_until", force.clock() + dt.timedelta(days=9)),
        ("officer_id", force.planner.id),
        ("shown", {"false_alerts": "none"}),
        ("digest", "0" * 64),
        ("urgent", True),
    ):
        with force.office.database.transaction() as session:
            row = session.query(Authorisation).one()
            before = getattr(row, name)
            setattr(row, name, value)
        assert not is_good(), name
        with force.office.database.transaction() as session:
            setattr(session.query(Authorisation).one(), name, before)
        assert is_good()


def test_who_planned_changed_or_submitted_it_does_not_authorise_it(force: Force) -> None:
    roles = (Role.DEPLOYMENT_PLANNER, Role.AUTHORISING_OFFICER)
    both = {name: force.staff(*roles, name=name) for name in ("creator", "changer", "submitter", "bystander")}
    for actor in both.values():
        force.give_password(actor)
    made = d.create_deployment(force.office, both["creator"], force.plan())
    d.change_deployment(force.office, both["changer"], made.id, d.PlanChange(title="Sunday market"))
    submitted = d.submit_deployment(force.office, both["submitter"], made.id).deployment
    for name in ("creator", "changer", "submitter"):
        with pytest.raises(AuthorityError, match=f"{name} planned or submitted"):
            d.authorise_deployment(force.office, both[name], made.id, force.decision(submitted))
        refusal = d.Refusal(digest=submitted.digest, statement=STATEMENT)
        with pytest.raises(AuthorityError):
            d.refuse_deployment(force.office, both[name], made.id, refusal)
    assert (
        d.authorise_deployment(force.office, both["bystander"], made.id, force.decision(submitted)).state
        == "authorised"
    )


def test_another_digest_than_the_one_that_stands_is_refused(force: Force) -> None:
    submitted = force.submitted()
    with pytest.raises(ConflictError, match="digest that you saw"):
        force.authorise(submitted, digest="0" * 64)
    d.change_deployment(force.office, force.planner, submitted.id, d.PlanChange(title="Sunday market"))
    d.submit_deployment(force.office, force.planner, submitted.id)
    with pytest.raises(ConflictError, match="digest that you saw"):
        force.authorise(submitted)


def test_a_list_that_changed_since_submission_cannot_be_authorised(force: Force) -> None:
    watchlist_id = force.watchlist()
    submitted = force.submitted(watchlist_id)
    added = force.add_entry(watchlist_id)
    with pytest.raises(ConflictError, match=f"added: {added}"):
        force.authorise(submitted)


def test_a_wrong_password_is_refused_and_counts(force: Force) -> None:
    submitted = force.submitted()
    for _ in range(2):
        with pytest.raises(SignInError):
            force.authorise(submitted, password="wrong")
    with force.office.database.transaction() as session:
        assert session.get_one(Person, force.officer().id).failed_sign_ins == 2
    assert d.show_deployment(force.office, force.planner, submitted.id).state == "submitted"
    assert force.authorise(submitted).state == "authorised"


def test_a_password_does_not_show_in_a_repr_and_a_statement_has_a_least_length(force: Force) -> None:
    submitted = force.submitted()
    assert PASSWORD not in repr(force.decision(submitted))
    with pytest.raises(ValidationError, match="statement"):
        force.decision(submitted, statement="ok" + " " * 30)


def test_each_entry_under_18_takes_the_officers_reason(force: Force) -> None:
    watchlist_id = force.watchlist(1)
    young = [force.add_entry(watchlist_id, born=dt.date(2010, 1, 1)) for _ in range(2)]
    submitted = force.submitted(watchlist_id)
    with pytest.raises(InputError, match="2 of the entries are under 18") as refused:
        force.authorise(submitted)
    assert all(entry_id in str(refused.value) for entry_id in young)
    with pytest.raises(InputError, match=young[1]):
        force.authorise(submitted, minors=[{"entry_ids": young[:1], "reason": "At risk of harm tonight"}])
    reasons = [{"entry_ids": [*young, "entry-0"], "reason": "At risk of harm tonight"}]
    with pytest.raises(InputError, match="no entry under 18"):
        force.authorise(submitted, minors=reasons)
    authorised = force.authorise(
        submitted, minors=[{"entry_ids": young, "reason": "At risk of harm tonight"}]
    )
    assert authorised.authorisation is not None
    assert authorised.authorisation.minors == dict.fromkeys(young, "At risk of harm tonight")
    with force.office.database.transaction() as session:
        entries = session.query(AuditEntry).where(AuditEntry.command == "deployments.authorise")
        entry = entries.order_by(AuditEntry.seq.desc()).first()
    assert entry is not None
    assert '"under_18":2' in entry.details
    assert "risk" not in entry.details


def test_a_refusal_is_kept_and_a_changed_plan_can_be_submitted_again(force: Force) -> None:
    submitted = force.submitted()
    refusal = d.Refusal(digest=submitted.digest, statement="The zone takes in a school's gate; move it")
    refused = d.refuse_deployment(force.office, force.officer(), submitted.id, refusal)
    assert refused.state == "refused"
    assert refused.authorisation is not None
    assert (refused.authorisation.decision, refused.authorisation.statement) == ("refused", refusal.statement)
    with pytest.raises(ConflictError, match="refused deployment cannot be authorised"):
        force.authorise(submitted)
    d.change_deployment(force.office, force.planner, submitted.id, d.PlanChange(zone="Away from the school"))
    again = d.submit_deployment(force.office, force.planner, submitted.id).deployment
    assert force.authorise(again).state == "authorised"


def test_an_authorisation_is_given_at_most_so_many_days_ahead(force: Force) -> None:
    window = {"window_start": "2026-06-15T09:00:01Z", "window_end": "2026-06-15T14:00:00Z"}
    submitted = force.submitted(**window)
    with pytest.raises(ConflictError, match="more than 14 days from now"):
        force.authorise(submitted)
    force.clock.turn(seconds=1)
    assert force.authorise(submitted).state == "authorised"


def test_an_urgent_authorisation_is_short_marked_and_reviewed_by_another(force: Force) -> None:
    window = {"window_start": "2026-06-01T22:00:00Z", "window_end": "2026-06-02T09:30:00Z"}
    submitted = force.submitted(**window, **URGENT)
    with pytest.raises(ConflictError, match="stands 24 hours"):
        force.authorise(submitted)
    force.clock.turn(minutes=40)
    authorised = force.authorise(submitted)
    given = authorised.authorisation
    assert given is not None
    assert given.urgent
    assert given.review_due
    assert given.valid_until == force.clock() + dt.timedelta(hours=24)
    auditor = force.staff("auditor")
    due = d.list_deployments(force.office, auditor, d.DeploymentFilter(urgent_review_due=True))
    assert [(item.id, item.urgent_review_due) for item in due.items] == [(submitted.id, True)]

    review = d.UrgentReview(
        upheld=False, statement="The threat was known a week before; it could have waited"
    )
    with pytest.raises(AuthorityError, match="their own urgent"):
        d.review_urgent(force.office, force.officer(), submitted.id, review)
    reviewed = d.review_urgent(force.office, force.officer("superintendent"), submitted.id, review)
    assert reviewed.authorisation is not None
    assert (reviewed.authorisation.review_due, reviewed.authorisation.review_upheld) == (False, False)
    assert reviewed.authorisation.review == review.statement
    assert reviewed.authorisation.reviewed_by == force.officer("superintendent").id
    assert reviewed.moves[-1].move == "review-urgent"
    with pytest.raises(ConflictError, match="has been reviewed"):
        d.review_urgent(force.office, force.officer("superintendent"), submitted.id, review)
    assert not d.list_deployments(force.office, auditor, d.DeploymentFilter(urgent_review_due=True)).items


def test_an_urgent_authorisation_that_was_voided_is_still_due_for_review(force: Force) -> None:
    authorised = force.authorised(**URGENT)
    d.withdraw_deployment(force.office, force.planner, authorised.id, WHY)
    due = d.list_deployments(force.office, force.staff("auditor"), d.DeploymentFilter(urgent_review_due=True))
    assert [item.id for item in due.items] == [authorised.id]


def test_what_is_not_urgent_has_nothing_to_review(force: Force) -> None:
    review = d.UrgentReview(upheld=True, statement=STATEMENT)
    with pytest.raises(ConflictError, match="no urgent authorisation"):
        d.review_urgent(force.office, force.officer(), force.authorised().id, review)
