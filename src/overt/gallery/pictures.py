"""Reads a picture file that anyone may have made: its kind and size are known before a pixel is decoded."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ImageArray

__all__ = ["PICTURE_ENDINGS", "Picture", "PictureTooLargeError", "decode_picture", "read_picture"]

PICTURE_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp"})
"""Endings, in small letters, of the files that are taken for pictures in a folder."""

_REMEDY: Final = "Give a whole JPEG, PNG, WebP or BMP file"
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_STARTS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class PictureTooLargeError(ImageError):
    """A picture or its file is larger than the limit.

    Args:
        name: the file's.
        measured: its size.
        limit: the most that is taken.
        unit: of both, `MiB` or `megapixels`.
    """

    def __init__(self, name: str, measured: float, limit: float, unit: str) -> None:
        super().__init__(
            f"{name} has {measured:.4g} {unit}, and the limit is {limit:g}",
            "Give a smaller copy of the picture",
        )
        self.measured, self.limit, self.unit = measured, limit, unit


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright as its metadata says.

    Attributes:
        image: uint8 [h, w, 3], blue, green, red.
        sha256: of the file, hexadecimal.
    """

    image: ImageArray = field(repr=False)
    sha256: str


def read_picture(path: Path, *, most_mib: float, most_megapixels: float) -> Picture:
    """Read and decode a picture file.

    Args:
        path: a JPEG, PNG, WebP or BMP file.
        most_mib: largest file, MiB.
        most_megapixels: largest picture, millions of pixels, going by the file's header.

    Raises:
        PictureTooLargeError: larger than a limit.
        ImageError: missing, unreadable, truncated, or not a picture of a known kind.
    """
    try:
        with path.open("rb") as file:
            content = file.read(int(most_mib * 2**20) + 1)
            size = max(len(content), path.stat().st_size)
    except OSError as error:
        raise ImageError(
            f"{path.name} cannot be read: {error.strerror}", "Check the file's name and rights"
        ) from error
    if size > most_mib * 2**20:
        raise PictureTooLargeError(path.name, size / 2**20, most_mib, "MiB")
    return decode_picture(content, path.name, most_mib=most_mib, most_megapixels=most_megapixels)


def decode_picture(content: bytes, name: str, *, most_mib: float, most_megapixels: float) -> Picture:
    """Decode the content of a picture file, upright as its metadata says.

    Args:
        content: of a JPEG, PNG, WebP or BMP file.
        name: the file's, for messages.
        most_mib: as `read_picture`.
        most_megapixels: as `read_picture`.

    Raises:
        PictureTooLargeError: larger than a limit.
        ImageError: truncated, damaged, or not a picture of a known kind.
    """
    if len(content) > most_mib * 2**20:
        raise PictureTooLargeError(name, len(content) / 2**20, most_mib, "MiB")
    try:
        width, height = _size(content)
    except (struct.error, IndexError) as error:
        raise ImageError(f"{name} is truncated", _REMEDY) from error
    except ValueError as error:
        raise ImageError(f"{name} {error}", _REMEDY) from error
    if width * height > most_megapixels * 1e6:
        raise PictureTooLargeError(name, width * height / 1e6, most_megapixels, "megapixels")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None or not width * height == image.shape[0] * image.shape[1]:
        raise ImageError(f"{name} cannot be decoded", _REMEDY)
    return Picture(np.asarray(image, np.uint8), hashlib.sha256(content).hexdigest())


def _size(content: bytes) -> tuple[int, int]:
    """Width and height by the file's header; ValueError says what is wrong with the file."""
    if not content:
        raise ValueError("is empty")
    if content.startswith(b"\xff\xd8"):
        size = _jpeg_size(content)
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        size = _png_size(content)
    elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        size = _webp_size(content)
    elif content.startswith(b"BM"):
        width, height = struct.unpack_from("<ii", content, 18)
        size = abs(width), abs(height)
    else:
        raise ValueError("is not a picture of a known kind")
    if 0 in size:
        raise ValueError("has no pixels")
    return size


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the frame header (ITU-T T.81, B.2.2); the end marker must follow the first scan."""
    at, size = 2, None
    while True:
        while content[at] != 0xFF:  # some writers leave bytes between the segments
            at += 1
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        at += 2
        if marker in _WITHOUT_LENGTH:
            continue
        if marker == 0xD9:
            raise ValueError("is truncated")
        (length,) = struct.unpack_from(">H", content, at)
        if marker in _FRAME_STARTS:
            height, width = struct.unpack_from(">HH", content, at + 3)
            size = width, height
        if marker == 0xDA:
            break
        at += length
    if size is None:
        raise ValueError("is a JPEG without a frame header")
    if content.find(b"\xff\xd9", at) < 0:
        raise ValueError("is truncated")
    return size


def _png_size(content: bytes) -> tuple[int, int]:
    """From IHDR; every chunk must be whole, up to IEND (ISO/IEC 15948, 5.3)."""
    at, size = 8, None
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 4 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if zlib.crc32(body) != checksum:
            raise ValueError("is damaged")
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body, 4)
        if kind == b"IEND":
            break
        at += 12 + length
    if size is None:
        raise ValueError("is a PNG without a header")
    return size[0], size[1]


def _webp_size(content: bytes) -> tuple[int, int]:
    """From the first chunk (RFC 9649, 2.5 to 2.7)."""
    (length,) = struct.unpack_from("<I", content, 4)
    if len(content) < length + 8:
        raise ValueError("is truncated")
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    else:
        raise ValueError("is a WebP of an unknown kind")
    return width, height
