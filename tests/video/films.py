"""Films made for the tests, with PyAV's own encoders, and what takes frames out of a feed."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from overt.video import Feed, FeedFault, Frame, HeapBuffers, open_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODECS = {
    "h264": ("libx264", "yuv420p", ".mp4", {"preset": "veryfast", "crf": "18", "x264-params": "keyint=12"}),
    "hevc": (
        "libx265",
        "yuv420p",
        ".mp4",
        {"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"},
    ),
    "vp9": ("libvpx-vp9", "yuv420p", ".webm", {"cpu-used": "8", "deadline": "realtime", "g": "12"}),
    "mjpeg": ("mjpeg", "yuvj420p", ".avi", {"qmin": "2", "qmax": "4"}),
    "gif": ("gif", "rgb8", ".gif", {}),
    "av1": ("libsvtav1", "yuv420p", ".mkv", {"preset": "12", "g": "12", "svtav1-params": "lp=1"}),
    "raw": ("rawvideo", "yuv420p", ".avi", {}),
}
"""name: (encoder, pixel layout, suffix, options)."""


def street(i: int, width: int = 320, height: int = 240) -> np.ndarray:
    """A picture with slopes of colour and a bright square that walks; uint8 [height, width, 3], BGR."""
    across = np.linspace(20, 200, width)[None, :, None]
    down = np.linspace(0, 40, height)[:, None, None]
    image = np.broadcast_to(across + down, (height, width, 3)) * np.array([1.0, 0.8, 0.6])
    image = image.astype(np.uint8)
    left = 5 + 6 * i % (width - 40)
    image[60:92, left : left + 32] = (40, 220, 120)
    return image


def write_film(
    path: Path,
    pictures: list[np.ndarray],
    codec: str = "h264",
    *,
    rate: int = 12,
    ticks: Callable[[int], int] | None = None,
    **more: str,
) -> Path:
    """Encode pictures (BGR) into a film. `ticks` gives the timestamp of each in ticks of 1/rate."""
    encoder, layout, _, options = CODECS[codec]
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=rate, options=options | more)
        stream.width, stream.height, stream.pix_fmt = width, height, layout
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=layout)
            frame.pts = ticks(i) if ticks else i
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def film(folder: Path, codec: str = "h264", n: int = 30, width: int = 320, height: int = 240) -> Path:
    """A film of `street`."""
    return write_film(
        folder / f"{codec}{CODECS[codec][2]}", [street(i, width, height) for i in range(n)], codec
    )


def repacked(source: Path, path: Path) -> Path:
    """The same pictures in another container."""
    with av.open(str(source)) as read, av.open(str(path), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)
    return path


@dataclass
class Taker:
    """Takes a feed's frames as the engine would, and keeps what it was told."""

    feed: Feed = field(init=False)
    faults: list[FeedFault] = field(default_factory=list)
    frames: list[tuple[int, float, int, tuple[int, ...]]] = field(default_factory=list)
    wake: threading.Event = field(default_factory=threading.Event)
    buffers: HeapBuffers = field(default_factory=HeapBuffers)

    def take(self, seconds: float = 10.0) -> Frame | None:
        """The next frame, to be released by the caller; None if the feed is over or the time is up."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            frame = self.feed.newest()
            if frame is not None:
                self.frames.append((frame.index, frame.media_seconds, frame.captured_ns, frame.image.shape))
                return frame
            if self.feed.status().state in {"ended", "failed"}:
                return None
            self.wake.wait(0.02)
            self.wake.clear()
        return None

    def drain(self, seconds: float = 20.0) -> int:
        """Take and release every frame until the feed is over. Returns how many."""
        limit, count = time.monotonic() + seconds, 0
        while (frame := self.take(limit - time.monotonic())) is not None:
            frame.release()
            count += 1
        return count

    def wait_for(self, condition: Callable[[], bool], seconds: float = 15.0) -> None:
        """Take and release frames until the condition holds."""
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, f"waited in vain; {self.feed.status()}, {self.faults}"
            frame = self.take(0.05)
            if frame is not None:
                frame.release()
            elif self.feed.status().state in {"ended", "failed"}:
                self.wake.wait(0.02)

    @property
    def kinds(self) -> list[str]:
        """The names of the faults told so far."""
        return [fault.kind for fault in self.faults]


@contextmanager
def watching(uri: str | Path, **options: Any) -> Iterator[Taker]:
    """A started feed and its taker; closed at the end, after which nothing may be held."""
    taker = Taker()
    options = {"pace": "max"} | options
    taker.feed = open_feed(
        "gate",
        str(uri),
        buffers=taker.buffers,
        on_frame=taker.wake.set,
        on_fault=taker.faults.append,
        **options,
    )
    taker.feed.start()
    try:
        yield taker
    finally:
        taker.feed.close()
        assert taker.feed.planes_held == 0
        assert taker.feed.newest() is None
