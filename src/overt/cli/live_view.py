"""The live terminal view: a pure function of a run's state. It shows figures and alerts, and never a face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from overt.engine import Durations

if TYPE_CHECKING:
    from rich.console import RenderableType

    from overt.cli._run_state import RaisedAlert, RunState
    from overt.engine import FeedTelemetry

__all__ = ["live_view"]

NARROW: Final = 100
"""Columns of a terminal below which some columns are left out and blocks stand below one another."""

SHOWN_ALERTS: Final = 8
SHOWN_FAULTS: Final = 3

_STATE_STYLES: Final = {
    "opening": "yellow",
    "running": "green",
    "stalled": "red",
    "reconnecting": "yellow",
    "ended": "dim",
    "failed": "bold red",
}


def live_view(state: RunState, *, width: int) -> RenderableType:
    """The whole view.

    Args:
        state: the run as it stands.
        width: columns of the terminal.
    """
    narrow = width < NARROW
    figures: RenderableType = Group(_timings(state), Padding(_seals(state), (0, 1)))
    if not narrow:
        beside = Table.grid(expand=True, padding=(0, 2))
        beside.add_column()
        beside.add_column(ratio=1)
        beside.add_row(_timings(state), _seals(state))
        figures = beside
    parts: list[RenderableType] = [
        _head(state, narrow=narrow),
        _note(state),
        _feeds(state.feed_rows(), narrow=narrow),
        _alerts(state, narrow=narrow),
    ]
    if state.faults:
        parts.append(_faults(state))
    return Group(*parts, figures)


def _head(state: RunState, *, narrow: bool) -> RenderableType:
    line = Text()
    line.append("Overt", style="bold")
    line.append(f"  {state.title}", style="default")
    if state.telemetry:
        whole = int(state.telemetry.seconds)
        line.append(f"  {whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}", style="cyan")
    if state.ready:
        entries = f"{state.ready.n_entries:,} {'entry' if state.ready.n_entries == 1 else 'entries'}"
        where = "" if narrow else f" · {state.ready.contract.pack} on {state.ready.provider}"
        line.append(f"  {entries}{where} · threshold {state.threshold:.3f}", style="dim")
    return Padding(line, (0, 1))


def _feeds(feeds: tuple[FeedTelemetry, ...], *, narrow: bool) -> Table:
    table = _table()
    table.add_column("Feed", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("State")
    if not narrow:
        table.add_column("Size", justify="right")
    table.add_column("fps", justify="right")
    if not narrow:
        table.add_column("Searched", justify="right")
    for heading in ("Skipped", "In view", "Passages", "Alerts"):
        table.add_column(heading, justify="right")
    for feed in feeds:
        state = Text(feed.state, style=_STATE_STYLES.get(feed.state, "default"))
        if feed.reconnections:
            state.append(f" ({feed.reconnections} again)", style="yellow")
        cells: list[RenderableType] = [Text(feed.name), state]
        if not narrow:
            cells.append(f"{feed.width} x {feed.height}" if feed.width else "-")
        cells.append(f"{feed.frames_per_second:.1f}")
        if not narrow:
            cells.append(f"{feed.frames_processed:,}")
        cells += [f"{feed.frames_skipped:,}", str(feed.faces_in_view), f"{feed.passages:,}"]
        cells.append(Text(f"{feed.alerts:,}", style="bold red" if feed.alerts else "default"))
        table.add_row(*cells)
    return table


def _timings(state: RunState) -> Table:
    table = _table(expand=False)
    table.add_column("Milliseconds", no_wrap=True)
    for heading in ("p50", "p95", "p99", "max", "n"):
        table.add_column(heading, justify="right", min_width=5)
    telemetry = state.telemetry
    rows = (
        ("capture to alert", telemetry.capture_to_alert_ms if telemetry else Durations()),
        ("capture to erased", telemetry.erasure_ms if telemetry else Durations()),
        ("last use to erased", telemetry.erasure_after_use_ms if telemetry else Durations()),
    )
    for name, d in rows:
        table.add_row(name, *(_ms(v) for v in (d.p50, d.p95, d.p99, d.max)), f"{d.n:,}")
    return table


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _seals(state: RunState) -> RenderableType:
    if state.ready is None:
        return Text("Seals: the engine is loading", style="dim")
    missing = {name: seal for name, seal in state.ready.seals.items() if not seal.held}
    n = len(state.ready.seals)
    line = Text()
    line.append(f"Seals: {n - len(missing)} of {n} held", style="green" if not missing else "bold yellow")
    for name, seal in missing.items():
        line.append(f"\n  not held: {name}", style="yellow")
        if seal.detail:
            line.append(f" ({seal.detail})", style="dim")
    return line


def _alerts(state: RunState, *, narrow: bool) -> RenderableType:
    if not state.alerts:
        return Panel(Text("No alerts.", style="dim"), title="Alerts", title_align="left", border_style="dim")
    table = Table(box=None, pad_edge=False, expand=True, show_header=not narrow, header_style="dim")
    table.add_column("UTC", no_wrap=True)
    table.add_column("Feed", no_wrap=True, overflow="ellipsis", max_width=18)
    table.add_column("Resembles", ratio=1)
    # below a score: how many strangers would reach it too
    table.add_column("Score", justify="right", no_wrap=True)
    if not narrow:
        table.add_column("Instruction", ratio=1)
        table.add_column("ms", justify="right")
    for alert in reversed(state.alerts[-SHOWN_ALERTS:]):
        table.add_row(*_alert_cells(alert, narrow=narrow))
    earlier = len(state.alerts) - SHOWN_ALERTS
    body: RenderableType = table
    if earlier > 0:
        body = Group(table, Text(f"and {earlier:,} earlier", style="dim"))
    title = f"Alerts: {len(state.alerts):,} · an alert is a resemblance; a person decides"
    return Panel(body, title=title, title_align="left", border_style="red")


def _alert_cells(alert: RaisedAlert, *, narrow: bool) -> list[RenderableType]:
    who = Text(alert.title, style="bold")
    if alert.entry != alert.title:
        who.append(f" ({alert.entry})", style="dim")
    score = Text(f"{alert.score:.3f} ≥ {alert.threshold:.3f}")
    if alert.strangers and not narrow:
        score.append(f"\n{alert.strangers}", style="dim")
    if alert.covering == "lower":
        score.append("\non the upper face", style="dim")
    cells: list[RenderableType] = [alert.captured_at.strftime("%H:%M:%S"), Text(alert.feed), who, score]
    if narrow:
        if alert.instruction:
            who.append(f"\n{alert.instruction}", style="yellow")
        return cells
    return [*cells, Text(alert.instruction, style="yellow"), f"{alert.capture_to_alert_ms:.0f}"]


def _faults(state: RunState) -> RenderableType:
    lines = Text()
    for n, fault in enumerate(state.faults[-SHOWN_FAULTS:]):
        where = fault.feed or "engine"
        lines.append("\n" if n else "")
        lines.append(f"{where}: {fault.kind}", style="bold yellow")
        lines.append(f"  {fault.detail}")
        if fault.remedy:
            lines.append(f". {fault.remedy}", style="dim")
    title = f"Faults: {len(state.faults):,}"
    return Panel(lines, title=title, title_align="left", border_style="yellow")


def _note(state: RunState) -> RenderableType:
    if state.stopping:
        return Padding(
            Text(f"Stopping ({state.stopping}): everything is being overwritten …", style="bold"), (0, 1)
        )
    line = Text("Ctrl-C stops and erases everything", style="dim")
    if state.telemetry:
        t = state.telemetry
        line.append(
            f" · {t.detections:,} detections · {t.embeddings:,} embedded · {t.resident_mib:,.0f} MiB",
            style="dim",
        )
    return Padding(line, (0, 1))


def _table(*, expand: bool = True) -> Table:
    return Table(
        box=SIMPLE_HEAD,
        expand=expand,
        padding=(0, 1, 0, 1),
        collapse_padding=True,
        header_style="dim",
        show_edge=False,
    )
