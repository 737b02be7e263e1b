"""Running an engine for a command: its messages into a state, an end on Ctrl-C, and a view or lines meanwhile."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from overt.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from rich.console import Console, RenderableType

    from overt.cli._run_state import RaisedAlert, RunState
    from overt.engine import Begin, Fault

__all__ = ["run_engine", "run_with_view"]

REFRESHES_PER_SECOND = 4


def run_engine(
    begin: Begin,
    state: RunState,
    *,
    seconds: float | None = None,
    tell: Callable[[RaisedAlert | Fault], object] = lambda _: None,
) -> None:
    """Runs an engine until its feeds end, the time is up, or Ctrl-C or SIGTERM; then until all is overwritten.

    Args:
        begin: what the engine is to do.
        state: takes in every message.
        seconds: longest time, from the moment the engine is ready; None for no limit.
        tell: is told each alert and fault as it comes.

    Raises:
        EngineError: the engine could not begin, or died.
    """
    with Engine.start(begin) as engine, _ends(engine, state, seconds):
        state.take(engine.ready)
        for message in engine.messages():
            news = state.take(message)
            if news is not None:
                tell(news)


def run_with_view(begin: Begin, state: RunState, console: Console, *, seconds: float | None = None) -> None:
    """The same with the live view on a terminal."""
    from rich.live import Live

    from overt.cli.live_view import live_view

    def view() -> RenderableType:
        return live_view(state, width=console.width)

    with Live(console=console, get_renderable=view, refresh_per_second=REFRESHES_PER_SECOND, screen=True):
        run_engine(begin, state, seconds=seconds)


@contextlib.contextmanager
def _ends(engine: Engine, state: RunState, seconds: float | None) -> Iterator[None]:
    """Within, the first Ctrl-C or SIGTERM stops the engine in order, and so does the end of the time."""

    def stop(reason: str) -> None:
        if not state.stopping:
            state.stopping = reason
            engine.stop(reason)

    def on_signal(number: int, _: FrameType | None) -> None:
        if state.stopping:
            raise KeyboardInterrupt
        stop("Ctrl-C" if number == signal.SIGINT else "asked to end")

    timer = threading.Timer(seconds, stop, ("the time is up",)) if seconds is not None else None
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
