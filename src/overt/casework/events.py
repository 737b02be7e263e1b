"""News of a deployment: a row for each thing that happened, in the transaction in which it happened.

A row holds a kind and an id, never anything about a person. Listeners in this process are woken when the transaction
is committed; those in another process find the row when they look again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import select

from overt.casework.per_office import PerOffice
from overt.records.tables import AuditHead, Deployment, LiveEvent

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["EventKind", "News", "hold_deployment_row", "news_of", "note_event"]

EventKind = Literal[
    "alert",
    "adjudication",
    "routing",
    "acknowledgement",
    "engagement",
    "outcome",
    "duty",
    "move",
    "run",
    "fault",
]


class News:
    """Wakes whoever waits for something to happen in an office, within this process."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How much has happened so far; give it to `wait` so that nothing in between is missed."""
        with self._condition:
            return self._count

    def tell(self) -> None:
        """Something has happened."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> bool:
        """Wait until more than `seen` has happened; False when the time is up first."""
        with self._condition:
            return self._condition.wait_for(lambda: self._count != seen, seconds)


news_of: Final = PerOffice(lambda _: News())
"""The news of this office."""


def note_event(work: Work, deployment_id: str, kind: EventKind, subject_id: str) -> None:
    """Note that something happened to a deployment. To be called last in a command's body.

    Events are numbered in the order of their commits: whoever has seen number n has not missed a smaller one. The
    audit chain's head, which every command locks at its end, is locked here already to make that so. Before it comes
    the deployment's row, which the new row refers to: whoever moves the deployment locks the two in this order too.

    Args:
        work: the command's.
        deployment_id: whose news it is.
        kind: what happened.
        subject_id: to what: an alert's id for what is judged or routed of it, a run's for a fault, the deployment's
            for a move and for somebody's coming on duty or leaving.
    """
    work.session.flush()
    hold_deployment_row(work, deployment_id)
    work.session.execute(select(AuditHead.id).where(AuditHead.id == 1).with_for_update())
    work.session.add(LiveEvent(deployment_id=deployment_id, at=work.now, kind=kind, subject_id=subject_id))
    work.session.flush()
    work.after_commit.append(news_of(work.office).tell)


def hold_deployment_row(work: Work, deployment_id: str) -> None:
    """Keep the deployment's row from being moved or deleted until the transaction ends; others may hold it as well.

    Whoever locks a row of a run or an alert calls this first, so that no two wait for each other.
    """
    work.session.execute(
        select(Deployment.id).where(Deployment.id == deployment_id).with_for_update(read=True, key_share=True)
    )
