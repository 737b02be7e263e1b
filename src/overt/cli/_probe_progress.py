"""How far pictures and clips are, while they are looked at."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.casework.probes import HandingIn

__all__ = ["probe_progress"]


@contextmanager
def probe_progress(*, quiet: bool) -> Iterator[Callable[[HandingIn], None]]:
    """A line on a terminal's error output, and nothing elsewhere; gives what is to be called with how far it is.

    Args:
        quiet: show nothing.
    """
    from rich.console import Console
    from rich.text import Text

    from overt.cli._showing import safe

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    began = time.monotonic()
    with console.status(Text("looking"), spinner="dots") as status:

        def tell(now: HandingIn) -> None:
            whole = f" of {now.clip.of_seconds:.0f}" if now.clip.of_seconds else ""
            reached = f"looking at {safe(now.name)}: {now.clip.seconds:.0f}{whole} s"
            pace = now.seconds / max(time.monotonic() - began, 1e-3)
            every = f"{now.faces} faces, {pace:.1f} times real time"
            if now.files > 1:
                every = f"in all {now.done} of {now.files} files, {now.seconds:.0f} s, {every}"
            status.update(Text(f"{reached}; {every}"))

        yield tell
