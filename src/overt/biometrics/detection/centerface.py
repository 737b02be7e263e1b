"""CenterFace: a map of face centres with sizes, offsets and landmarks beside it.

Method: Xu, Yan, Sun et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2020.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics.detection.candidates import Candidates, Decoder, cells_above, sizes
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.faces import FloatArray

__all__ = ["centerface_decoder"]

STRIDE = 4


def centerface_decoder(shapes: Sequence[tuple[int, ...]], names: Sequence[str]) -> Decoder:
    """The decoder for outputs of these shapes.

    They are centres [b, 1, h, w], sizes and offsets [b, 2, h, w], and landmarks [b, 10, h, w], at a quarter of the
    input's height and width.

    Raises:
        PackError: the outputs are others.
    """
    if [shape[1] if len(shape) == 4 else 0 for shape in shapes] != [1, 2, 2, 10]:
        raise PackError(
            f"The detector's outputs {dict(zip(names, shapes, strict=True))} are not CenterFace's",
            "Correct the detector's family in the pack's manifest",
        )
    return _decode


def _decode(
    outputs: Sequence[FloatArray], index: int, tensor: tuple[int, int], threshold: float
) -> Candidates:
    centres, logarithms, offsets, points = (output[index].reshape(output.shape[1], -1) for output in outputs)
    cells = cells_above(centres[0], threshold)
    n, places = len(cells), np.divmod(cells, tensor[1] // STRIDE)
    extent = sizes(logarithms.take(cells, axis=1)) * STRIDE  # height and width
    corner = (offsets.take(cells, axis=1) + places + 0.5) * STRIDE - extent / 2  # top and left
    pairs = points.take(cells, axis=1).reshape(5, 2, n)  # y before x
    boxes, landmarks = np.empty((n, 2, 2), np.float32), np.empty((n, 5, 2), np.float32)
    boxes[:, 0] = corner[::-1].T
    boxes[:, 1] = (corner + extent)[::-1].T
    landmarks[:] = (pairs * extent + corner)[:, ::-1].transpose(2, 0, 1)
    return Candidates(boxes.reshape(n, 4), landmarks, centres[0].take(cells))
