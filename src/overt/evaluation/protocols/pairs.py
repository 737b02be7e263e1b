"""Pairs of pictures for one-to-one verification, from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.errors import EvaluationError
from overt.evaluation.protocols.dataset import read_csv, read_dataset, refuse_missing, usable_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["PAIR_COLUMNS", "Pair", "PairsFile", "read_pairs"]

PAIR_COLUMNS: Final = ("image_a", "image_b", "same")
YES: Final = frozenset({"1", "1.0", "true", "yes", "same"})
NO: Final = frozenset({"0", "0.0", "false", "no", "different"})


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
    places: dict[str, str] = {}
    for place, a, b, _, _ in rows:
        places.setdefault(a, place)
        places.setdefault(b, place)
    root = _root(path, dataset, places)
    pairs = tuple(
        Pair(place, root / a, root / b, same, fold, of)
        for (place, a, b, same, fold), of in zip(rows, groups, strict=True)
    )
    columns, notices = usable_columns(further, groups)
    odd = _odd_pairs(path.name, pairs)
    return PairsFile(path.name, pairs, "fold" in table.columns, root, columns, (*notices, *odd))


def _odd_pairs(name: str, pairs: Sequence[Pair]) -> list[str]:
    """Notices of pairs that count twice or say nothing; two rows that contradict each other are refused."""
    first: dict[frozenset[Path], Pair] = {}
    again = itself = 0
    for pair in pairs:
        known = first.setdefault(frozenset((pair.a, pair.b)), pair)
        itself += pair.a == pair.b
        if known is pair:
            continue
        again += 1
        if known.same != pair.same:
            raise EvaluationError(
                f"{name}, {pair.place}, says the contrary of {known.place}: once these two pictures are of one "
                "person, and once of two",
                "Remove the row that is wrong",
            )
    notices = []
    if again:
        notices.append(f"{again} pairs are listed before, and count again: intervals are a little too narrow")
    if itself:
        notices.append(f"{itself} pairs are of a picture with itself: the figures flatter")
    return notices


def _root(path: Path, dataset: Path | None, places: Mapping[str, str]) -> Path:
    """The folder of the pictures, which are named with the first place where each is listed."""
    names = sorted(places)
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
    gone = [(place, name) for name, place in places.items() if not (given[0] / name).is_file()]
    refuse_missing(
        path.name, gone, "Paths are relative to the file, or to the folder that is named before --pairs"
    )
    return given[0]


def _folders_of(manifest: Path, names: Sequence[str]) -> list[Path]:
    """Where the pictures of a manifest lie whose paths end as one of the names does."""
    wanted, depth = set(names), len(names[0].split("/"))
    folders = {
        sample.path.parents[depth - 1]
        for sample in read_dataset(manifest).samples
        if "/".join(sample.path.parts[-depth:]) in wanted
    }
    return sorted(folders)
