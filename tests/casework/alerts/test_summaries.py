"""Summaries by id, for those who watch: what the listing gives, without an entry in the chain for each card."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from overt.casework import alerts as a
from overt.errors import AuthorityError, InputError
from overt.records.tables import AuditEntry
from tests.casework.alerts.cases import Case, ask_for_two


def entries(case: Case) -> int:
    with case.office.database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_they_are_what_the_listing_gives_and_the_chain_does_not_grow(case: Case) -> None:
    ask_for_two(case.office)
    ids = [case.take(0), case.take(1), case.take(2)]
    case.adjudicate(ids[0], case.operator)
    case.adjudicate(ids[1], engage=False)
    case.adjudicate(ids[1], case.officer, engage=False)
    for who in (case.operator, case.officer, case.auditor):
        listed = a.list_alerts(case.office, who, a.AlertFilter(deployment_id=case.deployment_id)).items
        before = entries(case)
        assert a.summaries_of(case.office, who, case.deployment_id, ids) == listed
        assert a.summaries_of(case.office, who, case.deployment_id, {ids[1]}) == tuple(
            one for one in listed if one.id == ids[1]
        )
        assert entries(case) == before


def test_another_deployment_s_alerts_and_what_there_is_not_are_left_out(case: Case) -> None:
    mine, other = case.take(), Case(case.force)
    elsewhere = other.take()
    asked = [mine, elsewhere, "alert-0000000000000000"]
    assert [one.id for one in a.summaries_of(case.office, case.operator, case.deployment_id, asked)] == [mine]


def test_who_may_not_list_alerts_may_not_have_them(case: Case) -> None:
    alert_id = case.take()
    with pytest.raises(AuthorityError, match=r"alerts\.list"):
        a.summaries_of(case.office, case.force.planner, case.deployment_id, [alert_id])


def test_a_thousand_at_once_are_refused(case: Case) -> None:
    with pytest.raises(InputError, match="at once"):
        a.summaries_of(case.office, case.operator, case.deployment_id, [f"alert-{n}" for n in range(1000)])
