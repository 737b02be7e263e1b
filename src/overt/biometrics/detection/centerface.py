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
    width = tensor[1] // STRIDE
    cells = cells_above(centres[0], threshold)
    row, column = np.divmod(cells, width)
    height_px, width_px = sizes(logarithms[:, cells]) * STRIDE
    top = (row + offsets[0, cells] + 0.5) * STRIDE - height_px / 2
    left = (column + offsets[1, cells] + 0.5) * STRIDE - width_px / 2
    boxes = np.stack([left, top, left + width_px, top + height_px], axis=1).astype(np.float32)
    pairs = points[:, cells].reshape(5, 2, -1)  # y before x
    landmarks = np.empty((len(cells), 5, 2), np.float32)
    landmarks[:, :, 0] = (pairs[:, 1] * width_px + left).T
    landmarks[:, :, 1] = (pairs[:, 0] * height_px + top).T
    return Candidates(boxes, landmarks, centres[0, cells])
