"""The application of the pages: routes thin over commands, and a plain page for every error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from overt.console.errors import answer_pages
from overt.console.guards import PageHeaders, SameSiteOnly
from overt.console.routes import ROUTERS
from overt.console.static_files import static

if TYPE_CHECKING:
    from overt.web import Service

__all__ = ["create_console"]


def create_console(service: Service) -> FastAPI:
    """The pages over a service that is running.

    Args:
        service: what `overt.api.create_app` made; hand it this function as `pages`.
    """
    app = FastAPI(
        title="Overt's console",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.service = service
    app.state.broadcasts = {}
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(static)
    answer_pages(app)
    app.add_middleware(SameSiteOnly)
    app.add_middleware(PageHeaders)
    return app
