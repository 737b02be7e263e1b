"""Bulk imports: an archive of one CSV file and the pictures that it names."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Query, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from overt.api.acting import TheActor
from overt.api.inputs import Id, ThePage, api_router
from overt.casework import watchlists
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import ImportView
from overt.web.service import TheOffice, TheService
from overt.web.uploads import content_type, spool_body

__all__ = ["router"]

router = api_router("imports")


class ReportQuery(Page):
    """Which rows, and which page of them."""

    result: Annotated[watchlists.RowResult | None, Field(description="Only rows with this result.")] = None


@router.post(
    "/watchlists/{watchlist_id}/imports",
    operation_id="imports.start",
    status_code=202,
    summary="Import an archive",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def start(
    service: TheService,
    actor: TheActor,
    watchlist_id: Id,
    request: Request,
    dry_run: Annotated[bool, Query(description="Judge and report everything, and write nothing.")] = False,
) -> ImportView:
    """A ZIP, 2 GiB at most, sealed while it is on this machine. Imported twice, it adds nothing twice."""
    if content_type(request) != "application/zip":
        raise HTTPException(415)
    watchlists.start_import.authorise(actor)
    spool = await spool_body(request, service.office.folder)
    take = partial(service.imports.take, service.office, actor, watchlist_id, spool, dry_run=dry_run)
    return await to_thread.run_sync(take)


@router.get(
    "/watchlists/{watchlist_id}/imports", operation_id="imports.list", summary="Imports to a watchlist"
)
def list_all(office: TheOffice, actor: TheActor, watchlist_id: Id, page: ThePage) -> Listing[ImportView]:
    """The newest first."""
    return watchlists.list_imports(office, actor, watchlist_id, page)


@router.get("/imports/{import_id}", operation_id="imports.show", summary="How far an import is")
def show(office: TheOffice, actor: TheActor, import_id: Id) -> ImportView:
    """Ask again until its state is no longer `running`."""
    return watchlists.show_import(office, actor, import_id)


@router.get(
    "/imports/{import_id}/report", operation_id="imports.show-report", summary="What became of each row"
)
def show_report(
    office: TheOffice, actor: TheActor, import_id: Id, query: Annotated[ReportQuery, Query()]
) -> Listing[watchlists.ImportedRow]:
    """Once the import has ended, and until its report is deleted."""
    page = Page(after=query.after, limit=query.limit)
    return watchlists.show_import_report(office, actor, import_id, page, query.result)
