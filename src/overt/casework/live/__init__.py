"""Live casework: the server runs the sealed engine of every live deployment, and people watch what comes of it."""

from overt.casework.live.feed_tests import FeedTest, FeedTestView, try_feed
from overt.casework.live.feeds import feeds_now
from overt.casework.live.lease import STALE_SECONDS, Lease
from overt.casework.live.left_over import interrupt_left_over
from overt.casework.live.models import (
    FaultView,
    FeedHealth,
    FeedNow,
    FeedsNow,
    LastFault,
    LiveEventView,
    LiveView,
    PreparedRun,
    RunView,
)
from overt.casework.live.runner import Runner, RunningEngine, StartEngine
from overt.casework.live.runs import (
    list_runs,
    prepare_run,
    record_end,
    record_fault,
    record_ready,
    record_telemetry,
)
from overt.casework.live.supervisor import Supervisor
from overt.casework.live.watching import events_after, newest_masked_frame, show_feed, watch_live

__all__ = [
    "STALE_SECONDS",
    "FaultView",
    "FeedHealth",
    "FeedNow",
    "FeedTest",
    "FeedTestView",
    "FeedsNow",
    "LastFault",
    "Lease",
    "LiveEventView",
    "LiveView",
    "PreparedRun",
    "RunView",
    "Runner",
    "RunningEngine",
    "StartEngine",
    "Supervisor",
    "events_after",
    "feeds_now",
    "interrupt_left_over",
    "list_runs",
    "newest_masked_frame",
    "prepare_run",
    "record_end",
    "record_fault",
    "record_ready",
    "record_telemetry",
    "show_feed",
    "try_feed",
    "watch_live",
]
