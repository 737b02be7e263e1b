"""A Ray cluster of this machine alone, for benchmarks: started before, ended after."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from overt.errors import ClusterError
from overt.gallery.shards import cluster_status

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = json.dumps({"automatic_object_spilling_enabled": False})


@contextmanager
def local_cluster(processors: int) -> Iterator[str]:
    """The address of a cluster that lends so many processors, whether this machine has them or not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="or-", ignore_cleanup_errors=True) as folder:
        command = [
            str(Path(sys.executable).with_name("ray")), "start", "--head", f"--port={port}",
            "--node-ip-address=127.0.0.1", "--include-dashboard=false", "--object-store-memory=80000000",
            f"--num-cpus={processors}", "--disable-usage-stats", f"--system-config={SETTINGS}", "--block",
        ]  # fmt: skip
        machine = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"RAY_TMPDIR": folder},
        )
        try:
            while machine.poll() is None and not _is_there(address):
                time.sleep(0.2)
            yield address
        finally:
            import ray

            ray.shutdown()
            machine.terminate()
            machine.wait()


def _is_there(address: str) -> bool:
    try:
        return any(node.alive for node in cluster_status(address).nodes)
    except ClusterError:
        return False
