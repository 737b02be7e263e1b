"""Model packs as plans choose them, and the false alerts to be expected before anything is authorised."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from overt.biometrics import packs
from overt.casework.deployments._rows import plan_of
from overt.casework.deployments.false_alerts import expectation
from overt.casework.deployments.freezing import effective_point
from overt.errors import PackError
from overt.records.tables import FrozenEntry, ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import ModelPack
    from overt.casework.commands import Work
    from overt.casework.deployments.false_alerts import Expectation
    from overt.casework.deployments.plan import ChosenPoint
    from overt.records.tables import Deployment

__all__ = ["expected_now", "false_alerts_said", "packs_here"]


def false_alerts_said(work: Work, deployments: Sequence[Deployment]) -> dict[str, str]:
    """By id, of those that are not over yet and are frozen; nothing of one whose pack cannot be read here."""
    wanted = [row for row in deployments if row.state in {"submitted", "authorised", "live", "suspended"}]
    if not wanted:
        return {}
    counted = work.session.execute(
        select(FrozenEntry.deployment_id, func.count())
        .join(ReferenceImage, ReferenceImage.entry_id == FrozenEntry.entry_id)
        .where(FrozenEntry.deployment_id.in_([row.id for row in wanted]))
        .group_by(FrozenEntry.deployment_id)
    )
    images = {deployment_id: int(count) for deployment_id, count in counted}
    said = {}
    for row in wanted:
        plan = plan_of(row)
        pack = _pack(plan.operating_point.pack)
        if pack is not None:
            said[row.id] = expectation(
                pack.manifest,
                threshold=effective_point(pack, plan.operating_point).threshold,
                comparisons=images.get(row.id, 0),
                footfall=plan.expected_footfall,
            ).briefly
    return said


def expected_now(chosen: ChosenPoint, *, comparisons: int, footfall: int) -> Expectation | None:
    """The false alerts to be expected of a plan that is being made; None where its pack cannot be read here.

    Args:
        chosen: the operating point.
        comparisons: reference images on its lists.
        footfall: faces expected.
    """
    pack = _pack(chosen.pack)
    if pack is None:
        return None
    threshold = effective_point(pack, chosen).threshold
    return expectation(pack.manifest, threshold=threshold, comparisons=comparisons, footfall=footfall)


def packs_here() -> tuple[ModelPack, ...]:
    """The model packs on this machine that can be read, by name: what each says of itself, its licence among it."""
    found = (_pack(name) for name in packs.installed())
    return tuple(pack for pack in found if pack is not None)


def _pack(name: str) -> ModelPack | None:
    try:
        return _load_once(name, (packs.packs_folder() / name / "pack.toml").stat().st_mtime_ns)
    except (PackError, OSError):
        return None


@lru_cache(maxsize=8)
def _load_once(name: str, _written_at: int) -> ModelPack:
    """A pack whose figures are read; whatever runs with it is verified anew each time."""
    return packs.load(name)
