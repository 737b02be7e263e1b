"""The words of a footage run: a clip that a named person hands in, for a reason, turned into passages.

They are a wire of their own. The engine of a live deployment reads `overt.engine.wire.Inward` and nothing else, so
that it refuses a `BeginFootage` as it refuses noise; and whoever started it reads `overt.engine.wire.Outward` and
nothing else, so that no `FootagePassage` can reach a live deployment's records. The process of a footage run opens no
address: the clip comes as one open file beside the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from overt.biometrics import Contract, DetectionSettings, OperatingPoint, Provider
from overt.engine.wire import MAX_INWARD, MAX_OUTWARD, Closed, Fault, Ready, Stop, Wire

if TYPE_CHECKING:
    import socket

__all__ = [
    "BeginFootage",
    "FootageInward",
    "FootageLimits",
    "FootageOutward",
    "FootagePassage",
    "FootageProgress",
    "FootageShot",
    "footage_engine_wire",
    "footage_parent_wire",
]

LEAST_REASON: Final = 3


class FootageLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How a clip is looked at, and what is taken of it.

    Attributes:
        provider: inference provider, `cpu`, `cuda` or `openvino`.
        threads: threads of one inference; 0 takes every core.
        detection: the scale and tiling of face detection.
        pictures_per_second: most pictures looked at, a second of the clip; 0 looks at every one.
        shots: most best shots of one passage.
        most_passages: the run ends when so many have been found.
        stall_seconds: the run ends when for so long no picture could be decoded.
        required_seals: names of seals without which the process refuses to begin.
    """

    provider: Provider = "cpu"
    threads: int = 0
    detection: DetectionSettings = DetectionSettings()
    pictures_per_second: float = 8.0
    shots: int = 3
    most_passages: int = 2000
    stall_seconds: float = 20.0
    required_seals: tuple[str, ...] = ()


class BeginFootage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Look at a clip. Without somebody who hands it in, and a reason, it is no message.

    Attributes:
        pack: folder of the model pack.
        contract: of the templates to make; the process refuses another pack.
        operating_point: its least face size and quality are used; it has no threshold to reach here.
        clip: what the clip is called, for messages.
        handed_in_by: the id of the person who does.
        reason: why, in their words.
    """

    pack: str
    contract: Contract
    operating_point: OperatingPoint
    clip: str
    handed_in_by: Annotated[str, msgspec.Meta(min_length=1)]
    reason: Annotated[str, msgspec.Meta(min_length=LEAST_REASON)]
    limits: FootageLimits = FootageLimits()


class FootageShot(msgspec.Struct, frozen=True, kw_only=True):
    """One of a passage's best pictures.

    Attributes:
        seconds: where in the clip.
        picture_box: left, top, right, bottom of the face in the clip's picture, pixels.
        cut: JPEG of the face and a margin, every other face in it masked.
        box: of the face in the cut.
        landmarks: of the face in the cut, x and y of each of five points.
        measures: its quality, by measure, and `quality`, their scalar.
        template: float32 [dimension], little-endian, of unit length.
    """

    seconds: float
    picture_box: tuple[float, float, float, float]
    cut: bytes
    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    measures: dict[str, float]
    template: bytes


class FootagePassage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One person's way through the clip, as far as the tracker could follow it; the best shots, the best first."""

    number: int
    first_seconds: float
    last_seconds: float
    shots: tuple[FootageShot, ...]


class FootageProgress(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How far a run is.

    Attributes:
        seconds: of the clip, on its own clock.
        of_seconds: how long it says it is; 0 where it does not say.
        decoded: pictures decoded.
        looked_at: of these, pictures in which faces were looked for.
        damaged: pictures and packets that could not be decoded.
        passages: given so far.
        width: of its pictures, upright, pixels.
        height: likewise.
        working_seconds: since the run began.
    """

    seconds: float
    of_seconds: float = 0.0
    decoded: int = 0
    looked_at: int = 0
    damaged: int = 0
    passages: int = 0
    width: int = 0
    height: int = 0
    working_seconds: float = 0.0


FootageInward = BeginFootage | Stop
FootageOutward = Ready | FootagePassage | FootageProgress | Fault | Closed


def footage_parent_wire(end: socket.socket) -> Wire[FootageInward, FootageOutward]:
    """The end of whoever hands the clip in."""
    return Wire(end, FootageOutward, MAX_OUTWARD)


def footage_engine_wire(end: socket.socket) -> Wire[FootageOutward, FootageInward]:
    """The end of the process that looks at it."""
    return Wire(end, FootageInward, MAX_INWARD)
