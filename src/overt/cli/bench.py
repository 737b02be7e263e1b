"""`overt bench`: how fast it is, beside bare inference and beside its peers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from overt.evaluation.bench import Table

__all__ = ["bench"]

REFERENCE = Path("../shared/data")


def bench(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Take less than two minutes.")] = False,
    soak: Annotated[
        float | None, typer.Option(help="Only watch the memory of a live engine, for so many minutes.")
    ] = None,
    feeds: Annotated[int, typer.Option(min=1, help="Feeds of the soak.")] = 1,
    peers: Annotated[
        str | None, typer.Option(help="Peers to compare with, separated by commas; `none` for none.")
    ] = None,
    footage: Annotated[Path | None, typer.Option(help="A film; a simulated street if none.")] = None,
    pack: Annotated[str | None, typer.Option(help="Model pack: its name, or its folder.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Reference data: a second comparison with its weights and film [../shared/data]."),
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Also tell where the engine's time goes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON to this file.")] = None,
    markdown_out: Annotated[
        Path | None, typer.Option("--markdown", help="Also write the tables to this file, in Markdown.")
    ] = None,
) -> None:
    """Measure the engine against bare inference and against its peers, at live pace, and over time.

    Comparisons are ratios taken turn by turn in one run, so that a busy machine weighs on all alike.
    """
    import msgspec
    from rich.console import Console

    from overt.evaluation.bench import (
        PEERS,
        Plan,
        markdown,
        report_tables,
        run_benchmark,
        run_soak,
        soak_tables,
    )

    chosen = PEERS if peers is None else tuple(name for name in peers.split(",") if name and name != "none")
    reference = data or (REFERENCE if REFERENCE.is_dir() and footage is None and pack is None else None)
    plan = Plan(quick=quick, peers=chosen, pack=pack, footage=footage, data=reference, profile=profile)
    with Console(stderr=True).status("measuring") as status:
        if soak is not None:
            figures = run_soak(plan, soak, feeds, progress=status.update)
            encoded, tables = msgspec.json.encode(figures), soak_tables(figures)
        else:
            report = run_benchmark(plan, progress=status.update)
            encoded, tables = msgspec.json.encode(report), report_tables(report)
    pretty = msgspec.json.format(encoded, indent=2).decode() + "\n"
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(pretty, "utf-8")
    if markdown_out is not None:
        markdown_out.parent.mkdir(parents=True, exist_ok=True)
        markdown_out.write_text(markdown(tables), "utf-8")
    if as_json:
        print(pretty, end="")
    else:
        _print(tables)


def _print(tables: list[Table]) -> None:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console()
    for table in tables:
        drawn = Drawn(
            title=Text(table.title), title_justify="left", box=None, pad_edge=False, header_style="bold"
        )
        for heading in table.headings:
            drawn.add_column(heading)
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
        console.print()
