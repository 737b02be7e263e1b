"""What the application holds while it runs, and hands to its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from overt.casework import Office

if TYPE_CHECKING:
    from overt.api.metrics import Metrics
    from overt.casework.live import Supervisor

__all__ = ["Service", "TheOffice", "TheService", "service_of"]


@dataclass(eq=False)
class Service:
    """The server's parts.

    Attributes:
        office: what commands work in.
        supervisor: runs the engines; None where this server runs none.
        metrics: what is counted.
    """

    office: Office
    supervisor: Supervisor | None
    metrics: Metrics


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 - create_app puts it there
    return service


def _office_of(request: Request) -> Office:
    return service_of(request).office


TheService = Annotated[Service, Depends(service_of)]
TheOffice = Annotated[Office, Depends(_office_of)]
