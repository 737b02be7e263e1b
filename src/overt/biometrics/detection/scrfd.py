"""SCRFD: scores, distances to the four sides and five landmarks for two anchors in each cell of three grids.

Method: Guo, Deng, Lattas and Zafeiriou, "Sample and Computation Redistribution for Efficient Face Detection", 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics.detection.candidates import Candidates, Decoder, cells_above
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.faces import FloatArray

__all__ = ["scrfd_decoder"]

STRIDES = (8, 16, 32)
ANCHORS = 2


def scrfd_decoder(shapes: Sequence[tuple[int, ...]], names: Sequence[str]) -> Decoder:
    """The decoder for nine outputs, in any order.

    For each of the strides 8, 16 and 32 they are scores [n, 1], boxes [n, 4] and landmarks [n, 10], with or without
    the batch before them.

    Raises:
        PackError: the outputs are others.
    """
    order: list[tuple[int, int, int]] = []
    if len(shapes) == 9 and all(len(shape) in {2, 3} for shape in shapes):
        by_width = {
            width: sorted((i for i in range(9) if shapes[i][-1] == width), key=lambda i: -shapes[i][-2])
            for width in (1, 4, 10)
        }
        order = list(zip(by_width[1], by_width[4], by_width[10], strict=False))
    if len(order) != 3:
        raise PackError(
            f"The detector's outputs {dict(zip(names, shapes, strict=True))} are not SCRFD's with landmarks",
            "Correct the detector's family in the pack's manifest, or export the network with its landmarks",
        )

    def decode(
        outputs: Sequence[FloatArray], index: int, tensor: tuple[int, int], threshold: float
    ) -> Candidates:
        parts: list[Candidates] = []
        for level, stride in zip(order, STRIDES, strict=True):
            scores, boxes, points = (outputs[i][index] if outputs[i].ndim == 3 else outputs[i] for i in level)
            parts.append(_grid(scores, boxes, points, stride=stride, width=tensor[1], threshold=threshold))
        return Candidates(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    return decode


def _grid(
    scores: FloatArray, boxes: FloatArray, points: FloatArray, *, stride: int, width: int, threshold: float
) -> Candidates:
    found = cells_above(scores[:, 0], threshold)
    row, column = np.divmod(found // ANCHORS, -(-width // stride))
    centre = np.stack([column, row], axis=1).astype(np.float32) * stride
    distances = boxes[found] * stride
    corners = np.concatenate([centre - distances[:, :2], centre + distances[:, 2:]], axis=1)
    landmarks = points[found].reshape(-1, 5, 2) * stride + centre[:, None, :]
    return Candidates(corners, landmarks, scores[found, 0])
