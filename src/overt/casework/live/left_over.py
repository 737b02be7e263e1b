"""What a server finds of the one before it, which ended without closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.casework.actor import Actor
from overt.casework.deployments import interrupt_deployment
from overt.casework.live.runs import SERVER_LOST, record_end
from overt.casework.watchlists import interrupt_imports
from overt.records.tables import Deployment, EngineRun

if TYPE_CHECKING:
    from overt.casework.office import Office

__all__ = ["interrupt_left_over"]

REASON: Final = "the server ended without closing it"


def interrupt_left_over(office: Office) -> tuple[str, ...]:
    """Suspend every deployment that is live, as no engine of it can be running; end the runs and imports left open.

    To be called by whoever holds the lease, before any deployment runs.

    Returns:
        The ids of the deployments that were suspended.
    """
    server = Actor.software("server")
    with office.database.reading() as session:
        live = session.scalars(select(Deployment.id).where(Deployment.state == "live")).all()
    for deployment_id in live:
        interrupt_deployment(office, server, deployment_id, REASON)
    with office.database.reading() as session:
        left = session.scalars(select(EngineRun.id).where(EngineRun.ended_at.is_(None))).all()
    for run_id in left:
        record_end(office, server, run_id, SERVER_LOST, in_order=False)
    interrupt_imports(office, server)
    return tuple(live)
