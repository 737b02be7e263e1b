"""Withdrawing a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.certificates._rows import find_certificate
from overt.casework.certificates.showing import CertificateView, certificate_view
from overt.casework.commands import command
from overt.errors import ConflictError

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = ["CertificateWithdrawal", "withdraw_certificate"]


class CertificateWithdrawal(BaseModel):
    """Why a certificate is to hold no longer."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    reason: Annotated[
        str, Field(min_length=10, max_length=2000, description="Whoever works here can read it: name nobody.")
    ]


@command("certificates.withdraw")
def withdraw_certificate(work: Work, certificate_id: str, why: CertificateWithdrawal) -> CertificateView:
    """Let a certificate hold no longer. It stays in the records, and the reason with it.

    What was authorised with it, and has not begun or is suspended, cannot be started until it is submitted again.

    Raises:
        MissingError: there is none of this id.
        ConflictError: it was withdrawn already.
    """
    row = find_certificate(work, certificate_id, lock=True)
    if row.withdrawn_at is not None:
        raise ConflictError(
            f"{row.id} was withdrawn on {row.withdrawn_at:%Y-%m-%d}", "It cannot be done twice"
        )
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = work.now, work.actor.id, why.reason
    work.session.flush()
    work.note(row.id, digest=row.digest)
    return certificate_view(work, row)
