"""From a decoded picture, in whatever layout its codec has, to blue, green, red, straight into the lender's memory.

The conversion is FFmpeg's (libswscale), called on pointers: no frame, array or other copy is made on the way.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.errors import FeedError
from overt.video._libav import live_libraries, plane_pointers

if TYPE_CHECKING:
    import av

    from overt.biometrics import ImageArray
    from overt.video.frames import Buffers, Lease

__all__ = ["Converter"]

_BGR24: Final = b"bgr24"
_BILINEAR: Final = 2
_ROW_MULTIPLE: Final = 16  # swscale's vector code writes whole groups of pixels
_UNSPECIFIED: Final = 2
_FULL_RANGE: Final = 2
_BT601: Final = 5
_BT709: Final = 1
_TURNS: Final = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclass(slots=True)
class Converter:
    """Converts the frames of one feed; not for two threads at once.

    Attributes:
        one_field: whether of an interlaced picture every other line is taken, stretched to the whole height. The two
            fields were taken a moment apart: together they make a comb of whatever moves.
    """

    one_field: bool = False
    _key: tuple[object, ...] = ()
    _context: int | None = None
    _calls: _ScaleCalls = field(init=False)

    def __post_init__(self) -> None:
        self._calls = _ScaleCalls()

    def convert(self, frame: av.VideoFrame, buffers: Buffers, captured_ns: int) -> tuple[ImageArray, Lease]:
        """Convert one frame into memory that `buffers` lends.

        The colour matrix and range are the frame's own. Where it names no matrix, BT.709 is taken for 720 lines and
        more, and BT.601 below and for JPEG, as players do. A rotation that a phone's film carries is applied.

        Returns:
            The picture, uint8 [height, width, 3], blue, green, red; and the lease of its memory.

        Raises:
            FeedError: the pixel layout cannot be converted ("unsupported").
        """
        turn = _TURNS.get(frame.rotation % 360)
        padded = -frame.width % _ROW_MULTIPLE
        lease = buffers.take((frame.height, frame.width + padded, 3), np.uint8, "bgr", captured_ns)
        image: ImageArray = lease.array[:, : frame.width] if padded else lease.array
        try:
            self._scale(frame, lease.array)
        except FeedError:
            lease.release()
            raise
        if turn is None:
            return image, lease
        shape = (frame.width, frame.height, 3) if frame.rotation % 180 else (frame.height, frame.width, 3)
        upright = buffers.take(shape, np.uint8, "bgr", captured_ns)
        cv2.rotate(image, turn, dst=upright.array)
        lease.release()
        return upright.array, upright

    def _scale(self, frame: av.VideoFrame, into: ImageArray) -> None:
        matrix, full = _colours(frame)
        every = 2 if self.one_field and frame.interlaced_frame and frame.height % 4 == 0 else 1
        key = (frame.width, frame.height, frame.format.name, matrix, full, every)
        if key != self._key:
            self.close()
            self._context = self._calls.prepare(
                frame.width, frame.height, frame.format.name, matrix, full, every
            )
            self._key = key
        planes, strides = plane_pointers(frame)
        steps = (ctypes.c_int * len(strides))(*(every * stride for stride in strides))
        target = (ctypes.c_void_p * 4)(into.ctypes.data)
        rows = self._calls.scale(
            self._context,
            planes,
            steps,
            0,
            frame.height // every,
            target,
            (ctypes.c_int * 4)(into.strides[0]),
        )
        if rows != frame.height:
            raise _unsupported(frame.format.name)

    def close(self) -> None:
        """Give FFmpeg's working memory back."""
        if self._context is not None:
            self._calls.free(self._context)
        self._context, self._key = None, ()

    def __del__(self) -> None:
        self.close()


def _colours(frame: av.VideoFrame) -> tuple[int, bool]:
    name = frame.format.name
    jpeg = name.startswith("yuvj")
    full = jpeg or frame.color_range == _FULL_RANGE
    matrix = int(frame.colorspace)
    if matrix in {0, _UNSPECIFIED}:
        matrix = _BT601 if jpeg or frame.height < 720 else _BT709
    return matrix, full


def _unsupported(layout: str) -> FeedError:
    return FeedError(
        "unsupported",
        f"Pictures of the pixel layout {layout} cannot be converted",
        "Set the camera to H.264, 8 bits, 4:2:0",
    )


class _ScaleCalls:
    """The calls of libswscale that are used, typed."""

    def __init__(self) -> None:
        libraries = live_libraries()
        scale, util = libraries.scale, libraries.util
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        self._layout = util.av_get_pix_fmt
        self._layout.argtypes = [ctypes.c_char_p]
        self._create = scale.sws_getContext
        self._create.argtypes = [integer] * 7 + [pointer] * 3
        self._create.restype = pointer
        self._coefficients = scale.sws_getCoefficients
        self._coefficients.argtypes = [integer]
        self._coefficients.restype = pointer
        self._set_colours = scale.sws_setColorspaceDetails
        self._set_colours.argtypes = [pointer, pointer, integer, pointer, integer, integer, integer, integer]
        self.scale = scale.sws_scale
        self.scale.argtypes = [pointer, pointer, pointer, integer, integer, pointer, pointer]
        self.free = scale.sws_freeContext
        self.free.argtypes = [pointer]
        self.free.restype = None

    def prepare(  # noqa: PLR0917 - what decides the conversion
        self, width: int, height: int, layout: str, matrix: int, full: bool, every: int
    ) -> int:
        source, target = self._layout(layout.encode()), self._layout(_BGR24)
        context: int | None = self._create(
            width, height // every, source, width, height, target, _BILINEAR, None, None, None
        )
        if context is None:
            raise _unsupported(layout)
        table = self._coefficients(matrix)
        # Refused for sources that are not YUV, for which there is nothing to set.
        self._set_colours(context, table, int(full), table, 1, 0, 1 << 16, 1 << 16)
        return context
