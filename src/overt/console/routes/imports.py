"""Bulk imports: an archive sent by script, its progress, its report row by row."""

from collections.abc import Iterator
from typing import Annotated, Final, get_args

from fastapi import Query, Request
from fastapi.routing import APIRouter
from starlette.responses import HTMLResponse, Response

from overt.casework import Actor, Office, watchlists
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import FindingView, ImportedRow, ImportView, RowResult
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

    def take(spool: SealedSpool) -> ImportView:
        return service.imports.take(service.office, viewer.actor, watchlist_id, spool, dry_run=dry_run)

    return await taken_archive(request, service, viewer, take)


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
    rows = _rows(office, viewer.actor, import_id, _result(result))
    head = ("row", "reference", "name", "result", "entry", "picture", "found", "what to do")
    return report_file(head, (line for row in rows for line in _lines(row)), f"{import_id}.csv")


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


def _result(written: str) -> RowResult | None:
    return next((one for one in get_args(RowResult) if one == written), None)
