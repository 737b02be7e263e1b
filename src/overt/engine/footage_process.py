"""`python -m overt.engine.footage_process`: started by `overt.engine.footage_client`, never by hand.

Its wire is the footage run's own. The clip's open file comes first over the socket, after the seals are set.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from overt.engine.footage_wire import BeginFootage, footage_engine_wire
from overt.engine.process import EngineKind, run_engine

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from overt.engine.outbox import Outbox
    from overt.engine.process import Run
    from overt.engine.wire import SealState, Wire

__all__ = ["main"]


def main(arguments: Sequence[str], *, overwrites: bool = True, relaxed: frozenset[str] = frozenset()) -> int:
    """Be the process of one footage run.

    Args:
        arguments: the command line.
        overwrites: False only in the test that shows what a run would leave.
        relaxed: seals to leave open; only in tests that look inside.
    """
    clips: list[int] = []

    def open_wire(end: socket.socket) -> Wire[Any, Any]:
        clips.extend(socket.recv_fds(end, 1, 1)[1])
        return footage_engine_wire(end)

    def load(
        begin: BeginFootage, seals: dict[str, SealState], outbox: Outbox[Any], halt: threading.Event
    ) -> Run:
        from overt.engine.footage import FootageRun

        return FootageRun(begin, clips[0], seals, outbox, halt, overwrites=overwrites)

    return run_engine(arguments, EngineKind(open_wire, BeginFootage, load), relaxed=relaxed)


if __name__ == "__main__":
    # Everything has been overwritten and said; nothing is left to a library that takes its time to end.
    os._exit(main(sys.argv[1:]))
