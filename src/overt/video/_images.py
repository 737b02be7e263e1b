"""A folder of pictures, shown one after the other."""

from __future__ import annotations

import re
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import av.error

from overt.errors import FeedError
from overt.video._libav import memset
from overt.video._reading import READ_ERRORS, Decoded
from overt.video.sources import IMAGE_SUFFIXES, Source

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from overt.video._erasing import DecodedMemory
    from overt.video.faults import FeedLimits

__all__ = ["ImageReader"]

_FORMATS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "jpeg_pipe"),
    (b"\x89PNG", "png_pipe"),
    (b"RIFF", "webp_pipe"),
    (b"BM", "bmp_pipe"),
    (b"II*\0", "tiff_pipe"),
    (b"MM\0*", "tiff_pipe"),
    (b"P6", "ppm_pipe"),
)


class ImageReader:
    """Reads the pictures of a folder in the order of their names, numbers by value; see `Reader`.

    Args:
        source: the folder, or one picture.
        limits: the rate, and how large a picture may be.
        memory: guards the memory of decoded pictures.
        closing: set when the feed is being closed.
        on_bad: called with what is wrong for each picture that cannot be used; the others are still shown.

    Raises:
        FeedError: there is no such folder ("unreachable") or no picture in it ("unsupported").
    """

    paced = True
    codec = "pictures"
    seconds = 0.0

    def __init__(
        self,
        source: Source,
        limits: FeedLimits,
        memory: DecodedMemory,
        closing: threading.Event,
        on_bad: Callable[[FeedError], None],
    ) -> None:
        self.damaged = self.passed_over = 0
        self._limits, self._memory, self._closing, self._on_bad = limits, memory, closing, on_bad
        path = Path(source.address)
        try:
            paths = list(path.iterdir()) if path.is_dir() else [path]
        except OSError as error:
            raise FeedError(
                "unreachable", f"{source.shown} cannot be read: {error.strerror}", "Check the path"
            ) from None
        self._paths = sorted((p for p in paths if p.suffix.lower() in IMAGE_SUFFIXES), key=_natural)
        if not self._paths or not path.exists():
            raise FeedError(
                "unsupported" if path.exists() else "unreachable",
                f"{source.shown} holds no picture",
                f"Give a folder with pictures ({', '.join(sorted(IMAGE_SUFFIXES))})",
            )

    def frames(self) -> Iterator[Decoded]:
        """The pictures; one that cannot be used is reported and passed over."""
        rate = Fraction(self._limits.image_rate).limit_denominator(1000)
        for i, path in enumerate(self._paths):
            if self._closing.is_set():
                return
            try:
                frame = self._picture(path)
            except FeedError as error:
                self.damaged += 1
                self._on_bad(error)
                continue
            yield Decoded(frame, self._memory.arrived_ns, i, 1 / rate, timed=True, nominal=float(1 / rate))

    def _picture(self, path: Path) -> av.VideoFrame:
        self._memory.arrived_ns = time.monotonic_ns()
        try:
            with path.open("rb") as file:
                head = file.read(4)
            kind = next((kind for magic, kind in _FORMATS if head.startswith(magic)), None)
            if kind is None:
                raise _bad("unsupported", path, "is not a picture of a known kind")
            options = {"protocol_whitelist": "file", "max_pixels": str(self._limits.max_pixels)}
            with av.open(str(path), format=kind, options=options) as container:
                return self._decoded(container, path)
        except READ_ERRORS as error:
            raise _bad(
                "corrupt", path, f"cannot be read: {getattr(error, 'strerror', None) or error}"
            ) from None

    def _decoded(self, container: av.container.InputContainer, path: Path) -> av.VideoFrame:
        stream = container.streams.video[0]
        context = stream.codec_context
        if context.width * context.height > self._limits.max_pixels:
            raise _bad("too-large", path, f"is {context.width} by {context.height} pixels")
        context.thread_count = 1
        context.options = {"max_pixels": str(self._limits.max_pixels)}
        if container.format.name == "jpeg_pipe":
            # A cut JPEG is refused, where by default it would be shown with grey in place of what is missing.
            context.options["err_detect"] = "explode"
        self._memory.guard(context)
        try:
            for packet in container.demux(stream):
                frames = context.decode(packet)
                if self._memory.overwrites and packet.size:
                    memset(packet.buffer_ptr, 0, packet.buffer_size)
                if frames and frames[0].is_corrupt:
                    break
                if frames:
                    return frames[0]
        finally:
            context.flush_buffers()
        raise _bad("corrupt", path, "is cut short or damaged")

    def interrupt(self) -> None:
        """Nothing: a picture is read at once."""

    def close(self) -> None:
        """Overwrite what is left."""
        self._memory.sweep()


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _bad(kind: str, path: Path, what: str) -> FeedError:
    return FeedError(kind, f"the picture {path.name} {what}", "Replace it or take it out of the folder")
