"""Take the picture of the live view that README shows: a real run of the engine on the simulated street.

    python scripts/make_pictures.py [--seconds 24]

Writes docs/images/demo.svg. Text only, so nobody's face is in it; no web font, so that it needs no other host.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import threading
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

from overt.biometrics import packs
from overt.cli._begin import begin_and_state
from overt.cli._running import run_engine
from overt.cli.live_view import live_view
from overt.engine import EngineLimits, FeedSpec
from overt.evaluation.scene import Scene, SceneSettings, write_reference
from overt.gallery import load_watchlist

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 118
AFTER_ALERT_SECONDS = 2.0
WANTED = "grace-hopper"


def _svg(picture: Console) -> str:
    """The recorded console as SVG, with the reader's own monospaced font."""
    fonts = r"@font-face \{\{.*?\}\}\s*"
    form = re.sub(fonts, "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace("Fira Code", "monospace")
    return picture.export_svg(title="overt demo", theme=MONOKAI, code_format=form, unique_id="overt")


def main() -> int:
    """Run the scene, take the picture two seconds after the alert, write it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take the picture of the live view.")
    parser.add_argument("--seconds", type=float, default=24.0, help="length of the scene")
    seconds = parser.parse_args().seconds
    pack = packs.load("embedded")
    taken: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "watchlist").mkdir()
        write_reference(WANTED, folder / "watchlist")
        film = folder / "street.mp4"
        Scene(SceneSettings(seconds=seconds, near=1)).write(film)
        begin, state = begin_and_state(
            pack,
            load_watchlist(folder / "watchlist", pack),
            (FeedSpec(name="street", uri=str(film)),),
            EngineLimits(),
            title="demo · SIMULATED street scene",
        )

        def take() -> None:
            picture = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
            picture.print(live_view(state, width=WIDTH))
            taken.append(_svg(picture))

        timer = threading.Timer(AFTER_ALERT_SECONDS, take)
        run_engine(begin, state, tell=lambda _: None if timer.is_alive() or taken else timer.start())
        timer.cancel()
    if not taken:
        print("no picture: nobody was alerted, or the scene ended too soon after", file=sys.stderr)
        return 1
    (ROOT / "docs" / "images" / "demo.svg").write_text(taken[0], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
