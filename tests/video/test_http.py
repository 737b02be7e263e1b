"""Feeds of MJPEG over HTTP, from a server that stalls, sends rubbish, dies and returns."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from overt.video import FeedLimits
from tests.video.films import street, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = FeedLimits(stall_seconds=1.0, open_seconds=3, first_retry_seconds=0.1, last_retry_seconds=0.3)


class Camera:
    """An MJPEG camera on a thread. Set `mood` to `well`, `silent`, `rubbish` or `dead`."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.mood = "well"
        self.size = (320, 240)
        self.requests: list[str] = []
        self._over = threading.Event()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.listen()

    @property
    def address(self) -> str:
        return f"http://van:s3cret@127.0.0.1:{self.port}/video.mjpg?key=t0ken"

    def listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self._spawn(self._accept, self._listener)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(connection.recv(4096).decode("latin-1"))
                if "Authorization" not in self.requests[-1]:
                    connection.sendall(
                        b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"\r\nConnection: close\r\n'
                        b"Content-Length: 0\r\n\r\n"
                    )
                    return
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n--frame\r\n"
                )
                i = 0
                while not self._over.is_set():
                    if self.mood in {"well", "rubbish"}:
                        jpeg = cv2.imencode(".jpg", street(i, *self.size))[1].tobytes()
                        if self.mood == "rubbish":
                            jpeg = np.random.default_rng(i).bytes(len(jpeg))
                        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
                        connection.sendall(head + jpeg + b"\r\n--frame\r\n")
                        i += 1
                    self._over.wait(0.02)
            except OSError:
                return

    def die(self) -> None:
        """Close the port and every connection."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it had gone already
        self._connections.clear()

    def close(self) -> None:
        self._over.set()
        self.die()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def camera() -> Iterator[Camera]:
    camera = Camera()
    yield camera
    camera.close()


def test_frames_come_and_move_on(camera: Camera) -> None:
    with watching(camera.address, pace="live", limits=LIMITS) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 20)
        assert taker.faults == []
    times = [seconds for _, seconds, _, _ in taker.frames]
    assert times == sorted(set(times))
    arrived = [captured / 1e9 for _, _, captured, _ in taker.frames]
    assert times[-1] - times[0] == pytest.approx(arrived[-1] - arrived[0], abs=0.3), "time is that of arrival"
    assert "Basic" in camera.requests[-1], "the password is used"


def test_a_camera_that_falls_silent_and_speaks_again(camera: Camera) -> None:
    with watching(camera.address, pace="live", limits=LIMITS) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 5)
        camera.mood = "silent"
        taker.wait_for(lambda: "stalled" in taker.kinds)
        assert taker.feed.planes_held == 0
        camera.mood = "well"
        seen = len(taker.frames)
        taker.wait_for(lambda: len(taker.frames) > seen + 5)
        assert taker.feed.status().reconnections >= 1


def test_a_camera_that_dies_and_returns_with_another_size(camera: Camera) -> None:
    with watching(camera.address, pace="live", limits=LIMITS) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 5)
        camera.die()
        taker.wait_for(lambda: "unreachable" in taker.kinds)
        camera.size = (480, 272)
        camera.listen()
        seen = len(taker.frames)
        taker.wait_for(lambda: len(taker.frames) > seen + 5)
        assert taker.kinds[-1] == "resolution-changed"
    told = repr(taker.faults) + repr(taker.feed)
    for secret in ("van", "s3cret", "t0ken"):
        assert secret not in told


def test_a_camera_that_sends_rubbish(camera: Camera) -> None:
    with watching(camera.address, pace="live", limits=LIMITS) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 5)
        camera.mood = "rubbish"
        taker.wait_for(lambda: bool(taker.faults))
        assert taker.kinds[0] in {"corrupt", "stalled"}
        camera.mood = "well"
        seen = len(taker.frames)
        taker.wait_for(lambda: len(taker.frames) > seen + 5)
        assert taker.feed.status().damaged > 0


def test_closing_while_the_camera_is_silent(camera: Camera) -> None:
    with watching(camera.address, pace="live", limits=FeedLimits(stall_seconds=60)) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 5)
        camera.mood = "silent"
        while taker.take(0.3) is not None:
            pass
        started = time.monotonic()
        taker.feed.close()
        assert time.monotonic() - started < 1
        assert taker.feed.planes_held == 0


def test_closing_while_the_camera_has_not_answered_yet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        with watching(address, limits=FeedLimits(open_seconds=1.5)) as taker:
            connection, _ = listener.accept()
            with connection:
                started = time.monotonic()
                taker.feed.close()
                assert time.monotonic() - started < 1
                assert taker.feed.status().state == "ended"
                taker.feed._thread.join(10)
                assert not taker.feed._thread.is_alive()
    assert taker.faults == []


def test_a_page_that_is_no_film() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with watching(f"http://127.0.0.1:{listener.getsockname()[1]}/x", limits=LIMITS) as taker:
            taker.wait_for(lambda: bool(taker.faults))
        thread.join()
    assert taker.kinds[0] == "unreachable"
    assert "password" in taker.faults[0].remedy


def test_no_camera_of_this_machine_under_that_number() -> None:
    with watching("usb:987", limits=LIMITS) as taker:
        taker.wait_for(lambda: bool(taker.faults))
        assert taker.feed.status().state in {"opening", "reconnecting"}
    assert taker.kinds == ["unreachable"]
    assert "/dev/video987" in taker.faults[0].detail
