"""Pictures and clips that an investigator hands in: looked at, shown, closed. Held in memory alone."""

from typing import Annotated

from anyio import to_thread
from fastapi import Path, Query, Request, Response

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.casework import probes
from overt.casework.probes import ProbeView
from overt.web.answers import of_type
from overt.web.probe_uploads import PROBE_FORM, read_probe
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("probes")

FaceId = Annotated[str, Path(pattern=r"^face-[0-9]{1,6}$", description="One of the probe's faces.")]


@router.post(
    "/probes",
    operation_id="probes.open",
    status_code=201,
    summary="Look for faces in a picture or clip",
    openapi_extra=PROBE_FORM,
)
async def open_probe(office: TheOffice, actor: TheActor, request: Request) -> ProbeView:
    """Every face that was found. Nothing is stored; it is forgotten after an hour, or when it is closed.

    The answer to a clip comes when it has been looked at from end to end, which can take about as long as it lasts.
    """
    new, content = await read_probe(request)
    return await to_thread.run_sync(probes.open_probe, office, actor, new, content)


@router.get("/probes", operation_id="probes.list", summary="The probes that you have open")
def list_probes(office: TheOffice, actor: TheActor) -> tuple[ProbeView, ...]:
    """The oldest first; nobody else's."""
    return probes.list_probes(office, actor)


@router.get("/probes/{probe_id}", operation_id="probes.show", summary="An open probe and its faces")
def show_probe(office: TheOffice, actor: TheActor, probe_id: Id) -> ProbeView:
    """As it was answered when it was opened."""
    return probes.show_probe(office, actor, probe_id)


@router.get(
    "/probes/{probe_id}/faces/{face_id}",
    operation_id="probes.show-face",
    summary="One face of a probe",
    response_class=Response,
    responses=of_type("image/jpeg"),
)
def show_face(
    office: TheOffice,
    actor: TheActor,
    probe_id: Id,
    face_id: FaceId,
    shot: Annotated[int, Query(ge=0, le=100, description="Which look, from 0, the best.")] = 0,
) -> Response:
    """With what surrounds it, every other face masked."""
    shown = probes.show_face(office, actor, probe_id, face_id, shot)
    return Response(shown.content, media_type=shown.media_type)


@router.delete("/probes/{probe_id}", operation_id="probes.close", status_code=204, summary="Close a probe")
def close_probe(office: TheOffice, actor: TheActor, probe_id: Id) -> None:
    """What was held of it is overwritten."""
    probes.close_probe(office, actor, probe_id)
