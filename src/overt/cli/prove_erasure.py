"""`overt prove-erasure`: the engine's memory is searched for faces that have gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from overt.evaluation.erasure import ErasureReport, SealCost

__all__ = ["prove_erasure"]


def prove_erasure(
    *,
    source: Annotated[
        str | None, typer.Option(help="Footage whose faces are shown to the engine; made-up faces if none.")
    ] = None,
    faces: Annotated[int, typer.Option(min=1, max=60, help="How many different faces.")] = 20,
    pack: Annotated[str, typer.Option(help="Model pack: its name, or its folder.")] = "embedded",
    costs: Annotated[
        bool,
        typer.Option("--costs", help="Measure what each seal costs instead: with and without it, in turns."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that the engine forgets: let faces leave the picture, and search its whole memory for them.

    The exit status is 0 only if nothing of any face was found 250 ms after its last use or later, nothing was
    written, and the same search found every form of them in a test build whose erasure is switched off.
    """
    import msgspec
    from rich.console import Console

    from overt.evaluation.bench.ready import ready_pack
    from overt.evaluation.erasure import prove_erasure as prove
    from overt.evaluation.erasure import seal_costs

    with Console(stderr=True).status("the proof of erasure") as status:
        if costs:
            measured = seal_costs(
                ready_pack(pack), progress=lambda seal: status.update(f"the cost of the seals: {seal}")
            )
            status.stop()
            _print_costs(measured, Console(), as_json=as_json)
            return
        report = prove(
            ready_pack(pack),
            source=source,
            n_faces=faces,
            progress=lambda step: status.update(f"the proof of erasure: {step}"),
        )
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _print_report(report, Console())
    if not report.holds:
        raise typer.Exit(1)


def _print_costs(costs: Sequence[SealCost], console: Console, *, as_json: bool) -> None:
    import msgspec
    from rich.table import Table

    if as_json:
        print(msgspec.json.encode({cost.seal: cost for cost in costs}).decode())
        return
    table = Table(
        box=None, pad_edge=False, header_style="bold", title="Time with the seal, over time without"
    )
    table.add_column("seal")
    for heading in ("median", "quartiles", "rounds"):
        table.add_column(heading, justify="right")
    for cost in costs:
        table.add_row(cost.seal, f"{cost.ratio:.3f}", f"{cost.low:.3f} to {cost.high:.3f}", str(cost.rounds))
    console.print(table)


def _print_report(report: ErasureReport, console: Console) -> None:
    from rich.table import Table

    ages = list(next(iter(report.residues.values())))
    table = Table(box=None, pad_edge=False, header_style="bold", title="Faces of which anything was found")
    table.add_column("form")
    for heading in (*(f"{age} ms" for age in ages), "silent camera", "erasure off", "needles"):
        table.add_column(heading, justify="right")
    for form, counts in report.residues.items():
        table.add_row(
            form,
            *(str(counts[age]) for age in ages),
            str(sum(report.residues_when_silent[form].values())),
            str(report.found_when_erasure_off[form]),
            str(report.needles[form]),
        )
    console.print(table)
    measured = ", ".join(
        f"{m['min']:.0f} to {m['max']:.0f} ms" for age, m in report.ages_measured_ms.items() if age in ages
    )
    console.print(
        f"\n{report.faces} faces ({report.source}), {report.covered_faces} of them behind something, "
        f"pack {report.pack}; {report.searched_mib} MiB of memory searched, "
        f"at ages that were really {measured} after last use.",
        highlight=False,
    )
    console.print(
        f"Written to storage: {report.written_bytes} bytes; files open for writing: "
        f"{', '.join(report.writable_files) or 'none'}; files with a face in them: "
        f"{', '.join(report.files_with_faces) or 'none'}.",
        highlight=False,
    )
    for where, count in sorted(report.where.items()):
        console.print(f"  found {where}: {count} needles", highlight=False)
    open_seals = [name for name, seal in report.seals.items() if not seal.held]
    console.print(f"Seals not held: {', '.join(open_seals) or 'none'}.", highlight=False)
    if report.left_open:
        console.print(
            "  (not-dumpable was left open so that the proof, which is not root, could look inside)"
        )
    if not report.prover_found_when_erasure_off:
        console.print("[red]The search did not find every form with erasure switched off: it proves nothing.")
    console.print(
        "[green]The engine forgets: nothing was left of any face from 250 ms after its last use."
        if report.holds
        else "[red]The proof does not hold: see the counts above."
    )
