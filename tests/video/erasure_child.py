"""Plays a feed on command, so that a test can search this process's memory. Not a test itself.

Arguments: address, `yes` or `no` for overwriting. Commands on standard input, one a line, each answered with a line:
`hold N` takes frames up to number N and holds that one; `release`; `play N` takes and releases frames up to N;
`stalled` plays until the fault of that name; `end` plays to the end; `close`.
"""

from __future__ import annotations

import sys
import threading

from overt.video import FeedFault, FeedLimits, Frame, HeapBuffers, open_feed

wake = threading.Event()
faults: list[str] = []


def heard(fault: FeedFault) -> None:
    """Note a fault's kind."""
    faults.append(fault.kind)
    wake.set()


def main() -> None:
    """Obey."""
    address, overwrites = sys.argv[1], sys.argv[2] == "yes"
    feed = open_feed(
        "gate",
        address,
        pace="max",
        buffers=HeapBuffers(overwrites=overwrites),
        on_frame=wake.set,
        on_fault=heard,
        limits=FeedLimits(stall_seconds=0.5, first_retry_seconds=60, last_retry_seconds=60),
    )
    feed.start()
    held: Frame | None = None

    def take() -> Frame | None:
        while True:
            frame = feed.newest()
            if frame is not None or feed.status().state in {"ended", "failed"}:
                return frame
            wake.wait(0.05)
            wake.clear()

    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word in {"hold", "play", "end"}:
            last = int(number) if number else 10**9
            while (frame := take()) is not None and frame.index < last:
                frame.release()
            if frame is not None and word == "hold":
                held = frame
            elif frame is not None:
                frame.release()
            frame = None
        elif word == "release" and held is not None:
            held.release()
            held = None
        elif word == "stalled":
            while "stalled" not in faults:
                if (frame := feed.newest()) is not None:
                    frame.release()
                wake.wait(0.05)
                wake.clear()
        elif word == "close":
            feed.close()
        print(word, feed.planes_held, *faults, flush=True)


main()
