"""A real Ray cluster on the loopback: a head that holds no shard, and machines that can be killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")

WHATEVER_RAY_DOES = [
    "--node-ip-address=127.0.0.1",
    "--object-store-memory=80000000",
    "--disable-usage-stats",
    "--block",
]


class Machines:
    """Each is a `ray start` of its own, with all its processes in one group."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        settings = json.dumps({"automatic_object_spilling_enabled": False, "health_check_period_ms": 1000})
        self._all = []
        self._start(
            "--head",
            f"--port={port}",
            "--include-dashboard=false",
            "--num-cpus=0",
            f"--system-config={settings}",
        )
        self._wait_for_another(set())
        self.nodes = []
        self.start()
        self.start()

    def start(self, cpus: int = 2) -> None:
        """One more, when it has joined."""
        before = self._alive()
        self.nodes.append(self._start(f"--address={self.address}", f"--num-cpus={cpus}"))
        self._wait_for_another(before)

    def kill(self) -> None:
        """The newest one, as a power cut does."""
        self._end(self.nodes.pop())

    def in_shared_stores(self, needle: bytes) -> int:
        """How often it is in the memory that Ray shares between processes."""
        groups = {machine.pid for machine in self._all}
        stores = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[2]) in groups:
                    for file in (stat.parent / "fd").iterdir():
                        if file.readlink().name.startswith("plasma"):
                            stores[file.stat().st_ino] = file
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
        assert stores
        return sum(store.read_bytes().count(needle) for store in stores.values())

    def close(self) -> None:
        ray.shutdown()
        for machine in self._all:
            self._end(machine)

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("ray")), "start", *options, *WHATEVER_RAY_DOES]
        with (self.folder / "said").open("ab") as said:
            machine = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        self._all.append(machine)
        return machine

    def _end(self, machine: subprocess.Popen[bytes]) -> None:
        if machine.returncode is None:
            os.killpg(machine.pid, signal.SIGKILL)
            machine.wait()

    def _alive(self) -> set[str]:
        from overt.gallery.shards._cluster import connect

        return {node["NodeID"] for node in connect(self.address).nodes() if node["Alive"]}

    def _wait_for_another(self, before: set[str]) -> None:
        from overt.errors import ClusterError

        end = time.monotonic() + 180
        while True:
            try:
                if self._alive() - before:
                    return
            except ClusterError:
                pass
            running = self._all[-1].poll() is None
            assert running, (self.folder / "said").read_text()
            assert time.monotonic() < end, (self.folder / "said").read_text()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def machines():
    with (
        tempfile.TemporaryDirectory(prefix="or-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_raylet_start_wait_time_s", "180")
        patch.setenv("RAY_TMPDIR", folder)  # short, for sockets are made in it
        cluster = Machines(Path(folder))
        yield cluster
        cluster.close()
