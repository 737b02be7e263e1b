"""A small set of made-up people in pictures, and trials made of numbers alone."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from overt.evaluation.masking_people import simulated_people
from overt.evaluation.protocols import Dataset, Role, Sample, Trials

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["People", "number_trials", "write_people"]


@dataclass(frozen=True)
class People:
    """A folder with pictures, a manifest of them, and a file of pairs."""

    folder: Path
    manifest: Path
    pairs: Path


def write_people(
    folder: Path, *, enrolled: int, strangers: int, prefix: str = "person", skip: int = 0
) -> People:
    """Pictures of simulated people: two of each who is enrolled, one of each stranger, with a group by turns."""
    people = simulated_people(skip + enrolled + strangers)[skip:]
    rows, pairs = [], []
    for i, person in enumerate(people):
        name = f"{prefix}-{i}"
        home = folder / name
        home.mkdir(parents=True)
        group = ("left", "right")[i % 2]
        cv2.imwrite(str(home / "a.png"), person.reference)
        rows.append((f"{name}/a.png", name, "gallery" if i < enrolled else "nonmated", group))
        if i < enrolled:
            cv2.imwrite(str(home / "b.png"), person.probe)
            rows.append((f"{name}/b.png", name, "mated", group))
            pairs.append((f"{name}/a.png", f"{name}/b.png", 1))
            pairs.append((f"{prefix}-{(i + 1) % enrolled}/a.png", f"{name}/b.png", 0))
    manifest, listed = folder / "manifest.csv", folder / "pairs.csv"
    _write(manifest, ("image", "identity", "role", "side"), rows)
    _write(listed, ("image_a", "image_b", "same"), pairs)
    return People(folder, manifest, listed)


def _write(path: Path, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def number_trials(
    roles: list[Role],
    identities: list[int],
    vectors: np.ndarray,
    *,
    groups: list[str] | None = None,
    found: list[bool] | None = None,
    folder: Path,
) -> Trials:
    """Trials without pictures: templates that are given."""
    samples = tuple(
        Sample(
            f"line {i + 2}",
            folder / f"{i}.png",
            f"person {identity}",
            role,
            {"group": groups[i]} if groups else {},
        )
        for i, (role, identity) in enumerate(zip(roles, identities, strict=True))
    )
    usable = np.ones(len(samples), bool) if found is None else np.array(found)
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows[~usable] = 0
    dataset = Dataset("numbers", samples, 0, ("group",) if groups else ())
    digests = tuple(f"{i:064x}" for i in range(len(samples)))
    eye_distance, quality = np.where(usable, np.float32([[60], [0.7]]), np.float32(0))
    return Trials(
        dataset,
        rows.astype(np.float32),
        usable,
        np.array(identities, np.int64),
        digests,
        eye_distance,
        quality,
    )
