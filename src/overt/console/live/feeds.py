"""How the feeds fare, as the page shows them: figures in words, and when each one's newest picture was taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from overt.casework import live

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from overt.casework import Actor, Office

__all__ = ["FeedPicture", "feeds_of"]

_HEALTH: Final[Mapping[str, str]] = {
    "connecting": "Connecting",
    "connected": "Frames come",
    "lost": "No frames come; trying again",
    "failed": "Given up",
    "ended": "Over",
    "idle": "Not running",
}


class FeedPicture(BaseModel):
    """A tile: words, figures and the time of its newest masked picture."""

    model_config = ConfigDict(frozen=True)

    name: str
    health: str
    health_words: str
    frames_per_second: str | None
    latency: str | None
    faces: str | None
    fault: str
    pictured_at: datetime | None


def feeds_of(office: Office, actor: Actor, deployment_id: str, planned: Iterable[str]) -> dict[str, Any]:
    """Every planned feed as it fares now; nothing is read but memory.

    Raises:
        AuthorityError: the actor may not watch, or not look at feeds.
    """
    now = live.feeds_now(office, actor, deployment_id)
    known = {feed.name: feed for feed in now.feeds}
    tiles = []
    for name in planned:
        feed = known.get(name)
        frame = live.newest_masked_frame(office, actor, deployment_id, name)
        pictured_at = None if frame is None else datetime.fromtimestamp(frame.captured_at / 1e9, UTC)
        health = "idle" if feed is None else feed.health
        if feed is None and now.running_here:
            health = "connecting"
        fault = None if feed is None else feed.last_fault
        tiles.append(
            FeedPicture(
                name=name,
                health=health,
                health_words=_HEALTH[health],
                frames_per_second=None if feed is None else f"{feed.frames_per_second:.1f}",
                latency=None
                if feed is None or feed.latency_p50_ms is None
                else _seconds(feed.latency_p50_ms),
                faces=None if feed is None else str(feed.faces_in_view),
                fault="" if fault is None or health == "connected" else _sentence(fault.detail, fault.remedy),
                pictured_at=pictured_at,
            ).model_dump(mode="json")
        )
    engine = now.engine_fault
    return {
        "says": now.says,
        "fault": "" if engine is None else _sentence(engine.detail, engine.remedy),
        "feeds": tiles,
    }


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _sentence(detail: str, remedy: str) -> str:
    return ". ".join(part.rstrip(". ") for part in (detail, remedy) if part)
