"""Whether a certificate stands behind an operating point, and if none does, why, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from overt.biometrics.packs import MeasuredRate, scoring_digest
from overt.casework.certificates._rows import certificate_in, is_as_signed
from overt.records.tables import OperatingPointCertificate
from overt.score_code import score_code

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from overt.biometrics import DetectionSettings, OperatingPoint
    from overt.biometrics.packs import Manifest
    from overt.casework.office import Office
    from overt.records.certificates import Certificate, CertifiedDetection, CertifiedPoint

__all__ = ["Certification", "Compared", "certification_of", "rate_certified", "still_certified"]

_FIGURES = (
    ("threshold", "the threshold"),
    ("min_eye_distance", "a least distance between the eyes of"),
    ("min_quality", "a least quality of"),
    ("confirmations", "confirmations:"),
    ("clear_below", "clearing below"),
)


class Certification(BaseModel):
    """Whether a signed certificate stands behind an operating point."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certified: bool
    certificate_id: Annotated[
        str | None, Field(description="The certificate; where uncertified, the one that comes nearest.")
    ] = None
    certificate_digest: Annotated[
        str | None, Field(description="Its SHA-256, hexadecimal; null where uncertified.")
    ] = None
    expires_at: Annotated[datetime | None, Field(description="When it expires; null where uncertified.")] = (
        None
    )
    reasons: Annotated[
        tuple[str, ...],
        Field(
            description="Where uncertified: why, in sentences without the full stop; `It` is the nearest certificate."
        ),
    ] = ()
    only_for: Annotated[
        str | None,
        Field(
            description="What the licence of the model pack confines it to, in a sentence; null where it allows all."
        ),
    ] = None

    @property
    def briefly(self) -> str:
        """`certified by certificate-3f9c…`, or `uncertified` with every reason."""
        confined = "" if self.only_for is None else f"; {self.only_for}"
        if self.certified:
            return f"certified by {self.certificate_id}{confined}"
        nearest = (
            "" if self.certificate_id is None else f" (the nearest certificate is {self.certificate_id})"
        )
        return "; ".join(("uncertified", *self.reasons)) + nearest + confined


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared with certificates.

    Attributes:
        pack: the model pack that is to be used.
        point: the whole operating point.
        detection: how faces are sought.
        comparisons: entries on the list.
        now: the time.
        until: a certificate must hold until then.
    """

    pack: Manifest
    point: OperatingPoint
    detection: DetectionSettings
    comparisons: int
    now: datetime
    until: datetime


def certification_of(office: Office, session: Session, compared: Compared) -> Certification:
    """The certificate that stands behind an operating point, the last to expire of several; or why there is none."""
    rows = session.scalars(
        select(OperatingPointCertificate)
        .where(OperatingPointCertificate.pack == compared.pack.id)
        .order_by(OperatingPointCertificate.expires_at.desc(), OperatingPointCertificate.id)
    ).all()
    if not rows:
        return Certification(
            certified=False,
            reasons=(f"No certificate was ever issued for the model pack {compared.pack.id}",),
            only_for=confined_to(compared.pack),
        )
    told = [(row, _reasons(office, row, compared)) for row in rows]
    nearest, reasons = min(told, key=lambda one: (len(one[1]), one[0].withdrawn_at is not None))
    return _certification(nearest, reasons, compared)


def still_certified(
    office: Office, session: Session, certificate_id: str, compared: Compared
) -> Certification:
    """Whether one certificate stands behind an operating point."""
    row = session.get(OperatingPointCertificate, certificate_id)
    if row is None:
        return Certification(
            certified=False,
            certificate_id=certificate_id,
            reasons=("It is no longer there: the database was altered",),
            only_for=confined_to(compared.pack),
        )
    return _certification(row, _reasons(office, row, compared), compared)


def confined_to(pack: Manifest) -> str | None:
    """What the licence of a pack confines it to, in a sentence; None where it allows operational use."""
    if pack.licence.operational_use:
        return None
    use = "research and demonstration" if pack.licence.demonstration else "evaluation"
    return f"The model pack {pack.id} is for {use} alone: nobody may be looked for with it"


def rate_certified(session: Session, certificate_id: str) -> MeasuredRate:
    """How many strangers alerted in the evaluation that a certificate is about."""
    certificate = certificate_in(session.get_one(OperatingPointCertificate, certificate_id))
    found = certificate.findings
    return MeasuredRate(
        threshold=found.operating_point.threshold,
        watchlist=found.test.enrolled,
        trials=found.fpir.trials,
        false_positives=found.fpir.hits,
        data=f"{certificate.id}: {found.test.name}",
        date=f"{found.evaluated_at:%Y-%m-%d}",
    )


def _certification(row: OperatingPointCertificate, reasons: list[str], compared: Compared) -> Certification:
    only_for = confined_to(compared.pack)
    if reasons:
        return Certification(
            certified=False, certificate_id=row.id, reasons=tuple(reasons), only_for=only_for
        )
    return Certification(
        certified=True,
        certificate_id=row.id,
        certificate_digest=row.digest,
        expires_at=row.expires_at,
        only_for=only_for,
    )


def _reasons(office: Office, row: OperatingPointCertificate, compared: Compared) -> list[str]:
    """Why this certificate does not stand behind the operating point; nothing where it does."""
    if not is_as_signed(office, row):
        return ["It is not as it was signed: the database was altered"]
    certificate = certificate_in(row)
    said = _about_pack(certificate, compared.pack)
    said += _about_point(certificate.findings.operating_point, compared.point)
    said += _about_detection(certificate.findings.detection, compared.detection)
    changed = sorted(
        part
        for part in {*score_code(), *certificate.findings.code.parts}
        if score_code().get(part) != certificate.findings.code.parts.get(part)
    )
    if changed:
        said.append(f"It was issued over other code than runs here: {', '.join(changed)} changed since")
    most = certificate.findings.wanted.list_size
    if compared.comparisons > most:
        said.append(
            f"It is for lists of at most {most:,} entries, and {compared.comparisons:,} are on this one"
        )
    if row.withdrawn_at is not None:
        said.append(f"It was withdrawn on {row.withdrawn_at:%Y-%m-%d}")
    if certificate.expires_at <= compared.now:
        said.append(f"It expired on {certificate.expires_at:%Y-%m-%d}")
    elif certificate.expires_at < compared.until:
        said.append(f"It expires on {certificate.expires_at:%Y-%m-%d}, before the deployment ends")
    return said


def _about_pack(certificate: Certificate, pack: Manifest) -> list[str]:
    certified = certificate.findings.pack
    if certified.version != pack.version:
        return [f"It is for {certified.id} {certified.version}, and {pack.version} is installed"]
    if certified.scoring != scoring_digest(pack):
        return [f"It is for other networks of {certified.id} than are installed"]
    return []


def _about_point(certified: CertifiedPoint, point: OperatingPoint) -> list[str]:
    said = []
    for name, words in _FIGURES:
        wanted, planned = getattr(certified, name), getattr(point, name)
        if wanted != planned:
            said.append(f"It is for {words} {_figure(wanted)}, and {_figure(planned)} is planned")
    return said


def _about_detection(certified: CertifiedDetection, planned: DetectionSettings) -> list[str]:
    """Another way of seeking finds other faces, and cuts those that both find a little otherwise."""
    measured, meant = (_sought(one.long_side, one.far, one.far_long_side) for one in (certified, planned))
    if measured == meant:
        return []
    return [f"It was measured with faces sought in {measured}, and {meant} is planned"]


def _sought(long_side: int, far: str, far_long_side: int) -> str:
    also = {
        "none": "",
        "two-scale": f" and one of {far_long_side}",
        "tiles": " and in tiles of the whole picture",
    }
    return f"a copy of {long_side} pixels{also[far]}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"
