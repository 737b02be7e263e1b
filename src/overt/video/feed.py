"""A feed: one thread that decodes, and a hand-over of the newest frame."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from overt.errors import FeedError
from overt.video._container import ContainerReader
from overt.video._erasing import DecodedMemory
from overt.video._health import Health
from overt.video._images import ImageReader
from overt.video._pixels import Converter
from overt.video.faults import FeedFault, FeedLimits, FeedState, FeedStatus
from overt.video.frames import Buffers, Frame
from overt.video.timing import MediaClock, retry_pauses

if TYPE_CHECKING:
    from collections.abc import Callable

    import av

    from overt.video._reading import Decoded, Reader
    from overt.video.sources import Source

__all__ = ["Feed", "Pace"]

Pace = Literal["live", "max"]

_LATE_SECONDS = 0.5
_JOIN_SECONDS = 2.0
_OPENING_SECONDS = 0.5
_MICROSECOND = Fraction(1, 1_000_000)


@dataclass(slots=True)
class _Waiting:
    """A decoded picture that nobody has taken yet."""

    frame: av.VideoFrame
    captured_ns: int
    captured_utc_ns: int
    media_seconds: float
    index: int


class Feed:
    """One source of frames. Made by `open_feed` or `open_clip`; nothing is opened before `start`."""

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        pace: Pace,
        loop: bool,
        limits: FeedLimits,
        buffers: Buffers,
        on_frame: Callable[[], None],
        on_fault: Callable[[FeedFault], None],
        on_overwritten: Callable[[int, int], None] | None,
        most_rate: float = 0.0,
        one_field: bool = False,
    ) -> None:
        self.name = name
        self._source, self._pace, self._loop, self._limits = source, pace, loop, limits
        self._buffers, self._on_frame, self._on_fault = buffers, on_frame, on_fault
        self._memory = DecodedMemory(buffers.overwrites, on_overwritten=on_overwritten)
        self._clock = MediaClock(limits.max_time_step)
        self._converter = Converter(one_field=one_field)
        self._least_step = 1.0 / most_rate if most_rate > 0 else 0.0
        self._next_due = float("-inf")
        self._converting = threading.Lock()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._waiting: _Waiting | None = None
        self._reader: Reader | None = None
        self._state: FeedState = "opening"
        self._size = (0, 0)
        self._codec = ""
        self._seconds = 0.0
        self._received = self._skipped = self._damaged = self._reconnections = 0
        self._health = Health()
        self._last_offer = 0.0
        self._due_zero: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"feed {name}", daemon=True)

    def __repr__(self) -> str:
        return f"<Feed {self.name} {self._source.shown} {self._state}>"

    def start(self) -> None:
        """Begin to open and decode, in a thread of its own."""
        self._thread.start()

    def newest(self) -> Frame | None:
        """Take the newest frame that has not been taken yet; None if there is none. Never waits for the source.

        The frame is converted here, in the caller's thread, so that skipped frames cost no conversion.
        """
        with self._changed:
            waiting, self._waiting = self._waiting, None
            self._changed.notify_all()
        if waiting is None:
            return None
        try:
            with self._converting:
                image, lease = self._converter.convert(waiting.frame, self._buffers, waiting.captured_ns)
        except FeedError as error:
            if self._health.tells(error.kind):
                self._fault(error.kind, error.what, error.remedy)
            return None
        finally:
            self._memory.retire(waiting.frame)
        return Frame(
            image, waiting.captured_ns, waiting.captured_utc_ns, waiting.media_seconds, waiting.index, lease
        )

    def status(self) -> FeedStatus:
        """The state and the counts since the start."""
        with self._changed:
            reader = self._reader
            return FeedStatus(
                self._state,
                *self._size,
                received=self._received,
                skipped=self._skipped + (reader.passed_over if reader else 0),
                damaged=self._damaged + (reader.damaged if reader else 0),
                reconnections=self._reconnections,
                codec=self._codec,
                seconds=self._seconds,
            )

    @property
    def planes_held(self) -> int:
        """How many decoded planes are in use or not yet overwritten; 0 after `close`."""
        return self._memory.live

    def close(self) -> None:
        """End the thread and overwrite everything the feed holds. Frames already taken stay with their taker.

        FFmpeg cannot be interrupted while it opens a source that does not answer: then the thread is left to end by
        itself, within `FeedLimits.open_seconds`; it has decoded nothing yet.
        """
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        started = time.monotonic()
        while self._thread.is_alive():
            reader = self._reader
            if reader is not None:
                reader.interrupt()
            if time.monotonic() - started > (_OPENING_SECONDS if reader is None else _JOIN_SECONDS):
                break
            self._thread.join(0.05)
        self._drop_waiting()
        with self._converting:
            self._converter.close()
        self._memory.sweep()
        if self._state != "failed":
            self._state = "ended"

    # ------------------------------------------------------------------ the feed's thread

    def _run(self) -> None:
        orderly = False
        try:
            self._read_and_retry()
            orderly = True
        finally:
            if not orderly:
                self._fault("failed", "the feed's thread ended on an unforeseen error", "Report it as a bug")
                self._state = "failed"

    def _read_and_retry(self) -> None:
        pauses = retry_pauses(self._limits.first_retry_seconds, self._limits.last_retry_seconds)
        while not self._closing.is_set():
            received = self._received
            fault = self._read_once()
            if self._closing.is_set():
                break
            if fault is None and self._loop and self._received > received:
                continue
            if fault is None or not self._source.reconnects:
                if fault is not None:  # told first: whoever sees that it is over knows why
                    self._on_fault(fault)
                self._state = "ended" if fault is None or fault.kind == "truncated" else "failed"
                return
            if self._received > received:
                pauses = retry_pauses(self._limits.first_retry_seconds, self._limits.last_retry_seconds)
                self._health.outage = None
            self._state = "stalled" if fault.kind == "stalled" else "reconnecting"
            if self._health.outage != fault.kind:
                self._health.outage = fault.kind
                self._on_fault(fault)
            self._closing.wait(next(pauses))
            self._state = "reconnecting"
        self._state = "ended"

    def _read_once(self) -> FeedFault | None:
        """Open the source and read it to its end. Returns what it ended on; None for an orderly end.

        An error is turned into a fault here because it refers, by its traceback, to the frames and packets that were
        being read, and would keep them.
        """
        try:
            reader = self._open()
        except FeedError as error:
            return FeedFault(self.name, error.kind, error.what, error.remedy)
        with self._changed:
            self._reader, self._codec, self._seconds = reader, reader.codec, reader.seconds
        if self._received:
            self._reconnections += int(self._source.reconnects)
            self._clock.restart(0.0 if reader.paced else time.monotonic() - self._last_offer)
        self._due_zero = None
        try:
            for decoded in reader.frames():
                self._offer(decoded, reader)
        except FeedError as error:
            return FeedFault(self.name, error.kind, error.what, error.remedy)
        else:
            self._check_damage(reader)
            if self._source.reconnects and not reader.paced:
                return FeedFault(
                    self.name, "ended-early", f"{self._source.shown} ended the stream", "Check the camera"
                )
            if not self._received and self._source.kind != "images":
                return FeedFault(
                    self.name,
                    "corrupt",
                    f"no picture of {self._source.shown} can be decoded",
                    "Copy it again from where it was recorded",
                )
            return None
        finally:
            with self._changed:
                self._reader = None
                self._damaged += reader.damaged
                self._skipped += reader.passed_over
            if self._source.reconnects or self._closing.is_set():
                self._drop_waiting()
            reader.close()

    def _open(self) -> Reader:
        if self._source.kind == "images":
            return ImageReader(self._source, self._limits, self._memory, self._closing, self._bad_picture)
        return ContainerReader(self._source, self._limits, self._memory, self._closing)

    def _bad_picture(self, error: FeedError) -> None:
        self._fault(error.kind, error.what, error.remedy)

    def _offer(self, decoded: Decoded, reader: Reader) -> None:
        """Put a picture where `newest` finds it, when it falls due."""
        frame = decoded.take()
        self._check(frame, reader)
        seconds = self._time(decoded, reader)
        if self._least_step and seconds < self._next_due - 1e-6:
            self._pass_over(frame)
            return
        due = self._next_due + self._least_step
        self._next_due = due if due > seconds else seconds + self._least_step
        captured_ns = decoded.arrived_ns
        if reader.paced:
            if self._pace == "live":
                self._wait_until_due(seconds)
            captured_ns = time.monotonic_ns()
        captured_utc_ns = time.time_ns() - (time.monotonic_ns() - captured_ns)
        with self._changed:
            if self._pace == "max":
                self._changed.wait_for(lambda: self._waiting is None or self._closing.is_set())
            before, self._waiting = self._waiting, None
            if not self._closing.is_set():
                self._waiting = _Waiting(frame, captured_ns, captured_utc_ns, seconds, self._received)
                self._received += 1
                self._skipped += before is not None
                self._state = "running"
                self._last_offer = time.monotonic()
        if before is not None:
            self._memory.retire(before.frame)
        if self._closing.is_set():
            self._memory.retire(frame)
        else:
            self._on_frame()

    def _pass_over(self, frame: av.VideoFrame) -> None:
        """Take no picture so soon after the last."""
        self._memory.retire(frame)
        with self._changed:
            self._received += 1
            self._skipped += 1
            self._state = "running"

    def _time(self, decoded: Decoded, reader: Reader) -> float:
        """The picture's time on the feed's clock, seconds."""
        if decoded.timed:
            seconds, wrong = self._clock.advance(decoded.ticks, decoded.unit, decoded.nominal)
            if wrong and self._health.tells("wrong-time"):
                self._fault("wrong-time", wrong, "Check the camera's clock and encoder")
            return seconds
        if reader.paced:
            return self._clock.advance(None, None, decoded.nominal)[0]
        return self._clock.advance(decoded.arrived_ns // 1000, _MICROSECOND, decoded.nominal)[0]

    def _check(self, frame: av.VideoFrame, reader: Reader) -> None:
        """Report a changed size, and damage when it is more than now and then."""
        size = (frame.width, frame.height)
        before, self._size = self._size, size
        if self._source.kind == "images":
            return
        if before not in {(0, 0), size}:
            self._fault(
                "resolution-changed",
                f"the picture changed from {before[0]} by {before[1]} to {size[0]} by {size[1]}",
                "Check that the zone of recognition is still in view",
            )
        self._check_damage(reader)

    def _check_damage(self, reader: Reader) -> None:
        if self._source.kind != "images" and self._health.hurt(self._damaged + reader.damaged):
            self._fault(
                "corrupt", "many of the pictures cannot be decoded", "Check the network and the camera"
            )

    def _drop_waiting(self) -> None:
        with self._changed:
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._memory.retire(waiting.frame)
            with self._changed:
                self._skipped += 1

    def _fault(self, kind: str, detail: str, remedy: str) -> None:
        self._on_fault(FeedFault(self.name, kind, detail, remedy))

    def _wait_until_due(self, seconds: float) -> None:
        now = time.monotonic()
        if self._due_zero is None or now - (self._due_zero + seconds) > _LATE_SECONDS:
            self._due_zero = now - seconds
        while not self._closing.is_set() and (left := self._due_zero + seconds - time.monotonic()) > 0:
            self._closing.wait(left)
