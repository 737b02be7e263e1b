"""How the engine's process is started: a closed environment, fixed arguments, one open file.

The allocator's behaviour can only be chosen from outside, before a process begins. Three settings do it, and the
seal `freed-memory-overwritten` tries them out inside:

- `glibc.malloc.perturb` fills every block at its release (and at its allocation) with a fixed byte;
- `glibc.malloc.tcache_count=0`, because blocks that rest in a thread's own cache are not filled;
- `PYTHONMALLOC=malloc`, because Python's allocator for small objects fills nothing.

`python -I` would ignore `PYTHONMALLOC` (it implies `-E`). So the process runs with `-P -s -B`, and isolation from the
caller's `PYTHON…` variables comes from an environment that is written here in full and inherits nothing but a few
paths that a GPU's driver needs.
"""

from __future__ import annotations

import argparse
import os
import queue
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from overt.engine import _landlock
from overt.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "INHERITED",
    "EngineArguments",
    "engine_command",
    "engine_environment",
    "parse_arguments",
    "start_process",
]

ENGINE_MODULE: Final = "overt.engine"
FREED_BYTE: Final = 0xA5
INHERITED: Final = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")


def engine_environment(*, overwrite_freed: bool = True) -> dict[str, str]:
    """The whole environment of the engine's process; nothing else is in it, so no secret can be.

    Args:
        overwrite_freed: False leaves freed memory as it is; only the proof of erasure asks for that.
    """
    environment = {
        "CUDA_CACHE_DISABLE": "1",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",  # else ONNX Runtime keeps a database in the user's cache and sends it out
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }
    if overwrite_freed:
        environment["GLIBC_TUNABLES"] = f"glibc.malloc.perturb={FREED_BYTE}:glibc.malloc.tcache_count=0"
        environment["PYTHONMALLOC"] = "malloc"
    environment.update({name: os.environ[name] for name in INHERITED if name in os.environ})
    return environment


@dataclass(frozen=True)
class EngineArguments:
    """What the engine's process is told on its command line.

    Attributes:
        wire: the file descriptor of its end of the wire.
        parent: the process id of whoever started it.
    """

    wire: int
    parent: int


def parse_arguments(arguments: Sequence[str]) -> EngineArguments:
    """Read the arguments that `engine_command` wrote."""
    parser = argparse.ArgumentParser(
        prog="python -m overt.engine", description="Started by overt, never by hand."
    )
    parser.add_argument("--wire", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parsed = parser.parse_args(arguments)
    return EngineArguments(parsed.wire, parsed.parent)


def engine_command(wire: int, module: str = ENGINE_MODULE, *, confined: bool = True) -> list[str]:
    """The command line of the engine's process.

    Args:
        wire: the file descriptor of its end of the wire.
        module: what runs; another than the engine's only in the proof of erasure.
        confined: False leaves out the first stage, which gives up writing files; only for measuring its cost.
    """
    python = [sys.executable, "-P", "-s", "-B"]
    first_stage = [sys.executable, "-I", "-S", "-B", str(Path(_landlock.__file__))] if confined else []
    return [*first_stage, *python, "-m", module, "--wire", str(wire), "--parent", str(os.getpid())]


def start_process(
    module: str = ENGINE_MODULE, *, overwrite_freed: bool = True, confined: bool = True
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the engine's process and return it with this side's end of the wire.

    The kernel's parent-death signal follows the *thread* that started the child. So a thread of its own starts it,
    and lives until the child has ended.

    Args:
        module: what runs; another than the engine's only in the proof of erasure.
        overwrite_freed: False leaves freed memory as it is; only in the proof of erasure and for measuring costs.
        confined: False lets it write files; only for measuring costs.

    Raises:
        EngineError: the process could not be started.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError] = queue.SimpleQueue()

    def keep() -> None:
        try:
            process = subprocess.Popen(
                engine_command(theirs.fileno(), module, confined=confined),
                env=engine_environment(overwrite_freed=overwrite_freed),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for whoever started the engine; it ends the engine in order
            )
        except OSError as error:
            started.put(error)
            return
        started.put(process)
        process.wait()

    threading.Thread(target=keep, name="overt-engine-keeper", daemon=True).start()
    result = started.get()
    theirs.close()
    if isinstance(result, OSError):
        ours.close()
        raise EngineError(
            f"the engine's process could not be started: {result}", f"check that {sys.executable} can be run"
        ) from result
    return result, ours
