"""Archives that a page's script sends, and the report of what became of their rows."""

from __future__ import annotations

import csv
import hmac
import io
from typing import TYPE_CHECKING, Protocol

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from overt.console.forms import CSRF_HEADER, REFUSALS, Form
from overt.web.answers import file_answer
from overt.web.uploads import content_type, spool_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import Request

    from overt.console.viewer import Viewer
    from overt.web.service import Service
    from overt.web.spool import SealedSpool

__all__ = ["report_file", "taken_archive"]


class _Begun(Protocol):
    @property
    def id(self) -> str: ...


async def taken_archive(
    request: Request, service: Service, viewer: Viewer, take: Callable[[SealedSpool], _Begun]
) -> Response:
    """Take an archive as the request's body, sealed as it comes in: a form's parts would lie on disk in the clear.

    Args:
        request: the archive, with the form's token in a header.
        service: whose folder the sealed body lies in.
        viewer: whose form it is.
        take: begins what is done with it.
    """
    token = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
        raise HTTPException(403, "This form belongs to another sign-in")
    if content_type(request) != "application/zip":
        raise HTTPException(415, "An archive is sent by the page's own script, as a ZIP")
    spool = await spool_body(request, service.office.folder)
    try:
        job = await to_thread.run_sync(take, spool)
    except REFUSALS as error:
        refused = Form().refused(error)
        fault = refused.faults[0]
        return JSONResponse({"what": fault.what, "remedy": fault.remedy}, status_code=refused.status)
    return JSONResponse({"id": job.id}, status_code=202)


def report_file(head: tuple[str, ...], lines: Iterable[tuple[str, ...]], name: str) -> Response:
    """A table to work through in a spreadsheet, none of whose cells it takes for a formula."""
    table = io.StringIO(newline="")
    table.write("\ufeff")  # so that spreadsheets take it for UTF-8
    writer = csv.writer(table)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in line] for line in lines)
    return file_answer(table.getvalue(), "text/csv; charset=utf-8", name)


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
