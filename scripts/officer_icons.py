"""Draw the signs of the officer's page for phones, as `static/icon.svg` has it: `python scripts/officer_icons.py`."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDER: Final = Path(__file__).parents[1] / "src/overt/console/static"
GROUND: Final = (0x63, 0x55, 0x0B)  # BGR
SHARPER: Final = 4
"""Drawn so many times larger, and reduced: smooth edges."""


def drawn(side: int, *, whole: bool) -> NDArray[np.uint8]:
    """The sign, BGRA. `whole` fills the square, and keeps the sign within what every phone's mask leaves."""
    size = side * SHARPER
    unit = size / (40 if whole else 32)
    middle = size // 2
    picture = np.zeros((size, size, 4), np.uint8)
    if whole:
        picture[:] = (*GROUND, 255)
    else:
        _rounded(picture, size, round(7 * unit))
    white, width = (255, 255, 255, 255), round(2.4 * unit)
    for radius in (10, 3.5):
        cv2.circle(picture, (middle, middle), round(radius * unit), white, width, cv2.LINE_AA)
    for left, right in ((-10, -5), (5, 10)):
        begin, end = (round(middle + x * unit) for x in (left, right))
        cv2.line(picture, (begin, middle), (end, middle), white, width)
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _rounded(picture: NDArray[np.uint8], size: int, corner: int) -> None:
    colour = (*GROUND, 255)
    cv2.rectangle(picture, (corner, 0), (size - corner, size), colour, -1)
    cv2.rectangle(picture, (0, corner), (size, size - corner), colour, -1)
    for x in (corner, size - corner):
        for y in (corner, size - corner):
            cv2.circle(picture, (x, y), corner, colour, -1)


def main() -> None:
    """Write the three files."""
    for name, side, whole in (
        ("officer-192.png", 192, False),
        ("officer-512.png", 512, False),
        ("officer-maskable-512.png", 512, True),
    ):
        cv2.imwrite(str(FOLDER / name), drawn(side, whole=whole), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
