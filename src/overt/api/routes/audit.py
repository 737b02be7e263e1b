"""The audit chain: read, verified, exported."""

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import StreamingResponse

from overt.api.acting import TheActor
from overt.api.inputs import api_router
from overt.casework import audit_room
from overt.casework.audit_room import AuditEntryView, AuditListing, AuditVerdict, CheckpointView
from overt.web.answers import of_type
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("audit", "/audit")


class AuditListQuery(audit_room.AuditQuery, audit_room.AuditPage):
    """Which entries, and which page of them."""


@router.get("/entries", operation_id="audit.list", summary="Entries of the audit chain, the newest first")
def list_all(office: TheOffice, actor: TheActor, query: Annotated[AuditListQuery, Query()]) -> AuditListing:
    """All of them, or those that fit everything given."""
    return audit_room.list_audit(office, actor, query, query)


@router.get("/entries/{seq}", operation_id="audit.show", summary="An entry of the audit chain")
def show(
    office: TheOffice, actor: TheActor, seq: Annotated[int, Path(ge=1, le=2**53, description="Its number.")]
) -> AuditEntryView:
    """With its own digest and that of the entry before it."""
    return audit_room.show_audit(office, actor, seq)


@router.post("/verifications", operation_id="audit.verify", summary="Verify the whole chain")
def verify(office: TheOffice, actor: TheActor) -> AuditVerdict:
    """Whether each entry is as it was written, in its place, and none is missing; if not, which is the first."""
    return audit_room.verify_audit(office, actor)


@router.post(
    "/exports",
    operation_id="audit.export",
    summary="Export the whole chain",
    response_class=StreamingResponse,
    responses=of_type("application/jsonl"),
)
def export(office: TheOffice, actor: TheActor) -> StreamingResponse:
    """JSON Lines, for `overt audit verify --export` and for whoever writes a verifier of their own."""
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(
        audit_room.export_audit(office, actor), media_type="application/jsonl", headers=headers
    )


@router.post(
    "/checkpoints", operation_id="audit.checkpoint", status_code=201, summary="Sign the chain as it is now"
)
def checkpoint(office: TheOffice, actor: TheActor) -> CheckpointView:
    """Kept elsewhere, it shows later that nothing before it was changed."""
    return audit_room.checkpoint_audit(office, actor)
