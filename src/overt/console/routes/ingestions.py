"""Ingestions: an archive sent by script into a collection, its progress, its report row by row."""

from collections.abc import Iterator
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from overt.casework import Actor, Office, collections
from overt.casework.collections import IngestedRow, IngestionView, RowOutcome
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.archives import report_file, taken_archive
from overt.console.pages import fragment, page
from overt.console.viewer import Viewer, may
from overt.console.wording import words
from overt.web.limits import IMPORT_BYTES
from overt.web.service import TheOffice, TheService
from overt.web.spool import SealedSpool

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

    def take(spool: SealedSpool) -> IngestionView:
        return service.imports.take_pictures(service.office, viewer.actor, collection_id, spool, name)

    return await taken_archive(request, service, viewer, take)


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
    rows = _rows(office, viewer.actor, ingestion_id, _result(result))
    head = ("row", "reference", "image", "result", "record", "found", "what to do")
    return report_file(head, (line for row in rows for line in _lines(row)), f"{ingestion_id}.csv")


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


def _result(written: str) -> RowOutcome | None:
    return next((one for one in get_args(RowOutcome) if one == written), None)
