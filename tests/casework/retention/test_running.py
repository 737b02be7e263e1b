"""When each kind is deleted, what stays of it, and that a run may be killed anywhere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from overt.casework import Actor, Office, Policy
from overt.casework.policy import RetentionPolicy
from overt.casework.retention import KINDS, RetentionClock, run_retention, show_policy, show_retention
from overt.casework.retention.kinds import Kind
from overt.errors import AuthorityError, RecordsError
from overt.records.tables import (
    Adjudication,
    Alert,
    ApiToken,
    AuditEntry,
    Base,
    Deployment,
    DeploymentMove,
    Engagement,
    FrozenEntry,
    ImportJob,
    RepeatedRequest,
    RetentionRun,
    SignInAttempt,
    SignInSession,
    WatchlistEntry,
)
from tests.casework.retention.rows import Rows
from tests.offices import Clock, Staff

SOFTWARE = Actor.software("retention")


def _count(office: Office, table: type[Base]) -> int:
    with office.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_alert_goes_within_its_day_and_its_figures_stay(office: Office, clock: Clock, rows: Rows) -> None:
    deployment = rows.deployment(rows.watchlist())
    alert = rows.alert(deployment, rows.run(deployment), "entry-1", alert_class="true-confirmed")
    rows.adjudication(alert, "engage", "same-person")
    rows.engagement(alert, self_defined="W1")
    clock.turn(hours=23, minutes=54)
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(minutes=2)  # the next run, five minutes on, would be past the 24 hours
    assert run_retention(office, SOFTWARE).counts == {"alerts": 1}
    assert run_retention(office, SOFTWARE).counts == {}
    with office.database.transaction() as session:
        row = session.get_one(Alert, alert)
        assert (row.entry_id, row.key_id, row.sealed_crop, row.personal_data_deleted_at) == (
            None, None, None, clock(),
        )  # fmt: skip
        assert (row.state, row.alert_class, row.score) == ("closed", "true-confirmed", 0.8)
        assert session.scalars(select(Adjudication.sealed_reason)).all() == [b""]
        (engagement,) = session.scalars(select(Engagement))
        assert (engagement.sealed_note, engagement.self_defined_group) == (None, "W1")


@pytest.mark.parametrize("state", ["open", "second", "engage", "engaged"])
def test_the_law_is_the_clock_even_for_an_alert_that_nobody_has_finished(
    office: Office, clock: Clock, rows: Rows, state: str
) -> None:
    deployment = rows.deployment(rows.watchlist(), state="live")
    known = "true-confirmed" if state == "engaged" else None
    alert = rows.alert(deployment, rows.run(deployment), "entry-1", state=state, alert_class=known)
    clock.turn(hours=24)
    counts = run_retention(office, SOFTWARE).counts
    assert counts["alerts-unfinished"] == 1
    assert counts.get("alerts-undecided", 0) == (0 if known else 1)
    with office.database.transaction() as session:
        row = session.get_one(Alert, alert)
        assert (row.state, row.alert_class, row.sealed_crop) == ("closed", known, None)


@pytest.mark.parametrize("state", ["closed", "published", "expired", "cancelled", "refused"])
def test_a_list_goes_with_the_deployment_it_was_for(
    office: Office, clock: Clock, rows: Rows, state: str
) -> None:
    used, never_used = rows.watchlist(), rows.watchlist()
    for watchlist in (used, used, never_used):
        rows.entry(watchlist)
    rows.report(used)
    rows.deployment(used, state=state)
    clock.turn(hours=1)
    later = rows.entry(used)  # for a deployment to come
    clock.turn(hours=22, minutes=54)
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(minutes=1)
    assert run_retention(office, SOFTWARE).counts == {"watchlists": 2, "import-reports": 1}
    with office.database.transaction() as session:
        assert session.get(WatchlistEntry, later) is not None
    assert _count(office, WatchlistEntry) == 2


@pytest.mark.parametrize("state", ["draft", "submitted", "authorised", "live", "suspended"])
def test_a_list_stays_while_another_deployment_needs_it(
    office: Office, clock: Clock, rows: Rows, state: str
) -> None:
    watchlist = rows.watchlist()
    rows.entry(watchlist)
    rows.deployment(watchlist)
    other = rows.deployment(watchlist, state=state)
    with office.database.transaction() as session:
        session.get_one(Deployment, other).window_end = clock() + timedelta(days=3)
    clock.turn(days=2)
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(days=2)  # its window has passed, and a day more
    gone = run_retention(office, SOFTWARE).counts
    assert gone == ({} if state in {"live", "suspended"} else {"watchlists": 1})


def test_an_entry_goes_a_day_after_its_last_day_or_its_withdrawal(
    office: Office, clock: Clock, rows: Rows
) -> None:
    watchlist = rows.watchlist()
    last_day = rows.entry(watchlist, expires_on=date(2026, 6, 1))  # it is 9:00 of that day
    withdrawn = rows.entry(watchlist, withdrawn_at=clock())
    rows.look_alikes(watchlist, last_day, withdrawn)
    clock.turn(hours=23, minutes=54)
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(minutes=1)
    assert run_retention(office, SOFTWARE).counts == {"entries": 1}
    clock.turn(hours=14, minutes=59)  # 23:54 of the day after its last day
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(minutes=1)
    assert run_retention(office, SOFTWARE).counts == {"entries": 1}
    assert _count(office, WatchlistEntry) == 0


def test_a_deployment_keeps_its_figures_and_loses_its_words(office: Office, clock: Clock, rows: Rows) -> None:
    deployment = rows.deployment(rows.watchlist(), entries=("entry-1",))
    rows.alert(deployment, rows.run(deployment), "entry-1")
    clock.turn(days=30, hours=23)
    assert run_retention(office, SOFTWARE).counts == {"alerts": 1}
    clock.turn(hours=1)
    assert run_retention(office, SOFTWARE).counts == {"deployments": 1}
    with office.database.transaction() as session:
        row = session.get_one(Deployment, deployment)
        assert (row.key_id, row.sealed_feeds, row.personal_data_deleted_at) == (None, b"", clock())
        assert row.plan["location"] == "High Street, Anytown"
        assert session.scalars(select(DeploymentMove.sealed_reason)).all() == [None]
    assert (_count(office, Alert), _count(office, FrozenEntry)) == (1, 1)


def test_a_deployment_whose_alerts_are_kept_longer_waits_for_them(
    office: Office, clock: Clock, rows: Rows
) -> None:
    office.policy = Policy(retention=RetentionPolicy(deployment_hours=1, alert_hours=24))
    deployment = rows.deployment(rows.watchlist())
    rows.alert(deployment, rows.run(deployment), "entry-1")
    clock.turn(hours=2)
    assert run_retention(office, SOFTWARE).counts == {}
    clock.turn(hours=22)
    assert run_retention(office, SOFTWARE).counts == {"alerts": 1, "deployments": 1}


def test_what_the_service_keeps_for_itself_goes_too(office: Office, clock: Clock, staff: Staff) -> None:
    person = staff("auditor").id
    with office.database.transaction() as session:
        key = office.vault.new_key(session, "repeated-request", clock())
        answer = office.vault.seal(session, key, b"secret answer", about="r")
        session.add_all([
            RepeatedRequest(id="request-1", person_id=person, key="k", request_digest=b"d", status=200,
                            vault_key_id=key, sealed_answer=answer, created_at=clock()),
            SignInAttempt(client="192.0.2.7", at=clock(), succeeded=False),
            SignInSession(id="session-1", person_id=person, token_digest=b"1", created_at=clock(),
                          expires_at=clock() + timedelta(days=90), last_used_at=clock(), ended_at=clock()),
            SignInSession(id="session-2", person_id=person, token_digest=b"2", created_at=clock(),
                          expires_at=clock() + timedelta(days=60), last_used_at=clock()),
            ApiToken(id="token-1", person_id=person, name="t", token_digest=b"3", scopes=["*"],
                     created_at=clock(), expires_at=clock() + timedelta(days=60)),
        ])  # fmt: skip
    clock.turn(hours=24)
    assert run_retention(office, SOFTWARE).counts == {"repeated-requests": 1, "sign-in-attempts": 1}
    clock.turn(days=30)
    assert run_retention(office, SOFTWARE).counts == {"sessions": 1}
    clock.turn(days=60)
    assert run_retention(office, SOFTWARE).counts == {"api-tokens": 1, "sessions": 1}


def test_reports_of_imports_go_while_the_list_stays(office: Office, clock: Clock, rows: Rows) -> None:
    rows.report(rows.watchlist())
    clock.turn(days=31)
    assert run_retention(office, SOFTWARE).counts == {"import-reports": 1}
    assert _count(office, ImportJob) == 1


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_a_figure_that_no_policy_can_raise(kind: Kind) -> None:
    from overt.casework.policy import limits_of

    default = RetentionPolicy()
    _, longest = limits_of(f"retention.{kind.figure}")
    assert longest is not None
    assert getattr(default, kind.figure) <= longest
    assert timedelta(0) < kind.life(default) < kind.limit(default)
    never_late = kind.life(default) + timedelta(minutes=default.run_every_minutes)
    assert never_late <= kind.limit(default)


def test_a_run_that_is_killed_in_the_middle_is_ended_by_the_next(
    office: Office, clock: Clock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchlist = rows.watchlist()
    for _ in range(5):
        rows.entry(watchlist, withdrawn_at=clock())
    clock.turn(days=1)
    monkeypatch.setattr("overt.casework.retention.running._AT_ONCE", 2)
    destroy = type(office.vault).destroy
    calls = []

    def killed(vault: object, session: object, keys: list[str]) -> int:
        calls.append(keys)
        if len(calls) == 2:
            raise RecordsError("The machine is gone")
        return destroy(office.vault, session, keys)  # type: ignore[arg-type]

    with monkeypatch.context() as dying:
        dying.setattr(type(office.vault), "destroy", killed)
        with pytest.raises(RecordsError):
            run_retention(office, SOFTWARE)
    assert _count(office, WatchlistEntry) == 3, "the first batch is deleted, the second is whole"
    assert _count(office, RetentionRun) == 0
    assert run_retention(office, SOFTWARE).counts == {"entries": 3}
    assert _count(office, WatchlistEntry) == 0


def test_a_run_and_its_batches_are_in_the_audit_chain(
    office: Office, clock: Clock, rows: Rows, staff: Staff
) -> None:
    rows.entry(rows.watchlist(), withdrawn_at=clock())
    clock.turn(days=1)
    administrator = staff("administrator")
    run = run_retention(office, administrator)
    with office.database.transaction() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [(entry.command, entry.subject, entry.details) for entry in entries] == [
        ("retention.delete", "entries", '{"entries":1}'),
        ("retention.run", run.id, '{"entries":1}'),
    ]
    with pytest.raises(AuthorityError):
        run_retention(office, staff("lfr-operator"))


def test_what_is_due_and_when_is_shown(office: Office, clock: Clock, rows: Rows, staff: Staff) -> None:
    deployment = rows.deployment(rows.watchlist())
    rows.alert(deployment, rows.run(deployment), "entry-1")
    office.policy = Policy(retention=RetentionPolicy(alert_hours=12))
    came = clock()
    clock.turn(hours=12)
    shown = show_retention(office, staff("auditor"))
    alerts = next(kind for kind in shown.kinds if kind.kind == "alerts")
    assert (alerts.limit_hours, alerts.longest_hours, alerts.held, alerts.due) == (12, 24, 1, 1)
    assert alerts.next_due == came + timedelta(hours=12, minutes=-5)
    assert shown.last_run is None
    run = run_retention(office, SOFTWARE)
    shown = show_retention(office, staff("auditor"))
    assert shown.last_run == run
    assert {kind.kind: kind.due for kind in shown.kinds} == dict.fromkeys(KINDS, 0)


def test_the_policy_is_shown_with_what_it_may_be_set_to(office: Office, staff: Staff) -> None:
    office.policy = Policy(retention=RetentionPolicy(alert_hours=12))
    figures = {figure.name: figure for figure in show_policy(office, staff("lfr-operator")).figures}
    figure = figures["retention.alert_hours"]
    assert (figure.value, figure.default, figure.at_most, figure.at_least) == (12, 24, 24, None)
    assert figures["sign_in.password_length"].at_least == 12
    assert figures["deployments.second_adjudication"].value is False


def test_the_clock_deletes_by_itself_and_is_quiet_while_nothing_is_due(
    office: Office, clock: Clock, rows: Rows
) -> None:
    rows.entry(rows.watchlist(), withdrawn_at=clock())
    clock.turn(days=1)
    office.policy = Policy(retention=RetentionPolicy(run_every_minutes=0.0005))
    with RetentionClock(office) as running:
        assert running.is_running
        assert running.wait_for_round(5, 30)
    assert not running.is_running
    assert running.failures == 0
    assert _count(office, WatchlistEntry) == 0
    assert _count(office, RetentionRun) == 1, "nothing more was due within the hour"


def test_the_clock_outlives_a_run_that_fails(
    office: Office, rows: Rows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RecordsError("The database is held by another process")

    monkeypatch.setattr("overt.casework.retention.clock.run_retention", fails)
    with RetentionClock(office) as running:
        assert running.wait_for_round(1, 30)
        assert running.is_running
    assert running.failures == 1
    assert "RecordsError" in caplog.text
