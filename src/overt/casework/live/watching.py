"""Watching a deployment: its events, and masked pictures of its feeds. Neither holds anything about a person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from overt.casework.commands import Work, command
from overt.casework.events import news_of
from overt.casework.live._frames import frames_of
from overt.casework.live.models import LiveEventView, LiveView
from overt.errors import MissingError
from overt.records.tables import Deployment, LiveEvent

if TYPE_CHECKING:
    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.engine import MaskedFrame

__all__ = ["events_after", "newest_masked_frame", "show_feed", "watch_live"]

_LOOK_SECONDS: Final = 0.25
_AT_ONCE: Final = 500


@command("live.watch")
def watch_live(work: Work, deployment_id: str) -> LiveView:
    """Begin to watch a deployment. What follows comes from `events_after`, which the audit chain does not repeat.

    Raises:
        MissingError: there is no such deployment.
    """
    work.note(deployment_id[:40])
    deployment = work.session.get(Deployment, deployment_id)
    if deployment is None:
        raise MissingError(f"There is no deployment {deployment_id[:40]}", "List the deployments")
    last = work.session.scalar(
        select(func.max(LiveEvent.seq)).where(LiveEvent.deployment_id == deployment_id)
    )
    return LiveView(
        deployment_id=deployment_id,
        state=deployment.state,
        seq=last or 0,
        feeds=frames_of(work.office).feeds(deployment_id),
    )


def events_after(
    office: Office, actor: Actor, deployment_id: str, after_seq: int, wait_seconds: float = 0.0
) -> list[LiveEventView]:
    """Events later than `after_seq`, the oldest first, 500 at most.

    Args:
        office: the office.
        actor: who watches; `live.watch` must be theirs to give.
        deployment_id: which deployment.
        after_seq: the last event that is known already.
        wait_seconds: how long to wait for one if there is none yet. What is done in this process wakes at once; what
            is done in another is found within a quarter of a second.

    Raises:
        AuthorityError: the actor may not watch.
    """
    watch_live.authorise(actor)
    news, deadline = news_of(office), time.monotonic() + wait_seconds
    while True:
        seen = news.count
        with office.database.reading() as session:
            events = [
                LiveEventView.model_validate(
                    {"seq": event.seq, "at": event.at, "kind": event.kind, "subject_id": event.subject_id}
                )
                for event in session.scalars(
                    select(LiveEvent)
                    .where(LiveEvent.deployment_id == deployment_id, LiveEvent.seq > after_seq)
                    .order_by(LiveEvent.seq)
                    .limit(_AT_ONCE)
                )
            ]
        left = deadline - time.monotonic()
        if events or left <= 0:
            return events
        news.wait(seen, min(left, _LOOK_SECONDS))


@command("live.show-feed")
def show_feed(work: Work, deployment_id: str, feed: str) -> MaskedFrame:
    """Show a feed's newest picture, in which nobody can be recognised. Later ones: `newest_masked_frame`.

    Raises:
        MissingError: the deployment is not running here, or the feed has sent no picture yet.
    """
    work.note(deployment_id[:40])
    frame = frames_of(work.office).newest(deployment_id, feed)
    if frame is None:
        raise MissingError(
            "There is no masked picture of this feed",
            "The deployment must be live, and its plan must ask for masked pictures; wait a second and ask again",
        )
    return frame


def newest_masked_frame(office: Office, actor: Actor, deployment_id: str, feed: str) -> MaskedFrame | None:
    """The newest masked picture, for whoever began with `show_feed`: allowed alike, and not repeated in the chain.

    Raises:
        AuthorityError: the actor may not look at feeds.
    """
    show_feed.authorise(actor)
    return frames_of(office).newest(deployment_id, feed)
