"""Faces that are partly covered: which part looks covered, and how both sides of a comparison are made alike.

A mask over the lower face changes a template far more than another camera does. So a face whose lower part looks
covered is compared with references whose lower part is made even in the same way, and what is left decides. Which
part looks covered is judged from light and detail alone, by a small linear model over a grid of the chip.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics._covering_model import CELLS_X, CELLS_Y, COVERING_MODEL
from overt.biometrics.alignment import ARCFACE_112, chip_template, similarity_transforms
from overt.biometrics.packs.manifest import Covering
from overt.biometrics.sessions import Allocate, zeros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.faces import FloatArray, ImageArray
    from overt.biometrics.packs.manifest import CoveredScale, RecogniserSpec

__all__ = [
    "COVERINGS",
    "ChipEvener",
    "Covering",
    "CoveringJudge",
    "bare_equivalent",
    "bare_equivalents",
    "even_out",
]

COVERINGS: Final[tuple[Covering, ...]] = ("lower",)
"""What of a face can be covered, in the order of the model's outputs."""

_REGIONS: Final[dict[Covering, tuple[float, float]]] = {"lower": (62.0, 224.0)}
"""From where to where each is made even, in rows of ArcFace's chip of 112 by 112 pixels."""

_SKIN: Final[dict[Covering, tuple[float, float]]] = {"lower": (34.0, 62.0)}
"""The rows whose mean colour is put there."""

_SIDES: Final = (26.0, 86.0)
_CELL: Final = 6
_LEFT, _TOP, _PATCH = 8, 16, 64
_LEAST_SPREAD: Final = 4.0


class CoveringJudge:
    """Says of chips which part of the face looks covered. It judges the covering, and nothing of the person.

    Args:
        spec: of the recogniser whose chips are judged.
        allocate: gives the memory that pixels pass through; it is overwritten after each call.
    """

    def __init__(self, spec: RecogniserSpec, allocate: Allocate = zeros) -> None:
        template, self._side = chip_template(spec)
        level = np.array(ARCFACE_112, np.float32) * (_PATCH / 112)
        self._onto_patch = similarity_transforms(template[np.newaxis], level)[0]
        self._chip: ImageArray = allocate((self._side, self._side), np.uint8)
        self._patch: npt.NDArray[np.uint8] = allocate((_PATCH, _PATCH), np.uint8)
        self._cells: FloatArray = allocate((_CELL * CELLS_Y, _CELL * CELLS_X), np.float32)
        self._squares: FloatArray = allocate((_CELL * CELLS_Y, _CELL * CELLS_X), np.float32)
        self._means: FloatArray = allocate((2, CELLS_Y, CELLS_X), np.float32)
        self._figures: FloatArray = allocate((2 * CELLS_Y * CELLS_X,), np.float32)
        packed = np.frombuffer(base64.b64decode(COVERING_MODEL), "<f4").reshape(-1, len(COVERINGS))
        self._weights, self._levels = packed[:-1], packed[-1]

    def judge(self, chips: ImageArray) -> list[Covering | None]:
        """What of each face looks covered; None where nothing does.

        Args:
            chips: uint8 [n, side, side, 3], blue, green, red, as the recogniser takes them.
        """
        judged = [self.covering_of(self.figures(chip)) for chip in chips]
        self._clear()
        return judged

    def covering_of(self, figures: FloatArray) -> Covering | None:
        """What the models make of the `figures` of a chip."""
        odds = (figures @ self._weights + self._levels).tolist()
        most = max(range(len(COVERINGS)), key=odds.__getitem__)
        return COVERINGS[most] if odds[most] > 0.0 else None

    def figures(self, chip: ImageArray) -> FloatArray:
        """What the models see of a chip, float32 [2 · cells]: each cell's mean light, and its spread.

        The view is one that the next call overwrites.
        """
        cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY, dst=self._chip)
        cv2.warpAffine(self._chip, self._onto_patch, (_PATCH, _PATCH), dst=self._patch)
        height, width = self._cells.shape
        np.copyto(self._cells, self._patch[_TOP : _TOP + height, _LEFT : _LEFT + width])
        mean, spread = (float(figure[0, 0]) for figure in cv2.meanStdDev(self._cells))
        self._cells -= np.float32(mean)
        self._cells /= np.float32(max(spread, _LEAST_SPREAD))
        np.multiply(self._cells, self._cells, out=self._squares)
        grid = (CELLS_X, CELLS_Y)
        cv2.resize(self._cells, grid, dst=self._means[0], interpolation=cv2.INTER_AREA)
        cv2.resize(self._squares, grid, dst=self._means[1], interpolation=cv2.INTER_AREA)
        means, spreads = self._figures.reshape(2, -1)
        np.copyto(means, self._means[0].reshape(-1))
        np.multiply(means, means, out=spreads)
        np.subtract(self._means[1].reshape(-1), spreads, out=spreads)
        np.maximum(spreads, 0.0, out=spreads)
        np.sqrt(spreads, out=spreads)
        return self._figures

    def _clear(self) -> None:
        for work in (self._chip, self._patch, self._cells, self._squares, self._means, self._figures):
            work.fill(0)


class ChipEvener:
    """Makes even what looks covered of chips, before they are embedded: in an engine and in an evaluation alike.

    Args:
        spec: of the recogniser whose chips they are.
        parts: those whose references are made even too; what else looks covered is left as it is. Without any
            nothing is judged.
        allocate: gives the memory that pixels pass through.
    """

    def __init__(self, spec: RecogniserSpec, parts: Sequence[Covering], allocate: Allocate = zeros) -> None:
        self._spec, self._parts = spec, tuple(parts)
        self._judge = CoveringJudge(spec, allocate) if parts else None

    def prepare(self, chips: ImageArray) -> list[Covering | None]:
        """Make even, where it lies, what looks covered of each chip, uint8 [n, side, side, 3]; what that was."""
        if self._judge is None:
            return [None] * len(chips)
        found: list[Covering | None] = []
        for chip, covering in zip(chips, self._judge.judge(chips), strict=True):
            kept = covering if covering in self._parts else None
            if kept is not None:
                even_out(chip, kept, self._spec)
            found.append(kept)
        return found


def even_out(chip: ImageArray, covering: Covering, spec: RecogniserSpec) -> None:
    """Put one even colour over a part of a face, where it stands, so that what covers it no longer counts.

    The colour is the mean of the skin beside it.

    Args:
        chip: uint8 [side, side, 3], written.
        covering: which part.
        spec: of the recogniser whose chip it is.
    """
    first, last = _rows(spec, _REGIONS[covering])
    skin_first, skin_last = _rows(spec, _SKIN[covering])
    left, right = _columns(spec)
    colour = cv2.mean(chip[skin_first:skin_last, left:right])
    chip[first:last] = np.round(colour[:3])


def bare_equivalent(score: float, scale: CoveredScale) -> float:
    """The score between bare faces that strangers reach as often as `score` between faces evened out alike."""
    return float(bare_equivalents(np.array([score]), scale)[0])


def bare_equivalents(scores: npt.NDArray[np.floating], scale: CoveredScale) -> npt.NDArray[np.float64]:
    """The same of many scores, of any shape.

    Straight lines between the measured points; beyond them the distance to the last one is kept.
    """
    given = np.asarray(scores, np.float64)
    inside = np.interp(given, scale.scores, scale.bare)
    beyond = np.minimum(given - scale.scores[0], 0.0) + np.maximum(given - scale.scores[-1], 0.0)
    return np.asarray(inside + beyond, np.float64)


def _rows(spec: RecogniserSpec, span: tuple[float, float]) -> tuple[int, int]:
    return _span(spec, 1, span)


def _columns(spec: RecogniserSpec) -> tuple[int, int]:
    return _span(spec, 0, _SIDES)


def _span(spec: RecogniserSpec, axis: int, span: tuple[float, float]) -> tuple[int, int]:
    """Pixels of the chip, along one axis, between two places of ArcFace's chip."""
    template, side = chip_template(spec)
    matrix = similarity_transforms(np.array(ARCFACE_112, np.float32)[np.newaxis], template)[0]
    scale, shift = float(matrix[0, 0]), float(matrix[axis, 2] + matrix[axis, 1 - axis] * 56.0)
    first, last = (round(scale * place + shift) for place in span)
    return min(max(first, 0), side), min(max(last, 0), side)
