"""The live page's inner parts: what is told to everybody who watches a deployment, once for all of them."""

from overt.console.live.broadcast import Broadcast, Watcher
from overt.console.live.feeds import FeedPicture, feeds_of
from overt.console.live.joining import begin_watching
from overt.console.live.page import FACE_MARGIN, alert_parts, head_parts, page_parts
from overt.console.live.queue import Queue, QueueItem, item_of, queue_of
from overt.console.live.readiness import Check, checks_of

__all__ = [
    "FACE_MARGIN",
    "Broadcast",
    "Check",
    "FeedPicture",
    "Queue",
    "QueueItem",
    "Watcher",
    "alert_parts",
    "begin_watching",
    "checks_of",
    "feeds_of",
    "head_parts",
    "item_of",
    "page_parts",
    "queue_of",
]
