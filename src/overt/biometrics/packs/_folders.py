"""Where packs live on disk, and how one arrives there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MANIFEST_NAME", "arriving", "is_pack_name", "packs_folder"]

MANIFEST_NAME = "pack.toml"
_ARRIVING = ".arriving-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def packs_folder() -> Path:
    """Where packs are kept; it need not exist yet.

    `$OVERT_HOME/packs`, else `$XDG_DATA_HOME/overt/packs`, else `~/.local/share/overt/packs`.
    """
    if home := os.environ.get("OVERT_HOME"):
        return Path(home) / "packs"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local/share") / "overt/packs"


def is_pack_name(text: str) -> bool:
    """Whether the text can name a pack: small letters, digits, points, dashes and underscores, 64 at most."""
    return _NAME.fullmatch(text) is not None


@contextmanager
def arriving(name: str) -> Iterator[Path]:
    """A folder to build the pack `name` in, which takes its place among the packs when the block ends well.

    A block that fails, and a process that is killed, leave the packs as they were; what a killed one left behind is
    cleared the next time.

    Raises:
        PackError: the packs folder cannot be written.
    """
    home = packs_folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(home)
        folder = Path(tempfile.mkdtemp(prefix=_ARRIVING, dir=home))
    except OSError as error:
        raise PackError(
            f"The packs folder {home} cannot be written: {error.strerror}",
            "Set OVERT_HOME to a folder that you may write",
        ) from error
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        content = folder / "pack"
        content.mkdir()
        yield content
        for file in content.iterdir():
            _to_disk(file)
        _to_disk(content)
        place = home / name
        if place.exists():
            place.rename(folder / "before")
        content.rename(place)
        _to_disk(home)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear_abandoned(home: Path) -> None:
    """Remove what killed pulls left: folders that no living process holds."""
    for folder in home.glob(f"{_ARRIVING}*"):
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(held)
