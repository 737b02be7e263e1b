"""The application: routes thin over commands, guarded on every side."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI

import overt
from overt.api.engine_metrics import EngineMetrics
from overt.api.headers import StrictHeaders
from overt.api.hosts import HostCheck
from overt.api.imports import ImportRoom
from overt.api.limits import BodyLimit
from overt.api.metrics import Metrics
from overt.api.openapi import describe
from overt.api.problems import answer_problems
from overt.api.request_log import RequestLog
from overt.api.routes import ROUTERS
from overt.api.service import Service
from overt.errors import OvertError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi.routing import APIRoute
    from starlette.types import Lifespan

    from overt.casework import Office
    from overt.casework.live import Supervisor

__all__ = ["Part", "create_app", "openapi_document"]


class Part(Protocol):
    """Something that runs for as long as the server does."""

    def start(self) -> object:
        """Begin."""

    def close(self) -> object:
        """End in order: whatever it runs is stopped, and erased, before this returns."""


def create_app(
    office: Office,
    supervisor: Supervisor | None = None,
    *,
    also: tuple[Part, ...] = (),
    hosts: tuple[str, ...] = (),
) -> FastAPI:
    """The application over an office.

    Args:
        office: what commands work in. It stays open; whoever opened it closes it.
        supervisor: started and closed with the application; without one this server runs no engines.
        also: further parts that are started and closed with it, such as the retention clock.
        hosts: if any, the only host names that requests may be for.
    """
    metrics = Metrics()
    metrics.add(EngineMetrics(office, supervisor))
    imports = ImportRoom(office)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts: list[Part] = [*([] if supervisor is None else [supervisor]), imports, *also]
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
    app.state.service = Service(office=office, supervisor=supervisor, metrics=metrics, imports=imports)
    answer_problems(app)
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
