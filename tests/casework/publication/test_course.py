"""How a deployment went: every alert is counted once, in its time and in its range."""

from __future__ import annotations

from datetime import timedelta

import pytest

from overt.casework import Office
from overt.casework.publication import preview_record, show_course
from overt.errors import AuthorityError, MissingError
from overt.records.tables import Alert, Deployment, EngineRun
from tests.casework.publication.day import make_day
from tests.casework.retention.rows import Rows
from tests.offices import START, Staff


def test_every_alert_is_in_one_interval_and_one_range(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows)
    with office.database.transaction() as session:
        for run in day.runs:
            session.get_one(EngineRun, run).started_at = START - timedelta(hours=4)
        first = session.get_one(Alert, day.alerts["false-unconfirmed"][0])
        first.received_at = START - timedelta(hours=3, minutes=59)
    course = show_course(office, staff("auditor"), day.deployment)
    record = preview_record(office, staff("auditor"), day.deployment)
    assert sum(one.true for one in course.intervals) == (
        record.alerts.true_confirmed + record.alerts.true_unconfirmed
    )
    assert sum(one.false for one in course.intervals) == 5
    assert sum(one.undecided for one in course.intervals) == record.alerts.undecided
    assert sum(one.seeds for one in course.intervals) == record.seeds.recognised
    assert course.minutes == 10
    assert course.intervals[0].start == START - timedelta(hours=4)
    assert course.intervals[0].total == 1
    steps = {b.start - a.start for a, b in zip(course.intervals, course.intervals[1:], strict=False)}
    assert steps == {timedelta(minutes=10)}
    assert sum(one.count for one in course.capture_to_alert_ms) == record.engine.capture_to_alert_ms.n
    assert sum(one.count for one in course.adjudication_seconds) == record.adjudication.seconds.n
    assert course.capture_to_alert_ms[1].low == 100.0
    assert [run.erasure_ms.max for run in course.runs] == [240.0, 180.0, 400.0]
    assert max(run.erasure_ms.max or 0 for run in course.runs) == record.engine.erasure_ms.max


def test_a_deployment_that_never_ran_has_no_intervals(office: Office, rows: Rows, staff: Staff) -> None:
    deployment = rows.deployment(rows.watchlist(), state="draft")
    course = show_course(office, staff("deployment-planner"), deployment)
    assert (course.intervals, course.runs) == ((), ())
    assert not any(one.count for one in course.capture_to_alert_ms)


def test_a_long_one_has_longer_intervals(office: Office, rows: Rows, staff: Staff) -> None:
    deployment = rows.deployment(rows.watchlist(), hours=24)
    assert len(show_course(office, staff("auditor"), deployment).intervals) <= 49
    with office.database.transaction() as session:
        assert session.get_one(Deployment, deployment).closed_at is not None


def test_it_is_refused_to_others_and_missing_where_there_is_none(office: Office, staff: Staff) -> None:
    with pytest.raises(AuthorityError):
        show_course(office, staff("administrator"), "deployment-1")
    with pytest.raises(MissingError):
        show_course(office, staff("auditor"), "deployment-1")
