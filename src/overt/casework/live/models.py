"""What the commands on runs and on the live view take and give."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.events import EventKind
from overt.engine import Begin

__all__ = [
    "FaultView",
    "FeedHealth",
    "FeedNow",
    "FeedsNow",
    "LastFault",
    "LiveEventView",
    "LiveView",
    "PreparedRun",
    "RunView",
]

FeedHealth = Literal["connecting", "connected", "lost", "failed", "ended"]
"""connecting: not opened yet; connected: frames come; lost: none come, and it is tried again; failed: given up;
ended: its film, or the run, is over."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultView(_Model):
    """A fault of a run: on one feed, or (feed empty) of the engine itself."""

    at: datetime
    feed: str
    kind: str
    detail: str
    fatal: bool


class RunView(_Model):
    """One sealed engine process of a deployment: figures, never anything of a person."""

    id: str
    deployment_id: str
    number: Annotated[int, Field(description="1 for the first; each restart is another run.")]
    started_at: datetime
    ready_at: Annotated[datetime | None, Field(description="When it was sealed and its models were loaded.")]
    ended_at: datetime | None
    end_reason: str
    in_order: Annotated[bool, Field(description="Whether the engine said that all was overwritten.")]
    pack: str
    pack_version: str
    provider: str
    entries: Annotated[int, Field(description="Entries that were searched for.")]
    seals: Annotated[dict[str, Any], Field(description="Each seal: whether it is held, and what was found.")]
    telemetry: Annotated[dict[str, Any], Field(description="The engine's last figures.")]
    passages: Annotated[int, Field(description="Faces seen.")]
    alerts_received: int
    alerts_not_current: Annotated[
        int, Field(description="Alerts let go, as the entry or the deployment no longer allowed them.")
    ]
    faults: tuple[FaultView, ...]


class LiveView(_Model):
    """A deployment as somebody begins to watch it."""

    deployment_id: str
    state: str
    seq: Annotated[int, Field(description="The last event so far; ask for those after it.")]
    feeds: Annotated[tuple[str, ...], Field(description="Feeds that have a masked picture to show.")]


class LiveEventView(_Model):
    """Something that happened to a deployment. Ids only."""

    seq: Annotated[int, Field(description="Grows with every event; give the last one back to go on.")]
    at: datetime
    kind: EventKind
    subject_id: Annotated[
        str,
        Field(
            description="An alert's id, also for what is judged or routed of it; a run's; or the deployment's."
        ),
    ]


class LastFault(_Model):
    """The last thing that went wrong, which may be over by now."""

    at: datetime
    kind: str
    detail: str
    remedy: Annotated[str, Field(description="What to do.")]


class FeedNow(_Model):
    """How a feed fares at this moment: counts and times of the whole, nothing of any face."""

    name: Annotated[str, Field(description="The zone's name.")]
    health: FeedHealth
    last_fault: Annotated[
        LastFault | None, Field(description="The last of this run; null where all went well.")
    ]
    frames_per_second: Annotated[float, Field(description="Frames searched a second.")]
    latency_p50_ms: Annotated[
        float | None,
        Field(
            description="From a frame's arrival to the decision about everyone in it, over the newest 256 frames; "
            "null where no frame has come lately."
        ),
    ]
    latency_p95_ms: float | None
    faces_in_view: Annotated[int, Field(description="Certain faces in the newest frame, settled or not.")]
    frames_received: Annotated[int, Field(description="Since the run began, as all counts here.")]
    frames_skipped: Annotated[int, Field(description="Passed over because a newer one was there.")]
    passages: Annotated[int, Field(description="Faces seen.")]
    alerts: int
    reconnections: int


class FeedsNow(_Model):
    """How a deployment's feeds fare at this moment, as far as this server knows."""

    deployment_id: str
    running_here: Annotated[
        bool, Field(description="Whether an engine of the deployment runs in this server's process.")
    ]
    says: Annotated[str, Field(description="Why there are no figures, in words; empty where there are.")]
    run_id: str | None = None
    as_of: Annotated[datetime | None, Field(description="When the engine told these figures.")] = None
    engine_fault: Annotated[
        LastFault | None, Field(description="The last fault of the engine itself, of no feed.")
    ] = None
    feeds: tuple[FeedNow, ...] = ()


@dataclass(frozen=True)
class PreparedRun:
    """A run that is in the record and whose engine can be started now.

    Attributes:
        run_id: of its row.
        begin: what the engine is told.
        required_seals: without which it does not run.
    """

    run_id: str
    begin: Begin = field(repr=False)
    required_seals: tuple[str, ...]
