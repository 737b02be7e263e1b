"""Bulk imports: an archive sent by script, its progress, its report row by row."""

import csv
import hmac
import io
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, get_args

from anyio import to_thread
from fastapi import Query, Request
from fastapi.routing import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from overt.casework import Actor, Office, watchlists
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import FindingView, ImportedRow, RowResult
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


@router.get("/watchlists/{watchlist_id}/imports")
def imports_page(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("imports.list")],
    after: After = None,
) -> Response:
    """Where an archive is dropped, and the imports that there have been."""
    return page(
        request,
        viewer,
        "watchlists/imports.html",
        watchlist=watchlists.show_watchlist(office, viewer.actor, watchlist_id),
        found=watchlists.list_imports(office, viewer.actor, watchlist_id, Page(after=after, limit=_SHOWN)),
        rules=office.policy.watchlists,
        most_bytes=IMPORT_BYTES,
    )


@router.post("/watchlists/{watchlist_id}/imports")
async def start(
    request: Request,
    service: TheService,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("imports.start")],
    dry_run: Annotated[bool, Query()] = True,
) -> Response:
    """Take an archive as the request's body, sealed as it comes in: a form's parts would lie on disk in the clear."""
    token = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
        raise HTTPException(403, "This form belongs to another sign-in")
    if content_type(request) != "application/zip":
        raise HTTPException(415, "An archive is sent by the page's own script, as a ZIP")
    spool = await spool_body(request, service.office.folder)
    take = partial(service.imports.take, service.office, viewer.actor, watchlist_id, spool, dry_run=dry_run)
    try:
        job = await to_thread.run_sync(take)
    except REFUSALS as error:
        fault = Form().refused(error).faults[0]
        refused = {"what": fault.what, "remedy": fault.remedy}
        return JSONResponse(refused, status_code=Form().refused(error).status)
    return JSONResponse({"id": job.id}, status_code=202)


@router.get("/imports/{import_id}")
def import_page(
    request: Request,
    office: TheOffice,
    import_id: Id,
    viewer: Annotated[Viewer, may("imports.show")],
    *,
    result: Annotated[str, Query(max_length=20)] = "",
    after: After = None,
) -> Response:
    """How far an import is, and once it is over what became of each row."""
    job = watchlists.show_import(office, viewer.actor, import_id)
    wanted = _result(result)
    rows: Listing[ImportedRow] = Listing(items=(), next=None, total=0)
    if job.state != "running":
        rows = watchlists.show_import_report(
            office, viewer.actor, import_id, Page(after=after, limit=_ROWS), wanted
        )
    return page(
        request,
        viewer,
        "watchlists/import.html",
        watchlist=watchlists.show_watchlist(office, viewer.actor, job.watchlist_id),
        job=job,
        rows=rows,
        result=wanted or "",
        results=get_args(RowResult),
    )


@router.get("/imports/{import_id}/progress")
def progress(service: TheService, import_id: Id, viewer: Annotated[Viewer, may("imports.show")]) -> Response:
    """The same as a part of a page, asked for again and again; the first time is in the audit chain."""
    looking = (viewer.actor.id, viewer.actor.session_id, "import", import_id)
    if service.looks.has_begun(looking):
        job = watchlists.import_progress(service.office, viewer.actor, import_id)
    else:
        job = watchlists.show_import(service.office, viewer.actor, import_id)
        service.looks.begin(looking)
    return HTMLResponse(fragment("watchlists/progress.html", viewer, job=job))


@router.get("/imports/{import_id}/report.csv")
def report(
    office: TheOffice,
    import_id: Id,
    viewer: Annotated[Viewer, may("imports.show-report")],
    result: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What became of each row, as a table to work through."""
    table = io.StringIO(newline="")
    table.write("\ufeff")  # so that spreadsheets take it for UTF-8
    writer = csv.writer(table)
    writer.writerow(("row", "reference", "name", "result", "entry", "picture", "found", "what to do"))
    for row in _rows(office, viewer.actor, import_id, _result(result)):
        writer.writerows([_plain(cell) for cell in line] for line in _lines(row))
    return file_answer(table.getvalue(), "text/csv; charset=utf-8", f"{import_id}.csv")


def _rows(office: Office, actor: Actor, import_id: str, result: RowResult | None) -> Iterator[ImportedRow]:
    after: str | None = None
    while True:
        found = watchlists.show_import_report(
            office, actor, import_id, Page(after=after, limit=_AT_ONCE), result
        )
        yield from found.items
        if (after := found.next) is None:
            return


def _lines(row: ImportedRow) -> Iterator[tuple[str, ...]]:
    """A line for each thing that was found, or one that says that nothing was."""
    own = (row.place, row.reference, row.name, words("row", row.result), row.entry_id or "")
    found: list[tuple[str, FindingView]] = [("", one) for one in row.findings]
    found += [(image.file, one) for image in row.images for one in image.findings]
    for file, one in found:
        yield (*own, file, f"{words('finding', one.kind)}: {one.detail}", words("finding-remedy", one.kind))
    if not found:
        yield (*own, "", "", "")


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _result(written: str) -> RowResult | None:
    return next((one for one in get_args(RowResult) if one == written), None)
