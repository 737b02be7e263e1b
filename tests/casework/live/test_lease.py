"""One server at a time, and what it finds of the one before."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from overt.casework import Office
from overt.casework import deployments as d
from overt.casework.alerts import take_alert
from overt.casework.live import STALE_SECONDS, Lease, Supervisor, interrupt_left_over, list_runs, prepare_run
from overt.errors import ConflictError, RecordsError
from overt.records.tables import AuditEntry, ImportJob, ServerLease
from tests.casework.alerts.cases import Case
from tests.casework.deployments.force import Force
from tests.casework.live.engines import Garage
from tests.offices import Clock


def left_by(office: Office, host: str, pid: int) -> str:
    """The lease of a server that ended without giving it back."""
    with office.database.transaction() as session:
        now = office.now()
        session.add(ServerLease(id=f"server-{host}-{pid}", host=host, pid=pid, started_at=now, seen_at=now))
    return f"server-{host}-{pid}"


def dead_pid() -> int:
    """The id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_second_server_is_refused_and_told_which_is_the_first(office: Office) -> None:
    lease = Lease.take(office)
    with pytest.raises(RecordsError, match=rf"process {os.getpid()} on {socket.gethostname()}"):
        Supervisor(office).start()
    lease.give_back()
    Lease.take(office).give_back()


def test_the_lease_of_a_process_that_is_gone_is_taken_over_at_once(office: Office) -> None:
    old = left_by(office, socket.gethostname(), dead_pid())
    lease = Lease.take(office)
    with office.database.transaction() as session:
        assert session.get_one(ServerLease, old).ended_at is not None
    assert lease.beat()


def test_that_of_another_machine_once_it_is_stale(office: Office, clock: Clock) -> None:
    left_by(office, "another-van", 1)
    with pytest.raises(RecordsError, match="process 1 on another-van"):
        Lease.take(office)
    clock.turn(seconds=STALE_SECONDS + 1)
    assert Lease.take(office).beat()


def test_a_server_in_this_very_process_id_that_is_not_this_one_is_gone(office: Office) -> None:
    left_by(office, socket.gethostname(), os.getpid())
    Lease.take(office).give_back()


def test_who_has_lost_the_lease_is_told_at_the_next_beat(office: Office, clock: Clock) -> None:
    first = Lease.take(office)
    with office.database.transaction() as session:
        session.get_one(ServerLease, first.id).seen_at = clock() - timedelta(seconds=STALE_SECONDS + 1)
    second = Lease.take(office)
    assert (first.beat(), second.beat()) == (False, True)
    first.give_back()
    assert second.beat()


def test_what_a_server_left_live_is_suspended_and_its_run_ended(force: Force) -> None:
    live = force.live()
    prepare_run(force.office, force.software, live.id)
    assert interrupt_left_over(force.office) == (live.id,)
    shown = d.show_deployment(force.office, force.operator, live.id)
    assert (shown.state, shown.moves[-1].reason) == (
        "suspended",
        "the server ended without closing it",
    )
    (run,) = list_runs(force.office, force.operator, live.id)
    assert (run.end_reason, run.in_order) == ("server lost", False)
    assert interrupt_left_over(force.office) == ()
    with force.office.database.transaction() as session:
        commands = session.scalars(select(AuditEntry.command)).all()
    assert {"deployments.interrupt", "runs.record-end"} <= set(commands)


def test_imports_that_were_running_are_interrupted(force: Force) -> None:
    with force.office.database.transaction() as session:
        for job_id, state in (("import-1", "running"), ("import-2", "finished")):
            session.add(
                ImportJob(
                    id=job_id,
                    watchlist_id=force.watchlist(0),
                    state=state,
                    dry_run=False,
                    started_at=force.office.now(),
                    started_by="test",
                )
            )
    interrupt_left_over(force.office)
    with force.office.database.transaction() as session:
        assert session.get_one(ImportJob, "import-1").state == "interrupted"
        assert session.get_one(ImportJob, "import-2").state == "finished"


def test_a_server_that_lost_its_lease_stops_its_engines_and_moves_nothing(
    force: Force, garage: Garage
) -> None:
    supervisor = Supervisor(force.office, start_engine=garage.start)
    supervisor.start()
    try:
        live = force.live()
        engine = garage.wait_for(1)
        with force.office.database.transaction() as session:
            session.scalars(select(ServerLease)).one().ended_at = force.office.now()
        assert engine.gone.wait(20)
        assert engine.stopped == "another server has taken over"
    finally:
        supervisor.close()
    assert not supervisor.working
    assert d.show_deployment(force.office, force.operator, live.id).state == "live"


def test_alerts_of_a_run_that_another_server_ended_do_not_enter(force: Force) -> None:
    case = Case(force)
    interrupt_left_over(force.office)
    with pytest.raises(ConflictError, match="has ended"):
        take_alert(force.office, force.software, case.run_id, case.message())
