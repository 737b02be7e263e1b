"""Model packs of this machine as pages and plans read them: verified once for each time their manifest is written."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from overt.biometrics import packs
from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

__all__ = ["readable_pack"]


def readable_pack(name: str) -> ModelPack | None:
    """A pack whose figures are read, or None where it cannot be; whatever runs with it is verified anew each time."""
    try:
        return _load_once(name, (packs.packs_folder() / name / "pack.toml").stat().st_mtime_ns)
    except (PackError, OSError):
        return None


@lru_cache(maxsize=8)
def _load_once(name: str, _written_at: int) -> ModelPack:
    return packs.load(name)
