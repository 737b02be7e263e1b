"""What every request of the console passes: where it may come from, and what its answer may do in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from overt.web.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["PAGE_POLICY", "PageHeaders", "SameSiteOnly"]

PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types overt",
    )
)
"""No script, style or picture but the console's own, nothing inline, nothing evaluated, no frame around it."""

_READING: Final = frozenset({"GET", "HEAD"})


class PageHeaders:
    """Puts the pages' policy on every answer that has none of its own.

    A script that asks for it (`X-Overt-Goes`) is told where a form leads on to, and is not led there itself: else it
    would open the page once for nothing, and what that page says once would be said to nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        told = "x-overt-goes" in Headers(scope=scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                # Without a referrer a form's Origin would be "null".
                headers.setdefault("Referrer-Policy", "same-origin")
                if told and message["status"] == 303:
                    message["status"] = 204
                    headers["X-Overt-Goes"] = headers["location"]
                    del headers["location"]
            await send(message)

        await self.app(scope, receive, sending)


class SameSiteOnly:
    """Refuses what another site's page would have the browser send.

    A request that changes anything must come from a page of this address: its `Origin` must be this one. Whatever a
    browser marks as coming from another site may at most open a page, never be a part of one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and not _is_own(scope):
            answer = refuse(
                scope, 403, "The request comes from a page of another site", remedy="Open Overt itself"
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin != f"{scope['scheme']}://{headers.get('host', '')}":
        return False
    if scope["method"] not in _READING:
        return origin is not None and site in {None, "same-origin"}
    return site in {None, "same-origin", "none"} or headers.get("sec-fetch-mode") == "navigate"
