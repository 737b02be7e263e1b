"""Engagement, outcome and corrections: nothing can be skipped, and what was recorded stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from overt.casework import alerts as a
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import Alert, Engagement
from tests.casework.alerts.cases import WHY, Case, judgement

ARREST = a.NewOutcome(outcome="arrest", note="taken to the station")


def delete_personal_data(case: Case, alert_id: str) -> None:
    """As retention does when an alert's time is over."""
    with case.office.database.transaction() as session:
        alert = session.get_one(Alert, alert_id)
        key_id = alert.key_id
        assert key_id is not None
        alert.key_id, alert.entry_id, alert.sealed_crop = None, None, None
        alert.personal_data_deleted_at = case.office.now()
        session.flush()
        case.office.vault.destroy(session, [key_id])


def test_the_whole_way(case: Case) -> None:
    alert_id = case.take()
    view = case.engage(alert_id)
    assert (view.state, view.alert_class) == ("engaged", "true-confirmed")
    assert view.engagements[0].note == "said they were on their way home"
    done = a.record_outcome(case.office, case.officer, alert_id, ARREST)
    assert (done.state, done.alert_class, done.outcomes[0].outcome) == ("closed", "true-confirmed", "arrest")


def test_somebody_else_is_a_false_alert_and_nobody_reached_an_unconfirmed_one(case: Case) -> None:
    assert case.engage(case.take(), "other").alert_class == "false-confirmed"
    nobody = case.engage(case.take(), "not-contacted")
    assert (nobody.state, nobody.alert_class) == ("closed", "true-unconfirmed")
    with pytest.raises(ConflictError, match="Nobody was contacted"):
        a.record_outcome(case.office, case.officer, nobody.id, ARREST)


def test_no_step_can_be_skipped(case: Case) -> None:
    alert_id = case.take()
    with pytest.raises(ConflictError, match="has not been adjudicated, so there can be no engagement"):
        a.record_engagement(case.office, case.officer, alert_id, case.engagement())
    with pytest.raises(ConflictError, match=r"no engagement of the alert .* and so no outcome"):
        a.record_outcome(case.office, case.officer, alert_id, ARREST)
    case.adjudicate(alert_id)
    with pytest.raises(ConflictError, match="no engagement"):
        a.record_outcome(case.office, case.officer, alert_id, ARREST)
    a.record_engagement(case.office, case.officer, alert_id, case.engagement())
    with pytest.raises(ConflictError, match=r"is recorded \(engagement-"):
        a.record_engagement(case.office, case.officer, alert_id, case.engagement())
    a.record_outcome(case.office, case.officer, alert_id, ARREST)
    with pytest.raises(ConflictError, match=r"is recorded \(outcome-"):
        a.record_outcome(case.office, case.officer, alert_id, ARREST)


def test_with_two_no_engagement_before_the_second(case_of_two: Case) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    case.adjudicate(alert_id)
    with pytest.raises(ConflictError, match="awaits its second adjudication"):
        a.record_engagement(case.office, case.officer, alert_id, case.engagement())


def test_an_operator_records_no_engagement(case: Case) -> None:
    alert_id = case.take()
    case.adjudicate(alert_id)
    with pytest.raises(AuthorityError):
        a.record_engagement(case.office, case.operator, alert_id, case.engagement())


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(-60, 30, "ended_at"), (-60, -60, "ended_at"), (-60, -90, "ended_at"), (-3600, -60, "started_at")],
)
def test_times_that_cannot_be_are_refused(case: Case, start: float, end: float, field: str) -> None:
    alert_id = case.take()
    case.adjudicate(alert_id)
    now = case.force.clock.turn(minutes=5)
    wrong = case.engagement()
    wrong = wrong.model_copy(
        update={
            "started_at": case.office.now() + timedelta(seconds=start),
            "ended_at": case.office.now() + timedelta(seconds=end),
        }
    )
    assert now < case.office.now()
    with pytest.raises(InputError) as refused:
        a.record_engagement(case.office, case.officer, alert_id, wrong)
    assert refused.value.field == field


def test_a_correction_stands_beside_what_it_corrects_and_the_class_follows(case: Case) -> None:
    alert_id = case.take()
    view = case.engage(alert_id, "sought")
    a.record_outcome(case.office, case.officer, alert_id, ARREST)
    first = view.engagements[0].id
    other = case.force.staff("engagement-officer", name="another-officer")
    learned = a.Correction(code="learned-later", reason="fingerprints say otherwise")
    view = a.correct_engagement(case.office, other, first, case.engagement("other"), learned)
    assert (view.state, view.alert_class) == ("closed", "false-confirmed")
    old, new = view.engagements
    assert (old.id, old.stands, old.identity) == (first, False, "sought")
    assert (new.corrects_id, new.stands, new.identity) == (first, True, "other")
    assert (new.correction_code, new.correction_reason) == ("learned-later", "fingerprints say otherwise")
    with pytest.raises(ConflictError, match=f"corrected already, by {new.id}"):
        a.correct_engagement(case.office, case.officer, first, case.engagement("sought"), WHY)
    view = a.correct_engagement(case.office, case.officer, new.id, case.engagement("sought"), WHY)
    assert view.alert_class == "true-confirmed"
    outcome = view.outcomes[0].id
    view = a.correct_outcome(
        case.office, case.officer, outcome, a.NewOutcome(outcome="voluntary-interview"), WHY
    )
    assert [row.outcome for row in view.outcomes if row.stands] == ["voluntary-interview"]
    with case.office.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Engagement)) == 3


def test_a_correction_needs_its_reason(case: Case) -> None:
    view = case.engage(case.take())
    with pytest.raises(InputError, match="Say why") as refused:
        a.correct_engagement(
            case.office,
            case.officer,
            view.engagements[0].id,
            case.engagement("other"),
            a.Correction(code="entered-wrongly"),
        )
    assert refused.value.field == "reason"
    with pytest.raises(MissingError, match="no engagement"):
        a.correct_engagement(case.office, case.officer, "engagement-0", case.engagement(), WHY)


def test_an_adjudication_is_corrected_by_its_author_alone_and_the_state_follows(case: Case) -> None:
    alert_id = case.take()
    made = case.adjudicate(alert_id, engage=False).adjudications[0].id
    with pytest.raises(AuthorityError, match="somebody else's"):
        a.correct_adjudication(case.office, case.officer, made, judgement(engage=True), WHY)
    view = a.correct_adjudication(case.office, case.operator, made, judgement(engage=True), WHY)
    assert (view.state, view.alert_class) == ("engage", "true-unconfirmed")
    again = view.adjudications[-1].id
    view = a.correct_adjudication(case.office, case.operator, again, judgement(engage=False), WHY)
    assert (view.state, view.alert_class) == ("closed", "false-unconfirmed")
    with pytest.raises(ConflictError, match="do not engage"):
        a.record_engagement(case.office, case.officer, alert_id, case.engagement())


def test_once_both_are_in_none_is_corrected_to_engage(case_of_two: Case) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    case.adjudicate(alert_id, engage=False)
    view = case.adjudicate(alert_id, case.officer, engage=True)
    first = view.adjudications[0].id
    with pytest.raises(ConflictError, match="would not be blind"):
        a.correct_adjudication(case.office, case.operator, first, judgement(engage=True), WHY)
    words = judgement(engage=False, code="poor-image")
    corrected = a.correct_adjudication(case.office, case.operator, first, words, WHY)
    assert corrected.state == "closed"


def test_a_correction_of_the_first_shows_the_second_nothing(case_of_two: Case) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    first = case.adjudicate(alert_id, engage=False).adjudications[0].id
    view = a.correct_adjudication(case.office, case.operator, first, judgement(engage=True), WHY)
    assert view.state == "second"
    assert a.show_alert(case.office, case.officer, alert_id).adjudications == ()
    assert case.adjudicate(alert_id, case.officer).state == "engage"


def test_after_its_time_an_alert_shows_nobody_and_counts_as_before(case: Case) -> None:
    alert_id = case.take()
    case.engage(alert_id)
    delete_personal_data(case, alert_id)
    view = a.show_alert(case.office, case.officer, alert_id)
    assert (view.personal_data_deleted, view.entry, view.has_crop) == (True, None, False)
    assert (view.adjudications[0].reason, view.engagements[0].note) == (None, None)
    assert view.alert_class == "true-confirmed"
    with pytest.raises(MissingError, match="deleted"):
        a.show_crop(case.office, case.officer, alert_id)
    with pytest.raises(ConflictError, match="no new ones can be kept"):
        a.record_outcome(case.office, case.officer, alert_id, ARREST)
    a.record_outcome(case.office, case.officer, alert_id, a.NewOutcome(outcome="arrest"))
    made, quiet = view.engagements[0].id, case.engagement("other", note="")
    with pytest.raises(InputError, match="no new ones are kept"):
        a.correct_engagement(case.office, case.officer, made, quiet, WHY)
    by_code = a.Correction(code="learned-later")
    view = a.correct_engagement(case.office, case.officer, made, quiet, by_code)
    assert view.alert_class == "false-confirmed"


def test_what_can_no_longer_be_looked_at_is_not_judged(case: Case) -> None:
    alert_id = case.take()
    a.show_alert(case.office, case.operator, alert_id)
    delete_personal_data(case, alert_id)
    with pytest.raises(ConflictError, match="have been deleted"):
        a.adjudicate_alert(case.office, case.operator, alert_id, judgement(engage=True))
    assert not a.show_alert(case.office, case.operator, alert_id).yours_to_adjudicate
