"""The installation: whether it is in order, its model packs, its vault. Nothing of any case."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from overt.casework.system import list_packs, readiness, show_system
from overt.casework.vault_room import rotate_vault
from overt.console.pages import page
from overt.console.viewer import Viewer, may
from overt.web.service import TheOffice, TheService

__all__ = ["router"]

router = APIRouter()


@router.get("/system")
def show(request: Request, service: TheService, viewer: Annotated[Viewer, may("system.show")]) -> Response:
    """What this installation is, and whether it could carry out a command now."""
    supervisor = service.supervisor
    return page(
        request,
        viewer,
        "system/system.html",
        system=show_system(service.office, viewer.actor),
        ready=readiness(service.office),
        runs_engines=supervisor is not None,
        engines_looked_after=supervisor is not None and supervisor.working,
        engines=0 if supervisor is None else len(supervisor.telemetry()),
        watching=service.watching,
        keeps_vault=viewer.may(rotate_vault.name),
    )


@router.get("/system/packs")
def packs(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("system.list-packs")]
) -> Response:
    """The model packs with their licences, every file verified for this page."""
    return page(request, viewer, "system/packs.html", packs=list_packs(office, viewer.actor).packs)
