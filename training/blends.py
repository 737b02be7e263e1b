"""Blends of two faces on the canvas: people who do not exist, for the teachers to label.

A blend is kept as its recipe, a few numbers, and made again whenever it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from training.faces import CANVAS, CORNER, Faces

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Blends", "draw_blends", "joined", "make_blend"]


@dataclass(frozen=True)
class Blends:
    """Recipes of blends.

    Attributes:
        first: int64 [n], rows of `Faces`.
        second: int64 [n], rows of other faces.
        weights: float32 [n, 2], the first face's share on one side of the seam and on the other.
        seams: float32 [n, 3]: the seam's angle, its distance from the middle of the face and its width, pixels.
        shape: float32 [n], the first face's share of where the landmarks go.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    seams: npt.NDArray[np.float32]
    shape: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)


def draw_blends(faces: Faces, rows: npt.NDArray[np.int64], count: int, seed: int) -> Blends:
    """Draw recipes: two in five mixed evenly all over, the others with a soft seam across the face.

    Args:
        faces: all faces.
        rows: those that may be used.
        count: how many blends.
        seed: of the draw.
    """
    # the same chance for every person and every unnamed face, but for real masks, which say little of a person
    names = faces.people[rows]
    owner = np.array([name or f"#{row}" for name, row in zip(names, rows, strict=True)])
    _, person, counts = np.unique(owner, return_inverse=True, return_counts=True)
    chance = 1 / counts[person]
    chance[np.char.find(faces.pictures[rows], "rmfd_masked") >= 0] *= 0.2
    chance /= chance.sum()
    pieces = [_draw(faces, rows, chance, [seed, piece]) for piece in range(-(-count // _PIECE))]
    return Blends(*(np.concatenate(parts)[:count] for parts in zip(*pieces, strict=True)))


def joined(parts: Sequence[Blends]) -> Blends:
    """The recipes of several draws, one after another."""
    return Blends(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Blends)))


_PIECE = 1024


def _draw(
    faces: Faces, rows: npt.NDArray[np.int64], chance: npt.NDArray[np.float64], seed: list[int]
) -> tuple[npt.NDArray[np.generic], ...]:
    """A piece of the recipes; asking for more pieces leaves those that were drawn before as they were."""
    random, count = np.random.default_rng(seed), _PIECE
    first = random.choice(rows, count, p=chance)
    second = random.choice(rows, count, p=chance)
    same = (faces.people[first] == faces.people[second]) & (faces.people[first] != "")
    second[same] = random.choice(rows, int(same.sum()), p=chance)
    share = random.uniform(0.5, 0.8, count)
    weights = np.stack([share, share], 1)
    seamed = random.random(count) < 0.6
    weights[seamed] = np.stack([random.uniform(0.65, 1, count), random.uniform(0, 0.45, count)], 1)[seamed]
    seams = np.stack(
        [random.uniform(0, 2 * np.pi, count), random.uniform(-25, 25, count), random.uniform(8, 30, count)], 1
    )
    shape = random.random(count).astype(np.float32)
    return first, second, weights.astype(np.float32), seams.astype(np.float32), shape


_ROWS, _COLUMNS = np.mgrid[:CANVAS, :CANVAS].astype(np.float32)
_MIDDLE = (CORNER[0] + 74.0, CORNER[1] + 77.0)


def make_blend(
    faces: Faces, blends: Blends, row: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Make one blend: its canvas, uint8 [216, 216, 3], and its points, float32 [2, 5, 2]."""
    ends = (int(blends.first[row]), int(blends.second[row]))
    share = float(blends.shape[row])
    points = share * faces.points[ends[0]] + (1 - share) * faces.points[ends[1]]
    warped = [
        cv2.warpAffine(
            faces.canvases[end],
            _affine(faces.points[end, 0], points[0]),
            (CANVAS, CANVAS),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for end in ends
    ]
    here, there = (float(value) for value in blends.weights[row])
    if here == there:
        return cv2.addWeighted(warped[0], here, warped[1], 1 - here, 0), points
    angle, away, width = (float(value) for value in blends.seams[row])
    across = (_COLUMNS - _MIDDLE[0]) * np.cos(angle) + (_ROWS - _MIDDLE[1]) * np.sin(angle) - away
    mask = there + (here - there) * np.clip(0.5 + across / (2 * width), 0, 1)
    mask = mask.astype(np.float32)
    return cv2.blendLinear(warped[0], warped[1], mask, 1 - mask), points


def _affine(source: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The least-squares affine transform of five points, damped towards the nearest shift."""
    middle, aim = source.mean(0), target.mean(0)
    off, wanted = source - middle, target - aim
    damp = 200.0 * np.eye(2)
    turn = np.linalg.solve(off.T @ off + damp, off.T @ wanted + damp).T
    return np.column_stack([turn, aim - turn @ middle]).astype(np.float64)
