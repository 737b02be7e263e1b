"""What a feed's thread reads from: pictures as they are decoded, with when they arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import av
import av.error

from overt.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from overt.video.faults import FeedLimits
    from overt.video.sources import Source

__all__ = ["READ_ERRORS", "Decoded", "Reader", "reading_error"]

READ_ERRORS: Final = (av.error.FFmpegError, OSError)
"""What PyAV raises when FFmpeg cannot read or decode."""


@dataclass(slots=True)
class Decoded:
    """One picture, as its decoder left it.

    Attributes:
        frame: the picture.
        arrived_ns: `time.monotonic_ns` when its bytes had been read.
        ticks: its timestamp in `unit`; None where there is none.
        unit: seconds in a tick.
        timed: whether the source gives timestamps at all, so that their absence is a fault.
        nominal: the expected duration of a picture, seconds.
    """

    frame: av.VideoFrame | None
    arrived_ns: int
    ticks: int | None
    unit: Fraction | None
    timed: bool
    nominal: float

    def take(self) -> av.VideoFrame:
        """Take the picture out, so that nothing else holds it. Only once."""
        frame, self.frame = self.frame, None
        if frame is None:
            raise RuntimeError("the picture has been taken already")
        return frame


class Reader(Protocol):
    """An opened source."""

    @property
    def paced(self) -> bool:
        """Whether its timestamps, and not its arrival, say when a picture falls due at live pace."""

    @property
    def codec(self) -> str:
        """What its pictures are encoded with, as FFmpeg calls the decoder."""

    @property
    def seconds(self) -> float:
        """How long it says it is; 0 where it does not say."""

    @property
    def damaged(self) -> int:
        """How many packets and pictures were dropped because they could not be decoded whole."""

    @property
    def passed_over(self) -> int:
        """How many packets were not decoded because the source was ahead of its reader."""

    def frames(self) -> Iterator[Decoded]:
        """The pictures, until the source ends.

        Raises:
            FeedError: the source is lost; with the fault's kind.
        """

    def interrupt(self) -> None:
        """End a read that another thread waits in, and have every picture that the decoder keeps overwritten."""

    def close(self) -> None:
        """Close the source; everything that its decoder keeps is overwritten."""


_KINDS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (av.error.HTTPUnauthorizedError, "unreachable", "Check the user and password in the feed's address"),
    (av.error.HTTPForbiddenError, "unreachable", "Check what the user in the feed's address is allowed"),
    (FileNotFoundError, "unreachable", "Check the path"),
    (av.error.HTTPError, "unreachable", "Check the path in the feed's address, and the camera"),
    (av.error.HTTPClientError, "unreachable", "Check the path in the feed's address"),
    (PermissionError, "unreachable", "Give this user the right to read it"),
    (av.error.ExitError, "stalled", "Check the camera and its network"),
    (TimeoutError, "stalled", "Check the camera and its network"),
    (av.error.DecoderNotFoundError, "unsupported", "Use H.264, HEVC, VP9 or MJPEG"),
    (av.error.DemuxerNotFoundError, "unsupported", "Use a FFmpeg with this kind of input"),
    (av.error.ProtocolNotFoundError, "unsupported", "Use rtsp, http or a file"),
    (EOFError, "ended-early", "Check the camera"),
    (av.error.InvalidDataError, "unsupported", "Check that it is a film or picture, and whole"),
    (av.error.PatchWelcomeError, "unsupported", "Use H.264, HEVC, VP9 or MJPEG"),
)


def reading_error(error: Exception, source: Source, limits: FeedLimits, *, opened: bool) -> FeedError:
    """The named fault behind an error of FFmpeg. FFmpeg's own text can hold the address, so none of it is used."""
    seconds = limits.stall_seconds if opened else limits.open_seconds
    known = ((kind, remedy) for cause, kind, remedy in _KINDS if isinstance(error, cause))
    kind, remedy = next(known, ("unreachable", "Check the camera, its address and its network"))
    if kind == "stalled":
        what = f"nothing came from {source.shown} for {seconds:g} s"
        return FeedError("stalled" if opened else "unreachable", what, remedy)
    if source.kind == "usb" and kind in {"unreachable", "ended-early"}:
        kind, remedy = ("device-lost", "Plug the camera in again") if opened else (kind, "Plug the camera in")
    elif opened and kind in {"unreachable", "unsupported"}:
        kind = "corrupt" if isinstance(error, av.error.InvalidDataError) else "ended-early"
    reason = getattr(error, "strerror", None) or type(error).__name__
    verb = "reading" if opened else "opening"
    return FeedError(kind, f"{verb} {source.shown} failed: {reason}", remedy)
