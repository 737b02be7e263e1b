"""Model packs as plans choose them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from overt.biometrics import packs
from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics import ModelPack, OperatingPoint
    from overt.casework.deployments.plan import ChosenPoint

__all__ = ["effective_point", "readable_pack"]


def effective_point(pack: ModelPack, chosen: ChosenPoint) -> OperatingPoint:
    """The operating point: the pack's, with what the plan sets."""
    return packs.adjusted(pack.manifest.operating_point, **chosen.model_dump(exclude={"pack"}))


def readable_pack(name: str) -> ModelPack | None:
    """A pack whose figures are read, or None where it cannot be; whatever runs with it is verified anew each time."""
    try:
        return _load_once(name, (packs.packs_folder() / name / "pack.toml").stat().st_mtime_ns)
    except (PackError, OSError):
        return None


@lru_cache(maxsize=8)
def _load_once(name: str, _written_at: int) -> ModelPack:
    return packs.load(name)
