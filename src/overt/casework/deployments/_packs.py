"""Model packs as plans choose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.biometrics import packs
from overt.casework.installed_packs import readable_pack

if TYPE_CHECKING:
    from overt.biometrics import ModelPack, OperatingPoint
    from overt.casework.deployments.plan import ChosenPoint

__all__ = ["effective_point", "readable_pack"]


def effective_point(pack: ModelPack, chosen: ChosenPoint) -> OperatingPoint:
    """The operating point: the pack's, with what the plan sets."""
    return packs.adjusted(pack.manifest.operating_point, **chosen.model_dump(exclude={"pack"}))
