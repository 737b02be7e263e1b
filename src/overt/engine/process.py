"""The engine's process: seal it, run what the wire asks for, and end with everything overwritten."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Final

from overt.engine.live import LiveRun
from overt.engine.outbox import Outbox
from overt.engine.wire import Begin, Closed, Fault, Inward, Outward, SealState, Wire, engine_wire
from overt.errors import OvertError, WireError

__all__ = ["serve"]

GOODBYE_SECONDS: Final = 2.0
"""How long the last messages may take to leave."""


def serve(wire_fd: int, seals: dict[str, SealState], *, overwrites: bool = True) -> int:
    """Serve one run over a wire, and return the process's exit status.

    The seals have been applied by the caller, before any thread was started. Ends by itself when the other end
    of the wire closes, which is what its parent's death does.

    Args:
        wire_fd: descriptor of the engine's end.
        seals: what held.
        overwrites: False only in the proof of erasure's own build.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal's Ctrl-C reaches the parent, which then says Stop
    wire = engine_wire(socket.socket(fileno=wire_fd))
    begin = wire.receive()
    if not isinstance(begin, Begin):
        return 0
    halt, gone = threading.Event(), threading.Event()
    outbox = Outbox(wire, gone)
    threading.Thread(target=_listen, args=(wire, halt, gone), name="wire", daemon=True).start()
    threading.Thread(target=_end_when_gone, args=(gone, halt), name="orphan", daemon=True).start()
    try:
        run = LiveRun(begin, seals, outbox, halt, overwrites=overwrites)
    except OvertError as error:
        outbox.put(Fault(kind=type(error).__name__, detail=error.what, remedy=error.remedy, fatal=True))
        outbox.put(Closed(reason="could not begin"))
        outbox.finish(GOODBYE_SECONDS)
        return 1
    del begin
    outbox.put(run.ready)
    reason = "a fault in the engine"
    try:
        reason = run.work()
    finally:
        telemetry = run.close()
        outbox.put(Closed(reason=reason, telemetry=telemetry))
        outbox.finish(GOODBYE_SECONDS)
    return 0


def _listen(wire: Wire[Outward, Inward], halt: threading.Event, gone: threading.Event) -> None:
    try:
        message = wire.receive()
    except WireError:
        message = None
    if message is None:
        gone.set()
    halt.set()


def _end_when_gone(gone: threading.Event, halt: threading.Event) -> None:
    """The parent is dead: overwrite, and be gone within two seconds even if a thread hangs."""
    gone.wait()
    halt.set()
    threading.Timer(GOODBYE_SECONDS, os._exit, args=(3,)).start()
