"""Which host names a request may be for, so that no page of another site can reach a server by a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from overt.web.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HostCheck"]


class HostCheck:
    """Refuses a request for any other host name. Ports are not looked at."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            written = Headers(scope=scope).get("host", "").lower()
            bare = written if written.endswith("]") else written.rsplit(":", 1)[0]
            if bare not in self.hosts:
                answer = refuse(
                    scope, 400, "The request is for a host name that this server does not answer to"
                )
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)
