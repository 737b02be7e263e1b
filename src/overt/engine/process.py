"""The engine's process: seal it, run what the wire asks for, and end with everything overwritten."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from overt.engine.launch import parse_arguments
from overt.engine.outbox import Outbox
from overt.engine.seal import apply_seals
from overt.engine.wire import Begin, Closed, Fault, Stop, engine_wire
from overt.errors import OvertError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.engine.wire import Ready, SealState, Telemetry, Wire

__all__ = ["EngineKind", "Run", "main", "run_engine"]

GOODBYE_SECONDS: Final = 2.0
"""How long the last messages may take to leave."""


class Run(Protocol):
    """One run: made, it is loaded and warm."""

    ready: Ready

    def work(self) -> str:
        """Run to the end, or until the run is halted; the reason why it ended."""

    def close(self) -> Telemetry | None:
        """Overwrite everything; the last figures."""


@dataclass(frozen=True)
class EngineKind:
    """What a process is told, and what it does about it.

    Attributes:
        open_wire: its end of the wire, which receives its own messages and no other kind's.
        begins: the message that it begins with.
        load: makes the run out of that message, the seals as they are, the outbox, and the event that ends it.
    """

    open_wire: Callable[[socket.socket], Wire[Any, Any]]
    begins: type
    load: Callable[[Any, dict[str, SealState], Outbox[Any], threading.Event], Run]


def main(arguments: Sequence[str], *, overwrites: bool = True, relaxed: frozenset[str] = frozenset()) -> int:
    """Be the engine of live feeds, from the command line of `overt.engine.launch` to the exit status.

    Args:
        arguments: the command line.
        overwrites: False only in the proof of erasure's own build.
        relaxed: seals to leave open; only in the proof of erasure's own build.
    """

    def load(begin: Begin, seals: dict[str, SealState], outbox: Outbox[Any], halt: threading.Event) -> Run:
        from overt.engine.live import LiveRun

        return LiveRun(begin, seals, outbox, halt, overwrites=overwrites)

    return run_engine(arguments, EngineKind(engine_wire, Begin, load), relaxed=relaxed)


def run_engine(arguments: Sequence[str], kind: EngineKind, *, relaxed: frozenset[str] = frozenset()) -> int:
    """Be an engine of some kind.

    The seals come first, before any thread. The engine ends by itself when the other end of the wire closes, which
    is what its parent's death does.

    Args:
        arguments: the command line.
        kind: what it is told and does.
        relaxed: seals to leave open; only in the proof of erasure's own build.
    """
    told = parse_arguments(arguments)
    seals = apply_seals(wire=told.wire, parent=told.parent, relaxed=relaxed)
    # A temporary folder is looked for by libraries as they load, by writing to it; this process has none.
    tempfile.tempdir = "/"
    # A terminal's Ctrl-C reaches the parent too, and the parent then says Stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = kind.open_wire(socket.socket(fileno=told.wire))
    begin = wire.receive()
    if not isinstance(begin, kind.begins):
        return 0
    halt, gone = threading.Event(), threading.Event()
    outbox: Outbox[Any] = Outbox(wire, gone)
    told_why: list[str] = []
    threading.Thread(target=_listen, args=(wire, halt, gone, told_why), name="wire", daemon=True).start()
    threading.Thread(target=_end_when_gone, args=(gone, halt), name="orphan", daemon=True).start()
    try:
        run = kind.load(begin, seals, outbox, halt)
    except OvertError as error:
        outbox.put(Fault(kind=type(error).__name__, detail=error.what, remedy=error.remedy, fatal=True))
        return _end(outbox, Closed(reason="could not begin"), 1)
    except (ImportError, OSError, ValueError) as error:
        # No frame has been taken yet, so the error's own words can hold nobody's face.
        outbox.put(Fault(kind="EngineError", detail=f"{type(error).__name__}: {error}", fatal=True))
        return _end(outbox, Closed(reason="could not begin"), 1)
    del begin
    outbox.put(run.ready)
    reason, status = "a fault in the engine", 1
    try:
        reason, status = run.work(), 0
    finally:
        _end(outbox, Closed(reason=next(iter(told_why), reason), telemetry=run.close()), status)
    return status


def _end(outbox: Outbox[Any], closed: Closed, status: int) -> int:
    outbox.put(closed)
    outbox.finish(GOODBYE_SECONDS)
    return status


def _listen(wire: Wire[Any, Any], halt: threading.Event, gone: threading.Event, told_why: list[str]) -> None:
    try:
        message = wire.receive()
    except WireError:
        message = None
    if message is None:
        gone.set()
    elif isinstance(message, Stop):
        told_why.append(message.reason)
    halt.set()


def _end_when_gone(gone: threading.Event, halt: threading.Event) -> None:
    """The parent is dead: overwrite, and be gone within two seconds even if a thread hangs."""
    gone.wait()
    halt.set()
    threading.Timer(GOODBYE_SECONDS, os._exit, args=(3,)).start()
