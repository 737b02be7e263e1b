"""`overt prove-masking`: the recogniser itself is set upon the masked pictures that leave the engine."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from overt.evaluation.masking import MaskingReport

__all__ = ["prove_masking"]


def prove_masking(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder with one folder a person, each with two or more pictures; simulated people if none."
        ),
    ] = None,
    pack: Annotated[str, typer.Option(help="Model pack: its name, or its folder.")] = "embedded",
    people: Annotated[int, typer.Option(min=10, help="The most people.")] = 200,
    height: Annotated[
        list[int] | None,
        typer.Option(help="Height of the faces in a 1280 by 720 frame, pixels; may be repeated."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show that masked people cannot be recognised: their scores lie where strangers' scores lie.

    The exit status is 0 only if every face that the engine masks is safe, and so is every frame as it leaves.
    """
    import msgspec
    from rich.console import Console

    from overt.evaluation.bench.ready import ready_pack
    from overt.evaluation.masking import study_masking
    from overt.evaluation.masking_people import read_people, simulated_people

    errors = Console(stderr=True)
    subjects = simulated_people(min(people, 60)) if data is None else read_people(data, people)
    with errors.status("masking") as status:
        report = study_masking(
            ready_pack(pack),
            subjects,
            source="simulated" if data is None else data.name,
            heights=tuple(height or (24, 40, 64, 120, 240)),
            threads=threads,
            progress=lambda step: status.update(f"masking: {step}"),
        )
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _print_table(report)
    if not report.safe:
        raise typer.Exit(1)


def _print_table(report: MaskingReport) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("masked", "enrolled", "px", "AUC", "95%", "rank 1", "over", "strangers", "safe"):
        words = heading in {"masked", "enrolled"}
        table.add_column(heading, justify="left" if words else "right", no_wrap=True)
    for row in report.rows:
        low, high = row.auc_interval
        table.add_row(
            row.case,
            row.enrolled,
            str(row.face_height or "—"),
            f"{row.auc:.3f}",
            f"{low:.2f} to {high:.2f}",
            f"{row.rank_one:.1%}",
            f"{row.mated_over:.2%}",
            f"{row.strangers_over:.3%}",
            "yes" if row.safe else "no",
        )
    console = Console()
    console.print(table)
    console.print(
        f"\n{report.n_people} people ({report.people}), pack {report.pack}, threshold {report.threshold:.3f}; "
        f"mosaic of {report.cells} cells a face, frame reduced to {report.long_side} pixels. px: height of the face "
        "in a frame of 1280 by 720. over, strangers: share of scores at the threshold, of the person and of others.",
        highlight=False,
    )
    console.print(
        "[green]Safe: in what leaves the engine this recogniser identifies nobody."
        if report.safe
        else "[red]Not shown to be safe: see the rows that say no."
    )
