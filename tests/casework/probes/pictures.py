"""Pictures to hand in: two people in the public domain, beside each other, in every kind of file."""

from __future__ import annotations

import functools
import io

import cv2
import numpy as np
import pillow_heif
from PIL import Image

from tests.gallery import portraits


@functools.cache
def together() -> np.ndarray:
    """Grace Hopper and Eileen Collins: uint8 [512, 949, 3], blue, green, red."""
    return np.hstack([cv2.resize(portraits.hopper(), (437, 512)), portraits.astronaut()])


def encoded(kind: str, *, turned: bool = False, image: np.ndarray | None = None) -> bytes:
    """The picture as a file; turned, it lies on its side and its metadata says so."""
    pixels = together() if image is None else image
    if turned:
        pixels = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
    picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6
    held = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(
            held, quality=90, **({"exif": exif.tobytes()} if turned else {})
        )
    else:
        picture.save(held, kind, exif=exif, **({"quality": 92} if kind in {"JPEG", "WEBP"} else {}))
    return held.getvalue()
