"""Ingestions: an archive sent by script into a collection, its progress, its report row by row."""

import csv
import hmac
import io
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, get_args

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from overt.casework import Actor, Office, collections
from overt.casework.collections import IngestedRow, RowOutcome
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import CSRF_HEADER, REFUSALS, Form
from overt.console.pages import fragment, page
from overt.console.viewer import Viewer, may
from overt.console.wording import words
from overt.web.answers import file_answer
from overt.web.limits import IMPORT_BYTES
from overt.web.service import TheOffice, TheService
from overt.web.uploads import content_type, spool_body

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 20
_ROWS: Final = 100
_AT_ONCE: Final = 500


@router.get("/collections/{collection_id}/ingestions")
def ingestions_page(
    request: Request,
    office: TheOffice,
    collection_id: Id,
    viewer: Annotated[Viewer, may("collections.list-ingestions")],
    after: After = None,
) -> Response:
    """Where an archive is dropped, and the ingestions that there have been."""
    return page(
        request,
        viewer,
        "collections/ingestions.html",
        collection=collections.show_collection(office, viewer.actor, collection_id),
        found=collections.list_ingestions(
            office, viewer.actor, collection_id, Page(after=after, limit=_SHOWN)
        ),
        most_bytes=IMPORT_BYTES,
    )


@router.post("/collections/{collection_id}/ingestions")
async def ingest(
    request: Request,
    service: TheService,
    collection_id: Id,
    viewer: Annotated[Viewer, may("collections.ingest")],
    name: Annotated[str, Query(min_length=1, max_length=200)] = "archive.zip",
) -> Response:
    """Take an archive as the request's body, sealed as it comes in: a form's parts would lie on disk in the clear."""
    token = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
        raise HTTPException(403, "This form belongs to another sign-in")
    if content_type(request) != "application/zip":
        raise HTTPException(415, "An archive is sent by the page's own script, as a ZIP")
    spool = await spool_body(request, service.office.folder)
    take = partial(service.imports.take_pictures, service.office, viewer.actor, collection_id, spool, name)
    try:
        job = await to_thread.run_sync(take)
    except REFUSALS as error:
        refused = Form().refused(error)
        fault = refused.faults[0]
        return JSONResponse({"what": fault.what, "remedy": fault.remedy}, status_code=refused.status)
    return JSONResponse({"id": job.id}, status_code=202)


@router.get("/ingestions/{ingestion_id}")
def ingestion_page(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    ingestion_id: Id,
    viewer: Annotated[Viewer, may("collections.show-ingestion")],
    result: Annotated[str, Query(max_length=20)] = "",
    after: After = None,
) -> Response:
    """How far an ingestion is, and what became of each row so far."""
    job = collections.show_ingestion(office, viewer.actor, ingestion_id)
    wanted = _result(result)
    return page(
        request,
        viewer,
        "collections/ingestion.html",
        collection=collections.show_collection(office, viewer.actor, job.collection_id),
        job=job,
        rows=collections.show_ingestion_rows(
            office, viewer.actor, ingestion_id, Page(after=after, limit=_ROWS), wanted
        ),
        result=wanted or "",
        results=get_args(RowOutcome),
    )


@router.get("/ingestions/{ingestion_id}/progress")
def progress(
    service: TheService, ingestion_id: Id, viewer: Annotated[Viewer, may("collections.show-ingestion")]
) -> Response:
    """The same as a part of a page, asked for again and again; the first time is in the audit chain."""
    looking = (viewer.actor.id, viewer.actor.session_id, "ingestion", ingestion_id)
    if service.looks.has_begun(looking):
        job = collections.ingestion_progress(service.office, viewer.actor, ingestion_id)
    else:
        job = collections.show_ingestion(service.office, viewer.actor, ingestion_id)
        service.looks.begin(looking)
    return HTMLResponse(fragment("collections/progress.html", viewer, job=job))


@router.get("/ingestions/{ingestion_id}/report.csv")
def report(
    office: TheOffice,
    ingestion_id: Id,
    viewer: Annotated[Viewer, may("collections.show-ingestion-rows")],
    result: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What became of each row, as a table to work through."""
    table = io.StringIO(newline="")
    table.write("\ufeff")  # so that spreadsheets take it for UTF-8
    writer = csv.writer(table)
    writer.writerow(("row", "reference", "image", "result", "record", "found", "what to do"))
    for row in _rows(office, viewer.actor, ingestion_id, _result(result)):
        writer.writerows([_plain(cell) for cell in line] for line in _lines(row))
    return file_answer(table.getvalue(), "text/csv; charset=utf-8", f"{ingestion_id}.csv")


def _rows(
    office: Office, actor: Actor, ingestion_id: str, result: RowOutcome | None
) -> Iterator[IngestedRow]:
    after: str | None = None
    while True:
        found = collections.show_ingestion_rows(
            office, actor, ingestion_id, Page(after=after, limit=_AT_ONCE), result
        )
        yield from found.items
        if (after := found.next) is None:
            return


def _lines(row: IngestedRow) -> Iterator[tuple[str, ...]]:
    """A line for each thing that was found, or one that says that nothing was."""
    own = (str(row.place), row.reference, row.image, words("row", row.result), row.record_id or "")
    for one in row.findings:
        yield (*own, f"{words('finding', one.kind)}: {one.detail}", words("finding-remedy", one.kind))
    if not row.findings:
        yield (*own, "", "")


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _result(written: str) -> RowOutcome | None:
    return next((one for one in get_args(RowOutcome) if one == written), None)
