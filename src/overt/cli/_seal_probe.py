"""A process that seals itself like the engine, says which seals hold, and ends: started by `overt doctor`."""

from __future__ import annotations

import socket
import sys

import msgspec

from overt.engine.launch import parse_arguments, start_process
from overt.engine.seal import apply_seals
from overt.engine.wire import SealState
from overt.errors import EngineError

__all__ = ["probe_seals"]

PROBE_SECONDS = 60.0


def probe_seals() -> dict[str, SealState]:
    """Each seal of the engine, and whether it would be held on this machine; tried in a child process.

    Raises:
        EngineError: the child gave no answer.
    """
    process, end = start_process("overt.cli._seal_probe")
    answer = bytearray()
    try:
        end.settimeout(PROBE_SECONDS)
        while part := end.recv(65536):
            answer += part
        return msgspec.json.decode(bytes(answer), type=dict[str, SealState])
    except (OSError, msgspec.DecodeError) as error:
        raise EngineError(
            "The process that tries out the seals gave no answer",
            "Check that this machine lets processes start",
        ) from error
    finally:
        end.close()
        process.kill()
        process.wait()


if __name__ == "__main__":
    arguments = parse_arguments(sys.argv[1:])
    states = apply_seals(wire=arguments.wire, parent=arguments.parent)
    with socket.socket(fileno=arguments.wire) as wire:
        wire.sendall(msgspec.json.encode(states))
