"""Where frames come from: films, cameras, streams and folders of pictures.

A feed decodes in a thread of its own and hands over its newest frame. Whatever was decoded is overwritten as soon as
nobody uses it any more, in the decoder's own memory too.
"""

from overt.video.faults import FAULT_KINDS, FeedFault, FeedLimits, FeedState, FeedStatus
from overt.video.feed import Feed
from overt.video.frames import Buffers, Frame, HeapBuffers, Lease
from overt.video.opening import open_clip, open_feed
from overt.video.sources import Source, parse_source, redact

__all__ = [
    "FAULT_KINDS",
    "Buffers",
    "Feed",
    "FeedFault",
    "FeedLimits",
    "FeedState",
    "FeedStatus",
    "Frame",
    "HeapBuffers",
    "Lease",
    "Source",
    "open_clip",
    "open_feed",
    "parse_source",
    "redact",
]
