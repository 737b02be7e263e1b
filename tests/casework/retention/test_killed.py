"""Retention killed in the middle of a batch: every row is whole, or gone with its key; the next run ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from overt.casework import Actor, Office, Role, open_office
from overt.casework.audit_room import verify_audit
from overt.casework.retention import run_retention
from overt.records.tables import Alert, ReferenceImage, VaultKey, WatchlistEntry
from tests.casework.retention.rows import Rows
from tests.offices import Clock

MANY = 130  # more than one batch of each kind
CHILD = """
import sys
from pathlib import Path
from overt.casework import Actor, open_office
from overt.casework.retention import run_retention
from overt.records import Vault
destroy = Vault.destroy
def seen(self, session, keys):
    gone = destroy(self, session, keys)
    print("batch", flush=True)
    sys.stdin.readline()
    return gone
Vault.destroy = seen
with open_office(Path(sys.argv[1]), environment={}) as office:
    run_retention(office, Actor.software("retention"))
"""


def _kill_at(folder: Path, batch: int) -> None:
    """Start retention in a process of its own and kill it in its so-many-th batch, before that is committed."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(batch - 1):
            assert child.stdout.readline() == "batch\n"
            child.stdin.write("on\n")
            child.stdin.flush()
        assert child.stdout.readline() == "batch\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert child.returncode == -signal.SIGKILL


def _check_whole(office: Office) -> tuple[int, int]:
    """That what is there can be opened and what is gone is gone; how many alerts and entries are left."""
    with office.database.transaction() as session:
        keys = set(session.scalars(select(VaultKey.id)))
        alerts = session.scalars(select(Alert)).all()
        left = [alert for alert in alerts if alert.personal_data_deleted_at is None]
        for alert in alerts:
            gone = alert.personal_data_deleted_at is not None
            assert (alert.key_id is None) == (alert.sealed_crop is None) == (alert.entry_id is None) == gone
        for alert in left:
            assert alert.key_id is not None
            assert alert.sealed_crop is not None
            crop = office.vault.open_sealed(
                session, alert.key_id, alert.sealed_crop, about=f"{alert.id}.crop"
            )
            assert crop == b"a crop"
        entries = session.scalars(select(WatchlistEntry)).all()
        assert {entry.key_id for entry in entries} <= keys
        assert set(session.scalars(select(ReferenceImage.entry_id))) == {entry.id for entry in entries}
    return len(left), len(entries)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_kill_in_any_batch_leaves_rows_whole_and_the_next_run_ends_it(
    office: Office, office_folder: Path, clock: Clock, rows: Rows
) -> None:
    deployment = rows.deployment(rows.watchlist(), state="live")
    run, watchlist = rows.run(deployment), rows.watchlist()
    for _ in range(MANY):
        entry = rows.entry(watchlist, withdrawn_at=clock())
        rows.alert(deployment, run, entry)
    office.close()
    # Batches of 100: alerts, alerts, entries, entries. A kill undoes the batch that it falls in and no other.
    for batch, left in ((1, (MANY, MANY)), (2, (MANY - 100, MANY)), (2, (0, MANY)), (2, (0, MANY - 100))):
        _kill_at(office_folder, batch)
        with open_office(office_folder, environment={}) as again:
            assert _check_whole(again) == left
    with open_office(office_folder, environment={}) as again:
        assert run_retention(again, Actor.software("retention")).counts == {"entries": MANY - 100}
        assert _check_whole(again) == (0, 0)
        auditor = Actor(id="x", name="x", roles=frozenset({Role.AUDITOR}), via="cli")
        assert verify_audit(again, auditor).ok
