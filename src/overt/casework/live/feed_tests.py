"""Trying a feed before it is relied on: a short run of the sealed engine that looks for nobody.

Whatever a camera sees is the public's. So the feed is opened by an engine of its own, sealed as for a deployment,
with an empty watchlist: nothing can alert, and the one thing that can come out is a masked picture. The engine is
stopped as soon as it has shown one and pictures were counted for a moment, or it has said what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from overt.biometrics import packs
from overt.casework.actor import Actor
from overt.casework.commands import Work, command
from overt.casework.deployments import Feed, feed_of_plan
from overt.casework.per_office import PerOffice
from overt.engine import (
    Begin,
    Closed,
    Engine,
    EngineLimits,
    Fault,
    FeedSpec,
    FeedTelemetry,
    MaskedFrame,
    Telemetry,
)
from overt.errors import ConflictError, EngineError, OvertError, RateError, WireError
from overt.video import parse_source

if TYPE_CHECKING:
    from overt.casework.live.runner import RunningEngine, StartEngine
    from overt.casework.office import Office

__all__ = ["FeedTest", "FeedTestView", "try_feed"]

LONGEST_SECONDS: Final = 20.0
"""How long an engine that is ready may look for a picture."""
KILL_SECONDS: Final = 5.0
"""How long it may take to end when it is told to."""
COUNTED_SECONDS: Final = 1.0
"""How long pictures are counted for the camera's rate."""

_HOPELESS: Final = frozenset(
    {"unreachable", "unsupported", "too-large", "device-lost", "truncated", "failed", "bad-frame"}
)
"""Faults after which no picture is waited for. After others, such as odd timestamps, one may still come."""
_MODEL: Final = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class FeedTest(BaseModel):
    """Which feed to try: one that is written here, or one of a deployment's plan."""

    model_config = _MODEL

    feed: Annotated[Feed | None, Field(description="A feed that is in no plan yet.")] = None
    deployment_id: Annotated[str | None, Field(max_length=64, description="A deployment, not live.")] = None
    feed_name: Annotated[str | None, Field(max_length=64, description="The feed of its plan.")] = None
    pack: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$",
            description="The model pack that finds the faces to mask; of a planned feed the plan's own is taken.",
        ),
    ] = "embedded"

    @model_validator(mode="after")
    def _check(self) -> Self:
        planned = self.deployment_id is not None and self.feed_name is not None
        if (self.feed is None) != planned or (self.feed is not None and self.deployment_id is not None):
            raise ValueError("name either a feed, or deployment_id and feed_name")
        return self


class FeedTestView(BaseModel):
    """What came of it: a masked picture, or what is wrong in words."""

    model_config = _MODEL

    feed: Annotated[str, Field(description="The zone's name.")]
    picture: Annotated[
        bytes | None,
        Field(
            repr=False,
            description="JPEG, base64, in which nobody can be recognised; null where there is none.",
        ),
    ]
    picture_width: int
    picture_height: int
    width: Annotated[int, Field(description="Of the camera's own picture, pixels; 0 where it is not known.")]
    height: int
    codec: Annotated[str, Field(description="What it is encoded with, as FFmpeg calls it.")]
    frames_per_second: Annotated[
        float | None, Field(description="Pictures that came a second; null where too few came to tell.")
    ]
    faces_in_view: int
    seconds: Annotated[float, Field(description="From the engine's being ready to the picture or the fault.")]
    fault: Annotated[str, Field(description="What is wrong, in words; empty where nothing is.")]
    fault_kind: str
    remedy: Annotated[str, Field(description="What to do about it.")]


@dataclass(frozen=True)
class _Prepared:
    subject: str
    begin: Begin = field(repr=False)


@dataclass
class _Heard:
    """What the engine has said so far."""

    began: float = field(default_factory=time.monotonic)
    frame: MaskedFrame | None = None
    fault: Fault | None = None
    last: FeedTelemetry | None = None
    counted: list[tuple[float, int]] = field(default_factory=list)

    def hear(self, message: object) -> bool:
        """Take in a message; whether it is enough."""
        if isinstance(message, MaskedFrame):
            self.frame = message
        elif isinstance(message, Fault):
            self.fault = message
        elif isinstance(message, Telemetry) and message.feeds:
            self._count(message)
        if self.frame is not None:
            return self.rate is not None or (self.last is not None and self.last.state == "ended")
        return self.fault is not None and self.fault.kind in _HOPELESS

    def _count(self, telemetry: Telemetry) -> None:
        self.last = telemetry.feeds[0]
        if self.last.frames_received:
            self.counted.append((telemetry.seconds, self.last.frames_received))

    @property
    def rate(self) -> float | None:
        """Pictures a second, once they were counted for long enough."""
        if len(self.counted) < 2:
            return None
        (began, first), (ended, last) = self.counted[0], self.counted[-1]
        return (last - first) / (ended - began) if ended - began >= COUNTED_SECONDS else None

    def view(self, feed: str) -> FeedTestView:
        """What came of it."""
        frame, fault, last = self.frame, self.fault, self.last
        if frame is None and fault is None:
            fault = Fault(
                kind="stalled",
                detail=f"No picture has come of the feed {feed}",
                remedy="See that the camera is on and that its address is right",
            )
        return FeedTestView(
            feed=feed,
            picture=None if frame is None else frame.jpeg,
            picture_width=0 if frame is None else frame.width,
            picture_height=0 if frame is None else frame.height,
            width=0 if last is None else last.width,
            height=0 if last is None else last.height,
            codec="" if last is None else last.codec,
            frames_per_second=self.rate,
            faces_in_view=0 if frame is None else frame.faces_in_view,
            seconds=time.monotonic() - self.began,
            fault="" if fault is None else fault.detail,
            fault_kind="" if fault is None else fault.kind,
            remedy="" if fault is None else fault.remedy,
        )


def try_feed(
    office: Office, actor: Actor, asked: FeedTest, start_engine: StartEngine | None = Engine.start
) -> FeedTestView:
    """Open a feed in a sealed engine that looks for nobody, and show a masked picture of it. One at a time.

    Args:
        office: the office.
        actor: who asks; `deployments.test-feed` must be theirs to give.
        asked: which feed.
        start_engine: starts the engine; None where engines are not to run here.

    Raises:
        AuthorityError: it is not theirs to give.
        ConflictError: the deployment runs, or engines do not run here.
        MissingError: the deployment or the feed of its plan is not there.
        RateError: another feed is being tried.
        EngineError: the engine could not begin.
        PackError: the pack is missing or altered.
    """
    prepared = _prepare(office, actor, asked, start_engine is not None)
    software, feed = Actor.software("engine"), prepared.begin.feeds[0].name
    turn = _turn_of(office)
    if start_engine is None or not turn.acquire(blocking=False):
        _end(office, software, prepared.subject, "busy", 0)
        raise RateError(
            "Another feed is being tried at this moment", "Try again when it is done", wait_seconds=10
        )
    heard = _Heard()
    outcome = "engine-failed"
    try:
        with start_engine(prepared.begin) as engine:
            heard.began = time.monotonic()
            _listen(engine, heard)
        outcome = "picture" if heard.frame else heard.fault.kind if heard.fault else "nothing"
    except WireError as error:
        raise EngineError(
            "The engine has said what no engine says, and was ended", "Look at `overt doctor`"
        ) from error
    finally:
        turn.release()
        _end(office, software, prepared.subject, outcome, round(time.monotonic() - heard.began, 1))
    return heard.view(feed)


@command("deployments.test-feed")
def _prepare(work: Work, asked: FeedTest, engines_here: bool) -> _Prepared:
    """What the engine is told. It is in the chain before the feed is opened."""
    feed, pack_name, subject = asked.feed, asked.pack, asked.deployment_id or ""
    work.note(subject)
    if asked.deployment_id is not None and asked.feed_name is not None:
        feed, pack_name = feed_of_plan(work, asked.deployment_id, asked.feed_name)
    assert feed is not None  # noqa: S101 - the model has seen to it
    work.note(subject, kind=parse_source(feed.uri).kind, transport=feed.transport)
    if not engines_here:
        raise ConflictError(
            "This server runs no engines, so no feed can be opened here",
            "Try it on the server that will run the deployment",
        )
    pack = packs.load(pack_name)
    begin = Begin(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        feeds=(FeedSpec(name=feed.name, uri=feed.uri, transport=feed.transport),),
        entries=(),
        templates=b"",
        entry_of_template=(),
        limits=EngineLimits(
            threads=1,  # a deployment that is live beside it comes first
            masked_fps=2.0,
            required_seals=work.office.policy.deployments.required_seals,
        ),
    )
    return _Prepared(subject, begin)


@command("deployments.end-feed-test")
def _end(work: Work, subject: str, outcome: str, seconds: float) -> None:
    """What came of it, in the chain: whether there was a picture or which kind of fault."""
    work.note(subject, outcome=outcome, seconds=seconds)


def _listen(engine: RunningEngine, heard: _Heard) -> None:
    """Until it is enough, the feed is over, or the time is."""

    def stop() -> None:
        engine.stop("the feed was tried for long enough")

    def kill() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(engine.pid, signal.SIGKILL)

    timers = [
        threading.Timer(LONGEST_SECONDS, stop),
        threading.Timer(LONGEST_SECONDS + KILL_SECONDS, kill),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        for message in engine.messages():
            if heard.hear(message) or isinstance(message, Closed):
                return
    except OvertError:
        if heard.frame is None and heard.fault is None:
            raise
    finally:
        for timer in timers:
            timer.cancel()


_turn_of: Final = PerOffice(lambda _: threading.Lock())
