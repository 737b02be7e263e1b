"""What stands behind a deployment's operating point: a certificate, or nothing, and why.

It is frozen with the deployment. A certificate that stood behind it then is asked again whenever the deployment is
decided over or started; one that is issued later changes nothing of what was signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import distinct, func, select

from overt.biometrics import DetectionSettings
from overt.casework.certificates import (
    Certification,
    Compared,
    certification_of,
    rate_certified,
    still_certified,
)
from overt.casework.deployments._packs import effective_point, readable_pack
from overt.casework.deployments._rows import plan_of
from overt.casework.deployments.false_alerts import Expectation, expected_false_alerts
from overt.errors import ConflictError
from overt.records.tables import FrozenEntry, ReferenceImage, WatchlistEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from overt.biometrics import ModelPack, OperatingPoint
    from overt.casework.commands import Work
    from overt.casework.office import Office
    from overt.casework.policy import Policy
    from overt.records.tables import Deployment

__all__ = [
    "certification_now",
    "certification_shown",
    "expectation_with",
    "frozen_certification",
    "refuse_lost",
    "refuse_uncertified",
]

_OVER: Final = ("closed", "published")


def frozen_certification(deployment: Deployment) -> Certification | None:
    """What was frozen; None where nothing is."""
    if deployment.certification is None:
        return None
    return Certification.model_validate(deployment.certification, strict=False)


def certification_now(
    office: Office, session: Session, deployment: Deployment, compared: Compared
) -> Certification:
    """Whether a certificate stands behind an operating point now.

    Of a deployment that is frozen the one that stood behind it then is asked, and no other.
    """
    frozen = frozen_certification(deployment)
    if frozen is None:
        return certification_of(office, session, compared)
    if not frozen.certified or frozen.certificate_id is None:
        return frozen
    return still_certified(office, session, frozen.certificate_id, compared)


def certification_shown(work: Work, deployment: Deployment) -> Certification:
    """The same for whoever looks at a deployment; of one that is over, how it was when it was frozen."""
    frozen = frozen_certification(deployment)
    if frozen is not None and (deployment.state in _OVER or not frozen.certified):
        return frozen
    plan = plan_of(deployment)
    chosen = plan.operating_point
    pack = readable_pack(chosen.pack)
    if pack is None:
        return Certification(
            certified=False, reasons=(f"The model pack {chosen.pack} cannot be read on this machine",)
        )
    compared = Compared(
        pack=pack.manifest,
        point=effective_point(pack, chosen),
        detection=DetectionSettings(far=plan.far),
        comparisons=_comparisons(work.session, deployment),
        now=work.now,
        until=deployment.window_end,
    )
    return certification_now(work.office, work.session, deployment, compared)


def expectation_with(
    session: Session,
    certification: Certification,
    pack: ModelPack,
    point: OperatingPoint,
    *,
    comparisons: int,
    footfall: int,
) -> Expectation:
    """The false alerts to be expected: by the certificate's figures where there is one, else by the pack's own."""
    measured = pack.manifest.measured
    if certification.certified and certification.certificate_id is not None:
        measured = (rate_certified(session, certification.certificate_id),)
    told = expected_false_alerts(
        measured, threshold=point.threshold, comparisons=comparisons, footfall=footfall
    )
    if not certification.certified:
        return told.model_copy(update={"uncertified_because": certification.reasons})
    says = told.says.removesuffix("Uncertified") + f"Certified by {certification.certificate_id}"
    return told.model_copy(
        update={"certified": True, "certificate": certification.certificate_id, "says": says}
    )


def refuse_uncertified(policy: Policy, deployment: Deployment, certification: Certification) -> None:
    """Refuse an operating point without a certificate, or a pack that is not for operations, where the policy does.

    Raises:
        ConflictError: it says every reason.
    """
    if policy.deployments.operational_pack_required and certification.only_for is not None:
        raise ConflictError(
            f"{certification.only_for}; and the policy requires a pack for operations in {deployment.id}",
            "Plan it with a pack whose licence allows them (`overt models list`)",
        )
    if policy.deployments.certificate_required and not certification.certified:
        raise ConflictError(
            f"The operating point of {deployment.id} is {certification.briefly}; and the policy requires a "
            "certificate",
            "Plan an operating point that is certified (`overt certificates list`), or have one certified",
        )


def refuse_lost(deployment: Deployment, certification: Certification) -> None:
    """Refuse what was frozen as certified, and is so no longer.

    Raises:
        ConflictError: it says every reason.
    """
    frozen = frozen_certification(deployment)
    if frozen is not None and frozen.certified and not certification.certified:
        raise ConflictError(
            f"{frozen.certificate_id} no longer stands behind the operating point of {deployment.id}: "
            f"{'; '.join(certification.reasons)}",
            "Have it withdrawn and submitted again, with another certificate or as uncertified, and authorised anew",
        )


def _comparisons(session: Session, deployment: Deployment) -> int:
    """Entries with a reference image that are frozen, or would be."""
    entries = select(func.count(distinct(ReferenceImage.entry_id)))
    if deployment.digest is not None:
        entries = entries.join(FrozenEntry, FrozenEntry.entry_id == ReferenceImage.entry_id).where(
            FrozenEntry.deployment_id == deployment.id
        )
    else:
        entries = entries.join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id).where(
            WatchlistEntry.watchlist_id.in_(plan_of(deployment).watchlists),
            WatchlistEntry.status == "approved",
            WatchlistEntry.expires_on >= deployment.window_start.date(),
        )
    return int(session.scalar(entries) or 0)
