"""What a live page is told as it happens: one stream for each page, fed by one reader for all of them."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from overt.casework.people import authenticate
from overt.console.addresses import DeploymentId
from overt.console.live import Broadcast, Watcher, begin_watching
from overt.console.viewer import Viewer, may, session_secret
from overt.errors import SignInError
from overt.web.service import Service, TheService

__all__ = ["router"]

router = APIRouter()

_CHECK_SECONDS: Final = 15.0
_PING_SECONDS: Final = 15


@router.get("/live/{deployment_id}/stream")
async def stream(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("live.show-feed")],
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,16}$")] = None,
) -> EventSourceResponse:
    """Alerts and whatever becomes of them after the event that the page had last, and each second how the feeds fare.

    Raises:
        RateError: too many watch.
    """
    broadcast, seq = await begin_watching(request, service, viewer.actor, deployment_id)
    had = after if last_event_id is None else int(last_event_id)
    watcher = Watcher(viewer.actor, min(had, seq))
    messages = _messages(service, broadcast, watcher, session_secret(request))
    return EventSourceResponse(messages, ping=_PING_SECONDS)


async def _messages(
    service: Service, broadcast: Broadcast, watcher: Watcher, secret: str
) -> AsyncIterator[ServerSentEvent | bytes]:
    checked = time.monotonic()
    with service.place(), broadcast.watched_by(watcher):
        async for missed in broadcast.join(watcher):
            yield missed
        while (message := await watcher.messages.get()) is not None:
            yield message
            if time.monotonic() - checked >= _CHECK_SECONDS:
                checked = time.monotonic()
                try:
                    watcher.actor = await to_thread.run_sync(authenticate, service.office, secret, "console")
                except SignInError:
                    yield ServerSentEvent(event="signed-out", data="")
                    return
