"""A real Ray cluster on the loopback: a head that holds no shard, and machines that can be killed."""

import contextlib
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
        self._add(
            "--head",
            f"--port={port}",
            "--include-dashboard=false",
            "--num-cpus=0",
            f"--system-config={settings}",
        )
        self.nodes = []
        self.start()
        self.start()

    def start(self, cpus: int = 2) -> None:
        """One more, when it has joined."""
        self.nodes.append(self._add(f"--address={self.address}", f"--num-cpus={cpus}", before=self._alive()))

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

    def _add(self, *options: str, before: frozenset[str] = frozenset()) -> subprocess.Popen[bytes]:
        """Start a machine until it is there: Ray gives itself half a minute, which a busy computer may exceed."""
        for _ in range(4):
            machine = self._start(*options)
            if self._joined(machine, before):
                return machine
            self._end(machine)
        raise AssertionError((self.folder / "said").read_text())

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("ray")), "start", *options, *WHATEVER_RAY_DOES]
        with (self.folder / "said").open("ab") as said:
            machine = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        self._all.append(machine)
        return machine

    def _end(self, machine: subprocess.Popen[bytes]) -> None:
        """With all its processes: those that hold shards are in groups of their own, and would answer a while."""
        end_with_descendants(machine)

    def _alive(self) -> frozenset[str]:
        from overt.gallery.shards._cluster import connect

        return frozenset(node["NodeID"] for node in connect(self.address).nodes() if node["Alive"])

    def _joined(self, machine: subprocess.Popen[bytes], before: frozenset[str]) -> bool:
        from overt.errors import ClusterError

        while machine.poll() is None:
            try:
                if self._alive() - before:
                    return True
            except ClusterError:
                pass
            time.sleep(0.2)
        return False


def end_with_descendants(machine: subprocess.Popen[bytes]) -> None:
    for process in [*_descendants(machine.pid), machine.pid]:
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.kill(process, signal.SIGKILL)
    machine.wait()


def _descendants(process: int) -> list[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for one in found:  # it grows meanwhile
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


@pytest.fixture(scope="module")
def machines():
    with (
        tempfile.TemporaryDirectory(prefix="or-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_TMPDIR", folder)  # short, for sockets are made in it
        cluster = Machines(Path(folder))
        yield cluster
        cluster.close()
