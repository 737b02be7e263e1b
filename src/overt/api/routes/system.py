"""The server about itself: alive, ready, its figures, its own description."""

import ipaddress
from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from overt.api.acting import TheActor, bearer_of
from overt.api.inputs import api_router, open_router
from overt.casework.people import authenticate
from overt.casework.system import PacksView, Readiness, SystemView, list_packs, readiness, show_system
from overt.web.metrics import METRICS_TYPE
from overt.web.service import TheOffice, TheService

__all__ = ["root", "router"]

root = open_router("system")
router = api_router("system")


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["alive"] = "alive"


class Ready(Readiness):
    """Whether the server could carry out a command now."""

    engines: Annotated[bool, Field(description="What runs the engines is running, or this server runs none.")]


@root.get("/health/live", operation_id="health.live", summary="Is the process alive?")
async def alive() -> Alive:
    """Answers as long as the process does; asks nothing else."""
    return Alive()


@root.get(
    "/health/ready",
    operation_id="health.ready",
    summary="Could a command be carried out now?",
    responses={503: {"model": Ready, "description": "Something is not there; the answer says what."}},
)
def ready(service: TheService, response: Response) -> Ready:
    """200 only when the database answers, is of the right version, the vault opens and engines are looked after."""
    found = readiness(service.office)
    engines = service.supervisor is None or service.supervisor.working
    if not (found.whole and engines):
        response.status_code = 503
    return Ready(**found.model_dump(), engines=engines)


def _may_read_metrics(request: Request, office: TheOffice) -> None:
    """This machine may; anybody else must be someone who may see the system."""
    client = request.client.host if request.client is not None else ""
    try:
        here = ipaddress.ip_address(client).is_loopback
    except ValueError:
        here = False
    if not here or "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        show_system.authorise(authenticate(office, bearer_of(request), "api"))


@root.get(
    "/metrics",
    operation_id="system.metrics",
    summary="Figures for Prometheus",
    dependencies=[Depends(_may_read_metrics)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    openapi_extra={"security": [{}, {"bearer": []}]},
)
def metrics(service: TheService) -> Response:
    """Open to this machine itself; from elsewhere it takes someone who may see the system (`system.show`)."""
    return Response(service.metrics.page(), media_type=METRICS_TYPE)


@root.get("/api/v1/openapi.json", operation_id="system.describe", summary="This document")
async def openapi(request: Request) -> dict[str, Any]:
    """The OpenAPI document of this version."""
    document: dict[str, Any] = request.app.openapi()
    return document


@router.get("/system", operation_id="system.show", summary="What this installation is")
def show(office: TheOffice, actor: TheActor) -> SystemView:
    """Versions, the database's kind, the audit chain's length."""
    return show_system(office, actor)


@router.get("/packs", operation_id="system.list-packs", summary="The model packs of this machine")
def show_packs(office: TheOffice, actor: TheActor) -> PacksView:
    """Each with its licence, every file of it verified for this answer."""
    return list_packs(office, actor)
