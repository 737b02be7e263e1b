"""Issuing a certificate over what an evaluation found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from overt.biometrics import packs
from overt.casework.certificates.showing import CertificateView, certificate_view
from overt.casework.commands import command
from overt.casework.people import names_of
from overt.errors import ConflictError, InputError
from overt.records.certificates import (
    LABEL,
    Certificate,
    Findings,
    canonical_certificate,
    digest_of_certificate,
)
from overt.records.tables import OperatingPointCertificate, new_id
from overt.score_code import score_code

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["NewCertificate", "issue_certificate"]


class NewCertificate(BaseModel):
    """A certificate to be issued."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    findings: Annotated[Findings, Field(description="What the evaluation found.")]
    days: Annotated[
        float | None, Field(gt=0, description="How long it stands; as long as the policy lets it if null.")
    ] = None


@command("certificates.issue")
def issue_certificate(work: Work, new: NewCertificate) -> CertificateView:
    """Sign what an evaluation found, as a statement that stands for so many days.

    Raises:
        InputError: it would stand longer than the policy allows.
        ConflictError: what was evaluated is not what is installed here.
        PackError: the pack is missing or altered.
    """
    work.note("")
    longest = work.office.policy.deployments.certificate_days
    days = longest if new.days is None else new.days
    if days > longest:
        raise InputError(
            f"A certificate stands {longest:g} days at most, and {days:g} were asked for",
            "Ask for fewer, and evaluate again when they are over",
            field="days",
        )
    _check_installed(new.findings)
    certificate = Certificate(
        id=new_id("certificate"),
        issued_at=work.now,
        expires_at=work.now + timedelta(days=days),
        issued_by=work.actor.id,
        issued_by_name=names_of(work.session, [work.actor.id]).get(work.actor.id, work.actor.name),
        findings=new.findings,
    )
    content = canonical_certificate(certificate)
    row = OperatingPointCertificate(
        id=certificate.id,
        pack=new.findings.pack.id,
        content=content.decode(),
        digest=digest_of_certificate(content),
        public_key=work.office.audit.public_key,
        signature=work.office.audit.sign(LABEL, content),
        issued_at=work.now,
        issued_by=work.actor.id,
        expires_at=certificate.expires_at,
    )
    work.session.add(row)
    work.session.flush()
    work.note(row.id, digest=row.digest, pack=row.pack, days=days)
    return certificate_view(work, row)


def _check_installed(findings: Findings) -> None:
    """An office signs only what it can run itself."""
    pack = packs.load(findings.pack.id)
    if packs.scoring_digest(pack.manifest) != findings.pack.scoring:
        raise ConflictError(
            f"The evaluation was made with other networks of {findings.pack.id} than are installed here",
            "Evaluate with the pack that is to be used",
        )
    if score_code() != findings.code.parts:
        raise ConflictError(
            "The evaluation was made with other code than is installed here",
            "Evaluate with this version of Overt",
        )
