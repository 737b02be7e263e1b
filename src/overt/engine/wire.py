"""The only words that go in and out of the sealed engine.

Each message is MessagePack behind a four-byte big-endian length, over a Unix stream socket pair. The lists
`Inward` and `Outward` are closed: what is not in them cannot cross, and none of the outward messages has a field
that could carry an unmatched face, its template, or anything that would tell one unmatched person from another.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from overt.biometrics import Contract, Covering, DetectionSettings, OperatingPoint, Provider
from overt.errors import WireError

__all__ = [
    "Alert",
    "Begin",
    "Closed",
    "CoveredTemplates",
    "Durations",
    "EngineLimits",
    "Fault",
    "FeedSpec",
    "FeedTelemetry",
    "Inward",
    "MaskedFrame",
    "Outward",
    "Ready",
    "SealState",
    "Stop",
    "Telemetry",
    "Wire",
    "engine_wire",
    "parent_wire",
]

MAX_INWARD: Final = 512 * 2**20
MAX_OUTWARD: Final = 4 * 2**20
_HEADER: Final = struct.Struct(">I")

Sent = TypeVar("Sent")
Received = TypeVar("Received")


class FeedSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: its zone's name, its address, and how to read it (see `overt.video.open_feed`)."""

    name: str
    uri: str
    pace: Literal["live", "max"] = "live"
    transport: Literal["tcp", "udp"] = "tcp"
    loop: bool = False


class EngineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How the engine spends its machine, and what it must hold to.

    Attributes:
        provider: inference provider, `cpu`, `cuda` or `openvino`.
        threads: threads of one inference; 0 takes every core.
        detection: the scale and tiling of face detection.
        masked_fps: masked frames a second and feed; 0 sends none.
        required_seals: names of seals without which the engine refuses to begin.
        max_shots: most observations of one passage that are embedded for one look.
        look_seconds: longest time, on the feed's clock, that a look stays undecided.
    """

    provider: Provider = "cpu"
    threads: int = 0
    detection: DetectionSettings = DetectionSettings()
    masked_fps: float = 0.0
    required_seals: tuple[str, ...] = ()
    max_shots: int = 3
    look_seconds: float = 0.6


class CoveredTemplates(msgspec.Struct, frozen=True, kw_only=True):
    """The watchlist's templates once more, made with one part of each face even.

    Attributes:
        covering: which part.
        templates: float32 [m, dimension] as in `Begin`, row for row.
    """

    covering: Covering
    templates: bytes


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Start work.

    Attributes:
        pack: folder of the model pack.
        contract: what the templates are bound to; the engine refuses another pack's.
        entries: the reference of each watchlist entry. Names and pictures stay outside.
        templates: float32 [m, dimension], row after row, little-endian, each of unit length.
        entry_of_template: for each row, the index into `entries`. The engine searches one template an entry, made of
            all its rows that are alike (`overt.gallery.picture_groups`, `fuse_references`).
        covered: the same for faces that are partly covered; without it every face is compared as it is.
    """

    pack: str
    contract: Contract
    operating_point: OperatingPoint
    feeds: tuple[FeedSpec, ...]
    entries: tuple[str, ...]
    templates: bytes
    entry_of_template: tuple[int, ...]
    covered: tuple[CoveredTemplates, ...] = ()
    limits: EngineLimits = EngineLimits()


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """End, and erase."""

    reason: str = "stopped"


class SealState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one seal holds, and what was found."""

    held: bool
    detail: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The engine is sealed and its models are loaded; the first frame has not been taken yet.

    `n_templates` counts the reference images that the entries' templates were made of; `coverings` are the parts of
    faces of which it judges whether they are covered.
    """

    contract: Contract
    provider: str
    seals: dict[str, SealState]
    n_entries: int
    n_templates: int
    coverings: tuple[Covering, ...] = ()


class Alert(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A passage resembles an entry. Never a decision.

    Attributes:
        passage: the passage's number within its feed and run.
        captured_at: UTC nanoseconds since 1970 of the frame that completed the alert.
        media_seconds: that frame's time on the feed's own clock.
        observations: how many observations were fused.
        box: left, top, right, bottom in the feed's frame, pixels.
        crop: JPEG of the alerting face with a margin, every other face in it masked.
        covering: the part of the face that looked covered and was left out of the comparison, on both sides; None
            where whole faces were compared.
    """

    feed: str
    entry: str
    passage: int
    score: float
    threshold: float
    observations: int
    quality: float
    captured_at: int
    media_seconds: float
    capture_to_alert_ms: float
    box: tuple[float, float, float, float]
    crop: bytes
    covering: Covering | None = None


class MaskedFrame(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A feed's picture in which nobody can be recognised: JPEG, reduced and masked by `overt.engine.masking`."""

    feed: str
    captured_at: int
    width: int
    height: int
    faces_in_view: int
    jpeg: bytes


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """A summary of many durations in milliseconds. None where there were none."""

    n: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class FeedTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One feed's state and counts since the start.

    Attributes:
        faces_in_view: certain faces in the newest frame: how many, and nothing about any of them.
        passages: those that had at least one usable face ("faces seen").
        codec: what its pictures are encoded with, as FFmpeg calls it; empty before it was opened.
        capture_to_decision_ms: from a frame's arrival to the moment at which everyone in it was searched for and
            decided about, over the feed's newest frames.
    """

    name: str
    state: str
    width: int = 0
    height: int = 0
    frames_received: int = 0
    frames_processed: int = 0
    frames_skipped: int = 0
    faces_in_view: int = 0
    passages: int = 0
    alerts: int = 0
    reconnections: int = 0
    frames_per_second: float = 0.0
    codec: str = ""
    capture_to_decision_ms: Durations = Durations()


class Telemetry(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Figures of the run so far; never of a person.

    Attributes:
        capture_to_alert_ms: from a frame's arrival to its alert on the wire.
        erasure_ms: from a buffer's capture to its being overwritten, for every frame, crop and template.
        erasure_after_use_ms: from a buffer's last use to its being overwritten, likewise.
        decoded_erasure_ms: from a picture's arrival to its decoded planes being overwritten, which the decoder may
            hold for a while as a reference for later pictures.
        embeddings: faces embedded.
        resident_mib: memory of the engine, MiB.
    """

    seconds: float
    feeds: tuple[FeedTelemetry, ...]
    capture_to_alert_ms: Durations
    erasure_ms: Durations
    erasure_after_use_ms: Durations
    decoded_erasure_ms: Durations = Durations()
    detections: int = 0
    embeddings: int = 0
    resident_mib: float = 0.0


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something went wrong: on one feed, or (feed empty) in the engine itself. After a fatal one comes Closed."""

    kind: str
    detail: str
    feed: str = ""
    fatal: bool = False
    remedy: str = ""


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The last message: everything has been overwritten."""

    reason: str
    telemetry: Telemetry | None = None


Inward = Begin | Stop
Outward = Ready | Alert | MaskedFrame | Telemetry | Fault | Closed


class Wire(Generic[Sent, Received]):
    """One end of the wire. Any thread may send; one thread receives.

    Args:
        end: a connected stream socket; the wire owns it from now on.
        receives: the union of message types that this end may receive, `Inward` or `Outward`.
        limit: the largest message this end accepts, bytes.
    """

    def __init__(self, end: socket.socket, receives: Any, limit: int) -> None:
        self._end = end
        self._limit = limit
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Received] = msgspec.msgpack.Decoder(receives)
        self._sending = threading.Lock()

    def send(self, message: Sent) -> None:
        """Send one message, whole.

        Raises:
            WireError: the other end is gone.
        """
        body = self._encoder.encode(message)
        try:
            with self._sending:
                self._end.sendall(_HEADER.pack(len(body)))
                self._end.sendall(body)
        except OSError as error:
            raise WireError(f"The other end of the wire is gone ({error.strerror})") from error

    def receive(self) -> Received | None:
        """The next message, or None when the other end has closed.

        Raises:
            WireError: the message is larger than the limit, or is not one of the types this end may receive.
        """
        header = self._exactly(_HEADER.size)
        if header is None:
            return None
        (size,) = _HEADER.unpack(header)
        if size > self._limit:
            raise WireError(
                f"A message of {size} bytes came over the wire, and this end accepts {self._limit}",
                "Raise neither limit: find out who sent it",
            )
        body = self._exactly(size)
        if body is None:
            return None
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError as error:
            raise WireError(f"A message on the wire is not one that may cross it: {error}") from error

    def _exactly(self, size: int) -> bytearray | None:
        body = bytearray(size)
        view = memoryview(body)
        got = 0
        while got < size:
            try:
                n = self._end.recv_into(view[got:])
            except ConnectionError:
                return None
            if n == 0:
                return None
            got += n
        return body

    def close(self) -> None:
        """Close this end, which wakes a receiver that waits on it."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()


def parent_wire(end: socket.socket) -> Wire[Inward, Outward]:
    """The end of whoever started the engine."""
    return Wire(end, Outward, MAX_OUTWARD)


def engine_wire(end: socket.socket) -> Wire[Outward, Inward]:
    """The engine's own end."""
    return Wire(end, Inward, MAX_INWARD)
