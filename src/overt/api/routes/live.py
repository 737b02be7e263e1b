"""A live deployment as it happens: its events, masked pictures of its feeds, and the engine's runs."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Header, Path, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from overt.api.acting import TheActor, bearer_of
from overt.api.inputs import Id, api_router
from overt.casework import Actor, live
from overt.casework.live import LiveView
from overt.casework.people import authenticate
from overt.errors import SignInError
from overt.web.answers import JPEG, jpeg
from overt.web.service import Service, TheOffice, TheService

__all__ = ["router"]

router = api_router("live", "/deployments")

FeedName = Annotated[str, Path(pattern=r"^\w[\w .-]{0,63}$", description="The zone's name.")]
_WAIT_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 15.0
_PING_SECONDS: Final = 15
_OVER: Final = frozenset({"closed", "published", "expired", "cancelled", "refused"})
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A stream of events: `id` is the event's number, `event` its kind, `data` what happened.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/{deployment_id}/events",
    operation_id="live.watch",
    summary="A deployment's events, as they happen",
    response_class=EventSourceResponse,
    responses=_STREAM,
)
async def watch(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    actor: TheActor,
    deployment_id: Id,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="Events later than this number; all of them by default.")
    ] = 0,
    last_event_id: Annotated[
        str | None,
        Header(pattern=r"^[0-9]{1,16}$", description="As a browser sends it when it connects again."),
    ] = None,
) -> EventSourceResponse:
    """Ids and kinds only; what happened is asked for by its id. It ends with the deployment, or with the session."""
    service.require_place("Connect again later")
    view = await to_thread.run_sync(live.watch_live, service.office, actor, deployment_id)
    first = after if last_event_id is None else int(last_event_id)
    events = _events(service, actor, bearer_of(request), view, first)
    return EventSourceResponse(events, ping=_PING_SECONDS)


async def _events(
    service: Service, actor: Actor, bearer: str, view: LiveView, after: int
) -> AsyncIterator[ServerSentEvent]:
    with service.place():
        async for event in _until_over(service, actor, bearer, view, after):
            yield event


async def _until_over(
    service: Service, actor: Actor, bearer: str, view: LiveView, after: int
) -> AsyncIterator[ServerSentEvent]:
    office, checked = service.office, time.monotonic()
    while True:
        over = view.state in _OVER
        wait = 0.0 if over else _WAIT_SECONDS
        found = await to_thread.run_sync(
            live.events_after, office, actor, view.deployment_id, after, wait, limiter=service.waiting_room
        )
        for event in found:
            after = event.seq
            yield ServerSentEvent(id=str(event.seq), event=event.kind, data=event.model_dump_json())
        if any(event.kind == "move" for event in found):
            view = await to_thread.run_sync(live.watch_live, office, actor, view.deployment_id)
        elif over:
            yield ServerSentEvent(event="end", data=view.state)
            return
        if time.monotonic() - checked >= _CHECK_SECONDS:
            checked = time.monotonic()
            try:
                actor = await to_thread.run_sync(authenticate, office, bearer, "api")
            except SignInError:
                yield ServerSentEvent(event="signed-out", data="")
                return


@router.get(
    "/{deployment_id}/feeds/{feed}/picture",
    operation_id="live.show-feed",
    summary="A feed's newest masked picture",
    response_class=Response,
    responses=JPEG,
)
def show_feed(service: TheService, actor: TheActor, deployment_id: Id, feed: FeedName) -> Response:
    """Nobody in it can be recognised. That somebody looks is in the audit chain, not each picture that they see."""
    looking = (actor.id, actor.session_id, deployment_id, feed)
    if service.looks.has_begun(looking):
        newest = live.newest_masked_frame(service.office, actor, deployment_id, feed)
        if newest is not None:
            return jpeg(newest.jpeg)
    frame = live.show_feed(service.office, actor, deployment_id, feed)
    service.looks.begin(looking)
    return jpeg(frame.jpeg)


@router.get("/{deployment_id}/runs", operation_id="runs.list", summary="The engine's runs, with their faults")
def list_runs(office: TheOffice, actor: TheActor, deployment_id: Id) -> tuple[live.RunView, ...]:
    """Each start and restart: its seals, its figures, how it ended."""
    return live.list_runs(office, actor, deployment_id)
