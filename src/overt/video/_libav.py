"""The few calls into FFmpeg that PyAV does not offer, made on the very libraries that PyAV has loaded.

Every address used here is found and checked before the first use, never assumed: a PyAV built otherwise
than expected is refused with an error instead of being read wrongly.
"""

from __future__ import annotations

import ctypes
import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import av
import av.codec.context
import av.container
import av.frame
import av.video.codeccontext
import av.video.reformatter

from overt.errors import FeedError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "FREE",
    "GET_BUFFER",
    "BufferRef",
    "ReadAhead",
    "codec_address",
    "codec_hook",
    "deadline_of",
    "frame_address",
    "live_libraries",
    "memset",
    "plane_pointers",
]

GET_BUFFER: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
"""`int get_buffer2(AVCodecContext *, AVFrame *, int flags)`."""
FREE: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
"""`void free(void *opaque, uint8_t *data)` of an AVBuffer."""

_PLANES: Final = 8  # AV_NUM_DATA_POINTERS, part of FFmpeg's stable interface
_POINTER_IN_OBJECT: Final = 24  # after reference count, type and Cython's table of methods; checked below
_LARGEST_CONTEXT: Final = 1024  # AVCodecContext is about 900 bytes; the hook lies near byte 400

memset = ctypes.PyDLL(None).memset
"""`memset` that keeps the interpreter's lock: inside FFmpeg, giving it up and taking it again would cost more."""
memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
memset.restype = ctypes.c_void_p


class BufferRef(ctypes.Structure):
    """FFmpeg's public AVBufferRef."""

    _fields_ = (("buffer", ctypes.c_void_p), ("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Libraries:
    """The loaded libraries, with the calls typed, and where a frame keeps its list of buffers."""

    def __init__(self) -> None:
        self.util = ctypes.CDLL(_linked_with(av.frame))
        self.scale = ctypes.CDLL(_linked_with(av.video.reformatter))
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        # Those that run inside FFmpeg's callbacks keep the interpreter's lock.
        held = ctypes.PyDLL(_linked_with(av.codec.context))
        self.buffer_create = _typed(
            held.av_buffer_create, pointer, pointer, ctypes.c_size_t, FREE, pointer, integer
        )
        self.buffer_unref = _typed(held.av_buffer_unref, None, pointer)
        self.default_get_buffer = _typed(held.avcodec_default_get_buffer2, integer, pointer, pointer, integer)
        self.frame_is_writable = _typed(self.util.av_frame_is_writable, integer, pointer)
        plane_buffer = _typed(self.util.av_frame_get_plane_buffer, pointer, pointer, integer)
        self.codec_class = _typed(held.avcodec_get_class, pointer)()

        sample = av.VideoFrame(64, 48, "yuv420p")
        address = _word(id(sample) + _POINTER_IN_OBJECT)
        if not _readable(address) or _word(address) != sample.planes[0].buffer_ptr:
            raise _unknown_layout("a frame")
        wanted = plane_buffer(address, 0)
        places = [at for at in range(96, 384, 8) if _word(address + at) == wanted]
        if not wanted or len(places) != 1:
            raise _unknown_layout("a frame's buffers")
        self.buffers_in_frame = places[0]


def _linked_with(module: ModuleType) -> str:
    """The file of one of PyAV's modules: symbols looked up through it are found in the FFmpeg that it is linked with.

    Other packages bring an FFmpeg of their own into the process (OpenCV does), so a library's name decides nothing.
    """
    if not module.__file__:
        raise _unknown_layout("its modules")
    return module.__file__


@cache
def live_libraries() -> _Libraries:
    """The libraries, found and checked once."""
    return _Libraries()


def _typed(function: ctypes._NamedFuncPointer, result: Any, *arguments: Any) -> ctypes._NamedFuncPointer:
    function.restype = result
    function.argtypes = list(arguments)
    return function


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _readable(address: int) -> bool:
    return address > 4096 and address % 8 == 0


def _unknown_layout(of_what: str) -> FeedError:
    return FeedError(
        "unsupported",
        f"PyAV {av.__version__} lays out {of_what} in memory in a way that is not known, so it cannot be erased",
        "Install the version of PyAV in the lock file",
    )


def frame_address(frame: av.VideoFrame) -> int:
    """The AVFrame inside a frame of PyAV."""
    live_libraries()
    return _word(id(frame) + _POINTER_IN_OBJECT)


def plane_pointers(frame: av.VideoFrame) -> tuple[ctypes.Array[ctypes.c_void_p], ctypes.Array[ctypes.c_int]]:
    """The addresses of a frame's planes and the bytes from row to row of each, as FFmpeg keeps them."""
    address = frame_address(frame)
    planes = (ctypes.c_void_p * _PLANES).from_address(address)
    strides = (ctypes.c_int * _PLANES).from_address(address + ctypes.sizeof(planes))
    return planes, strides


def codec_address(context: av.video.codeccontext.VideoCodecContext) -> int:
    """The AVCodecContext inside a codec context of PyAV."""
    address = _word(id(context) + _POINTER_IN_OBJECT)
    if not _readable(address) or _word(address) != live_libraries().codec_class:
        raise _unknown_layout("a codec context")
    return address


def codec_hook(context: av.video.codeccontext.VideoCodecContext) -> ctypes.c_void_p:
    """Where a codec context keeps the function that gives it memory for pictures (`get_buffer2`)."""
    address = codec_address(context)
    default = ctypes.cast(live_libraries().default_get_buffer, ctypes.c_void_p).value
    places = [at for at in range(0, _LARGEST_CONTEXT, 8) if _word(address + at) == default]
    if len(places) != 1:
        raise _unknown_layout("a codec context's memory function")
    return ctypes.c_void_p.from_address(address + places[0])


class ReadAhead:
    """The bytes that FFmpeg has read from a file or connection ahead of the demuxer, or has already given to it.

    Args:
        container: an open container. It must outlive this.
    """

    def __init__(self, container: av.container.InputContainer) -> None:
        format_context = _word(id(container) + _POINTER_IN_OBJECT)
        # Public, in this order: class, input format, output format, private data, I/O context.
        place = _word(format_context + 32) if _readable(format_context) else 0
        self._place = place if _readable(place) else 0

    def overwrite(self, *, given: bool) -> None:
        """Overwrite what is left behind the end of the bytes read.

        Args:
            given: overwrite also what the demuxer has had; only where it never goes back.
        """
        if not self._place:
            return
        # Public, in this order: class, start of the buffer, its size, next byte to give, end of the bytes read.
        start, size = _word(self._place + 8), ctypes.c_int.from_address(self._place + 16).value
        following, end = _word(self._place + 24), _word(self._place + 32)
        if not start or not start <= following <= end <= start + size:
            return
        memset(end, 0, start + size - end)
        if given:
            memset(start, 0, following - start)


def deadline_of(container: av.container.InputContainer, opened_after: float) -> ctypes.c_double | None:
    """The seconds that a container's present read may still last; writing 0 there ends a blocked read.

    Args:
        container: just opened with a time limit and not being read.
        opened_after: `time.monotonic()` before it was opened.

    Returns:
        The place, or None if this PyAV keeps it elsewhere: then a blocked read ends at its own limit.
    """
    end = id(container) + type(container).__basicsize__
    started, limit = ctypes.c_double.from_address(end - 16), ctypes.c_double.from_address(end - 8)
    if limit.value != -1.0 or not opened_after <= started.value <= time.monotonic():
        return None
    return limit
