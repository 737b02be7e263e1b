"""`overt doctor`: what this machine has, what it lacks, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from overt.cli._machine import Finding

__all__ = ["doctor"]

_MARKS = {
    "ok": ("✓", "green"),
    "optional": ("·", "dim"),
    "warning": ("!", "yellow"),
    "missing": ("✗", "bold red"),
}


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Show what this machine has: processor, inference providers, video, seals, model packs.

    Every seal is tried out in a process of its own. The exit status is 0 unless something required is missing.
    """
    from overt.cli._machine import examine

    findings = examine()
    ready = not any(finding.verdict == "missing" for finding in findings)
    if as_json:
        _print_json(findings, ready=ready)
    else:
        from rich.console import Console

        console = Console(highlight=False)
        console.print(findings_table(findings))
        console.print()
        console.print(_verdict(findings, ready=ready), markup=False)
    if not ready:
        raise typer.Exit(1)


def findings_table(findings: list[Finding]) -> Table:
    """The findings, a row each, under their topics; remedies below what they are for."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    topic = ""
    for finding in findings:
        mark, style = _MARKS[finding.verdict]
        said = Text(finding.detail)
        if finding.remedy:
            said.append(f"\n→ {finding.remedy}", style="yellow" if finding.verdict != "optional" else "dim")
        table.add_row(
            finding.topic if finding.topic != topic else "", Text(mark, style=style), finding.name, said
        )
        topic = finding.topic
    return table


def _verdict(findings: list[Finding], *, ready: bool) -> str:
    if not ready:
        missing = [finding.name for finding in findings if finding.verdict == "missing"]
        return f"Not ready: {', '.join(missing)}. Follow the remedies marked ✗."
    warnings = sum(finding.verdict == "warning" for finding in findings)
    plural = "s" if warnings > 1 else ""
    return f"Ready, with {warnings} warning{plural}." if warnings else "Ready."


def _print_json(findings: list[Finding], *, ready: bool) -> None:
    import json
    from dataclasses import asdict

    topics: dict[str, list[dict[str, str]]] = {}
    for finding in findings:
        values = asdict(finding)
        topics.setdefault(values.pop("topic"), []).append(values)
    seals = {finding.name: finding.verdict == "ok" for finding in findings if finding.topic == "seals"}
    print(json.dumps({"ready": ready, "seals": seals, "findings": topics}, indent=2, ensure_ascii=False))
