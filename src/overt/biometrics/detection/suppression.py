"""Merging answers that overlap: one face, one box."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics.detection.candidates import Candidates

__all__ = ["merge_views", "suppress", "usable"]

MOST_CANDIDATES = 4000
SMALLEST_SIDE = 2.0
INSIDE = 0.7
"""Of two boxes, the less certain is dropped where they share more than this part of the smaller one's area."""


def usable(candidates: Candidates) -> Candidates:
    """The candidates whose numbers are all finite and whose box has a size; if very many, the most certain."""
    boxes, landmarks, scores = candidates
    # one figure tells, in the common case, that every number is finite
    if len(scores) <= MOST_CANDIDATES and math.isfinite(boxes.sum() + landmarks.sum() + scores.sum()):
        extent = boxes[:, 2:] - boxes[:, :2]
        if not len(scores) or extent.min() >= SMALLEST_SIDE:
            return candidates
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    finite = np.isfinite(boxes).all(1) & np.isfinite(landmarks).all((1, 2)) & np.isfinite(scores)
    keep = np.flatnonzero(finite & (width >= SMALLEST_SIDE) & (height >= SMALLEST_SIDE))
    if len(keep) > MOST_CANDIDATES:
        keep = keep[np.argpartition(-scores[keep], MOST_CANDIDATES)[:MOST_CANDIDATES]]
    if len(keep) == len(scores):
        return candidates
    return Candidates(boxes[keep], landmarks[keep], scores[keep])


def suppress(candidates: Candidates, iou: float, most: int) -> Candidates:
    """Greedy non-maximum suppression.

    In falling order of score, drops what overlaps a kept box by more than `iou` (intersection over union), and keeps
    `most` at the most.
    """
    if len(candidates.scores) < 2:
        return Candidates(*(array[:most] for array in candidates))
    rectangles = candidates.boxes.astype(np.float64)
    rectangles[:, 2:] -= rectangles[:, :2]
    chosen: Any = cv2.dnn.NMSBoxes(rectangles, candidates.scores, 0.0, iou)  # type: ignore[arg-type]  # arrays do
    kept = np.asarray(chosen, np.intp).reshape(-1)[:most]
    return Candidates(candidates.boxes[kept], candidates.landmarks[kept], candidates.scores[kept])


def merge_views(candidates: Candidates, iou: float, most: int) -> Candidates:
    """Suppression across views: as `suppress`, and drops what lies inside a more certain box as well.

    A face at the rim of a tile may be found there in part only, so that the part overlaps the whole less than `iou`.
    """
    kept = suppress(candidates, iou, MOST_CANDIDATES)
    if len(kept.scores) < 2:
        return kept
    x1, y1, x2, y2 = kept.boxes.T
    across = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    down = np.minimum(y2[:, None], y2) - np.maximum(y1[:, None], y1)
    shared = np.clip(across, 0, None) * np.clip(down, 0, None)
    area = (x2 - x1) * (y2 - y1)
    inside = shared > INSIDE * np.minimum(area[:, None], area)
    alive: npt.NDArray[np.bool_] = np.ones(len(area), np.bool_)
    for i in range(len(area)):
        if alive[i]:
            alive[i + 1 :] &= ~inside[i, i + 1 :]
    keep = np.flatnonzero(alive)[:most]
    return Candidates(kept.boxes[keep], kept.landmarks[keep], kept.scores[keep])
