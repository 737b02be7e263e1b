"""The file that is handed in: bytes that came over the network, or a file on this machine, read where it lies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from overt.engine import clip_in_memory
from overt.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ProbeFile", "opened_file"]

_HEAD: Final = 16
_BLOCK: Final = 2**20


@dataclass(eq=False)
class ProbeFile:
    """An open file.

    Attributes:
        head: its first bytes.
        sha256: of it, hexadecimal.
        size: bytes.
    """

    head: bytes
    sha256: str
    size: int
    _content: bytes | None = field(repr=False)
    _descriptor: int | None

    def read(self, most_mib: float) -> bytes:
        """The content; of a file on this machine not much more than so many MiB, for more would be refused."""
        if self._content is not None:
            return self._content
        return os.pread(self.descriptor(), int(most_mib * 2**20) + 1, 0)

    def descriptor(self) -> int:
        """An open file of the content, which is never on a disk because of this."""
        if self._descriptor is None:
            self._descriptor = clip_in_memory(self._content or b"")
        return self._descriptor

    def close(self) -> None:
        """Close it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextlib.contextmanager
def opened_file(content: bytes | Path, name: str) -> Iterator[ProbeFile]:
    """Open what is handed in.

    Args:
        content: the file, or where it is.
        name: its name, for messages.

    Raises:
        ImageError: it cannot be read.
    """
    if isinstance(content, Path):
        file = _on_this_machine(content, name)
    else:
        file = ProbeFile(content[:_HEAD], hashlib.sha256(content).hexdigest(), len(content), content, None)
    try:
        yield file
    finally:
        file.close()


def _on_this_machine(path: Path, name: str) -> ProbeFile:
    with contextlib.ExitStack() as undoing:
        try:
            descriptor = os.open(
                path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
            )  # a pipe would keep us waiting
            undoing.callback(os.close, descriptor)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ImageError(
                    f"{name} is no file", "Hand in a picture or a clip; save it first if need be"
                )
            digest, at = hashlib.sha256(), 0
            while block := os.pread(descriptor, _BLOCK, at):
                digest.update(block)
                at += len(block)
            head = os.pread(descriptor, _HEAD, 0)
        except OSError as error:
            raise ImageError(
                f"{name} cannot be read: {error.strerror}", "Check the file's name and rights"
            ) from error
        undoing.pop_all()
    return ProbeFile(head, digest.hexdigest(), at, None, descriptor)
