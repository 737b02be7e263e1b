"""What is evaluated on: pictures of people with their parts in the trials, from a folder or a CSV manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from overt.errors import EnrolmentError, EvaluationError
from overt.gallery import PICTURE_ENDINGS, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from overt.gallery import Table

__all__ = [
    "MANIFEST_COLUMNS",
    "Dataset",
    "Role",
    "Sample",
    "read_csv",
    "read_dataset",
    "refuse_missing",
    "usable_columns",
]

Role = Literal["gallery", "mated", "nonmated"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

MANIFEST_COLUMNS: Final = ("image", "identity", "role")
"""The columns that a manifest must have; every further one holds groups."""

MOST_GROUPS: Final = 50
"""A column with more values than this is taken for a note and not for groups."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of the trials.

    Attributes:
        place: where it is listed, such as `line 3`.
        path: the picture.
        identity: whose it is.
        role: `gallery`: enrolled; `mated`: searched for, and the person is enrolled; `nonmated`: searched for, and
            the person is not.
        groups: the person's group by column.
    """

    place: str
    path: Path
    identity: str
    role: Role
    groups: dict[str, str]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The pictures of an evaluation.

    Attributes:
        name: the folder's or file's.
        samples: the pictures, in their order.
        extra: rows that were passed over because their role is `extra`.
        group_columns: the columns of groups.
        notices: what the reader should know of how it was taken.
    """

    name: str
    samples: tuple[Sample, ...]
    extra: int
    group_columns: tuple[str, ...]
    notices: tuple[str, ...] = ()


def read_dataset(source: Path) -> Dataset:
    """A dataset out of a folder with one folder for each person, or out of a CSV manifest.

    In a folder, the first picture of a person, by name, is enrolled and the others are mated probes; a person with a
    single picture is a stranger.

    Raises:
        EvaluationError: it cannot be used; the message names the row and what to do.
    """
    if source.is_dir():
        return _of_folder(source)
    return _of_manifest(source)


def read_csv(path: Path, needed: tuple[str, ...]) -> Table:
    """A CSV file's table, which has at least the columns that are needed.

    Raises:
        EvaluationError: it is not there, is no such table, or lacks a column.
    """
    try:
        table = read_table(path.read_bytes(), path.name)
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be read: {error.strerror}", "Name a folder or a CSV file that exists"
        ) from error
    except EnrolmentError as error:
        raise EvaluationError(error.what, error.remedy) from error
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise EvaluationError(
            f"{path.name} has no column {', '.join(missing)}",
            f"Give it the columns {', '.join(needed)}",
        )
    return table


def _of_folder(folder: Path) -> Dataset:
    samples: list[Sample] = []
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(path for path in home.iterdir() if path.suffix.lower() in PICTURE_ENDINGS)
        for i, picture in enumerate(pictures):
            role: Role = "nonmated" if len(pictures) == 1 else "gallery" if i == 0 else "mated"
            samples.append(Sample(f"{home.name}/{picture.name}", picture, home.name, role, {}))
    if not samples:
        raise EvaluationError(
            f"{folder} holds no pictures in folders of their own",
            "Put each person's pictures into a folder with the person's name, or write a CSV manifest",
        )
    return Dataset(folder.name, tuple(samples), 0, ())


def _of_manifest(path: Path) -> Dataset:
    table = read_csv(path, MANIFEST_COLUMNS)
    further = tuple(column for column in table.columns if column and column not in MANIFEST_COLUMNS)
    samples: list[Sample] = []
    gone: list[tuple[str, str]] = []
    extra = 0
    for row in table.rows():
        where = f"{path.name}, {row.place}"
        values = row.values
        if row.fault:
            raise EvaluationError(f"{where}, {row.fault}", "Give every row as many cells as the head has")
        role = values.get("role", "").lower()
        if role == "extra":
            extra += 1
            continue
        if not values.get("image") or not values.get("identity"):
            raise EvaluationError(
                f"{where}, has no {'image' if not values.get('image') else 'identity'}",
                "Fill it in, or give the row the role `extra`",
            )
        known = next((name for name in ROLES if name == role), None)
        if known is None:
            raise EvaluationError(
                f"{where}, has the role {role!r}" if role else f"{where}, has no role",
                f"Write one of {', '.join(ROLES)}, or `extra` to pass it over",
            )
        picture = path.parent / values["image"]
        if not picture.is_file():
            gone.append((row.place, values["image"]))
            continue
        groups = {column: values.get(column, "") for column in further}
        samples.append(Sample(row.place, picture, values["identity"], known, groups))
    refuse_missing(path.name, gone, "Paths are relative to the manifest: correct it, or remove the row")
    columns, notices = usable_columns(further, [sample.groups for sample in samples])
    dataset = Dataset(path.name, tuple(samples), extra, columns, notices)
    _check_roles(dataset)
    return dataset


def refuse_missing(name: str, gone: Sequence[tuple[str, str]], remedy: str) -> None:
    """Refuse a file that names pictures that are not there, with the first of them and how many there are.

    Args:
        name: the file's.
        gone: where each is named, and how.
        remedy: what to do.

    Raises:
        EvaluationError: there are any.
    """
    if gone:
        place, picture = gone[0]
        more = f" ({len(gone)} such rows)" if len(gone) > 1 else ""
        raise EvaluationError(
            f"{name}, {place}, names the picture {picture}, which is not there{more}", remedy
        )


def usable_columns(
    columns: tuple[str, ...], groups: Sequence[Mapping[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that hold groups, and notices of those that hold too many values to be groups.

    Args:
        columns: to choose from.
        groups: of each row, its value by column.
    """
    kept, notices = [], []
    for column in columns:
        values = {row[column] for row in groups}
        if len(values) > MOST_GROUPS:
            notices.append(
                f"The column {column} has {len(values)} values, too many to be groups: passed over"
            )
        else:
            kept.append(column)
    return tuple(kept), tuple(notices)


def _check_roles(dataset: Dataset) -> None:
    if not dataset.samples:
        raise EvaluationError(f"{dataset.name} has no row to evaluate", "Give its rows roles")
    listed: dict[Path, Sample] = {}
    for sample in dataset.samples:
        first = listed.setdefault(sample.path, sample)
        if first is not sample:
            raise EvaluationError(
                f"{dataset.name}, {sample.place}, names the picture of {first.place} again",
                "Remove one of the two rows",
            )
    enrolled = {sample.identity for sample in dataset.samples if sample.role == "gallery"}
    for sample in dataset.samples:
        if sample.role == "mated" and sample.identity not in enrolled:
            raise EvaluationError(
                f"{dataset.name}, {sample.place}, is a mated probe of {sample.identity}, who has no gallery row",
                "Enrol a picture of that person, or give the row the role `nonmated`",
            )
        if sample.role == "nonmated" and sample.identity in enrolled:
            raise EvaluationError(
                f"{dataset.name}, {sample.place}, is a non-mated probe of {sample.identity}, who is enrolled",
                "Give the row the role `mated`, or remove the person from the gallery",
            )
