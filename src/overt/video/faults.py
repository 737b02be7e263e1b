"""What can go wrong with a feed, by name, and what a feed says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["FAULT_KINDS", "FeedFault", "FeedLimits", "FeedState", "FeedStatus"]

FAULT_KINDS: Final[tuple[str, ...]] = (
    "unreachable",
    "stalled",
    "ended-early",
    "device-lost",
    "truncated",
    "corrupt",
    "resolution-changed",
    "wrong-time",
    "too-large",
    "unsupported",
    "failed",
)
"""Every name that a `FeedFault` may carry.

unreachable         the source cannot be opened: refused, absent, not permitted, no such file
stalled             connected, but no frame has come for `FeedLimits.stall_seconds`
ended-early         a live source ended the stream
device-lost         a local camera went away
truncated           a file ends before the length that it declares
corrupt             too many packets or pictures could not be decoded; what can be decoded is still handed over
resolution-changed  the picture's size changed; frames go on in the new size
wrong-time          timestamps are absent, go backwards or leap; frames go on by the feed's own reckoning
too-large           a picture is larger than `FeedLimits.max_pixels`
unsupported         no picture in it, or a codec or pixel layout that cannot be decoded and erased here
failed              the feed's thread ended on an unforeseen error
"""

FeedState = Literal["opening", "running", "stalled", "reconnecting", "ended", "failed"]


@dataclass(frozen=True, slots=True)
class FeedFault:
    """Something wrong with one feed. No text in it holds a password of the feed's address.

    Attributes:
        feed: the feed's name.
        kind: one of `FAULT_KINDS`.
        detail: what happened, one sentence without the full stop.
        remedy: what to do, likewise.
    """

    feed: str
    kind: str
    detail: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"{self.kind!r} is not one of the faults' names, {', '.join(FAULT_KINDS)}")


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed's state and counts since its start.

    Attributes:
        width: of the newest picture, pixels; 0 before the first.
        height: likewise.
        received: pictures decoded.
        skipped: pictures that were overwritten before anybody took them, or not decoded, to catch up.
        damaged: pictures and packets dropped because they could not be decoded whole.
        reconnections: how many times the source was opened again after it had been lost.
        codec: what its pictures are encoded with, as FFmpeg calls it; empty before it was opened.
        seconds: how long a film says it is; 0 where it does not say, and before it was opened.
    """

    state: FeedState
    width: int = 0
    height: int = 0
    received: int = 0
    skipped: int = 0
    damaged: int = 0
    reconnections: int = 0
    codec: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """What a feed waits for and accepts.

    Attributes:
        open_seconds: longest wait for a source to open.
        stall_seconds: longest wait for the next frame of a live source.
        max_pixels: largest picture, pixels (40 million is more than 8K video).
        first_retry_seconds: the first pause before a lost source is opened again; it doubles with each try.
        last_retry_seconds: the longest such pause.
        max_time_step: the longest step forwards between two timestamps that is believed, seconds.
        image_rate: pictures a second of an image folder at live pace.
        threads: threads of one decoder that split each picture among them; 0 chooses by picture size.
    """

    open_seconds: float = 10.0
    stall_seconds: float = 5.0
    max_pixels: int = 40_000_000
    first_retry_seconds: float = 0.5
    last_retry_seconds: float = 15.0
    max_time_step: float = 10.0
    image_rate: float = 12.0
    threads: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            least = 0 if name == "threads" else 1e-3
            if not least <= value < float("inf"):
                raise ValueError(f"{name} should be a finite number of at least {least}, not {value}")
