"""What the application holds while it runs, and hands to its routes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from anyio import CapacityLimiter
from fastapi import Depends, Request

from overt.casework import Office
from overt.errors import RateError
from overt.web.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def require_place(self, remedy: str) -> None:
        """Refuse another stream where enough are open.

        Raises:
            RateError: they are; it says this remedy.
        """
        if self.watching >= MOST_WATCHERS:
            raise RateError("Too many are watching at this moment", remedy, wait_seconds=10)

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A stream's place, for as long as it is open."""
        self.watching += 1
        try:
            yield
        finally:
            self.watching -= 1


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 - create_app puts it there
    return service


def _office_of(request: Request) -> Office:
    return service_of(request).office


TheService = Annotated[Service, Depends(service_of)]
TheOffice = Annotated[Office, Depends(_office_of)]
