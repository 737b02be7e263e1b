"""The figures as tables: for the terminal, and in Markdown for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overt.engine import Durations
    from overt.evaluation.bench.results import BenchReport, Comparison, SoakFigures
    from overt.evaluation.bench.statistics import Ratio

__all__ = ["Table", "markdown", "report_tables", "soak_tables"]


@dataclass(frozen=True, slots=True)
class Table:
    """A title, headings and rows of words."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report_tables(report: BenchReport) -> list[Table]:
    """The tables of a whole run."""
    tables = []
    for comparison in report.comparisons:
        tables += _comparison_tables(comparison)
    tables.append(
        Table(
            "Live, sealed process, 10,000 entries",
            ("feeds", "alerts", "capture to alert p50", "p95", "p99", "max", "skipped", "erased p99", "MiB"),
            tuple(
                (
                    str(live.feeds),
                    str(live.latency_ms.n),
                    *_durations(live.latency_ms),
                    f"{live.skipped_share:.1%}",
                    _ms(live.erasure_ms.p99),
                    f"{live.resident_mib:.0f}",
                )
                for live in report.live
            ),
        )
    )
    if report.gallery is not None:
        figures = report.gallery
        tables.append(
            Table(
                f"Search of {figures.entries:,} entries beside one embedding",
                ("precision", "ms", "share of one embedding", "agreement"),
                (
                    ("float32", f"{figures.float32_ms:.2f}", _percent(figures.share_of_embedding), ""),
                    (
                        "int8",
                        f"{figures.int8_ms:.2f}",
                        _percent(figures.int8_share),
                        f"{figures.agreement:.2%}",
                    ),
                ),
            )
        )
    if report.not_measured:
        tables.append(Table("Not measured", ("peer", "why"), tuple(report.not_measured.items())))
    if report.soak is not None:
        tables += soak_tables(report.soak)
    return tables


def soak_tables(figures: SoakFigures) -> list[Table]:
    """The table of a soak."""
    slope = figures.slope
    row = (
        f"{figures.minutes:.1f}",
        str(figures.feeds),
        f"{figures.frames:,}",
        f"{figures.first_mib:.1f} to {figures.last_mib:.1f}",
        f"{slope.per_hour:+.2f} ({slope.low:+.2f} to {slope.high:+.2f})",
        "yes" if figures.flat else "no",
    )
    headings = ("minutes", "feeds", "frames", "MiB, first to last", "MiB an hour (95%)", "flat")
    return [Table("Memory over a soak", headings, (row,))]


def markdown(tables: list[Table]) -> str:
    """The tables as Markdown."""
    parts = []
    for table in tables:
        lines = [f"### {table.title}", "", _line(table.headings), _line(tuple("---" for _ in table.headings))]
        parts.append("\n".join([*lines, *(_line(row) for row in table.rows)]))
    return "\n\n".join(parts) + "\n"


def _comparison_tables(comparison: Comparison) -> list[Table]:
    overhead = comparison.overhead
    where = f"{comparison.pack} on {comparison.footage}"
    rows = [
        (
            "bare inference",
            f"{overhead.bare_ms:.1f}",
            f"{overhead.inferences:.2f} runs a frame",
        ),
        ("engine", f"{overhead.engine_ms:.1f}", f"overhead {_percent(overhead.decode_excluded)}"),
        (
            "engine and decoding",
            f"{overhead.engine_ms + overhead.decode_ms:.1f}",
            f"overhead {_percent(overhead.decode_included)}",
        ),
    ]
    if overhead.as_it_runs is not None:
        beside = overhead.bare_ms * (1 + overhead.as_it_runs.value)
        words = f"overhead {_percent(overhead.as_it_runs)}"
        rows.append(("the same, decoding in its own thread", f"{beside:.1f}", words))
    rows.append(("engine, of all time together", "", f"overhead {_percent(overhead.of_totals)}"))
    tables = [Table(f"Engine: {where}", ("", "ms a frame", ""), tuple(rows))]
    if comparison.stages:
        stages = tuple((stage.name, f"{stage.ms_per_frame:.2f}") for stage in comparison.stages)
        tables.append(Table(f"Where the time goes: {where}", ("stage", "ms a frame"), stages))
    if comparison.peers:
        tables.append(
            Table(
                f"Peers: {where}",
                ("peer", "times faster (95%)", "faces a frame", "passages/s, its and ours", "what it runs"),
                tuple(
                    (
                        f"{peer.name} {peer.version}",
                        f"{peer.speedup.value:.1f} ({peer.speedup.low:.1f} to {peer.speedup.high:.1f})",
                        f"{peer.faces_per_frame:.1f}",
                        f"{peer.passages_per_second:.2f}, {peer.engine_passages_per_second:.2f}",
                        peer.models,
                    )
                    for peer in comparison.peers
                ),
            )
        )
    return tables


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _durations(durations: Durations) -> tuple[str, str, str, str]:
    return _ms(durations.p50), _ms(durations.p95), _ms(durations.p99), _ms(durations.max)


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.0f} ms"


def _percent(ratio: Ratio) -> str:
    return f"{ratio.value:.1%} ({ratio.low:.1%} to {ratio.high:.1%})"
