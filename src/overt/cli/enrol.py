"""`overt enrol`: pictures of people → an encrypted watchlist file, with a verdict on every picture."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from overt.errors import EnrolmentError

if TYPE_CHECKING:
    from rich.table import Table

    from overt.gallery import Enrolment, EnrolmentReport, RowVerdict, WatchlistKey

__all__ = ["enrol"]

_MOST_ROWS_SHOWN: Final = 200
_MOST_PAIRS_SHOWN: Final = 20


def enrol(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder with one picture or one subfolder for each person, or a CSV file with the columns "
            "image, reference or name, and any of category, lawful_basis, instruction, image_source, image_date, "
            "date_of_birth, expiry."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The watchlist file to write, such as LIST.overt-watchlist."),
    ] = None,
    *,
    pack: Annotated[
        str, typer.Option(help="The model pack: a name, or a folder with a slash in it.")
    ] = "embedded",
    provider: Annotated[
        Literal["cpu", "cuda", "openvino"], typer.Option(help="Where the networks run.")
    ] = "cpu",
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="Lock the file with this key file, which is made if it is not there. Otherwise with the "
            "passphrase in OVERT_WATCHLIST_PASSPHRASE, or one that is asked for."
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge the pictures and write nothing.")] = False,
    allow_refused: Annotated[
        bool, typer.Option("--allow-refused", help="Exit with 0 although rows or pictures were refused.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Enrol pictures of people as a watchlist.

    Every picture is judged: whether it can be read, shows one face, and shows it large, sharp, frontal, well lit and
    uncovered enough; each refusal names what was measured and the limit. A refused row harms no other: the file is
    written with the rest. Entries that the software could take for each other are listed.

    The exit status is 0 if at least one entry was enrolled and nothing was refused (with --allow-refused: whatever
    was refused), and the file was written.
    """
    from overt.biometrics import packs
    from overt.cli._watchlist_key import key_to_lock

    if not dry_run:
        _require_place(out, replace=replace)
    loaded = packs.load(pack)
    key = None if dry_run else key_to_lock(key_file)
    enrolment = _judge(source, loaded, provider, quiet=as_json)
    report = enrolment.report
    written = None
    if out is not None and not dry_run and report.enrolled:
        _write(enrolment, out, key, key_file)
        written = out
    if as_json:
        print(json.dumps(_record(report, written), ensure_ascii=False))
    else:
        _show(report, written)
    refused = report.refused + report.images_refused
    if not report.enrolled or (refused and not allow_refused):
        raise typer.Exit(1)


def _require_place(out: Path | None, *, replace: bool) -> None:
    """Refuse before the work what would only fail after it."""
    if out is None:
        raise typer.BadParameter("name the file to write, or ask for a --dry-run", param_hint="--out")
    if out.is_dir() or not out.parent.is_dir():
        raise EnrolmentError(f"no file can be written at {out}", "Name a file in a folder that is there")
    if out.exists() and not replace:
        raise EnrolmentError(f"{out} is there already", "Name another file, or write over it with --replace")


def _write(enrolment: Enrolment, out: Path, key: WatchlistKey | None, key_file: Path | None) -> None:
    from overt.cli._watchlist_key import make_key_file
    from overt.gallery import write_watchlist

    if key is None and key_file is not None:
        key = make_key_file(key_file)
    if key is not None:
        write_watchlist(enrolment.watchlist, out, key)


def _judge(
    source: Path, pack: Any, provider: Literal["cpu", "cuda", "openvino"], *, quiet: bool
) -> Enrolment:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from overt.gallery import enrol as enrol_source

    today = datetime.now(UTC).date()
    console = Console(stderr=True)
    columns = (TextColumn("enrolling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as progress:
        task = progress.add_task("enrolling", total=None)
        return enrol_source(
            source,
            pack,
            provider=provider,
            today=today,
            on_row=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _record(report: EnrolmentReport, written: Path | None) -> dict[str, Any]:
    import msgspec

    counts = {
        "enrolled": report.enrolled,
        "refused": report.refused,
        "images_refused": report.images_refused,
        "written": None if written is None else str(written),
    }
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return counts | plain


def _show(report: EnrolmentReport, written: Path | None) -> None:
    from rich.console import Console

    console = Console()
    if report.rows:
        console.print(_table(report))
    lines = [f"Note: {notice}" for notice in report.notices]
    if report.look_alikes:
        shown = report.look_alikes[:_MOST_PAIRS_SHOWN]
        lines.append(
            f"{len(report.look_alikes)} pairs of entries look alike (similarity of {report.threshold:g} or more): an "
            "alert on one may be the other."
        )
        lines += [f"  {pair.score:.3f}  {pair.first} and {pair.second}" for pair in shown]
        if len(shown) < len(report.look_alikes):
            lines.append(f"  and {len(report.look_alikes) - len(shown)} pairs more (--json lists all)")
    lines.append(
        f"{report.enrolled} of {len(report.rows)} entries enrolled, {report.refused} refused"
        + (f"; {report.images_refused} pictures of enrolled entries refused" if report.images_refused else "")
        + f". Model pack {report.contract.pack} {report.contract.version}."
    )
    lines.append("Nothing was written." if written is None else f"Written: {written}")
    console.print("\n".join(_safe(line) for line in lines), markup=False, highlight=False, soft_wrap=True)


def _table(report: EnrolmentReport) -> Table:
    from rich.table import Table
    from rich.text import Text

    rows: tuple[RowVerdict, ...] = report.rows
    title = None
    if len(rows) > _MOST_ROWS_SHOWN:
        rows = tuple(row for row in rows if not row.accepted or row.all_findings)[:_MOST_ROWS_SHOWN]
        title = f"{len(rows)} of {len(report.rows)} rows: those with something to say (--json lists all)"
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    for heading, justify in (
        ("row", "left"),
        ("reference", "left"),
        ("pictures", "right"),
        ("quality", "right"),
    ):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    table.add_column("verdict", overflow="fold")
    for row in rows:
        best = max(
            (image.measures.get("quality", 0.0) for image in row.images if image.accepted), default=None
        )
        table.add_row(
            Text(_safe(row.place)),
            Text(_safe(row.reference)),
            f"{sum(image.accepted for image in row.images)}/{len(row.images)}",
            "" if best is None else f"{best:.2f}",
            Text(_safe(_verdict(row)), style=_style(row)),
        )
    return table


def _verdict(row: RowVerdict) -> str:
    several = len(row.images) > 1
    found = [f"{one.kind}: {one.detail}" for one in row.findings]
    found += [
        (f"{image.file}: " if several else "") + f"{one.kind}: {one.detail}"
        for image in row.images
        for one in image.findings
    ]
    return "; ".join(("enrolled" if row.accepted else "refused", *found))


def _style(row: RowVerdict) -> str:
    if not row.accepted:
        return "red"
    return "yellow" if row.all_findings else "green"


def _safe(text: str) -> str:
    """Names come from files that others wrote; nothing in them may steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
