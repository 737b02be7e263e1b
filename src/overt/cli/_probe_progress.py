"""How far a clip is, while it is looked at."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.casework.probes import ProbeProgress

__all__ = ["probe_progress"]


@contextmanager
def probe_progress(name: str, *, quiet: bool) -> Iterator[Callable[[ProbeProgress], None]]:
    """A line on a terminal's error output, and nothing elsewhere; gives what is to be called with how far it is.

    Args:
        name: what is looked at.
        quiet: show nothing.
    """
    from rich.console import Console
    from rich.text import Text

    from overt.cli._showing import safe

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    looking = f"looking at {safe(name)}"
    with console.status(Text(looking), spinner="dots") as status:

        def tell(now: ProbeProgress) -> None:
            whole = f" of {now.of_seconds:.0f}" if now.of_seconds else ""
            pace = now.seconds / now.working_seconds if now.working_seconds else 0.0
            reached = f"{now.seconds:.0f}{whole} s, {now.faces} faces, {pace:.1f} times real time"
            status.update(Text(f"{looking}: {reached}"))

        yield tell
