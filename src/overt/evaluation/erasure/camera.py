"""A camera of the proof's own: an FLV stream over HTTP on this machine, that shows what it is told to, when it is."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Self

import av
import av.container

from overt.errors import EvaluationError
from overt.evaluation.erasure.film import FPS, SHOWN_FRAMES, Clip, Footage

if TYPE_CHECKING:
    from types import TracebackType

    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["Camera"]

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n"
PATIENCE_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 0.4
"""Pause before a group's last frame, so that on a busy machine no frame before it is taken for it."""


class _Pipe:
    """What PyAV writes to: the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, content: bytes) -> int:
        self._connection.sendall(content)
        return len(content)


class Camera:
    """Serves one reader at a time, and shows the empty place to it, frame after frame, until told otherwise.

    Attributes:
        uri: the stream's address.
    """

    def __init__(self, footage: Footage) -> None:
        self._empty = footage.empty
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(1.0)
        self.uri = f"http://127.0.0.1:{self._listener.getsockname()[1]}/proof.flv"
        self._told = threading.Condition()
        self._group: Clip | None = None
        self._shown_utc_ns: int | None = None
        self._go_on = True
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="proof-camera", daemon=True)
        self._thread.start()

    def show(self, group: Clip) -> int:
        """Show a group's faces, and hold still after the last frame of them until `go_on`.

        Returns:
            UTC nanoseconds just before that last frame was sent.

        Raises:
            EvaluationError: nobody reads the stream any more.
        """
        with self._told:
            self._begin(group)
            self._told.wait_for(lambda: self._shown_utc_ns is not None or self._over, PATIENCE_SECONDS)
            if self._shown_utc_ns is None:
                raise EvaluationError(
                    "the engine has stopped reading the proof's camera", "Run `overt doctor`"
                )
            return self._shown_utc_ns

    def _begin(self, group: Clip) -> None:
        self._group, self._shown_utc_ns, self._go_on = group, None, False

    def _sent(self) -> int | None:
        return self._shown_utc_ns

    def _shown_or_over(self) -> bool:
        return self._shown_utc_ns is not None or self._over

    def go_on(self) -> None:
        """Show the empty place again."""
        with self._told:
            self._go_on = True
            self._told.notify_all()

    def close(self) -> None:
        """End the stream."""
        with self._told:
            self._over = True
            self._told.notify_all()
        self._thread.join(PATIENCE_SECONDS)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        while not self._over:
            # A reader that was stopped for long gives the stream up and comes again.
            with contextlib.suppress(OSError, av.FFmpegError), self._accept() as connection:
                self._stream(connection)

    def _accept(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while b"\r\n\r\n" not in request:
            got = connection.recv(4096)
            if not got:
                raise ConnectionError
            request += got
        connection.sendall(ANSWER)
        return connection

    def _stream(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(av.open(str(self._empty.path)))
            out = stack.enter_context(
                av.open(
                    _Pipe(connection),
                    "w",
                    format="flv",
                    options={"flush_packets": "1", "flvflags": "no_duration_filesize"},
                )
            )
            stream = out.add_stream_from_template(source.streams.video[0])
            number = 0
            while not self._over:
                with self._told:
                    group, self._group = self._group, None
                clip = self._empty if group is None else group
                with av.open(str(clip.path)) as film:
                    number = self._play(out, stream, list(film.demux(video=0)), number, group is not None)

    def _play(
        self,
        out: av.container.OutputContainer,
        stream: VideoStream,
        packets: list[Packet[Any]],
        number: int,
        holds: bool,
    ) -> int:
        for at, packet in enumerate(packet for packet in packets if packet.size):
            last = holds and at == SHOWN_FRAMES - 1
            packet.stream = stream
            packet.time_base = Fraction(1, FPS)
            packet.pts = packet.dts = number
            number += 1
            if last:
                time.sleep(SETTLE_SECONDS)
            sent = time.time_ns()
            out.mux(packet)
            if last:
                with self._told:
                    self._shown_utc_ns = sent
                    self._told.notify_all()
                    self._told.wait_for(lambda: self._go_on or self._over, PATIENCE_SECONDS)
            else:
                time.sleep(1 / FPS)
            if self._over or (not holds and self._group is not None and at % FPS == FPS - 1):
                break
        return number
