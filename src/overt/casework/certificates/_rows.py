"""Finding certificates, and reading what their rows hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from overt.errors import MissingError
from overt.records.certificates import LABEL, Certificate, SignedCertificate
from overt.records.tables import OperatingPointCertificate

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = ["certificate_in", "find_certificate", "is_as_signed", "signed_in"]


def find_certificate(work: Work, certificate_id: str, *, lock: bool = False) -> OperatingPointCertificate:
    """The certificate of this id.

    Raises:
        MissingError: there is none.
    """
    work.note(certificate_id[:64])
    found = work.session.get(OperatingPointCertificate, certificate_id, with_for_update=lock)
    if found is None:
        raise MissingError(
            f"There is no certificate {certificate_id[:64]!r}",
            "See `overt certificates list` for their ids",
        )
    return found


def certificate_in(row: OperatingPointCertificate) -> Certificate:
    """What the row's content says."""
    return Certificate.model_validate(json.loads(row.content))


def signed_in(row: OperatingPointCertificate) -> SignedCertificate:
    """The certificate as it leaves the office."""
    return SignedCertificate(
        certificate=certificate_in(row),
        digest=row.digest,
        public_key=row.public_key.hex(),
        signature=row.signature.hex(),
    )


def is_as_signed(office: Office, row: OperatingPointCertificate) -> bool:
    """Whether the row holds what this office signed."""
    return office.audit.is_signed(LABEL, row.content.encode(), row.signature)
