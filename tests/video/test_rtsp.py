"""Feeds from a real RTSP server, which is stopped, killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from overt.video import FeedLimits
from tests.video.films import film, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = Path(__file__).with_name("rtsp_server.py")
PYTHON = "/usr/bin/python3"
PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
LIMITS = FeedLimits(stall_seconds=1.5, open_seconds=5, first_retry_seconds=0.2, last_retry_seconds=0.5)


def _has_server() -> bool:
    return (
        Path(PYTHON).exists()
        and subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False).returncode == 0
    )


pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not _has_server(), reason="GStreamer's RTSP server is not installed (tests/system-packages.txt)"
    ),
]


class Server:
    """An RTSP server on one port that can be started, stopped and killed."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None

    def start(self, width: int = 320, height: int = 240) -> None:
        command = [PYTHON, str(SERVER), str(self.port), str(width), str(height)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    @property
    def address(self) -> str:
        return f"rtsp://van:s3cret@127.0.0.1:{self.port}/gate"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_server_that_dies_and_returns(server: Server, transport: str, tmp_path: Path) -> None:
    with (
        watching(server.address, pace="live", transport=transport, limits=LIMITS) as camera,
        watching(film(tmp_path), pace="live", loop=True) as other,
    ):
        camera.wait_for(lambda: len(camera.frames) >= 10)
        assert camera.frames[0][3] == (240, 320, 3)
        server.kill()
        camera.wait_for(lambda: bool(camera.faults))
        assert camera.feed.status().state in {"reconnecting", "stalled"}
        before = len(other.frames)
        other.wait_for(lambda: len(other.frames) >= before + 10)
        camera.wait_for(lambda: "unreachable" in camera.kinds)
        server.start(640, 480)
        seen = len(camera.frames)
        camera.wait_for(lambda: len(camera.frames) >= seen + 10)
        status = camera.feed.status()
        assert (status.state, status.reconnections, status.width) == ("running", 1, 640)
        assert camera.kinds[0] in {"ended-early", "stalled"}
        assert camera.kinds[-1] == "resolution-changed"
        assert other.faults == []
    told = repr(camera.faults) + repr(camera.feed)
    assert "s3cret" not in told
    assert "van" not in told
    times = [seconds for _, seconds, _, _ in camera.frames]
    assert times == sorted(set(times))


def test_a_server_that_falls_silent(server: Server) -> None:
    with watching(server.address, pace="live", limits=LIMITS) as camera:
        camera.wait_for(lambda: len(camera.frames) >= 5)
        server.signal(signal.SIGSTOP)
        camera.wait_for(lambda: "stalled" in camera.kinds)
        assert camera.feed.planes_held == 0
        server.signal(signal.SIGCONT)
        seen = len(camera.frames)
        camera.wait_for(lambda: len(camera.frames) >= seen + 5)


def test_closing_a_feed_that_waits_for_its_camera(server: Server) -> None:
    with watching(server.address, pace="live", limits=FeedLimits(stall_seconds=60)) as camera:
        camera.wait_for(lambda: len(camera.frames) >= 5)
        server.signal(signal.SIGSTOP)
        while camera.take(0.3) is not None:  # until what was on its way has arrived and the feed waits
            pass
        started = time.monotonic()
        camera.feed.close()
        assert time.monotonic() - started < 1.0
        assert camera.feed.planes_held == 0


def test_a_path_that_is_not_there(server: Server) -> None:
    with watching(f"rtsp://127.0.0.1:{server.port}/nobody", limits=LIMITS) as camera:
        camera.wait_for(lambda: bool(camera.faults))
        assert camera.kinds == ["unreachable"]
        assert camera.feed.status().state in {"opening", "reconnecting"}


def test_arrival_is_the_time_of_capture(server: Server) -> None:
    with watching(server.address, pace="live", limits=LIMITS) as camera:
        camera.wait_for(lambda: len(camera.frames) >= 20)
    ages = [b - a for (_, _, a, _), (_, _, b, _) in zip(camera.frames[8:], camera.frames[9:], strict=False)]
    assert 0.05e9 < sorted(ages)[len(ages) // 2] < 0.12e9, "12 frames a second arrive about 83 ms apart"
