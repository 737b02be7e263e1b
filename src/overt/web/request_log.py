"""One line a request in the server's log: method, the route's template, status, milliseconds, the request's id.

Never an address with its parameters, a body, or a name. An error that nobody foresaw is logged by its type and where
it arose, without its message, which may hold what was sent.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from overt.web.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from overt.web.metrics import Metrics

__all__ = ["RequestLog"]

_LOG: Final = logging.getLogger("overt.requests")


class RequestLog:
    """Gives each request an id, writes its line, counts it, and answers for what nobody foresaw."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["overt.request_id"] = secrets.token_hex(8)
        began = time.monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        except Exception as error:  # noqa: BLE001 - the last place: nobody outside is told more than an id
            _say_unforeseen(request_id, error)
            if status == 0:
                answer = refuse(scope, 500, remedy="Give the request's id to an administrator")
                await answer(scope, receive, sending)
        seconds = time.monotonic() - began
        template = _template(scope)
        self.metrics.count_request(scope["method"], template, status, seconds)
        _LOG.info(
            "%s %s %d %.0f ms %s %s",
            _method(scope),
            template,
            status,
            seconds * 1000,
            request_id,
            scope.get("overt.error", ""),
        )


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method.isalpha() and len(method) <= 16 else "?"


def _template(scope: Scope) -> str:
    """The route's template, such as `/api/v1/people/{person_id}`; `-` where no route was found."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "-"


def _say_unforeseen(request_id: str, error: BaseException | None) -> None:
    while error is not None:
        where = " < ".join(
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
        )
        _LOG.error("%s unforeseen %s at %s", request_id, type(error).__name__, where)
        error = error.__cause__ or error.__context__
