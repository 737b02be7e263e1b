"""How each feed of a running deployment fares at this moment: figures out of memory, nothing about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from overt.casework.live._figures import figures_of
from overt.casework.live.models import FeedHealth, FeedNow, FeedsNow, LastFault
from overt.casework.live.watching import watch_live

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.engine import Fault, FeedTelemetry

__all__ = ["feeds_now"]

_HEALTH: Final[Mapping[str, FeedHealth]] = {
    "opening": "connecting",
    "running": "connected",
    "stalled": "lost",
    "reconnecting": "lost",
    "ended": "ended",
    "failed": "failed",
}


def feeds_now(office: Office, actor: Actor, deployment_id: str) -> FeedsNow:
    """Each feed's health and figures, as the engine said last, at most half a second ago while it runs.

    For whoever began with `watch_live`: allowed alike, and not repeated in the chain. It reads memory and no
    database, so that it can be asked for as often as a page is painted.

    Raises:
        AuthorityError: the actor may not watch.
    """
    watch_live.authorise(actor)
    known = figures_of(office).of(deployment_id)
    if known is None:
        return FeedsNow(
            deployment_id=deployment_id,
            running_here=False,
            says="Not running here: no engine of this deployment runs in this server now",
        )
    if known.telemetry is None:
        return FeedsNow(
            deployment_id=deployment_id,
            running_here=True,
            says="The engine is starting and has told no figures yet",
            run_id=known.run_id,
            engine_fault=_last(known.faults.get("")),
        )
    return FeedsNow(
        deployment_id=deployment_id,
        running_here=True,
        says="",
        run_id=known.run_id,
        as_of=known.came_at,
        engine_fault=_last(known.faults.get("")),
        feeds=tuple(_feed(feed, known.faults.get(feed.name)) for feed in known.telemetry.feeds),
    )


def _feed(feed: FeedTelemetry, fault: tuple[datetime, Fault] | None) -> FeedNow:
    latency = feed.capture_to_decision_ms
    return FeedNow(
        name=feed.name,
        health=_HEALTH.get(feed.state, "lost"),
        last_fault=_last(fault),
        frames_per_second=feed.frames_per_second,
        latency_p50_ms=latency.p50,
        latency_p95_ms=latency.p95,
        faces_in_view=feed.faces_in_view,
        frames_received=feed.frames_received,
        frames_skipped=feed.frames_skipped,
        passages=feed.passages,
        alerts=feed.alerts,
        reconnections=feed.reconnections,
    )


def _last(fault: tuple[datetime, Fault] | None) -> LastFault | None:
    if fault is None:
        return None
    at, what = fault
    return LastFault(at=at, kind=what.kind, detail=what.detail, remedy=what.remedy)
