"""Public-domain portraits that come with scikit-image and Matplotlib, and spoiled copies of them."""

import zlib
from pathlib import Path

import cv2
import matplotlib.cbook
import numpy as np
import skimage.data

from overt.biometrics import ImageArray


def astronaut() -> ImageArray:
    """Eileen Collins, NASA: uint8 [512, 512, 3], blue, green, red."""
    return np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])


def hopper() -> ImageArray:
    """Grace Hopper, US Navy: uint8 [600, 512, 3], blue, green, red."""
    name = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return np.asarray(cv2.imread(str(name)), np.uint8)


def small_lfw_crop() -> ImageArray:
    """A face of 25 pixels, the first of scikit-image's subset of LFW: uint8 [25, 25, 3]."""
    grey = (skimage.data.lfw_subset()[0] * 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def write(path: Path, image: ImageArray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)
    return path


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels, and whose body would hold next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n%b" % chunks


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The same JPEG with an Exif segment that tells how the camera was held."""
    tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation, 0, 0]) + bytes(4)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]
