"""Taking in alerts: all of it or nothing, once, and only about an entry that is current at that moment."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import func, select

from overt.casework import deployments as d
from overt.casework.alerts import show_crop, take_alert
from overt.casework.live import events_after, record_end
from overt.errors import AuthorityError, ConflictError, MissingError
from overt.records.tables import Alert, AuditEntry, EngineRun, LiveEvent
from tests.casework.alerts.cases import CROP, SOFTWARE, Case


def run_of(case: Case) -> EngineRun:
    with case.office.database.transaction() as session:
        return session.get_one(EngineRun, case.run_id)


def entries_of(case: Case, command: str) -> list[AuditEntry]:
    with case.office.database.transaction() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.command == command)))


def test_an_alert_its_event_and_its_audit_entry_are_there_together(case: Case) -> None:
    alert_id = case.take()
    with case.office.database.transaction() as session:
        alert = session.get_one(Alert, alert_id)
        events = session.scalars(select(LiveEvent).where(LiveEvent.kind == "alert")).all()
    assert (alert.state, alert.entry_id, alert.alert_class) == ("open", case.entries[0], None)
    assert [(event.deployment_id, event.subject_id) for event in events] == [(case.deployment_id, alert_id)]
    (entry,) = entries_of(case, "alerts.take")
    assert (entry.actor_id, entry.outcome, entry.subject) == (SOFTWARE.id, "done", alert_id)
    assert set(json.loads(entry.details)) == {"deployment", "run", "entry", "feed"}
    assert run_of(case).alerts_received == 1


def test_the_crop_is_sealed_and_comes_back_as_it_was(case: Case) -> None:
    alert_id = case.take()
    with case.office.database.transaction() as session:
        sealed = session.get_one(Alert, alert_id).sealed_crop
    assert sealed is not None
    assert CROP not in sealed
    assert show_crop(case.office, case.operator, alert_id) == CROP


def test_the_same_alert_taken_again_changes_nothing(case: Case) -> None:
    message = case.message()
    first = take_alert(case.office, SOFTWARE, case.run_id, message)
    again = take_alert(case.office, SOFTWARE, case.run_id, message)
    assert (again.alert_id, again.repeated) == (first.alert_id, True)
    assert run_of(case).alerts_received == 1
    with case.office.database.transaction() as session:
        assert (
            session.scalar(select(func.count()).select_from(LiveEvent).where(LiveEvent.kind == "alert")) == 1
        )


@pytest.mark.parametrize("change", ["withdrawn", "expired", "pending", "deleted"])
def test_an_entry_that_is_no_longer_current_raises_no_alert_but_a_count(case: Case, change: str) -> None:
    entry_id = case.entries[0]
    if change == "deleted":
        case.force.delete_entry(entry_id)
    elif change == "expired":
        case.force.alter_entry(entry_id, expires_on=case.office.now().date() - dt.timedelta(days=1))
    else:
        case.force.alter_entry(entry_id, status=change)
    taken = take_alert(case.office, SOFTWARE, case.run_id, case.message(0))
    assert (taken.alert_id, taken.not_raised) == (None, "not-current")
    run = run_of(case)
    assert (run.alerts_received, run.alerts_not_current) == (1, 1)
    with case.office.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 0
    (entry,) = entries_of(case, "alerts.take")
    assert json.loads(entry.details)["not_raised"] == "not-current"
    assert case.take(1)


def test_an_entry_that_was_not_frozen_with_the_deployment_raises_none(case: Case) -> None:
    case.entries[0] = case.force.add_entry(case.watchlist_id)
    assert take_alert(case.office, SOFTWARE, case.run_id, case.message(0)).not_raised == "not-frozen"


def test_none_is_raised_once_the_deployment_is_not_live_or_its_window_is_over(case: Case) -> None:
    case.force.clock.turn(hours=6)
    assert take_alert(case.office, SOFTWARE, case.run_id, case.message()).not_raised == "window-over"
    d.end_window(case.office, SOFTWARE, case.deployment_id)
    assert take_alert(case.office, SOFTWARE, case.run_id, case.message()).not_raised == "not-live"


def test_an_alert_of_a_run_that_has_ended_or_never_was_is_refused(case: Case) -> None:
    record_end(case.office, SOFTWARE, case.run_id, "over", in_order=True)
    with pytest.raises(ConflictError, match="has ended"):
        take_alert(case.office, SOFTWARE, case.run_id, case.message())
    with pytest.raises(MissingError, match="no run"):
        take_alert(case.office, SOFTWARE, "run-0", case.message())


def test_no_person_can_make_an_alert(case: Case) -> None:
    with pytest.raises(AuthorityError):
        take_alert(case.office, case.operator, case.run_id, case.message())


def test_who_listens_is_told_of_it(case: Case) -> None:
    before = events_after(case.office, case.operator, case.deployment_id, 0)
    alert_id = case.take()
    (event,) = events_after(case.office, case.operator, case.deployment_id, before[-1].seq)
    assert (event.kind, event.subject_id) == ("alert", alert_id)
