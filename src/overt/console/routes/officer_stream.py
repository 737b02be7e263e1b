"""What belongs to the officer's page beside its pages: the stream of news, the manifest, the worker."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from overt.casework.people import authenticate
from overt.console.addresses import DeploymentId
from overt.console.live import Broadcast, begin_watching
from overt.console.officer import OfficerWatcher, manifest, told_to, worker
from overt.console.viewer import Viewer, may, session_secret
from overt.errors import AuthorityError, SignInError
from overt.web.service import Service, TheService

__all__ = ["router"]

router = APIRouter()

_CHECK_SECONDS: Final = 15.0
_PING_SECONDS: Final = 4


@router.get("/officer.webmanifest")
def web_manifest() -> Response:
    """What a phone needs to install the page. For whoever comes: nothing in it is anybody's."""
    return JSONResponse(manifest(), media_type="application/manifest+json")


@router.get("/officer-worker.js")
def service_worker() -> Response:
    """The worker that keeps the page's looks. For whoever comes: nothing in it is anybody's."""
    return Response(worker(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/officer/news/{deployment_id}")
async def news(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("alerts.list-mine")],
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,16}$")] = None,
) -> EventSourceResponse:
    """Which of the officer's alerts have changed, after the event that the page had last; without one, from now on.

    Raises:
        RateError: too many watch.
    """
    broadcast, seq = await begin_watching(request, service, viewer.actor, deployment_id)
    had = int(last_event_id) if last_event_id is not None else seq if after is None else after
    watcher = OfficerWatcher(viewer.actor, min(had, seq))
    messages = _messages(service, broadcast, watcher, deployment_id, session_secret(request))
    return EventSourceResponse(messages, ping=_PING_SECONDS)


async def _messages(
    service: Service, broadcast: Broadcast, watcher: OfficerWatcher, deployment_id: str, secret: str
) -> AsyncIterator[ServerSentEvent]:
    checked = time.monotonic()

    async def told(message: bytes) -> ServerSentEvent:
        return await to_thread.run_sync(told_to, service.office, watcher.actor, deployment_id, message)

    with service.place(), broadcast.watched_by(watcher):
        try:
            yield ServerSentEvent(event="begun", id=str(watcher.after), data="{}")
            async for missed in broadcast.join(watcher):
                yield await told(missed)
            while True:
                try:
                    message = await asyncio.wait_for(watcher.messages.get(), _CHECK_SECONDS)
                except TimeoutError:
                    message = b""
                if message is None:
                    return
                if message:
                    yield await told(message)
                if time.monotonic() - checked >= _CHECK_SECONDS:
                    checked = time.monotonic()
                    watcher.actor = await to_thread.run_sync(authenticate, service.office, secret, "console")
        except (AuthorityError, SignInError):
            yield ServerSentEvent(event="signed-out", data="{}")
