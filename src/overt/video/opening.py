"""Feeds of every kind of source, made ready to be started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.video.faults import FeedLimits
from overt.video.feed import Feed
from overt.video.sources import clip_source, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.video.faults import FeedFault
    from overt.video.feed import Pace
    from overt.video.frames import Buffers
    from overt.video.sources import Transport

__all__ = ["open_clip", "open_feed"]


def open_clip(
    descriptor: int,
    name: str,
    *,
    buffers: Buffers,
    on_frame: Callable[[], None],
    on_fault: Callable[[FeedFault], None],
    on_overwritten: Callable[[int, int], None] | None = None,
    most_rate: float = 0.0,
    limits: FeedLimits | None = None,
) -> Feed:
    """Make a feed of a film that this process holds open as a file: at full pace, with no frame lost.

    Of interlaced pictures one field is taken, so that what moves has no comb; what is read is told as with
    `open_feed`.

    Args:
        descriptor: the open file's.
        name: what it is called, for messages; the feed's name too.
        buffers: as `open_feed`.
        on_frame: as `open_feed`.
        on_fault: as `open_feed`.
        on_overwritten: as `open_feed`.
        most_rate: most pictures a second, on the film's own clock; 0 for every one.
        limits: as `open_feed`.
    """
    return Feed(
        name,
        clip_source(descriptor, name),
        pace="max",
        loop=False,
        limits=limits or FeedLimits(),
        buffers=buffers,
        on_frame=on_frame,
        on_fault=on_fault,
        on_overwritten=on_overwritten,
        most_rate=most_rate,
        one_field=True,
    )


def open_feed(
    name: str,
    uri: str,
    *,
    pace: Pace = "live",
    transport: Transport = "tcp",
    loop: bool = False,
    buffers: Buffers,
    on_frame: Callable[[], None],
    on_fault: Callable[[FeedFault], None],
    on_overwritten: Callable[[int, int], None] | None = None,
    limits: FeedLimits | None = None,
) -> Feed:
    """Make a feed of a source; see `overt.video.parse_source` for the addresses. `Feed.start` opens it.

    Args:
        name: the feed's name, of the zone of recognition that it watches.
        uri: the source's address.
        pace: `live`: a file is shown as a camera would, by its timestamps, and frames that come while the taker is
            busy are skipped; `max`: every frame is handed over, as fast as they are taken.
        transport: how RTSP carries its packets.
        loop: whether a file or folder begins again at its end.
        buffers: lends the memory of the frames that are handed over.
        on_frame: called when a frame waits to be taken; from the feed's thread; should only wake the taker.
        on_fault: called with each fault; mostly from the feed's thread.
        on_overwritten: called with (arrived_ns, overwritten_ns), `time.monotonic_ns`, for each decoded plane; from
            any thread, inside FFmpeg: it should only note the figures.
        limits: waits and sizes; `FeedLimits()` if None.

    Raises:
        SourceError: the address cannot be understood.
        FeedError: this PyAV cannot be made to erase what it decodes ("unsupported").
    """
    if pace not in {"live", "max"}:
        raise ValueError(f"pace should be 'live' or 'max', not {pace!r}")
    source = parse_source(uri, transport)
    return Feed(
        name,
        source,
        pace=pace,
        loop=loop,
        limits=limits or FeedLimits(),
        buffers=buffers,
        on_frame=on_frame,
        on_fault=on_fault,
        on_overwritten=on_overwritten,
    )
