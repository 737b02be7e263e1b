"""Digests of the code that a score hangs on: nothing of it can change unseen, and nothing of it is left out."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from overt import score_code as code

ROOTS = ("engine/process.py", "gallery/enrolment.py")
"""Where a face that passes, and one that is enrolled, begin."""

NO_SCORE = {
    "biometrics/mosaic.py": "makes faces unrecognisable",
    "biometrics/providers.py": "says where a network may run",
    "biometrics/packs/": "reads and writes packs: a certificate holds digests of their files and of their manifest",
    "engine/_freed.py": "overwrites freed memory",
    "engine/_landlock.py": "seals the process",
    "engine/durations.py": "counts times",
    "engine/launch.py": "starts the process",
    "engine/masking.py": "makes the pictures that leave the engine",
    "engine/outbox.py": "sends messages",
    "engine/pools.py": "lends memory and overwrites it",
    "engine/process.py": "seals the process and starts a run",
    "engine/running.py": "says what became of a run",
    "engine/scrubbing.py": "overwrites what networks keep",
    "engine/seal.py": "seals the process",
    "errors.py": "words of errors",
    "gallery/enrolment.py": "gathers what the desk makes",
    "gallery/judgement.py": "says which pictures are good enough to be taken, and changes none",
    "gallery/look_alikes.py": "compares entries with each other",
    "gallery/report.py": "words of an enrolment",
    "gallery/rows.py": "reads names and dates",
    "gallery/tables.py": "reads CSV files",
    "gallery/watchlist.py": "holds templates as they are",
    "undumped.py": "keeps a process out of core dumps",
    "video/_erasing.py": "overwrites decoded pictures",
    "video/_health.py": "says how a feed fares",
    "video/_reading.py": "hands decoded pictures on",
    "video/faults.py": "words of faults",
    "video/feed.py": "hands over the newest frame",
    "video/frames.py": "lends memory and overwrites it",
    "video/opening.py": "opens films and cameras",
    "video/sources.py": "reads a feed's address",
    "video/timing.py": "makes a feed's clock",
}
"""What the engine and enrolment import, and why it decides no score; a folder stands for all that is in it."""


def listed() -> set[Path]:
    """The files of `SCORE_CODE`."""
    return {
        file for _, patterns in code.SCORE_CODE for pattern in patterns for file in code.PACKAGE.glob(pattern)
    }


def excused(file: Path) -> str | None:
    """The reason why a file is not listed, by its name in `NO_SCORE`; None where there is no such reason."""
    place = file.relative_to(code.PACKAGE).as_posix()
    return next(
        (name for name in NO_SCORE if place == name or (name[-1] == "/" and place.startswith(name))), None
    )


def file_of(module: str) -> Path | None:
    """The file of a module of the package."""
    place = code.PACKAGE.joinpath(*module.split(".")[1:])
    if place.is_dir():
        return place / "__init__.py"
    return place.with_suffix(".py") if place.with_suffix(".py").is_file() else None


def imported(file: Path) -> Iterator[tuple[str, str | None]]:
    """What of the package a file imports when it runs, inside functions too: the module, and a name of it."""
    nodes: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            nodes += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "overt":
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name.split(".")[0] == "overt")
        nodes += ast.iter_child_nodes(node)


def meant(module: str, name: str | None) -> set[Path]:
    """The files that an import brings in: where a folder only hands a name on, the file that it is from."""
    file = file_of(module)
    if file is None or file.name != "__init__.py":
        return {file} if file else set()
    if name is None:
        return {file}
    within = file_of(f"{module}.{name}")
    if within is not None:
        return {within}
    handed_on = [meant(at, told) for at, told in imported(file) if told == name]
    return set().union(*handed_on) if handed_on else {file}


def reached() -> set[Path]:
    """Everything of the package that the roots import, directly or not; folders hand names on, and decide nothing."""
    waiting, found = [code.PACKAGE / root for root in ROOTS], set[Path]()
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for module, name in imported(file):
            waiting += meant(module, name)
    return {file for file in found if file.name != "__init__.py"}


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's code, to be altered."""
    place = tmp_path / "overt"
    for _, patterns in code.SCORE_CODE:
        for pattern in patterns:
            for file in code.PACKAGE.glob(pattern):
                kept = place / file.relative_to(code.PACKAGE)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, kept)
    monkeypatch.setattr(code, "PACKAGE", place)
    return place


def test_a_copy_has_the_same_digests(copied: Path) -> None:
    there = code.score_code()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "PACKAGE", Path(code.__file__).parent)
        assert code.score_code() == there
    assert len(set(there.values())) == len(code.SCORE_CODE)


def test_a_change_to_any_file_changes_its_part_and_no_other(copied: Path) -> None:
    before = code.score_code()
    files = list(copied.rglob("*.py"))
    assert len(files) > 15
    for number, file in enumerate(files):
        other = copied.parent / f"other-{number}"
        shutil.copytree(copied, other)
        with (other / file.relative_to(copied)).open("a", encoding="utf-8") as written:
            written.write("# another line\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(code, "PACKAGE", other)
            after = code.score_code()
        assert sum(before[part] != after[part] for part in before) == 1, file


def test_every_pattern_names_files_that_are_there() -> None:
    for part, patterns in code.SCORE_CODE:
        for pattern in patterns:
            assert list(code.PACKAGE.glob(pattern)), (part, pattern)


def test_whatever_a_face_passes_through_is_listed_or_decides_no_score() -> None:
    there = reached()
    for known in ("engine/covered.py", "biometrics/tracking.py", "gallery/fusion.py", "video/_pixels.py"):
        assert code.PACKAGE / known in there, "the walk has lost its way"
    missing = {str(file.relative_to(code.PACKAGE)) for file in there - listed() if excused(file) is None}
    assert not missing, "list them in SCORE_CODE, or say in NO_SCORE why they decide no score"


def test_nothing_is_excused_that_is_listed_or_not_there() -> None:
    assert not {str(file) for file in listed() if excused(file) is not None}
    assert {excused(file) for file in reached() - listed()} == set(NO_SCORE)


def test_every_module_of_biometrics_is_listed_or_changes_no_score() -> None:
    there = {file for file in (code.PACKAGE / "biometrics").rglob("*.py") if file.name != "__init__.py"}
    missing = {str(file) for file in there - listed() if excused(file) is None}
    assert not missing, "list them in SCORE_CODE, or say in NO_SCORE why they decide no score"
