"""`overt demo`: a simulated street scene, or your own camera, on the embedded pack."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from overt.biometrics import ModelPack
    from overt.cli._run_state import RunState
    from overt.engine import Begin
    from overt.evaluation.scene import SceneTruth
    from overt.gallery import Watchlist

__all__ = ["demo"]

PACK = "embedded"
WANTED = "grace-hopper"
SCENE_SECONDS = 24.0
FEED = "street"


def demo(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the console answers; another if it is taken.")
    ] = 8420,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="No console: play the scene once, in this terminal.")
    ] = False,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="No console and no live view; print the result at the end."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; no console.")] = False,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.5, help="Length of the scene, at least 6; with --camera, when to stop."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another street, other people, another light.")] = 1,
    camera: Annotated[
        str | None, typer.Option(help="Use a camera in place of the scene: 0 is the first one.")
    ] = None,
    photo: Annotated[
        Path | None, typer.Option(help="With --camera: the one picture on the watchlist.")
    ] = None,
) -> None:
    """A simulated street, and the console over it: one passer-by is on the watchlist, the others are erased.

    Serves the console on this machine with a deployment running, and prints its address and everybody's sign-ins.
    Ctrl-C ends it, erases everything and removes what was kept; without a terminal it ends when the street has been
    played once, and the exit status is 0 only if the one person was alerted and all was erased.

    With --terminal, --headless or --json the scene is played once without a console, and its result is held against
    what is known of the scene: nobody else may be alerted.

    The people are cut-outs of two public-domain portraits and of small crops, walked through a drawn street. It shows
    that the path from camera to decision works, and measures nothing of how well faces are recognised.
    """
    from rich.console import Console

    from overt.errors import SourceError

    if (camera is None) != (photo is None):
        raise SourceError(
            "--camera and --photo belong together", "Give both, as in: overt demo --camera 0 --photo me.jpg"
        )
    console = Console()
    live = console.is_terminal and terminal and not headless and not as_json
    pack = _pack()
    if camera is not None and photo is not None:
        _own_camera(pack, camera, photo, console, live=live, as_json=as_json, seconds=seconds)
        return
    with TemporaryDirectory(prefix="overt-demo-") as folder:
        if not (terminal or headless or as_json):
            _console(Path(folder), port, seconds or SCENE_SECONDS, seed)
            return
        _scene(
            pack,
            Path(folder),
            console,
            live=live,
            as_json=as_json,
            seconds=seconds or SCENE_SECONDS,
            seed=seed,
        )


def _pack() -> ModelPack:
    from overt.biometrics import packs

    if PACK not in packs.installed():
        _say(f"The model pack `{PACK}` is not on this machine yet; getting it (once).")
        return packs.pull(PACK, report=_say)
    return packs.load(PACK)


def _console(folder: Path, port: int, seconds: float, seed: int) -> None:
    from overt.cli.demonstration import serve_demonstration

    film, references = _composed(folder, seconds, seed)[:2]
    if not serve_demonstration(film, references, port=port, stays=sys.stdin.isatty()):
        raise typer.Exit(1)


def _composed(folder: Path, seconds: float, seed: int) -> tuple[Path, Path, SceneTruth]:
    """The street as a film, the folder with the sought person's picture, and the truth of the scene."""
    from overt.evaluation.scene import Scene, SceneSettings, write_reference

    references = folder / "watchlist"
    references.mkdir()
    write_reference(WANTED, references)
    _say("Composing a SIMULATED street scene: cut-out portraits on drawn bodies in a drawn street.")
    film = folder / "street.mp4"
    truth = Scene(SceneSettings(seconds=seconds, seed=seed, near=1)).write(film, progress=_progress())
    return film, references, truth


def _scene(
    pack: ModelPack, folder: Path, console: Console, *, live: bool, as_json: bool, seconds: float, seed: int
) -> None:
    from overt.cli._begin import begin_and_state
    from overt.cli._demo_result import DemoResult
    from overt.cli._summary import summary_words
    from overt.engine import EngineLimits, FeedSpec

    film, references, truth = _composed(folder, seconds, seed)
    watchlist = _enrolled(pack, references)
    _say(f"Playing it in real time, {seconds:g} s; on the watchlist: {watchlist.entries[0].title}.")
    feeds = (FeedSpec(name=FEED, uri=str(film)),)
    begin, state = begin_and_state(
        pack, watchlist, feeds, EngineLimits(), title="demo · SIMULATED street scene"
    )
    _run(begin, state, console, live=live, seconds=None)
    result = DemoResult(state, truth, WANTED)
    if as_json:
        print(json.dumps(result.record(), ensure_ascii=False), flush=True)
    else:
        for line in ["Simulated scene, played in real time.", *result.words(), *summary_words(state)]:
            print(line)
    if not result.worked():
        raise typer.Exit(1)


def _own_camera(
    pack: ModelPack,
    camera: str,
    photo: Path,
    console: Console,
    *,
    live: bool,
    as_json: bool,
    seconds: float | None,
) -> None:
    import shutil

    from overt.cli._begin import begin_and_state
    from overt.cli._feeds import feed_specs
    from overt.cli._summary import alert_record, fault_record, summary_record, summary_words
    from overt.engine import EngineLimits
    from overt.errors import EnrolmentError

    feeds = feed_specs([camera], pace="live", transport="tcp")
    if not photo.is_file():
        raise EnrolmentError(
            f"there is no photo {photo}", "Name a picture of the person whom the camera shall find"
        )
    with TemporaryDirectory(prefix="overt-demo-") as folder:
        shutil.copy(photo, folder)
        watchlist = _enrolled(pack, Path(folder))
    _say(f"Watching {feeds[0].name}; on the watchlist: {watchlist.entries[0].title}. Ctrl-C ends it.")
    begin, state = begin_and_state(pack, watchlist, feeds, EngineLimits(), title=f"demo · {feeds[0].name}")
    _run(begin, state, console, live=live, seconds=seconds)
    if as_json:
        alerts = [alert_record(alert) for alert in state.alerts]
        faults = [fault_record(fault) for fault in state.faults]
        record = summary_record(state) | {
            "type": "demo",
            "simulated": False,
            "alerts": alerts,
            "faults": faults,
        }
        print(json.dumps(record, ensure_ascii=False), flush=True)
    else:
        print("\n".join(summary_words(state)))
    if not state.worked():
        raise typer.Exit(1)


def _enrolled(pack: ModelPack, folder: Path) -> Watchlist:
    from overt.gallery import load_watchlist

    return load_watchlist(folder, pack)


def _run(begin: Begin, state: RunState, console: Console, *, live: bool, seconds: float | None) -> None:
    from overt.cli._running import run_engine, run_with_view

    if live:
        run_with_view(begin, state, console, seconds=seconds)
    else:
        run_engine(begin, state, seconds=seconds)


def _progress() -> Callable[[int, int], None]:
    """On a terminal, one line on stderr that counts the frames up."""
    if not sys.stderr.isatty():
        return lambda _done, _all: None

    def show(done: int, whole: int) -> None:
        if done % 12 == 0 or done == whole:
            sys.stderr.write(f"\r{done} of {whole} frames" + ("\n" if done == whole else ""))
            sys.stderr.flush()

    return show


def _say(line: str) -> None:
    """A step of the work, on stderr, so that stdout holds the result alone."""
    typer.echo(line, err=True)
