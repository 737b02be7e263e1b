"""What `overt collection` shows, and how it tells how far it is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Final

import typer

from overt.cli._showing import show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from overt.casework import collections as c

__all__ = [
    "Name",
    "Reference",
    "progress",
    "show_collections",
    "show_due",
    "show_ingestions",
    "show_pairs",
    "show_refused",
    "summary",
]

Name = Annotated[str, typer.Argument(help="The collection's name or id.", metavar="NAME")]
Reference = Annotated[str, typer.Argument(help="The record's reference.", metavar="REFERENCE")]
_MOST_SHOWN: Final = 50


def show_collections(found: Sequence[c.CollectionView]) -> None:
    """Print collections with their counts."""
    show_table(
        (
            "collection",
            "name",
            "pack",
            "records",
            "images",
            "searched",
            "due for review",
            "pairs",
            "next templates",
        ),
        [
            (
                one.id,
                one.name,
                f"{one.pack} {one.pack_version}",
                f"{one.records:,}",
                f"{one.images:,}",
                f"{one.searched:,}",
                f"{one.due_for_review:,}",
                f"{one.pairs:,}",
                _next(one.next),
            )
            for one in found
        ],
    )


def _next(templates: c.NextTemplates | None) -> str:
    if templates is None:
        return ""
    return (
        f"{templates.pack} {templates.pack_version}: {templates.made:,} made, {templates.refused:,} refused, "
        f"{templates.left:,} left"
    )


def show_ingestions(found: Sequence[c.IngestionView]) -> None:
    """Print ingestions, how far they are and how fast they went."""
    show_table(
        (
            "ingestion",
            "source",
            "state",
            "rows",
            "done",
            "added",
            "changed",
            "unchanged",
            "refused",
            "rows/s",
        ),
        [
            (
                one.id,
                one.source,
                one.state,
                f"{one.rows:,}",
                f"{one.done:,}",
                f"{one.added:,}",
                f"{one.changed:,}",
                f"{one.unchanged:,}",
                f"{one.refused:,}",
                "" if one.rate is None else f"{one.rate:.1f}",
            )
            for one in found
        ],
    )


def summary(done: c.IngestionView) -> str:
    """An ingestion in one line."""
    refused = ", ".join(f"{kind} {count:,}" for kind, count in done.refused_by.items())
    rate = "" if done.rate is None else f"; {done.rate:.1f} rows a second"
    lost = f"; {done.workers_replaced:,} lost workers replaced" if done.workers_replaced else ""
    return (
        f"{done.id}: {done.added:,} added, {done.changed:,} changed, {done.unchanged:,} unchanged, "
        f"{done.refused:,} refused" + (f" ({refused})" if refused else "") + rate + lost
    )


def show_refused(rows: Sequence[c.IngestedRow], total: int) -> None:
    """Print the first of the rows that were refused, and why."""
    if not rows:
        return
    show_table(
        ("row", "reference", "image", "refused because"),
        [
            (
                str(row.place),
                row.reference,
                row.image,
                "; ".join(f"{one.kind}: {one.detail}" for one in row.findings if one.refuses),
            )
            for row in rows[:_MOST_SHOWN]
        ],
    )
    if total > len(rows[:_MOST_SHOWN]):
        typer.echo(
            f"and {total - len(rows[:_MOST_SHOWN]):,} more (`overt collection ingestions --rows` lists all)"
        )


def show_pairs(found: Sequence[c.PairView], *, as_json: bool) -> None:
    """Print pairs of images that a person should look at."""
    if as_json:
        show_json(found)
        return
    show_table(
        ("pair", "kind", "reference", "image", "reference", "image", "score", "one person from", "decided"),
        [
            (
                pair.id,
                pair.kind,
                pair.first.reference,
                pair.first.image_id,
                pair.second.reference,
                pair.second.image_id,
                f"{pair.score:.3f}",
                f"{pair.threshold:.3f}",
                "" if pair.decision is None else f"{pair.decision.found}, {pair.decision.by_name}",
            )
            for pair in found
        ],
    )


def show_due(found: Sequence[c.DueRecord]) -> None:
    """Print records that are due for review."""
    show_table(
        ("record", "reference", "review by", "deleted from", "images"),
        [(one.id, one.reference, str(one.review_by), str(one.goes_on), f"{one.images:,}") for one in found],
    )


@contextlib.contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, and nothing elsewhere; gives what is to be called with what is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
