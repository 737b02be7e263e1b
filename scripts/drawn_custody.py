"""Custody pictures of nobody, for screenshots of collections: the simulated street's made-up people before a wall."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.evaluation.scene.portraits import simulated_face

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ImageArray

__all__ = ["write_custody"]

_PICTURES: Final = (
    # reference, file, who, degrees turned, lighter, taken
    ("NT/2024/0117", "0117-front.jpg", 2, 0.0, 0, "2024-03-08"),
    ("NT/2025/0836", "0836-front.jpg", 2, 4.0, 12, "2025-09-21"),
    ("NT/2023/1402", "1402-front.jpg", 6, 0.0, 0, "2023-11-30"),
    ("NT/2024/0291", "0291-front.jpg", 5, 0.0, 0, "2024-05-02"),
    ("NT/2024/0291", "0291-later.jpg", 8, -2.0, 6, "2025-01-17"),
    ("NT/2022/0640", "0640-front.jpg", 3, 0.0, 0, "2022-07-14"),
    ("NT/2025/0091", "0091-front.jpg", 13, 3.0, 0, "2025-02-01"),
    ("NT/2021/0077", "0077-front.jpg", 13, -3.0, 10, "2021-10-19"),
)
_WALL: Final = (203, 200, 194)
_SHIRTS: Final = ((110, 84, 62), (70, 70, 74), (92, 104, 58), (120, 112, 150))


def write_custody(folder: Path, review_by: str) -> Path:
    """Write the pictures and their table; returns the folder.

    Args:
        folder: to be made.
        review_by: of one record, as a day; the others have the collection's.
    """
    folder.mkdir()
    with (folder / "custody.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("image", "reference", "image_date", "review_by", "suite"))
        for at, (reference, name, who, turned, lighter, taken) in enumerate(_PICTURES):
            cv2.imwrite(str(folder / name), _pictured(who, turned, lighter))
            table.writerow((name, reference, taken, review_by if at == 2 else "", at % 3 + 1))
    return folder


def _pictured(who: int, turned: float, lighter: int) -> ImageArray:
    """A made-up person before a wall, uint8 [h, w, 3], blue, green, red."""
    face = simulated_face(who).pixels
    rows, columns = np.nonzero(face[:, :, 3])
    face = face[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = face.shape[:2]
    whole = np.empty((int(height * 1.45), int(width * 2.2), 3), np.float32)
    whole[:] = _WALL
    left, top = (whole.shape[1] - width) // 2, int(height * 0.18)
    shoulders = (whole.shape[1] // 2, int(height * 1.5)), (int(width * 0.98), int(height * 0.42))
    cv2.ellipse(whole, *shoulders, 0, 180, 360, _SHIRTS[who % len(_SHIRTS)], -1, cv2.LINE_AA)
    seen = face[:, :, 3:].astype(np.float32) / 255
    part = whole[top : top + height, left : left + width]
    part[:] = part * (1 - seen) + face[:, :, :3]
    middle = (whole.shape[1] / 2, whole.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, turned, 1.08)
    turned_whole = cv2.warpAffine(
        whole + lighter, turn, (whole.shape[1], whole.shape[0]), borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.clip(turned_whole, 0, 255), np.uint8)
