"""What a detector's raw outputs say, before overlapping answers are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.faces import FloatArray

__all__ = ["Candidates", "Decoder", "cells_above", "sizes"]

LARGEST_LOGARITHM = 12.0
"""A size is e to some output; beyond this no picture is, and e would overflow."""


class Candidates(NamedTuple):
    """Possible faces in pixels of the network's input.

    Attributes:
        boxes: float32 [n, 4]: left, top, right, bottom.
        landmarks: float32 [n, 5, 2]: x and y.
        scores: float32 [n].
    """

    boxes: FloatArray
    landmarks: FloatArray
    scores: FloatArray


class Decoder(Protocol):
    """Turns the outputs of one detector family into candidates."""

    def __call__(
        self, outputs: Sequence[FloatArray], index: int, tensor: tuple[int, int], threshold: float
    ) -> Candidates:
        """The candidates of one picture of the batch.

        Args:
            outputs: the network's outputs, in its order.
            index: which picture of the batch.
            tensor: height and width of the network's input.
            threshold: the least score.
        """
        ...


def cells_above(scores: FloatArray, threshold: float) -> npt.NDArray[np.intp]:
    """Where a flat array of scores reaches the threshold; what is not a number never does."""
    return np.flatnonzero(scores >= threshold)


def sizes(logarithms: FloatArray) -> FloatArray:
    """The exponential of the outputs, held to what no picture exceeds so that hostile outputs cannot overflow."""
    clipped: FloatArray = np.maximum(np.minimum(logarithms, LARGEST_LOGARITHM), -LARGEST_LOGARITHM)
    return np.exp(clipped)
