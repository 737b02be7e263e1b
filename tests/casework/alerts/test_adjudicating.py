"""Adjudication: looked at first, timed by the server, never skipped; the second one blind to the first."""

from __future__ import annotations

import json

import msgspec
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from overt.casework import alerts as a
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError
from overt.records.tables import Adjudication, AuditEntry
from tests.casework.alerts.cases import Case, ask_for_two, judgement


def test_the_time_it_took_is_counted_from_the_first_look(case: Case) -> None:
    alert_id = case.take()
    case.force.clock.turn(seconds=40)
    a.show_alert(case.office, case.operator, alert_id)
    case.force.clock.turn(seconds=7)
    view = case.adjudicate(alert_id, look_seconds=5)
    assert view.adjudications[0].seconds_taken == 12


def test_what_was_not_looked_at_cannot_be_judged(case: Case) -> None:
    alert_id = case.take()
    a.show_alert(case.office, case.officer, alert_id)
    with pytest.raises(ConflictError, match="not been shown to you"):
        a.adjudicate_alert(case.office, case.operator, alert_id, judgement(engage=True))


def test_engage_opens_the_engagement_and_anything_else_closes_the_alert(case: Case) -> None:
    assert case.adjudicate(case.take()).state == "engage"
    assert case.adjudicate(case.take(), engage=False).state == "closed"


def test_it_is_made_once(case: Case) -> None:
    alert_id = case.take()
    case.adjudicate(alert_id, engage=False)
    with pytest.raises(ConflictError, match="has been adjudicated: it is closed"):
        case.adjudicate(alert_id, case.officer)


def test_a_reason_must_fit_and_say_something(case: Case) -> None:
    alert_id = case.take()
    with pytest.raises(InputError, match="no reason to decide engage") as refused:
        case.adjudicate(alert_id, engage=True, code="different-person")
    assert refused.value.field == "reason_code"
    short = msgspec.structs.replace(case.office.policy.alerts, reason_length=30)
    case.office.policy = msgspec.structs.replace(case.office.policy, alerts=short)
    with pytest.raises(InputError, match="30 characters"):
        case.adjudicate(alert_id)
    with pytest.raises(ValidationError):
        a.NewAdjudication.model_validate(
            {"decision": "maybe", "reason_code": "same-person", "reason": "well well"}
        )


def test_auditors_look_and_never_judge(case: Case) -> None:
    alert_id = case.take()
    a.show_alert(case.office, case.auditor, alert_id)
    with pytest.raises(AuthorityError):
        a.adjudicate_alert(case.office, case.auditor, alert_id, judgement(engage=True))


def test_the_reason_is_sealed_and_the_chain_has_none_of_it(case: Case) -> None:
    alert_id = case.take()
    case.adjudicate(alert_id)
    with case.office.database.transaction() as session:
        row = session.scalars(select(Adjudication)).one()
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.command == "alerts.adjudicate"))
    assert b"hairline" not in row.sealed_reason
    assert "hairline" not in entry.details
    details = json.loads(entry.details)
    assert (details["decision"], details["reason_code"], details["place"]) == ("engage", "same-person", 1)


def test_adjudicators_see_why_somebody_is_sought_and_whether_it_is_a_seed_only_once_it_is_decided(
    case: Case,
) -> None:
    for entry in (0, 2):
        alert_id = case.take(entry)
        before = a.show_alert(case.office, case.operator, alert_id)
        assert before.entry is not None
        assert before.entry.name == "Sam Sought"
        assert len(before.entry.image_ids) == 1
        wanted = "wanted for a serious offence"
        assert (before.entry.category, before.entry.instruction) == (wanted, "detain")
        assert (before.seed, before.category) == (None, wanted)
        after = case.adjudicate(alert_id)
        assert after.entry is not None
        assert (after.seed, after.entry.instruction) == (entry == 2, "detain")


def test_with_two_the_first_decides_nothing_and_the_second_is_somebody_else(case_of_two: Case) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    first = case.adjudicate(alert_id)
    assert (first.state, first.alert_class, first.yours_to_adjudicate) == ("second", None, False)
    with pytest.raises(AuthorityError, match="never made by whoever made the first"):
        case.adjudicate(alert_id)
    both = case.adjudicate(alert_id, case.officer)
    assert (both.state, both.alert_class) == ("engage", "true-unconfirmed")
    assert [row.place for row in both.adjudications] == [1, 2]


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
def test_unless_both_say_engage_nobody_is_approached(case_of_two: Case, first: bool, second: bool) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    assert case.adjudicate(alert_id, engage=first).state == "second"
    after = case.adjudicate(alert_id, case.officer, engage=second)
    assert after.state == "closed"
    with pytest.raises(ConflictError, match="do not engage"):
        a.record_engagement(case.office, case.officer, alert_id, case.engagement())


@pytest.mark.parametrize("engage", [True, False])
def test_the_second_sees_nothing_of_the_first(case_of_two: Case, engage: bool) -> None:
    case, alert_id = case_of_two, case_of_two.take()
    case.adjudicate(alert_id, engage=engage)
    both_roles = case.force.staff("auditor", "engagement-officer")
    for who in (case.officer, both_roles):
        view = a.show_alert(case.office, who, alert_id)
        assert (view.state, view.adjudications, view.alert_class, view.seed) == ("second", (), None, None)
        assert view.yours_to_adjudicate
        (listed,) = a.list_alerts(case.office, who).items
        assert (listed.state, listed.alert_class, listed.seed) == ("second", None, None)
        assert listed.yours_to_adjudicate
        for engaged in (True, False):
            assert judgement(engaged).reason not in view.model_dump_json()
    own = a.show_alert(case.office, case.operator, alert_id)
    assert [row.person_id for row in own.adjudications] == [case.operator.id]
    assert len(a.show_alert(case.office, case.auditor, alert_id).adjudications) == 1


def test_an_alert_whose_first_is_in_needs_its_second_whatever_the_policy_says_by_then(case: Case) -> None:
    alert_id = case.take()
    one = case.office.policy
    ask_for_two(case.office)
    case.adjudicate(alert_id)
    case.office.policy = one
    assert case.adjudicate(alert_id, case.officer).state == "engage"


def test_alerts_are_listed_newest_first_page_by_page(case: Case) -> None:
    made = []
    for _ in range(5):
        made.append(case.take())
        case.force.clock.turn(seconds=1)
    case.adjudicate(made[0], engage=False)
    page, seen = a.list_alerts(case.office, case.operator, a.AlertFilter(), Page(limit=2)), []
    while True:
        assert page.total == 5
        seen += [item.id for item in page.items]
        if page.next is None:
            break
        page = a.list_alerts(case.office, case.operator, a.AlertFilter(), Page(limit=2, after=page.next))
    assert seen == made[::-1]
    still_open = a.list_alerts(
        case.office, case.operator, a.AlertFilter(deployment_id=case.deployment_id, state="open")
    )
    assert (still_open.total, len(still_open.items)) == (4, 4)
    with pytest.raises(InputError):
        a.list_alerts(case.office, case.operator, a.AlertFilter(), Page(limit=2, after="alert-0"))


def test_only_adjudicators_are_told_that_it_is_theirs_to_do(case: Case) -> None:
    alert_id = case.take()
    assert a.show_alert(case.office, case.operator, alert_id).yours_to_adjudicate
    assert not a.show_alert(case.office, case.auditor, alert_id).yours_to_adjudicate
