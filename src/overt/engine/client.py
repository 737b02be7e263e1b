"""The engine as its parent sees it: a child process at the other end of the wire."""

from __future__ import annotations

from overt.engine._child import SealedChild, first_word
from overt.engine.launch import ENGINE_MODULE, start_process
from overt.engine.wire import Begin, Inward, Outward, parent_wire
from overt.errors import EngineError

__all__ = ["Engine"]


class Engine(SealedChild[Inward, Outward]):
    """A running sealed engine.

    Use it as a context manager; leaving it stops the engine. `messages` ends after `Closed`.

    >>> with Engine.start(begin) as engine:        # doctest: +SKIP
    ...     for message in engine.messages():
    ...         print(message)
    """

    @classmethod
    def start(cls, begin: Begin, *, module: str = ENGINE_MODULE, overwrite_freed: bool = True) -> Engine:
        """Start an engine and wait until it is sealed, loaded and warm.

        Args:
            begin: what it is to do.
            module: what the process runs; another than the engine's only in the proof of erasure.
            overwrite_freed: False only in the proof of erasure.

        Raises:
            EngineError: it could not begin; the message is the engine's own.
        """
        process, end = start_process(module, overwrite_freed=overwrite_freed)
        wire = parent_wire(end)
        return cls(process, wire, first_word(process, end, wire, lambda: wire.send(begin)))

    @staticmethod
    def _death(status: int, *, hangs: bool) -> EngineError:
        del hangs  # it may say nothing for as long as nothing happens
        return EngineError(
            f"The engine has died (status {status})", "Start it again; nothing it held outlives it"
        )
