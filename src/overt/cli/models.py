"""`overt models`: which model packs there are, getting, adding and checking them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import ModelPack

__all__ = ["models"]

models = typer.Typer(
    name="models",
    help="List, get, add and check the model packs that find and compare faces.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@models.command("list")
def list_packs(*, as_json: Json = False) -> None:
    """List the packs that Overt knows and those on this machine, each verified."""
    from overt.biometrics import packs

    found = packs.available()
    if as_json:
        _print_json([_plain(status) for status in found])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("pack", "version", "state", "live use", "MB", "what it is"):
        table.add_column(heading, justify="right" if heading == "MB" else "left")
    colours = {"ready": "green", "absent": "yellow", "refused": "red"}
    for status in found:
        table.add_row(
            status.name,
            status.version,
            Text(status.state, style=colours[status.state]),
            _live_use(status.operational_use, status.demonstration),
            f"{status.size / 1e6:.1f}",
            Text(status.problem or status.title),
        )
    console = Console()
    console.print(table)
    console.print(f"\nPacks are kept in {packs.packs_folder()}", style="dim", highlight=False)


@models.command()
def pull(
    name: Annotated[str, typer.Argument(help="The pack, such as `embedded` or `open`.")],
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A folder with files already on disk; they are taken if their SHA-256 fits."
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Get it even if it is there and whole.")] = False,
    as_json: Json = False,
) -> None:
    """Get a pack that Overt knows, verify every file, and make it ready."""
    from overt.biometrics import packs

    _print_pack(packs.pull(name, source=source, again=again, report=_say), as_json=as_json)


@models.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder with pack.toml and the files that it lists.")],
    *,
    as_json: Json = False,
) -> None:
    """Check a pack of your own and copy it among the packs."""
    from overt.biometrics import packs

    _print_pack(packs.add(folder), as_json=as_json)


@models.command()
def draft(
    folder: Annotated[Path, typer.Argument(help="The folder with both ONNX files.")],
    *,
    name: Annotated[str, typer.Option(help="The pack's id.")],
    detector: Annotated[str, typer.Option(help="The detector's file.")],
    family: Annotated[Literal["centerface", "scrfd", "yunet"], typer.Option(help="The detector's family.")],
    recogniser: Annotated[str, typer.Option(help="The recogniser's file.")],
    layout: Annotated[Literal["arcface-112", "dlib-150"], typer.Option(help="How its chips are cut.")],
    weights_licence: Annotated[str, typer.Option(help="The licence of the weights.")],
    training_data: Annotated[str, typer.Option(help="What they were trained on, and its terms.")],
    operational: Annotated[
        bool, typer.Option("--operational/--research", help="Whether the licence allows a live deployment.")
    ],
    threshold: Annotated[float, typer.Option(help="The least similarity that alerts; measure it.")],
    as_json: Json = False,
) -> None:
    """Write pack.toml for two networks of your own; check it, then add the pack.

    Sizes and hashes are read from the files. How pixels are prepared is what is usual for the family and the layout:
    compare it with what the networks' makers say.
    """
    from overt.biometrics import packs

    place = packs.draft(
        folder,
        name=name,
        detector=(family, detector),
        recogniser=(layout, recogniser),
        licence=packs.Licence(
            weights=weights_licence, training_data=training_data, operational_use=operational
        ),
        threshold=threshold,
    )
    _say(f"{place} is written. Check how it prepares pixels, and run `overt models add {folder}`")
    _print_pack(packs.load(folder), as_json=as_json)


@models.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="The packs; all on this machine if none is named.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check packs on this machine: manifests, every file's SHA-256, and that the networks fit.

    The exit status is 0 only if there is a pack and every one is whole.
    """
    from overt.biometrics import packs
    from overt.errors import PackError

    chosen = names or list(packs.installed())
    if not chosen:
        raise PackError("There is no pack on this machine", "Run `overt models pull embedded`")
    problems: dict[str, str] = {}
    for name in chosen:
        try:
            packs.verify(name)
        except PackError as error:
            problems[name] = str(error)
    if as_json:
        _print_json(
            [
                {"name": name, "whole": name not in problems, "problem": problems.get(name, "")}
                for name in chosen
            ]
        )
    else:
        for name in chosen:
            print(f"{name}: {problems.get(name, 'whole')}")
    if problems:
        raise typer.Exit(1)


@models.command()
def show(
    name: Annotated[str, typer.Argument(help="A pack on this machine, or a folder with a slash in it.")],
    *,
    as_json: Json = False,
) -> None:
    """Show what a pack says of itself: licences, files, preparation and operating point."""
    from overt.biometrics import packs

    _print_pack(packs.load(name), as_json=as_json)


def _plain(value: object) -> object:
    import msgspec

    return msgspec.to_builtins(value)


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


def _say(line: str) -> None:
    """A step of the work, on stderr, so that stdout holds the result alone."""
    typer.echo(line, err=True)


def _live_use(operations: bool, demonstration: bool) -> str:
    if operations:
        return "allowed"
    return "to demonstrate" if demonstration else "refused"


def _print_pack(pack: "ModelPack", *, as_json: bool) -> None:
    manifest = pack.manifest
    if as_json:
        _print_json({"folder": str(pack.folder), "manifest": _plain(manifest)})
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    licence, detector, recogniser, point = (
        manifest.licence,
        manifest.detector,
        manifest.recogniser,
        manifest.operating_point,
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = [
        ("pack", f"{manifest.id}, version {manifest.version}: {manifest.title}"),
        ("folder", str(pack.folder)),
        ("weights", licence.weights),
        ("training data", licence.training_data),
        ("live use", _live_use(licence.operational_use, licence.demonstration)),
        ("licence note", licence.note),
        ("detector", f"{detector.family}, {detector.file}, scores from {detector.score_threshold:g}"),
        ("recogniser", f"{recogniser.layout}, {recogniser.file}, {recogniser.dimension} numbers a template"),
        ("threshold", f"{point.threshold:g}, {point.confirmations} confirmations"),
        (
            "smallest face",
            f"{point.min_eye_distance:g} pixels between the eyes, quality {point.min_quality:g}",
        ),
        ("threshold from", point.note),
    ]
    rows += [
        (file.name, f"{file.size:,} bytes, SHA-256 {file.sha256}\nfrom {file.source}")
        for file in manifest.files
    ]
    for label, value in rows:
        if value:
            table.add_row(label, Text(value))
    Console().print(table)
