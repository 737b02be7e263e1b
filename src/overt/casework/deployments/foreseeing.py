"""Model packs as plans choose them, and the false alerts to be expected before anything is authorised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import distinct, func, select

from overt.biometrics import DetectionSettings, packs
from overt.casework.certificates import Compared, certification_of
from overt.casework.deployments._packs import effective_point, readable_pack
from overt.casework.deployments._rows import plan_of
from overt.casework.deployments.certifying import certification_shown, expectation_with
from overt.records.tables import FrozenEntry, ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from overt.biometrics import ModelPack
    from overt.casework.commands import Work
    from overt.casework.deployments.false_alerts import Expectation
    from overt.casework.deployments.plan import ChosenPoint, FarFaces
    from overt.casework.office import Office
    from overt.records.tables import Deployment

__all__ = ["expected_now", "false_alerts_said", "packs_here"]


def false_alerts_said(work: Work, deployments: Sequence[Deployment]) -> dict[str, str]:
    """By id, of those that are not over yet and are frozen; nothing of one whose pack cannot be read here."""
    wanted = [row for row in deployments if row.state in {"submitted", "authorised", "live", "suspended"}]
    if not wanted:
        return {}
    counted = work.session.execute(
        select(FrozenEntry.deployment_id, func.count(distinct(FrozenEntry.entry_id)))
        .join(ReferenceImage, ReferenceImage.entry_id == FrozenEntry.entry_id)
        .where(FrozenEntry.deployment_id.in_([row.id for row in wanted]))
        .group_by(FrozenEntry.deployment_id)
    )
    entries = {deployment_id: int(count) for deployment_id, count in counted}
    said = {}
    for row in wanted:
        plan = plan_of(row)
        pack = readable_pack(plan.operating_point.pack)
        if pack is not None:
            said[row.id] = expectation_with(
                work.session,
                certification_shown(work, row),
                pack,
                effective_point(pack, plan.operating_point),
                comparisons=entries.get(row.id, 0),
                footfall=plan.expected_footfall,
            ).briefly
    return said


def expected_now(
    office: Office,
    chosen: ChosenPoint,
    *,
    comparisons: int,
    footfall: int,
    far: FarFaces = "none",
    until: datetime | None = None,
) -> Expectation | None:
    """The false alerts to be expected of a plan that is being made; None where its pack cannot be read here.

    It is no command: it tells nothing of any deployment, and nothing of anybody.

    Args:
        office: whose certificates may stand behind it.
        chosen: the operating point.
        comparisons: entries on its lists.
        footfall: faces expected.
        far: how faces too small for the usual copy are sought.
        until: when its window ends; now where that is not known.
    """
    pack = readable_pack(chosen.pack)
    if pack is None:
        return None
    point, now = effective_point(pack, chosen), office.now()
    compared = Compared(
        pack=pack.manifest,
        point=point,
        detection=DetectionSettings(far=far),
        comparisons=comparisons,
        now=now,
        until=until or now,
    )
    with office.database.reading() as session:
        certification = certification_of(office, session, compared)
        return expectation_with(
            session, certification, pack, point, comparisons=comparisons, footfall=footfall
        )


def packs_here() -> tuple[ModelPack, ...]:
    """The model packs on this machine that can be read, by name: what each says of itself, its licence among it."""
    found = (readable_pack(name) for name in packs.installed())
    return tuple(pack for pack in found if pack is not None)
