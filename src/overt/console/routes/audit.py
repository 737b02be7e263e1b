"""The audit chain: searched, looked at entry by entry, verified in place, exported, signed."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response, StreamingResponse

from overt.casework import Office, audit_room
from overt.casework.audit_room import AuditPage, AuditQuery, CheckpointView
from overt.console.audit_views import Detail, details_of, times_of
from overt.console.command_words import COMMAND_WORDS, SUBJECTS, done
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.links import address_of
from overt.console.pages import page, see_other
from overt.console.verifying import Asked, verifying_room
from overt.console.viewer import Viewer, may
from overt.errors import InputError
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 100
_FILTERS: Final = ("actor", "command", "outcome", "subject", "since", "until")
Written = Annotated[str, Query(max_length=200)]


@router.get("/audit")
def search(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("audit.list")],
    actor: Written = "",
    command: Written = "",
    outcome: Written = "",
    subject: Written = "",
    since: Written = "",
    until: Written = "",
    after: Written = "",
    before: Written = "",
) -> Response:
    """Entries that fit, the newest first."""
    written = {
        "actor": actor,
        "command": command,
        "outcome": outcome,
        "subject": subject,
        "since": since,
        "until": until,
    }
    form = blank_form(**written)
    listing = None
    try:
        query = _query(written)
        wanted = AuditPage(after=after or None, before=before or None, limit=_SHOWN)
        listing = audit_room.list_audit(office, viewer.actor, query, wanted)
    except REFUSALS as error:
        form = form.refused(error)
    return page(
        request,
        viewer,
        "audit/list.html",
        form=form,
        listing=listing,
        query=urlencode({name: value for name, value in written.items() if value}),
        is_filtered=any(written.values()),
        commands=COMMAND_WORDS,
        subjects=SUBJECTS,
        done=done,
        address_of=lambda subject: address_of(subject, viewer),
    )


@router.get("/audit/entries/{seq}")
def show(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("audit.show")],
    seq: Annotated[int, Path(ge=1, le=2**53)],
) -> Response:
    """An entry, with what it is about and the digests that hold it in its place."""
    entry = audit_room.show_audit(office, viewer.actor, seq)
    details: tuple[Detail, ...] = details_of(entry.details, viewer)
    return page(
        request,
        viewer,
        "audit/entry.html",
        entry=entry,
        details=details,
        what=done(entry.command),
        about=address_of(entry.subject, viewer),
        by=address_of(entry.actor_id, viewer),
    )


@router.get("/audit/verification")
def verification_page(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("audit.verify")]
) -> Response:
    """How far a verification has come, and what the last one found."""
    return _verification(request, office, viewer, Form())


@router.get("/audit/verification/progress", dependencies=[may("audit.verify")])
def progress(office: TheOffice) -> JSONResponse:
    """How far it has come, for the page's script."""
    room = verifying_room(office)
    last = room.last
    read, length = (last.read, last.length) if last is not None else (0, 0)
    return JSONResponse({"running": room.is_running, "read": read, "length": length})


@router.post("/audit/verification")
async def verify(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("audit.verify")]
) -> Response:
    """Begin to verify the chain."""
    form = await read_form(request, viewer)
    try:
        anchors = audit_room.parse_anchors(form.text("anchor").split())
        key = audit_room.parse_public_key(form.text("public_key") or None)
        length = await run_in_threadpool(audit_room.length_of, office)
        begun = verifying_room(office).begin(viewer.actor, length, Asked(anchors, key))
    except REFUSALS as error:
        return await run_in_threadpool(_verification, request, office, viewer, form.refused(error))
    return see_other("/audit/verification", "" if begun else "A verification was running already")


@router.post("/audit/export")
async def export(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("audit.export")]
) -> Response:
    """The whole chain, which can be verified elsewhere; or the entries that fit, as an extract."""
    form = await read_form(request, viewer)
    written = {name: form.text(name) for name in _FILTERS}
    if not any(written.values()):
        lines = await run_in_threadpool(audit_room.export_audit, office, viewer.actor)
        return _lines(lines, "audit.jsonl")
    lines = await run_in_threadpool(audit_room.export_found, office, viewer.actor, _query(written))
    return _lines(lines, "audit-extract.jsonl")


@router.post("/audit/checkpoint")
async def checkpoint(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("audit.checkpoint")]
) -> Response:
    """Sign the chain as it is, and show what is to be kept elsewhere."""
    form = await read_form(request, viewer)
    kept = await run_in_threadpool(form.give, office, viewer, audit_room.checkpoint_audit, CheckpointView)
    return await run_in_threadpool(_verification, request, office, viewer, Form(), kept)


def _verification(
    request: Request, office: Office, viewer: Viewer, form: Form, kept: CheckpointView | None = None
) -> Response:
    room = verifying_room(office)
    return page(
        request,
        viewer,
        "audit/verification.html",
        form=form,
        last=room.last,
        running=room.is_running,
        kept=kept,
        anchored=room.last is not None and (room.last.asked.anchors or room.last.asked.public_key),
    )


def _query(written: dict[str, str]) -> AuditQuery:
    """What is looked for.

    Raises:
        InputError: a time cannot be read.
    """
    given: dict[str, Any] = {name: value.strip() for name, value in written.items() if value.strip()}
    times = times_of(given)
    try:
        return AuditQuery.model_validate(given | times)
    except ValidationError as error:
        where = str(error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"][0])
        raise InputError(f"{where}: it cannot be looked for", "Write less", field=where) from None


def _lines(lines: Any, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)
