"""Pairs of pictures for one-to-one verification, from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.errors import EvaluationError
from overt.evaluation.protocols.dataset import read_csv, read_dataset, usable_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["PAIR_COLUMNS", "Pair", "PairsFile", "read_pairs"]

PAIR_COLUMNS: Final = ("image_a", "image_b", "same")
YES: Final = frozenset({"1", "true", "yes", "same"})
NO: Final = frozenset({"0", "false", "no", "different"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, whether they are of one person, and the part and the groups that the file puts them in."""

    place: str
    a: Path
    b: Path
    same: bool
    fold: str
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairsFile:
    """The pairs of a file.

    Attributes:
        name: the file's.
        pairs: in their order.
        folded: whether the file has a column `fold`.
        root: the folder that the pictures' names are relative to.
        group_columns: the columns of groups.
        notices: what the reader should know of how it was taken.
    """

    name: str
    pairs: tuple[Pair, ...]
    folded: bool
    root: Path
    group_columns: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_pairs(path: Path, dataset: Path | None = None) -> PairsFile:
    """Pairs out of a CSV file with the columns `image_a`, `image_b`, `same`, perhaps `fold`, and any more as groups.

    The pictures are sought beside the file, in the dataset's folder, in the folder that a manifest's pictures lie in,
    and in the folders beside the file; the one place where all of them are is taken.

    Args:
        path: the file.
        dataset: a folder or manifest that says where the pictures are.

    Raises:
        EvaluationError: a row cannot be used, or the pictures are nowhere or in several places.
    """
    table = read_csv(path, PAIR_COLUMNS)
    further = tuple(column for column in table.columns if column and column not in {*PAIR_COLUMNS, "fold"})
    rows: list[tuple[str, str, str, bool, str]] = []
    groups: list[dict[str, str]] = []
    for row in table.rows():
        values = row.values
        same = values.get("same", "").lower()
        if row.fault or not values.get("image_a") or not values.get("image_b") or same not in YES | NO:
            raise EvaluationError(
                f"{path.name}, {row.place}, is no pair: {row.fault or 'it needs two images and same as 1 or 0'}",
                "Correct the row, or remove it",
            )
        groups.append({column: values.get(column, "") for column in further})
        rows.append((row.place, values["image_a"], values["image_b"], same in YES, values.get("fold", "")))
    if not rows:
        raise EvaluationError(f"{path.name} holds no pairs", "Give it at least one row")
    names = sorted({name for _, a, b, _, _ in rows for name in (a, b)})
    root = _root(path, dataset, names)
    pairs = tuple(
        Pair(place, root / a, root / b, same, fold, of)
        for (place, a, b, same, fold), of in zip(rows, groups, strict=True)
    )
    columns, notices = usable_columns(further, groups)
    return PairsFile(path.name, pairs, "fold" in table.columns, root, columns, notices)


def _root(path: Path, dataset: Path | None, names: Sequence[str]) -> Path:
    given = [path.parent]
    if dataset is not None and dataset.is_dir():
        given.insert(0, dataset)
    elif dataset is not None:
        given += _folders_of(dataset, names)
    for root in dict.fromkeys(given):
        if all((root / name).is_file() for name in names):
            return root
    beside = [
        folder
        for folder in sorted(path.parent.iterdir())
        if folder.is_dir() and all((folder / name).is_file() for name in names)
    ]
    if len(beside) == 1:
        return beside[0]
    if beside:
        found = " and in ".join(folder.name for folder in beside)
        raise EvaluationError(f"The pictures of {path.name} are in {found}", "Name the folder that is meant")
    first = next((name for name in names if not (given[0] / name).is_file()), names[0])
    raise EvaluationError(
        f"{path.name} names the picture {first}, which is not there",
        "Paths are relative to the file, or to the folder that is named before --pairs",
    )


def _folders_of(manifest: Path, names: Sequence[str]) -> list[Path]:
    """Where the pictures of a manifest lie whose paths end as one of the names does."""
    wanted, depth = set(names), len(names[0].split("/"))
    folders = {
        sample.path.parents[depth - 1]
        for sample in read_dataset(manifest).samples
        if "/".join(sample.path.parts[-depth:]) in wanted
    }
    return sorted(folders)
