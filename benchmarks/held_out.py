"""The people of the reference portraits whom nothing in the project was trained on, and their trials.

`training` keeps them for measuring by a hash of their names (`training.faces.held_out`). Whatever a recogniser of the
project's own is to be judged by is measured on them alone; and so is every other pack beside it.
"""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack

__all__ = ["held_out", "held_out_manifest", "held_out_pairs", "is_there", "trained_here"]

PERCENT: Final = 28


def is_there(data: Path) -> bool:
    """Whether the reference data lies in this folder."""
    return (data / "faces/lfw_manifest.csv").is_file()


def trained_here(pack: ModelPack) -> bool:
    """Whether a pack's recogniser is the project's own, so that only the held-out people can judge it."""
    return pack.manifest.recogniser.file == "taught-resnet29.onnx"


def held_out(person: str) -> bool:
    """Whether a person is kept for measuring: the rule of `training.faces`, and a test holds the two together."""
    digest = hashlib.sha256(f"overt distillation: {person}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < PERCENT


def held_out_manifest(data: Path, folder: Path) -> Path:
    """Write the manifest of the held-out people, rows that are passed over left out, and say where.

    Args:
        data: the reference data.
        folder: to write `held-out.csv` into.
    """
    manifest = data / "faces/lfw_manifest.csv"
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [
            line for line in csv.DictReader(file) if line["role"] != "extra" and held_out(line["identity"])
        ]
    rows = [{**line, "image": str((manifest.parent / line["image"]).absolute())} for line in rows]
    return _written(folder / "held-out.csv", rows)


def held_out_pairs(data: Path, folder: Path) -> Path:
    """Write the pairs both of whose people are held out, and say where."""
    pairs = data / "faces/lfw_pairs.csv"
    pictures = data / "faces/lfw_gray192"
    with pairs.open(encoding="utf-8", newline="") as file:
        rows = [
            line
            for line in csv.DictReader(file)
            if all(held_out(line[end].split("/")[0]) for end in ("image_a", "image_b"))
        ]
    ends = [{end: str((pictures / line[end]).absolute()) for end in ("image_a", "image_b")} for line in rows]
    return _written(
        folder / "held-out-pairs.csv", [{**line, **end} for line, end in zip(rows, ends, strict=True)]
    )


def _written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
