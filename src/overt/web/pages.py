"""Where the console stands: at every address that is not for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Match, Mount

from overt.web.refusals import is_for_programs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

__all__ = ["PagesMount"]


class PagesMount(Mount):
    """The console at the root, out of the way of the API, which refuses its own unknown addresses."""

    def __init__(self, pages: ASGIApp) -> None:
        super().__init__("/", app=pages)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is the console's to answer."""
        if scope["type"] == "http" and not is_for_programs(scope["path"]):
            return super().matches(scope)
        return Match.NONE, {}
