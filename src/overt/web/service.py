"""What the application holds while it runs, and hands to its routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from anyio import CapacityLimiter
from fastapi import Depends, Request

from overt.casework import Office
from overt.web.looks import Looks

if TYPE_CHECKING:
    from overt.casework.live import Supervisor
    from overt.web.imports import ImportRoom
    from overt.web.metrics import Metrics

MOST_WATCHERS: Final = 64

__all__ = ["MOST_WATCHERS", "Service", "TheOffice", "TheService", "service_of"]


@dataclass(eq=False)
class Service:
    """The server's parts.

    Attributes:
        office: what commands work in.
        supervisor: runs the engines; None where this server runs none.
        metrics: what is counted.
        imports: carries out bulk imports.
        looks: who has begun to look at which feed.
        judging: how many pictures are judged at a time, so that uploads do not slow down everything else.
        watching: how many streams of events are open.
        waiting_room: threads in which those who watch wait, so that they never take those that answer requests.
    """

    office: Office
    supervisor: Supervisor | None
    metrics: Metrics
    imports: ImportRoom
    looks: Looks = field(default_factory=Looks)
    judging: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    watching: int = 0
    waiting_room: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MOST_WATCHERS))


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 - create_app puts it there
    return service


def _office_of(request: Request) -> Office:
    return service_of(request).office


TheService = Annotated[Service, Depends(service_of)]
TheOffice = Annotated[Office, Depends(_office_of)]
