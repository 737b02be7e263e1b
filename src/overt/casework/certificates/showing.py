"""Certificates as they are listed and shown."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from overt.casework.certificates._rows import certificate_in, find_certificate, is_as_signed, signed_in
from overt.casework.commands import command
from overt.casework.paging import Listing, Page
from overt.casework.people import names_of
from overt.errors import InputError
from overt.records.certificates import SignedCertificate  # noqa: TC001 - pydantic reads the annotations
from overt.records.tables import OperatingPointCertificate
from overt.score_code import score_code

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.certificates import Certificate

__all__ = [
    "CertificateFilter",
    "CertificateState",
    "CertificateSummary",
    "CertificateView",
    "certificate_view",
    "list_certificates",
    "show_certificate",
    "state_of",
]

CertificateState = Literal["valid", "expired", "withdrawn", "other code", "altered"]
_MODEL: Final = ConfigDict(frozen=True, extra="forbid")


class CertificateFilter(BaseModel):
    """Which certificates are wanted."""

    model_config = _MODEL

    pack: Annotated[str | None, Field(max_length=64, description="Of this model pack.")] = None


class CertificateSummary(BaseModel):
    """A certificate in a listing."""

    model_config = _MODEL

    id: str
    state: Annotated[
        CertificateState,
        Field(
            description="`valid`; `expired`; `withdrawn`; `other code`: this server runs other code than was "
            "evaluated; `altered`: the database holds something else than was signed."
        ),
    ]
    pack: str
    pack_version: str
    threshold: float
    fpir: Annotated[float, Field(description="The wanted one, at `list_size`.")]
    list_size: int
    tpir: float
    tpir_low: float
    tpir_high: float
    issued_at: datetime
    issued_by_name: str
    expires_at: datetime


class CertificateView(CertificateSummary):
    """A certificate."""

    signed: Annotated[SignedCertificate, Field(description="As it is given to others, to be verified.")]
    withdrawn_at: datetime | None
    withdrawn_by_name: Annotated[str, Field(description="Empty where it stands.")]
    withdrawn_reason: str


@command("certificates.list")
def list_certificates(
    work: Work,
    wanted: CertificateFilter = CertificateFilter(),  # noqa: B008 - frozen
    page: Page = Page(),  # noqa: B008 - frozen
) -> Listing[CertificateSummary]:
    """List certificates, the newest first, those that no longer hold among them.

    Raises:
        InputError: `page.after` is none of this listing's.
    """
    row = OperatingPointCertificate
    asked = select(row)
    if wanted.pack is not None:
        asked = asked.where(row.pack == wanted.pack)
    total = work.session.scalar(select(func.count()).select_from(asked.subquery()))
    if page.after is not None:
        last = work.session.get(row, page.after)
        if last is None:
            raise InputError("There is no such page", "Begin with the first", field="after")
        asked = asked.where(
            (row.issued_at < last.issued_at) | ((row.issued_at == last.issued_at) & (row.id < last.id))
        )
    rows = work.session.scalars(
        asked.order_by(row.issued_at.desc(), row.id.desc()).limit(page.limit + 1)
    ).all()
    shown = rows[: page.limit]
    work.note("", count=len(shown))
    return Listing[CertificateSummary](
        items=tuple(_summary(work, one) for one in shown),
        next=shown[-1].id if len(rows) > page.limit else None,
        total=int(total or 0),
    )


@command("certificates.show")
def show_certificate(work: Work, certificate_id: str) -> CertificateView:
    """Show a certificate, whole.

    Raises:
        MissingError: there is none of this id.
    """
    return certificate_view(work, find_certificate(work, certificate_id))


def certificate_view(work: Work, row: OperatingPointCertificate) -> CertificateView:
    """A certificate as it is shown."""
    names = names_of(work.session, [row.withdrawn_by or ""])
    return CertificateView(
        **_summary(work, row).model_dump(),
        signed=signed_in(row),
        withdrawn_at=row.withdrawn_at,
        withdrawn_by_name=names.get(row.withdrawn_by or "", ""),
        withdrawn_reason=row.withdrawn_reason,
    )


def state_of(work: Work, row: OperatingPointCertificate, certificate: Certificate) -> CertificateState:
    """Whether a certificate holds now, and if not, why."""
    if not is_as_signed(work.office, row):
        return "altered"
    if row.withdrawn_at is not None:
        return "withdrawn"
    if certificate.expires_at <= work.now:
        return "expired"
    return "valid" if certificate.findings.code.parts == score_code() else "other code"


def _summary(work: Work, row: OperatingPointCertificate) -> CertificateSummary:
    certificate = certificate_in(row)
    found = certificate.findings
    return CertificateSummary(
        id=row.id,
        state=state_of(work, row, certificate),
        pack=found.pack.id,
        pack_version=found.pack.version,
        threshold=found.operating_point.threshold,
        fpir=found.wanted.fpir,
        list_size=found.wanted.list_size,
        tpir=found.tpir.value,
        tpir_low=found.tpir.low,
        tpir_high=found.tpir.high,
        issued_at=certificate.issued_at,
        issued_by_name=certificate.issued_by_name,
        expires_at=certificate.expires_at,
    )
