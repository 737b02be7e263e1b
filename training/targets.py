"""The targets: what the teachers say of every face and every blend, made shorter by principal components."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.blends import Blends, draw_blends, joined, make_blend
from training.teachers import Teachers, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from training.faces import Faces

__all__ = ["Targets", "prepare_targets"]

BATCH = 32
PIECE = 512
TOO_LIKE_SOMEBODY_HELD_OUT = 0.6
"""An unnamed face whose teachers' cosine with any held-out person's face is above this is left out."""


@dataclass(frozen=True)
class Targets:
    """What is trained on.

    Attributes:
        rows: int64, the faces that may be trained on.
        faces: float32 [all faces, 384], the teachers' words, each part of unit length.
        blends: the recipes.
        of_blends: float32 [blends, 384].
        centre: float32 [384], the teachers' mean over `rows`.
        basis: float32 [384, dimension], the leading directions of what is left without it.
    """

    rows: npt.NDArray[np.int64]
    faces: npt.NDArray[np.float32]
    blends: Blends
    of_blends: npt.NDArray[np.float32]
    centre: npt.NDArray[np.float32]
    basis: npt.NDArray[np.float32]

    def short(self, said: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """What the teachers said, without their mean, in the leading directions, of unit length."""
        return unit((said - self.centre) @ self.basis)


def prepare_targets(
    faces: Faces,
    teachers: Callable[[], Teachers],
    folder: Path,
    *,
    blends: int,
    dimension: int,
    seeds: Sequence[int],
    views: int = 2,
    report: Callable[[str], object] = print,
) -> Targets:
    """Ask the teachers, in pieces that are kept: what was asked before is not asked again.

    Args:
        faces: all faces.
        teachers: loads the teachers, if there is anything to ask.
        folder: where the answers are kept.
        blends: how many blends are wanted of each seed.
        dimension: of the targets.
        seeds: of the blends: each draws others.
        views: 2 where the teachers also see the mirror image, which takes twice as long, else 1.
        report: is told of progress.
    """
    ask = _Asking(teachers, folder, report)

    def of_faces(low: int, high: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        return faces.canvases[low:high], faces.points[low:high]

    said = ask.all(f"faces_views{views}", len(faces.pictures), of_faces)
    rows = _usable(faces, said, report)
    whole = -(-blends // PIECE) * PIECE
    drawn, answers = [], []
    for seed in seeds:
        recipes = draw_blends(faces, rows, whole, seed)
        answers.append(ask.all(f"blends_{seed}_views{views}", whole, partial(_made, faces, recipes))[:blends])
        drawn.append(draw_blends(faces, rows, blends, seed))
    recipes, of_blends = joined(drawn), np.concatenate(answers)
    centre = said[rows].mean(0)
    _, _, directions = np.linalg.svd(said[rows] - centre, full_matrices=False)
    return Targets(rows, said, recipes, of_blends, centre, directions[:dimension].T.copy())


def _made(
    faces: Faces, recipes: Blends, low: int, high: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The canvases and the points of some blends."""
    made = [make_blend(faces, recipes, row) for row in range(low, high)]
    return np.stack([item[0] for item in made]), np.stack([item[1] for item in made])


class _Asking:
    """Asks in pieces that are kept; several processes may share the work, each taking pieces that nobody has."""

    def __init__(self, load: Callable[[], Teachers], folder: Path, report: Callable[[str], object]) -> None:
        self._load, self._folder, self._report = load, folder, report
        self._teachers: Teachers | None = None

    def all(
        self, name: str, count: int, pieces: Callable[[int, int], tuple[Any, Any]]
    ) -> npt.NDArray[np.float32]:
        """The teachers' words on `count` canvases, which `pieces(low, high)` gives with their points."""
        starts = range(0, count, PIECE)
        for start in starts:
            kept = self._folder / f"teachers_{name}_{start}.npy"
            claim = kept.with_suffix(".claim")
            if kept.is_file():
                continue
            if not _claimed(claim):
                continue
            parts = []
            for low in range(start, min(start + PIECE, count), BATCH):
                if self._teachers is None:
                    self._teachers = self._load()
                parts.append(self._teachers.embed(*pieces(low, min(low + BATCH, start + PIECE, count))))
            part = kept.with_suffix(".part.npy")
            np.save(part, np.concatenate(parts).astype(np.float16))
            part.replace(kept)
            claim.unlink()
            self._report(f"teachers: {min(start + PIECE, count)} of {count} {name}")
        waiting = [self._folder / f"teachers_{name}_{start}.npy" for start in starts]
        while not all(path.is_file() for path in waiting):
            time.sleep(2)
        return np.concatenate([np.load(path) for path in waiting])[:count].astype(np.float32)


def _claimed(claim: Path) -> bool:
    """Whether this process now has the piece: nobody had it, or whoever had it is gone."""
    try:
        with claim.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        owner = claim.read_text()
        if not owner or Path(f"/proc/{owner}").exists():
            return False
        claim.write_text(str(os.getpid()))
    return True


def _usable(
    faces: Faces, said: npt.NDArray[np.float32], report: Callable[[str], object]
) -> npt.NDArray[np.int64]:
    """Faces of people who are not held out, without unnamed ones who may be."""
    centred = unit(said - said[faces.parts == "train"].mean(0))
    unnamed = np.flatnonzero(faces.parts == "unnamed")
    like = (centred[unnamed] @ centred[faces.parts == "held-out"].T).max(1)
    out = unnamed[like > TOO_LIKE_SOMEBODY_HELD_OUT]
    report(f"{len(out)} of {len(unnamed)} unnamed faces left out, as they may be of somebody held out")
    usable = faces.parts != "held-out"
    usable[out] = False
    return np.flatnonzero(usable)
