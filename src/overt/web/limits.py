"""How large a request may be, enforced while it comes in and whatever its Content-Length says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from overt.web.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CLIP_BYTES", "IMPORT_BYTES", "JSON_BYTES", "PICTURE_BYTES", "UPLOADS", "BodyLimit", "most_bytes"]

JSON_BYTES: Final = 1 << 20
PICTURE_BYTES: Final = 32 << 20
IMPORT_BYTES: Final = 2 << 30
CLIP_BYTES: Final = 256 << 20
"""A picture or clip that is handed in is held in memory."""

UPLOADS: Final = (
    (re.compile(r"/api/v1/(?:.+/)?(?:images|judge-image)"), PICTURE_BYTES),
    (re.compile(r"/api/v1/watchlists/[^/]+/imports"), IMPORT_BYTES),
    (re.compile(r"/watchlists/[^/]+/(?:entries|judge)|/entries/[^/]+/images"), PICTURE_BYTES),
    (re.compile(r"/watchlists/[^/]+/imports"), IMPORT_BYTES),
    (re.compile(r"(?:/api/v1)?/collections/[^/]+/ingestions"), IMPORT_BYTES),
    (re.compile(r"(?:/api/v1)?/probes"), CLIP_BYTES),
)
"""The addresses that take more than a JSON document or a form of words, and how much; the console's come last."""


def most_bytes(path: str) -> int:
    """The largest body that an address takes."""
    return next((limit for pattern, limit in UPLOADS if pattern.fullmatch(path)), JSON_BYTES)


class _TooLarge(HTTPException):
    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Refuses a body that is too large before it is read, where it says so, or as soon as it has become so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = most_bytes(scope["path"])
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > limit:
            answer = refuse(scope, 413, remedy=f"Send at most {limit} bytes to this address")
            await answer(scope, receive, send)
            return
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        await self.app(scope, receiving, send)
