"""Reads a picture that an investigator hands in or a collection takes: also HEIC, as phones make it, and TIFF."""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import cv2
import numpy as np
import pillow_heif

from overt.errors import ImageError
from overt.gallery.pictures import Picture, PictureTooLargeError, decode_picture

__all__ = ["PROBE_PICTURE_ENDINGS", "decode_probe_picture", "is_heic_or_tiff", "is_picture"]

PROBE_PICTURE_ENDINGS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".heic", ".heif", ".tif", ".tiff"}
)
"""Endings, in small letters, of what is taken for a picture."""

_REMEDY: Final = "Give a whole JPEG, PNG, WebP, HEIC, TIFF or BMP file"
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_TIFF_STARTS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_SIDES: Final = {(3, 1): "H", (4, 1): "I"}
"""How a side is written, by its kind and count."""
_HEIC_ERRORS: Final = (ValueError, SyntaxError, EOFError, RuntimeError, OSError)
"""What pillow-heif raises for a damaged file."""


def is_picture(head: bytes) -> bool:
    """Whether a file that begins so, 16 bytes or more, is a still picture of a known kind."""
    return (
        head.startswith((b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM", *_TIFF_STARTS))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or _is_heic(head)
    )


def decode_probe_picture(content: bytes, name: str, *, most_mib: float, most_megapixels: float) -> Picture:
    """Decode a picture file, upright as its metadata says. Its size is known before a pixel is decoded.

    Args:
        content: of a JPEG, PNG, WebP, HEIC, TIFF or BMP file; of several pictures in one file the first is taken.
        name: the file's, for messages.
        most_mib: largest file, MiB.
        most_megapixels: largest picture, millions of pixels.

    Raises:
        PictureTooLargeError: larger than a limit.
        ImageError: truncated, damaged, or not a picture of a known kind.
    """
    if not is_heic_or_tiff(content):
        try:
            return decode_picture(content, name, most_mib=most_mib, most_megapixels=most_megapixels)
        except PictureTooLargeError:
            raise
        except ImageError as error:
            raise ImageError(error.what, _REMEDY) from error
    if len(content) > most_mib * 2**20:
        raise PictureTooLargeError(name, len(content) / 2**20, most_mib, "MiB")
    if _is_heic(content):
        return _decode_heic(content, name, most_megapixels)
    return _decode_tiff(content, name, most_megapixels)


def is_heic_or_tiff(head: bytes) -> bool:
    """Whether a file that begins so, 16 bytes or more, is a HEIC or TIFF picture."""
    return head[:4] in _TIFF_STARTS or _is_heic(head)


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _decode_heic(content: bytes, name: str, most_megapixels: float) -> Picture:
    """By libheif, which turns the picture as its container says."""
    try:
        file = pillow_heif.open_heif(content, convert_hdr_to_8bit=True, bgr_mode=True)
        width, height = file.size
        if width * height > most_megapixels * 1e6:
            raise PictureTooLargeError(name, width * height / 1e6, most_megapixels, "megapixels")
        pixels = np.asarray(file)
    except _HEIC_ERRORS as error:
        raise ImageError(f"{name} is truncated or damaged", _REMEDY) from error
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return Picture(np.array(pixels[:, :, :3], np.uint8, order="C"), hashlib.sha256(content).hexdigest())


def _decode_tiff(content: bytes, name: str, most_megapixels: float) -> Picture:
    try:
        width, height = _tiff_size(content)
    except (struct.error, KeyError) as error:
        raise ImageError(f"{name} is truncated or damaged", _REMEDY) from error
    if width * height > most_megapixels * 1e6:
        raise PictureTooLargeError(name, width * height / 1e6, most_megapixels, "megapixels")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None or width * height != image.shape[0] * image.shape[1]:
        raise ImageError(f"{name} cannot be decoded", _REMEDY)
    return Picture(np.asarray(image, np.uint8), hashlib.sha256(content).hexdigest())


def _tiff_size(content: bytes) -> tuple[int, int]:
    """From the first directory (TIFF 6.0, section 2): tags 256 and 257, each of one SHORT or LONG.

    Of a tag that is there twice the first counts, as to the decoder.
    """
    order = _TIFF_STARTS[content[:4]]
    (at,) = struct.unpack_from(order + "I", content, 4)
    (entries,) = struct.unpack_from(order + "H", content, at)
    sides: dict[int, int] = {}
    for entry in range(entries):
        place = at + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", content, place)
        if tag in {256, 257}:
            (side,) = struct.unpack_from(order + _SIDES[kind, count], content, place + 8)
            sides.setdefault(tag, side)
    return sides[256], sides[257]
