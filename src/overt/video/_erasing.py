"""Decoded pictures, overwritten the moment nobody uses them any more.

FFmpeg keeps decoded planes in pools: memory that was let go stays as it was until some later picture happens to be
decoded into it, or for ever. Here each plane that a decoder asks for is given to it under a second reference count
(`get_buffer2`, FFmpeg's public hook for memory); when the last holder lets go, be it the decoder's own list of
reference pictures, a frame that was skipped or one that was handed over, FFmpeg calls back, and the plane is
overwritten before it returns to the pool.

A few decoders (AV1's) and raw video bring memory of their own. Frames of these are held until FFmpeg says that nobody
else holds them (`av_frame_is_writable`), overwritten, and then let go.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
import av.packet

from overt.video._libav import (
    FREE,
    GET_BUFFER,
    BufferRef,
    codec_hook,
    frame_address,
    live_libraries,
    memset,
    plane_pointers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import av.video.codeccontext

__all__ = ["DecodedMemory"]

_PLANES = 8


@dataclass(slots=True)
class DecodedMemory:
    """The memory of one feed's decoded pictures.

    Attributes:
        overwrites: whether it is overwritten; False only in the build that tests the prover.
        arrived_ns: `time.monotonic_ns` of the packet being decoded.
        on_overwritten: called with (arrived_ns, overwritten_ns) of each plane; may come from any thread.
    """

    overwrites: bool = True
    arrived_ns: int = 0
    on_overwritten: Callable[[int, int], None] | None = None
    _kept: list[av.VideoFrame] = field(default_factory=list)
    _spans: set[int] = field(default_factory=set)
    _sweeping: threading.Lock = field(default_factory=threading.Lock)
    _hook: object = None

    def guard(self, context: av.video.codeccontext.VideoCodecContext) -> None:
        """Stand between a codec context that has not been opened yet and its memory.

        Raises:
            FeedError: PyAV's layout in memory is not known ("unsupported").
        """
        slot = codec_hook(context)
        hook = GET_BUFFER(self._get_buffer)
        self._hook = hook
        slot.value = ctypes.cast(hook, ctypes.c_void_p).value

    def _get_buffer(self, context: int, frame: int, flags: int) -> int:
        libraries = live_libraries()
        result: int = libraries.default_get_buffer(context, frame, flags)
        if result < 0:
            return result
        places = (ctypes.c_void_p * _PLANES).from_address(frame + libraries.buffers_in_frame)
        for i in range(_PLANES):
            reference = places[i]
            if not reference:
                break
            plane = BufferRef.from_address(reference)
            token = next(_tokens)
            _planes[token] = _Plane(self, reference, plane.data, plane.size, self.arrived_ns)
            wrapped = libraries.buffer_create(plane.data, plane.size, _on_free, token, 0)
            if not wrapped:
                del _planes[token]
                return -12  # AVERROR(ENOMEM)
            self._spans.add(plane.data)
            places[i] = wrapped
        return 0

    def _let_go(self, plane: _Plane) -> None:
        if self.overwrites:
            memset(plane.data, 0, plane.size)
        self._spans.discard(plane.data)
        if self.on_overwritten is not None:
            self.on_overwritten(plane.arrived_ns, time.monotonic_ns())

    def holds(self, frame: av.VideoFrame) -> bool:
        """Whether the frame's memory came through this guard, so that it is overwritten without further ado."""
        reference = ctypes.c_void_p.from_address(
            frame_address(frame) + live_libraries().buffers_in_frame
        ).value
        return bool(reference) and BufferRef.from_address(reference or 0).data in self._spans

    def retire(self, frame: av.VideoFrame) -> None:
        """Take back a frame that has been used, to be overwritten when nobody holds it; the caller must drop it."""
        if not self.holds(frame):
            with self._sweeping:
                self._kept.append(frame)
        self.sweep()

    def sweep(self) -> None:
        """Overwrite those frames of decoders with memory of their own that nobody else holds any more."""
        if not self._kept:
            return
        libraries = live_libraries()
        with self._sweeping:
            still = []
            for frame in self._kept:
                address = frame_address(frame)
                if not libraries.frame_is_writable(address):
                    still.append(frame)
                    continue
                for reference in (ctypes.c_void_p * _PLANES).from_address(
                    address + libraries.buffers_in_frame
                ):
                    if reference and self.overwrites:
                        memory = BufferRef.from_address(reference)
                        memset(memory.data, 0, memory.size)
            self._kept = still

    @property
    def live(self) -> int:
        """How many planes and frames are in use or not yet overwritten."""
        return len(self._spans) + len(self._kept)

    def lies_in(self, packet: av.packet.Packet[av.VideoStream], frame: av.VideoFrame) -> bool:
        """Whether the frame's planes are the packet's own bytes, as in raw video."""
        first = plane_pointers(frame)[0][0] or 0
        return packet.buffer_ptr <= first < packet.buffer_ptr + packet.buffer_size


@dataclass(slots=True, frozen=True)
class _Plane:
    memory: DecodedMemory
    reference: int
    data: int
    size: int
    arrived_ns: int


_planes: dict[int, _Plane] = {}
_tokens = itertools.count(1)


def _free(token: int, data: int) -> None:  # noqa: ARG001  (FFmpeg's signature)
    plane = _planes.pop(token)
    plane.memory._let_go(plane)  # noqa: SLF001  (the same module)
    live_libraries().buffer_unref(ctypes.byref(ctypes.c_void_p(plane.reference)))


_on_free = FREE(_free)
# FFmpeg may let go of a picture while the interpreter shuts down: the way back must outlive this module.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_on_free))
