"""Programs that run as the engine's process does, sealed, and tell through the wire what they could still do."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass
from typing import Any

from overt.engine.launch import engine_command, engine_environment

BEGIN = """
import json, os, socket, sys
from overt.engine.launch import parse_arguments
from overt.engine.seal import apply_seals
told = parse_arguments(sys.argv[1:])
states = apply_seals(told.wire, told.parent, relaxed=frozenset(RELAXED))
wire = socket.socket(fileno=told.wire)
def tell(**found):
    wire.sendall(json.dumps(found).encode() + b"\\n")
"""


@dataclass
class Child:
    """A running program and the parent's end of its wire."""

    process: subprocess.Popen[bytes]
    wire: socket.socket

    def heard(self) -> dict[str, Any]:
        """The next thing it tells; empty when it has ended."""
        line = b""
        while not line.endswith(b"\n"):
            part = self.wire.recv(1)
            if not part:
                return {}
            line += part
        return json.loads(line)

    def end(self) -> int:
        self.wire.close()
        self.process.kill()
        return self.process.wait()


def start(
    program: str,
    *,
    relaxed: tuple[str, ...] = (),
    confined: bool = True,
    overwrite_freed: bool = True,
    more_environment: dict[str, str] | None = None,
    more_files: tuple[int, ...] = (),
    before: str = "",
    parent: int | None = None,
) -> Child:
    """Start a program that seals itself first, as `overt.engine.launch.start_process` starts the engine."""
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    command = engine_command(theirs.fileno(), "module", confined=confined)
    at = command.index("-m")
    command[at : at + 2] = ["-c", f"{before}\nRELAXED = {relaxed!r}\n{BEGIN}\n{program}"]
    if parent is not None:
        command[-1] = str(parent)
    process = subprocess.Popen(
        command,
        env=engine_environment(overwrite_freed=overwrite_freed) | (more_environment or {}),
        pass_fds=(theirs.fileno(), *more_files),
    )
    theirs.close()
    return Child(process, ours)


def run(program: str, **how: Any) -> dict[str, Any]:
    """Run a program and return the one thing it tells."""
    child = start(program, **how)
    try:
        return child.heard()
    finally:
        child.end()
