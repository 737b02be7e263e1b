"""One server at a time runs the deployments of a database: whoever holds the lease, and says so every few seconds."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from overt.errors import RecordsError
from overt.records.tables import AuditHead, ServerLease, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.office import Office

__all__ = ["BEAT_SECONDS", "STALE_SECONDS", "Lease"]

BEAT_SECONDS: Final = 2.0
STALE_SECONDS: Final = 15.0
"""A server that has not been heard of for so long is gone, or has lost the database and so its lease."""

_held_here: Final[set[str]] = set()


class Lease:
    """The right to run deployments. Made by `take`."""

    def __init__(self, office: Office, lease_id: str) -> None:
        self._office = office
        self.id = lease_id

    @classmethod
    def take(cls, office: Office) -> Lease:
        """Take the lease, from a server that is gone where there was one.

        Raises:
            RecordsError: a server is running on this database; it names the machine and the process.
        """
        host, now, lease_id = socket.gethostname(), office.now(), new_id("server")
        with office.database.transaction() as session:
            session.get_one(AuditHead, 1, with_for_update=True)
            for other in session.scalars(select(ServerLease).where(ServerLease.ended_at.is_(None))):
                if _lives(other, host, now):
                    raise RecordsError(
                        f"A server is running on this database: process {other.pid} on {other.host}, "
                        f"since {other.started_at.isoformat(timespec='seconds')}",
                        f"Stop it, or wait {STALE_SECONDS:g} seconds if it has died",
                    )
                other.ended_at = now
            session.add(ServerLease(id=lease_id, host=host, pid=os.getpid(), started_at=now, seen_at=now))
        _held_here.add(lease_id)
        return cls(office, lease_id)

    def beat(self) -> bool:
        """Say that this server lives. False where another has taken its place."""
        with self._office.database.transaction() as session:
            beaten = session.scalars(
                update(ServerLease)
                .where(ServerLease.id == self.id, ServerLease.ended_at.is_(None))
                .values(seen_at=self._office.now())
                .returning(ServerLease.id)
            ).all()
        return bool(beaten)

    def give_back(self) -> None:
        """Let the next server take it at once."""
        _held_here.discard(self.id)
        with self._office.database.transaction() as session:
            session.execute(
                update(ServerLease)
                .where(ServerLease.id == self.id, ServerLease.ended_at.is_(None))
                .values(ended_at=self._office.now())
            )


def _lives(lease: ServerLease, host: str, now: datetime) -> bool:
    """Whether the lease's server runs still; on this machine that can be seen at once."""
    if now - lease.seen_at > timedelta(seconds=STALE_SECONDS):
        return False
    if lease.host != host:
        return True
    if lease.pid == os.getpid():
        return lease.id in _held_here
    try:
        os.kill(lease.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
