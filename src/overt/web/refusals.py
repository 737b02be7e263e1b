"""A request refused before any route has seen it: a problem document to a program, a plain page to a browser.

The page stands alone: whatever else is out of order, it can be shown.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from overt.web.problems import WORDS, problem_answer

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

__all__ = ["is_for_programs", "refuse"]

_PROGRAMS: Final = ("/api/", "/health/", "/metrics", "/schemas/", "/openapi.json")
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Overt</title>
<h1>{title}</h1><p>{remedy}</p><p>Request {request_id}</p><p><a href="/">To the first page</a></p></html>
"""


def is_for_programs(path: str) -> bool:
    """Whether an address belongs to the API and what stands beside it, and not to the console."""
    return path.startswith(_PROGRAMS)


def refuse(scope: Scope, status: int, detail: str = "", *, remedy: str = "") -> Response:
    """The answer to a request that goes no further."""
    request_id = scope["overt.request_id"]
    if is_for_programs(scope["path"]):
        return problem_answer(request_id, status, detail, remedy=remedy)
    title = detail or WORDS.get(status, HTTPStatus(status).phrase)
    page = _PAGE.format(title=escape(title), remedy=escape(remedy), request_id=escape(request_id))
    return HTMLResponse(page, status_code=status)
