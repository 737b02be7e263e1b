"""Films, cameras and streams: everything that FFmpeg demuxes."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import av.container
import av.error
import av.packet

from overt.errors import FeedError
from overt.video._libav import ReadAhead, deadline_of, memset
from overt.video._reading import READ_ERRORS, Decoded, reading_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.video._erasing import DecodedMemory
    from overt.video.faults import FeedLimits
    from overt.video.sources import Source
from overt.video.timing import Backlog

__all__ = ["ContainerReader"]

_UNTIMED: Final = frozenset({"h264", "hevc", "m4v", "mjpeg", "mpegvideo", "mpjpeg", "obu"})
"""Formats that carry no timestamps; FFmpeg makes some up."""
_KEEPS_PACKETS: Final = frozenset({"libdav1d"})
"""Decoders that still read a packet after they have been given it."""
_NEVER_GOES_BACK: Final = frozenset({"mpjpeg", "mjpeg"})
"""Demuxers that read every byte once, so that what they have read can be overwritten."""
_MOST_READ_ERRORS: Final = 20
_BEHIND_SECONDS: Final = 1.0
_LONGEST_DELAY: Final = (
    20  # packets that a decoder may hold before it gives a picture; FFmpeg's longest is 16
)
_MOST_SIZELESS: Final = 5  # in a row; fewer can be one damaged header
_DECLARES_SIZE: Final = frozenset({"avi", "gif", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"})
_DECLARES_LENGTH: Final = frozenset({"avi", "flv", "gif", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"})


class ContainerReader:
    """Reads one opening of a source; see `Reader`.

    Args:
        source: what to open.
        limits: how long to wait and how large a picture may be.
        memory: guards the memory of decoded pictures.
        closing: set when the feed is being closed.

    Raises:
        FeedError: it cannot be opened, holds no picture, or cannot be erased; with the fault's kind.
    """

    def __init__(
        self, source: Source, limits: FeedLimits, memory: DecodedMemory, closing: threading.Event
    ) -> None:
        self.damaged = self.passed_over = 0
        self._backlog = Backlog()
        self._hurrying = False
        self._in_decoder = 0
        self._source, self._limits, self._memory, self._closing = source, limits, memory, closing
        self._decoding = threading.Lock()
        self._closed = False
        self._arrivals: deque[tuple[int | None, int]] = deque(maxlen=64)
        started = time.monotonic()
        try:
            self._container = av.open(
                source.address,
                format=source.format,
                options=source.options(limits),
                timeout=(limits.open_seconds, limits.stall_seconds),
            )
        except READ_ERRORS as error:
            raise _opening_error(error, source, limits) from None
        self._deadline = deadline_of(self._container, started)
        self._read_ahead = ReadAhead(self._container)
        try:
            self._prepare()
        except FeedError:
            self._container.close()
            raise

    def _prepare(self) -> None:
        shown, limits = self._source.shown, self._limits
        stream = next(iter(self._container.streams.video), None)
        if stream is None or stream.codec_context is None:
            what = "holds no picture" if stream is None else "holds pictures of a codec that is not known"
            raise FeedError("unsupported", f"{shown} {what}", "Use H.264, HEVC, VP9 or MJPEG")
        context = stream.codec_context
        pixels = context.width * context.height
        # FFmpeg, told of the limit, refuses larger pictures itself and then gives no size.
        if pixels > limits.max_pixels or (not pixels and self._container.format.name in _DECLARES_SIZE):
            raise self._too_large()
        large = pixels > 1920 * 1088
        context.thread_count = limits.threads or (min(4, os.cpu_count() or 1) if large else 1)
        context.thread_type = "SLICE"  # threads a frame each would delay a live feed by as many frames
        context.options = {"max_pixels": str(limits.max_pixels)}
        self._memory.guard(context)
        self._stream, self._context = stream, context
        self._wipes = context.codec.name not in _KEEPS_PACKETS
        self._format = self._container.format.name
        self.codec = context.codec.name
        rate = stream.average_rate or stream.guessed_rate
        self._nominal = float(1 / rate) if rate and 0.1 < rate < 1000 else 1 / 25
        self._declared = stream.frames if self._format in _DECLARES_LENGTH else 0
        duration = self._container.duration
        self.seconds = duration / 1e6 if duration and self._format in _DECLARES_LENGTH else 0.0
        self.paced = self._source.kind in {"clip", "file"} or (
            self._source.kind == "http" and self.seconds > 0
        )
        self._packets_read = self._decoded = self._sizeless = 0
        self._interlaced = False
        self._joined = self.paced
        self._last_seconds = 0.0

    def _too_large(self) -> FeedError:
        return FeedError(
            "too-large",
            f"the pictures of {self._source.shown} are of no size, or of more than {self._limits.max_pixels} pixels",
            "Set the camera to a smaller picture",
        )

    def frames(self) -> Iterator[Decoded]:
        """The pictures, until the source ends; see `Reader.frames`."""
        last_frame = time.monotonic()
        for packet in self._packets():
            with self._decoding:
                if self._closing.is_set():
                    return
                decoded = self._decode(packet)
            for item in decoded:
                yield item
                last_frame = time.monotonic()  # after the taker, who may have been slow, has it
            if not self.paced and time.monotonic() - last_frame > self._limits.stall_seconds:
                raise FeedError(
                    "stalled",
                    f"for {self._limits.stall_seconds:g} s no picture came of what {self._source.shown} sends",
                    "Check the camera's encoder",
                )
        self._check_length()

    def _packets(self) -> Iterator[av.packet.Packet[av.VideoStream]]:
        errors, waiting_since = 0, time.monotonic()
        while not self._closing.is_set():
            try:
                for packet in self._container.demux(self._stream):
                    yield packet
                    errors, waiting_since = 0, time.monotonic()
            except BlockingIOError:
                # A camera of this machine is read without blocking, for a hung driver could not be interrupted.
                if time.monotonic() - waiting_since > self._limits.stall_seconds:
                    raise reading_error(TimeoutError(), self._source, self._limits, opened=True) from None
                self._closing.wait(0.005)
            except av.error.InvalidDataError as error:
                errors += 1
                self.damaged += 1
                if errors > _MOST_READ_ERRORS:
                    raise reading_error(error, self._source, self._limits, opened=True) from None
            except READ_ERRORS as error:
                if self._closing.is_set():
                    return
                raise reading_error(error, self._source, self._limits, opened=True) from None
            else:
                return

    def _decode(self, packet: av.packet.Packet[av.VideoStream]) -> list[Decoded]:
        self._memory.arrived_ns = arrived = time.monotonic_ns()
        ending = packet.size == 0
        if not ending:
            self._packets_read += 1
            self._arrivals.append((packet.pts, arrived))
            self._note_time(packet, arrived)
        try:
            frames = self._context.decode(packet)
            self._sizeless = 0
        except READ_ERRORS:
            frames = []
            self.damaged += self._joined
            self._sizeless += not self._context.width * self._context.height
            if self._sizeless > _MOST_SIZELESS:
                raise self._too_large() from None
        whole = [frame for frame in frames if not frame.is_corrupt]
        if whole and not self._joined:
            # A live stream is joined in its middle: what came before its first whole picture is not damage.
            self._joined, self._packets_read = True, len(frames)
        self.damaged += (len(frames) - len(whole)) * self._joined
        self._decoded += len(whole)
        self._interlaced = self._interlaced or any(frame.interlaced_frame for frame in whole)
        self._count_missing(ending=ending)
        in_packet = bool(whole) and not ending and self._memory.lies_in(packet, whole[0])
        if self._memory.overwrites and self._wipes and not ending and not in_packet:
            memset(packet.buffer_ptr, 0, packet.buffer_size)
        if self._memory.overwrites:
            self._read_ahead.overwrite(given=self._format in _NEVER_GOES_BACK)
        self._memory.sweep()
        return [self._describe(frame, arrived) for frame in whole]

    def _note_time(self, packet: av.packet.Packet[av.VideoStream], arrived: int) -> None:
        """Keep the packet's time, and have the decoder leave pictures out while a live source is ahead of it."""
        if packet.pts is None or packet.time_base is None:
            return
        seconds = float(packet.pts * packet.time_base)
        self._last_seconds = max(self._last_seconds, seconds)
        if self.paced or self._format in _UNTIMED:
            return
        behind = self._backlog.seconds(seconds, arrived / 1e9)
        if behind > _BEHIND_SECONDS and not self._hurrying:
            self._in_decoder = self._packets_read - self._decoded - self.damaged - self.passed_over
        if behind > 2 * _BEHIND_SECONDS:
            self._hurrying, self._context.skip_frame = True, "NONKEY"
        elif behind > _BEHIND_SECONDS and not self._hurrying:
            self._hurrying, self._context.skip_frame = True, "NONREF"
        elif behind < _BEHIND_SECONDS / 4 and self._hurrying:
            self._hurrying, self._context.skip_frame = False, "DEFAULT"

    def _count_missing(self, *, ending: bool) -> None:
        """Count the packets that gave no picture: left out to catch up, or passed over without a word."""
        if not self._joined:
            return
        missing = self._packets_read - self._decoded - self.damaged - self.passed_over
        if self._hurrying:
            self.passed_over += max(0, missing - self._in_decoder)
        elif not self._interlaced:
            self.damaged += max(0, missing - (0 if ending else _LONGEST_DELAY))

    def _describe(self, frame: av.VideoFrame, arrived: int) -> Decoded:
        timed = self._format not in _UNTIMED
        for i, (ticks, at) in enumerate(self._arrivals):
            if ticks is not None and ticks == frame.pts:
                arrived = at
                del self._arrivals[i]
                break
        return Decoded(frame, arrived, frame.pts if timed else None, frame.time_base, timed, self._nominal)

    def _check_length(self) -> None:
        """Raise if a film ended well before the length that it declares."""
        if not self.paced or self._closing.is_set():
            return
        if not self._decoded and self.damaged:
            raise FeedError(
                "corrupt", f"no picture of {self._source.shown} could be decoded", "Copy the file again"
            )
        start = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
        seconds = self._last_seconds - start + self._nominal
        missing = self._declared - self._packets_read
        if missing > max(2, 0.01 * self._declared) or (self.seconds and seconds < 0.97 * self.seconds - 1):
            declared = f"{self._declared} pictures" if self._declared else f"{self.seconds:.1f} s"
            raise FeedError(
                "truncated",
                f"{self._source.shown} should have {declared} and ends after {self._packets_read}, {seconds:.1f} s",
                "Copy the file again from where it was recorded",
            )

    def interrupt(self) -> None:
        """End a blocked read, and have the decoder let go of its pictures; see `Reader.interrupt`."""
        if self._deadline is not None:
            self._deadline.value = 0.0
        if self._decoding.acquire(timeout=0.2):
            try:
                if not self._closed:
                    self._context.flush_buffers()
            finally:
                self._decoding.release()

    def close(self) -> None:
        """Close the source; see `Reader.close`."""
        with self._decoding:
            self._context.flush_buffers()
            self._closed = True
        self._deadline = None
        self._container.close()
        # The decoder's last picture, if it was a damaged one, is kept by the context itself.
        del self._stream, self._context, self._container, self._read_ahead
        self._memory.sweep()


def _opening_error(error: Exception, source: Source, limits: FeedLimits) -> FeedError:
    """As `reading_error`, and tells a film that was cut short from a file that is none."""
    if source.kind in {"clip", "file"} and isinstance(error, (av.error.InvalidDataError, EOFError)):
        path = Path(source.address)
        with path.open("rb") as file:
            head = file.read(12)
        if not head or head[4:8] == b"ftyp" or head[:4] in {b"\x1aE\xdf\xa3", b"RIFF", b"GIF8"}:
            return FeedError(
                "truncated", f"{source.shown} is empty or cut short before its index", "Copy the file again"
            )
    return reading_error(error, source, limits, opened=False)
