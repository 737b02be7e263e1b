"""YuNet: class and objectness, centres and sizes, and five landmarks, one for each cell of three grids.

Method: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research, 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics.detection.candidates import Candidates, Decoder, cells_above, sizes
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.faces import FloatArray

__all__ = ["yunet_decoder"]

STRIDES = (8, 16, 32)
WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def yunet_decoder(shapes: Sequence[tuple[int, ...]], names: Sequence[str]) -> Decoder:
    """The decoder for the twelve outputs `cls_8` to `kps_32`.

    They are class, objectness, box and landmarks at the strides 8, 16 and 32, each [b, cells, numbers].

    Raises:
        PackError: the outputs are others.
    """
    place = {name: i for i, name in enumerate(names)}
    wanted = [[f"{part}_{stride}" for part in WIDTHS] for stride in STRIDES]
    if not all(
        name in place and len(shapes[place[name]]) == 3 and shapes[place[name]][2] == width
        for level in wanted
        for name, width in zip(level, WIDTHS.values(), strict=True)
    ):
        raise PackError(
            f"The detector's outputs {dict(zip(names, shapes, strict=True))} are not YuNet's",
            "Correct the detector's family in the pack's manifest",
        )
    order = [[place[name] for name in level] for level in wanted]

    def decode(
        outputs: Sequence[FloatArray], index: int, tensor: tuple[int, int], threshold: float
    ) -> Candidates:
        parts: list[Candidates] = []
        for level, stride in zip(order, STRIDES, strict=True):
            classes, objects, boxes, points = (outputs[i][index] for i in level)
            parts.append(
                _grid(classes, objects, boxes, points, stride=stride, width=tensor[1], threshold=threshold)
            )
        return Candidates(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    return decode


def _grid(
    classes: FloatArray,
    objects: FloatArray,
    boxes: FloatArray,
    points: FloatArray,
    *,
    stride: int,
    width: int,
    threshold: float,
) -> Candidates:
    # √(class · object) ≥ t needs class ≥ t², as both are at most 1: most cells are settled by one comparison
    likely = cells_above(classes[:, 0], threshold * threshold)
    product = np.clip(classes[likely, 0], 0.0, 1.0) * np.clip(objects[likely, 0], 0.0, 1.0)
    above = cells_above(product, threshold * threshold)
    found = likely[above]
    row, column = np.divmod(found, width // stride)
    cell = np.stack([column, row], axis=1).astype(np.float32)
    centre = (cell + boxes[found, :2]) * stride
    half = sizes(boxes[found, 2:]) * (stride / 2)
    landmarks = (points[found].reshape(-1, 5, 2) + cell[:, None, :]) * stride
    return Candidates(
        np.concatenate([centre - half, centre + half], axis=1).astype(np.float32),
        landmarks.astype(np.float32),
        np.sqrt(product[above]),
    )
