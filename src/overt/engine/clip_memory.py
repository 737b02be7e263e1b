"""A clip that arrives part by part, in a file that exists in memory alone and can be overwritten."""

from __future__ import annotations

import fcntl
import mmap
import os
from typing import Final

__all__ = ["HeldClip"]

_SEAL_FUTURE_WRITE: Final = 0x10  # Linux 5.1: nobody writes any more, but through a mapping that is there
_ZEROS: Final = bytes(2**20)


class HeldClip:
    """A clip in memory. Once it is sealed nobody can change it, and `close` overwrites it.

    Args:
        size: bytes that will come.
    """

    def __init__(self, size: int) -> None:
        self._size, self._filled = size, 0
        self._file = os.memfd_create("clip", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._memory: mmap.mmap | None = None
        try:
            os.ftruncate(self._file, size)
            if size:
                self._memory = mmap.mmap(self._file, size)
                self._memory.madvise(mmap.MADV_DONTDUMP)
        except (OSError, ValueError):
            self.close()
            raise

    def write(self, part: bytes) -> None:
        """The next part.

        Raises:
            ValueError: it is more than was announced.
        """
        end = self._filled + len(part)
        if end > self._size or self._memory is None:
            raise ValueError(f"{end} bytes came of {self._size} that were announced")
        self._memory[self._filled : end] = part
        self._filled = end

    def sealed(self) -> int:
        """The descriptor of the clip, to be read; it stays this object's.

        Raises:
            ValueError: it is not all there.
        """
        if self._filled < self._size:
            raise ValueError(f"{self._filled} bytes came of {self._size} that were announced")
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | _SEAL_FUTURE_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self._file, fcntl.F_ADD_SEALS, seals)
        return self._file

    def close(self) -> None:
        """Overwrite it, and let it go."""
        if self._memory is not None:
            for first in range(0, self._size, len(_ZEROS)):
                end = min(self._size, first + len(_ZEROS))
                self._memory[first:end] = _ZEROS[: end - first]
            self._memory.close()
            self._memory = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
