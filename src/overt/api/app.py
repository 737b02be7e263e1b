"""The application: routes thin over commands, guarded on every side."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

import overt
from overt.api.openapi import describe
from overt.api.problems import answer_problems
from overt.api.routes import ROUTERS
from overt.casework.probes import looking_room
from overt.errors import OvertError
from overt.web.engine_metrics import EngineMetrics
from overt.web.headers import StrictHeaders
from overt.web.hosts import HostCheck
from overt.web.imports import ImportRoom
from overt.web.limits import BodyLimit
from overt.web.metrics import Metrics
from overt.web.pages import PagesMount
from overt.web.request_log import RequestLog
from overt.web.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastapi.routing import APIRoute
    from starlette.types import ASGIApp, Lifespan

    from overt.casework import Office
    from overt.casework.live import Supervisor
    from overt.web.parts import Part

__all__ = ["create_app", "openapi_document"]


def create_app(
    office: Office,
    supervisor: Supervisor | None = None,
    *,
    also: tuple[Part, ...] = (),
    hosts: tuple[str, ...] = (),
    pages: Callable[[Service], ASGIApp] | None = None,
) -> FastAPI:
    """The application over an office.

    Args:
        office: what commands work in. It stays open; whoever opened it closes it.
        supervisor: started and closed with the application; without one this server runs no engines.
        also: further parts that are started and closed with it, such as the retention clock.
        hosts: if any, the only host names that requests may be for.
        pages: makes what answers at every address that is not for programs: the console.
    """
    metrics = Metrics()
    metrics.add(EngineMetrics(office, supervisor))
    imports = ImportRoom(office)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        looking = looking_room(office)
        parts: list[Part] = [*([] if supervisor is None else [supervisor]), imports, looking, *also]
        with contextlib.ExitStack() as running:
            try:
                for part in parts:
                    part.start()
                    running.callback(part.close)
            except OvertError as error:
                app.state.failure = error
                raise
            yield

    app = _bare_app(lifespan)
    service = app.state.service = Service(
        office=office, supervisor=supervisor, metrics=metrics, imports=imports
    )
    answer_problems(app)
    if pages is not None:
        app.routes.append(PagesMount(pages(service)))
    app.add_middleware(BodyLimit)
    if hosts:
        app.add_middleware(HostCheck, hosts=hosts)
    app.add_middleware(RequestLog, metrics=metrics)
    app.add_middleware(StrictHeaders)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, for which no office is needed."""
    return _bare_app(None).openapi()


def _bare_app(lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    """The routes and their description."""
    app = FastAPI(
        title="Overt",
        version=overt.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_no_name,
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    return app


def _no_name(route: APIRoute) -> str:
    """Every route says itself which command it gives; one that does not is a mistake."""
    raise ValueError(f"the route {route.path} has no operation_id")
