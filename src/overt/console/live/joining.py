"""How a page of any kind begins to watch a deployment: there must be a place, and the look is in the audit chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread

from overt.casework import deployments, live
from overt.console.live.broadcast import Broadcast, broadcast_of

if TYPE_CHECKING:
    from fastapi import Request

    from overt.casework import Actor
    from overt.web import Service

__all__ = ["begin_watching"]


async def begin_watching(
    request: Request, service: Service, actor: Actor, deployment_id: str
) -> tuple[Broadcast, int]:
    """The deployment's broadcast, and the number of its last event so far.

    Raises:
        RateError: too many watch.
        MissingError: there is no such deployment.
    """
    service.require_place("Open the page again later")
    view = await to_thread.run_sync(live.watch_live, service.office, actor, deployment_id)
    shown = await to_thread.run_sync(deployments.show_deployment, service.office, actor, deployment_id)
    known: dict[str, Broadcast] = request.app.state.broadcasts
    feeds = [feed.name for feed in shown.plan.feeds]
    return broadcast_of(known, service, deployment_id, feeds, view.seq), view.seq
