"""`overt evaluate`: how good a model pack is on labelled pictures or footage, with intervals, and for whom."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Literal, Self

import typer

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from overt.biometrics import ModelPack
    from overt.evaluation.protocols import Dataset, Plan, Result
    from overt.evaluation.report import Table

__all__ = ["Bars", "evaluate"]

Covering = Literal["scarf", "mask", "sunglasses", "hood", "hand"]


def evaluate(
    dataset: Annotated[
        Path | None,
        typer.Argument(
            help="A folder with one folder for each person, a CSV manifest (image, identity, role), or a CSV of "
            "passages on footage (identity, feed, enter, leave). With --pairs, where the pictures are."
        ),
    ] = None,
    *,
    pack: Annotated[str, typer.Option(help="Model pack: its name, or its folder.")] = "embedded",
    pairs: Annotated[
        Path | None,
        typer.Option(help="Verify the pairs of this CSV file one to one: image_a, image_b, same."),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help="Other people, as DATASET: thresholds are chosen on them, scores normalised by them."
        ),
    ] = None,
    normalise: Annotated[
        Literal["s-norm", "z-norm", "none"] | None,
        typer.Option(help="How --calibrate normalises scores.", show_default="s-norm with --calibrate"),
    ] = None,
    occlude: Annotated[
        Covering | None,
        typer.Option(help="Draw this over the faces of the probes; thresholds stay the bare ones'."),
    ] = None,
    pad: Annotated[
        Literal["auto", "always", "never"],
        typer.Option(
            help="Put a border around pictures: where no face is found without it, always, or never."
        ),
    ] = "auto",
    long_side: Annotated[
        int, typer.Option(min=32, help="Longer side of the copy in which faces are sought, pixels.")
    ] = 640,
    far: Annotated[
        Literal["none", "two-scale", "tiles"],
        typer.Option(help="How faces too small for that copy are sought as well."),
    ] = "none",
    fpir: Annotated[
        list[float] | None,
        typer.Option(
            help="A false positive rate at which to tell TPIR; may be repeated.",
            show_default="0.1 0.01 0.003 0.001",
        ),
    ] = None,
    watchlist: Annotated[
        Path | None, typer.Option(help="For footage: who is sought, a folder of pictures or a CSV file.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="For footage: the least score that alerts; the pack's own if not given."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of bootstraps, folds and drawn coverings.")] = 1,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for templates.", show_default="under OVERT_HOME")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")] = False,
    provider: Annotated[
        Literal["cpu", "cuda", "openvino"], typer.Option(help="Where the networks run.")
    ] = "cpu",
    threads: Annotated[int, typer.Option(min=0, help="Threads of one inference; 0 takes every core.")] = 0,
    list_size: Annotated[
        int, typer.Option(min=1, help="For what the figures promise: the deployment's list.")
    ] = 10_000,
    footfall: Annotated[
        int, typer.Option(min=1, help="For what the figures promise: faces expected to be seen.")
    ] = 20_000,
    report: Annotated[Path | None, typer.Option(help="Also write a page of its own, in HTML.")] = None,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures",
            help="Show the worst cases on the page as pictures too: only where the data's licence allows it.",
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Measure how well a pack recognises people, and for whom: identification, verification, or passages on footage.

    Every rate comes with a 95% interval; where the trials cannot support one, it says "insufficient data".
    """
    chosen = normalise or ("none" if calibrate is None else "s-norm")
    _refuse(dataset, pairs, calibrate, fpir, chosen, pictures=pictures)
    if pictures and report is None:
        raise EvaluationError("--pictures is for the page, and none was asked for", "Name one with --report")
    if pairs is not None or dataset is None or not _is_passages(dataset):
        _refuse_unused(
            "pictures", {"--watchlist": watchlist is not None, "--threshold": threshold is not None}
        )
    else:
        _refuse_unused(
            "footage",
            {
                "--calibrate": calibrate is not None,
                "--occlude": occlude is not None,
                "--fpir": bool(fpir),
                "--pictures": pictures,
            },
        )

    from overt.evaluation.bench.ready import ready_pack
    from overt.evaluation.protocols import FPIRS, Plan, Preparation, cache_folder, to_json
    from overt.evaluation.report import page, worst_pictures

    with Bars() as bars:
        plan = Plan(
            preparation=Preparation(pad=pad, long_side=long_side, far=far, occlusion=occlude, seed=seed),
            normalisation=chosen,
            fpirs=tuple(sorted(fpir, reverse=True)) if fpir else FPIRS,
            seed=seed,
            cache=None if no_cache else (cache or cache_folder()),
            provider=provider,
            threads=threads,
            progress=bars.tell,
        )
        result, shown = _run(
            ready_pack(pack),
            plan,
            dataset=dataset,
            pairs=pairs,
            calibrate=calibrate,
            watchlist=watchlist,
            threshold=threshold,
        )
    told = to_json(result)
    if out is not None:
        _write(out, told)
    if report is not None:
        seen = worst_pictures(result, shown) if pictures and shown is not None else None
        _write(report, page(result, list_size=list_size, footfall=footfall, pictures=seen))
    if as_json:
        print(told, end="")
    else:
        _print(result, list_size=list_size, footfall=footfall)


def _refuse(
    dataset: Path | None,
    pairs: Path | None,
    calibrate: Path | None,
    fpir: list[float] | None,
    normalise: str,
    *,
    pictures: bool,
) -> None:
    """What cannot be asked together."""
    if dataset is None and pairs is None:
        raise EvaluationError(
            "Nothing was named to evaluate on", "Name a folder or a CSV file, or give --pairs"
        )
    if pairs is not None and pictures:
        raise EvaluationError(
            "--pictures shows worst searches, and --pairs has none", "Leave one of them out"
        )
    if pairs is not None and calibrate is not None:
        raise EvaluationError(
            "--calibrate is for identification, and --pairs asks for verification", "Leave one of them out"
        )
    if normalise != "none" and calibrate is None:
        raise EvaluationError("Normalised scores need a cohort of other people", "Name them with --calibrate")
    if pairs is not None and fpir:
        raise EvaluationError(
            "--fpir is for identification, and --pairs asks for verification", "Leave one of them out"
        )
    wrong = [rate for rate in fpir or () if not 0 < rate < 1]
    if wrong:
        raise EvaluationError(f"{wrong[0]:g} is no false positive rate", "Give a rate above 0 and below 1")


def _is_passages(dataset: Path) -> bool:
    """Whether what was named holds passages on footage."""
    from overt.evaluation.protocols import is_passages_file

    return is_passages_file(dataset)


def _refuse_unused(kind: str, given: dict[str, bool]) -> None:
    """An option that would change nothing would be taken for one that did."""
    named = [option for option, there in given.items() if there]
    if named:
        raise EvaluationError(f"{named[0]} means nothing for {kind}", "Leave it out")


def _run(
    pack: ModelPack,
    plan: Plan,
    *,
    dataset: Path | None,
    pairs: Path | None,
    calibrate: Path | None,
    watchlist: Path | None,
    threshold: float | None,
) -> tuple[Result, Dataset | None]:
    """The result, and the pictures that it was had with where people are identified on pictures."""
    from overt.evaluation.protocols import (
        identify,
        read_dataset,
        read_pairs,
        read_passages,
        recognise_passages,
        verify,
    )
    from overt.gallery import load_watchlist

    if pairs is not None:
        return verify(pack, read_pairs(pairs, dataset), plan), None
    if dataset is None:
        raise EvaluationError("Nothing was named to evaluate on", "Name a folder or a CSV file")
    if _is_passages(dataset):
        if watchlist is None:
            raise EvaluationError(
                f"{dataset.name} holds passages on footage, and nobody is sought in it",
                "Name a folder of pictures, or a CSV file, with --watchlist",
            )
        sought = load_watchlist(watchlist, pack, provider=plan.provider, threads=plan.threads)
        return recognise_passages(pack, read_passages(dataset), sought, plan, threshold=threshold), None
    other = None if calibrate is None else read_dataset(calibrate)
    tested = read_dataset(dataset)
    return identify(pack, tested, plan, calibration=other), tested


class Bars:
    """Bars on stderr, one for each part of the work, where stderr is a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self._bars = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def tell(self, title: str, done: int, of: int) -> None:
        """How far a part is; a part of unknown length is shown as busy."""
        task = self._tasks.get(title)
        if task is None:
            task = self._tasks[title] = self._bars.add_task(title, total=of or None)
        self._bars.update(task, completed=done)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written: {error.strerror}", "Name a file in a folder that you may write"
        ) from error


def _print(result: Result, *, list_size: int, footfall: int) -> None:
    from rich.console import Console

    from overt.evaluation.protocols import IdentificationResult
    from overt.evaluation.report import in_words, promises, provenance_table, tables_of

    console = Console(highlight=False)
    for table in (*tables_of(result), provenance_table(result)):
        _print_table(console, table)
    if isinstance(result, IdentificationResult):
        for promise in promises(result, list_size=list_size, footfall=footfall):
            console.print(f"At the threshold {promise.threshold:.4f}: {in_words(promise)}", markup=False)
    for notice in result.notices:
        console.print(f"Note: {notice}.", style="yellow", markup=False)


def _print_table(console: Console, table: Table) -> None:
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(
        box=None,
        pad_edge=False,
        show_header=any(table.headings),
        header_style="bold",
    )
    for heading in table.headings:
        drawn.add_column(Text(heading), overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(Text(table.title, style="bold"))
    console.print(drawn)
    if table.note:
        console.print(f"{table.note}.", style="dim", markup=False)
    console.print()
