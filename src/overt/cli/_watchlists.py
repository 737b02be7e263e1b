"""What `overt watchlists` shows, and how it tells how far it is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import typer

from overt.cli._showing import show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from overt.casework import watchlists as w

__all__ = ["notice", "progress", "show_lists", "show_refused"]

_MOST_REFUSED: Final = 50


def show_lists(found: Sequence[w.WatchlistView], *, as_json: bool) -> None:
    """Print lists with the counts of their entries."""
    if as_json:
        show_json(found)
        return
    show_table(
        ("watchlist", "title", "pack", "approved", "pending", "withdrawn", "expired", "review by"),
        [
            (
                one.id,
                one.title,
                f"{one.pack} {one.pack_version}",
                str(one.approved),
                str(one.pending),
                str(one.withdrawn),
                str(one.expired),
                str(one.review_by),
            )
            for one in found
        ],
    )


def notice(entry: w.EntrySummary) -> str:
    """What is to be noticed about an entry."""
    said = {
        "under 18": entry.under_18,
        "expired": entry.expired,
        "review due": entry.due_for_review,
        "no image": not entry.images,
        "seed": entry.seed,
    }
    return ", ".join(words for words, holds in said.items() if holds)


def show_refused(rows: Sequence[w.ImportedRow]) -> None:
    """Print the first of the rows that were refused, and why."""
    shown = rows[:_MOST_REFUSED]
    if not shown:
        return
    lines = []
    for row in shown:
        found = [f"{one.kind}: {one.detail}" for one in row.findings]
        found += [f"{image.file}: {one.kind}: {one.detail}" for image in row.images for one in image.findings]
        lines.append((row.place, row.reference, "; ".join(found)))
    show_table(("row", "reference", "refused because"), lines)
    if len(rows) > len(shown):
        typer.echo(f"and {len(rows) - len(shown)} more (--json lists all)")


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, and nothing elsewhere; gives what is to be called with the rows done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("importing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
