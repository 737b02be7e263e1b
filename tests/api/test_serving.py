"""`overt serve` as a process: from an empty folder, ready, its port, its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from overt.web.serving import bind

COMMAND = [sys.executable, "-c", "from overt.cli import main; main()"]


@dataclass
class Serving:
    """A server's process."""

    process: subprocess.Popen[str]
    line: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return next(word for word in self.line.split() if word.startswith("http"))

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it said on stderr."""
        self.process.send_signal(by)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Serving]:
    """A server on a free port, from its first line on."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OVERT_")}
    environment["OVERT_HOME"] = os.environ.get("OVERT_HOME", "")
    if not environment["OVERT_HOME"]:
        del environment["OVERT_HOME"]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", str(folder), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 120)
        line = process.stdout.readline() if ready else ""
        assert line, process.stderr.read() if process.poll() is not None and process.stderr else "no line"
        yield Serving(process, line)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_an_empty_folder_is_served_with_one_command_and_ends_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert f"overt users first --data {tmp_path / 'data'}" in server.line
        ready = httpx.get(f"{server.url}/health/ready")
        assert (ready.status_code, ready.json()["engines"]) == (200, True)
        page = httpx.get(f"{server.url}/metrics").text
        assert "overt_engine_runs_total 0.0" in page
        assert (tmp_path / "data" / "master.key").stat().st_mode & 0o077 == 0
        status, said = server.end()
    assert status == 0
    assert "Traceback" not in said
    assert "GET /health/ready 200" in said
    with serving(tmp_path / "data") as again:
        assert httpx.get(f"{again.url}/health/live").json() == {"status": "alive"}
        assert again.end(signal.SIGINT)[0] == 0


def refused(*options: str) -> str:
    done = subprocess.run(
        [*COMMAND, "serve", *options], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused("--data", str(tmp_path / "data"), "--port", port)
    assert f"Port {port} of 127.0.0.1 is in use" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_second_server_on_the_same_records_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as first:
        assert refused("--data", str(tmp_path / "data"), "--port", "0").startswith("overt: ")
        assert httpx.get(f"{first.url}/health/ready").status_code == 200


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "203.0.113.9"), "in the clear"),
        (("--certificate", "x.pem"), "--private-key"),
        (("--host", "203.0.113.9", "--behind-proxy", "127.0.0.1"), "No server can listen"),
    ],
)
def test_nothing_is_served_that_would_cross_a_network_in_the_clear(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    assert words in refused("--data", str(tmp_path / "data"), "--port", "0", *options)


@pytest.mark.slow
def test_a_wrong_master_key_is_said_so(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.end()
    (tmp_path / "data" / "master.key").unlink()
    assert "master key" in refused("--data", str(tmp_path / "data"), "--port", "0")


def test_a_small_answer_is_sent_at_once() -> None:
    """Asyncio turns off Nagle's algorithm, which costs 40 ms an answer, only on a socket that it knows is TCP."""
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
