"""What a process has written, or could still write, outside its memory."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from overt.evaluation.erasure.needles import NeedleIndex

__all__ = ["FileWatch", "open_for_writing", "written_bytes"]

PLACES: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - looked at, not used
MOST_FILES: Final = 20_000
MOST_BYTES: Final = 64 * 2**20
WRITING: Final = os.O_WRONLY | os.O_RDWR


@dataclass
class FileWatch:
    """The files in the places where a process might leave something, as they were at the start.

    Other programs write there too; so what is new or changed is read, and counts only if a face lies in it.

    Attributes:
        places: folders that are looked through, with what is beneath them.
        apart_from: a folder of the proof's own, left out.
    """

    apart_from: Path
    places: tuple[Path, ...] = ()
    _before: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = self.places or tuple(dict.fromkeys((*map(Path, PLACES), Path.cwd(), Path.home())))
        self._before = self._inventory()

    def changed(self) -> list[Path]:
        """Files that are new, or of another size or time than at the start."""
        return [path for path, state in self._inventory().items() if self._before.get(path) != state]

    def with_faces(self, index: NeedleIndex) -> list[Path]:
        """Those of the changed files in which a needle lies."""
        found = []
        for path in self.changed():
            with contextlib.suppress(OSError):
                with path.open("rb") as file:
                    content = np.frombuffer(bytearray(file.read(MOST_BYTES)), np.uint8)
                if next(iter(index.search(content)), None):
                    found.append(path)
        return found

    def _inventory(self) -> dict[Path, tuple[int, int]]:
        states: dict[Path, tuple[int, int]] = {}
        for place in self.places:
            for folder, folders, names in os.walk(place):
                folders[:] = [name for name in folders if Path(folder, name) != self.apart_from]
                for name in names:
                    path = Path(folder, name)
                    with contextlib.suppress(OSError):
                        if path.is_file() and not path.is_symlink():
                            state = path.stat()
                            states[path] = (state.st_size, state.st_mtime_ns)
                if len(states) > MOST_FILES:
                    break
        return states


def open_for_writing(pid: int) -> list[str]:
    """Regular files that a process holds open for writing, and writable mappings of files that it shares."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            flags = (Path(f"/proc/{pid}/fdinfo") / descriptor.name).read_text().split("flags:")[1].split()[0]
            if int(flags, 8) & WRITING and descriptor.is_file():
                found.append(str(descriptor.readlink()))
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        _, rights, _, _, inode, *name = line.split(maxsplit=5)
        if "w" in rights and "s" in rights and inode != "0":
            found.append(name[0] if name else "a shared mapping")
    return sorted(found)


def written_bytes(pid: int) -> int:
    """Bytes that the kernel has sent to storage for a process."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0
