"""`overt watch`: compare the faces of live feeds with a watchlist."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from overt.cli._run_state import RaisedAlert
    from overt.engine import Fault
    from overt.gallery import EnrolmentReport

__all__ = ["watch"]


def watch(
    watchlist: Annotated[
        Path,
        typer.Option("--watchlist", "-w", help="A folder of pictures, a CSV file, or a watchlist file."),
    ],
    sources: Annotated[
        list[str],
        typer.Option(
            "--source",
            "-s",
            help="A file, a folder of pictures, rtsp:// or http:// address, or camera number; NAME=… names it. "
            "Give it once for each feed.",
        ),
    ],
    pace: Annotated[
        Literal["live", "max"],
        typer.Option(help="Files as a camera would send them, or as fast as possible."),
    ] = "live",
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: alerts, faults, and a closing summary.")
    ] = False,
    pack: Annotated[
        str, typer.Option(help="The model pack: a name, or a folder with a slash in it.")
    ] = "embedded",
    threshold: Annotated[
        float | None,
        typer.Option(min=-1.0, max=1.0, help="Least similarity that alerts; the pack's own if not given."),
    ] = None,
    provider: Annotated[
        Literal["cpu", "cuda", "openvino"], typer.Option(help="Where the networks run.")
    ] = "cpu",
    transport: Annotated[Literal["tcp", "udp"], typer.Option(help="How RTSP carries its packets.")] = "tcp",
    scale: Annotated[
        int,
        typer.Option(min=160, max=4096, help="Longer side of the picture in which faces are sought, pixels."),
    ] = 640,
    far: Annotated[
        Literal["none", "two-scale", "tiles"],
        typer.Option(help="How faces too far for the scale are sought."),
    ] = "none",
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after so many seconds.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="The key of an encrypted watchlist file.")] = None,
) -> None:
    """Watch feeds and alert where a face resembles someone on the watchlist. A person decides; the rest is erased.

    Ctrl-C stops in order and erases everything. The exit status is 0 only if a feed was searched to the end of the
    run and everything was erased.
    """
    from rich.console import Console

    from overt.biometrics import DetectionSettings, packs
    from overt.cli._begin import begin_and_state
    from overt.cli._feeds import feed_specs
    from overt.cli._running import run_engine, run_with_view
    from overt.cli._summary import summary_record, summary_words
    from overt.cli._watchlist_key import key_to_open
    from overt.engine import EngineLimits
    from overt.gallery import is_watchlist_file, load_watchlist

    feeds = feed_specs(sources, pace=pace, transport=transport)
    limits = EngineLimits(provider=provider, detection=DetectionSettings(long_side=scale, far=far))
    loaded = packs.load(pack)
    key = key_to_open(key_file) if is_watchlist_file(watchlist) else None
    people = load_watchlist(watchlist, loaded, key=key, provider=provider, on_report=_say_refused)
    title = f"watching {len(feeds)} feed{'' if len(feeds) == 1 else 's'}"
    begin, state = begin_and_state(loaded, people, feeds, limits, title=title, threshold=threshold)
    console = Console()
    if as_json:
        run_engine(begin, state, seconds=seconds, tell=_say_json)
        _print_line(summary_record(state))
    elif console.is_terminal:
        run_with_view(begin, state, console, seconds=seconds)
        console.print("\n".join(summary_words(state)), markup=False, highlight=False)
    else:
        run_engine(begin, state, seconds=seconds, tell=_say_words)
        print("\n".join(summary_words(state, news=False)), flush=True)
    if not state.worked():
        if not as_json:
            print("overt: no feed could be searched; see the faults above", file=sys.stderr)
        raise typer.Exit(1)


def _say_refused(report: EnrolmentReport) -> None:
    """Rows of the watchlist that were refused, on stderr; the others are watched for."""
    for row in report.rows:
        if not row.accepted:
            reasons = "; ".join(finding.detail for finding in row.all_findings if finding.refuses)
            print(f"overt: not on the watchlist: {row.place}: {reasons}", file=sys.stderr)


def _say_json(news: RaisedAlert | Fault) -> None:
    from overt.cli._run_state import RaisedAlert
    from overt.cli._summary import alert_record, fault_record

    _print_line(alert_record(news) if isinstance(news, RaisedAlert) else fault_record(news))


def _print_line(record: dict[str, object]) -> None:
    print(json.dumps(record, ensure_ascii=False), flush=True)


def _say_words(news: RaisedAlert | Fault) -> None:
    from overt.cli._run_state import RaisedAlert
    from overt.cli._summary import alert_words, fault_words

    print(alert_words(news) if isinstance(news, RaisedAlert) else f"Fault: {fault_words(news)}", flush=True)
