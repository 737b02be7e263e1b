"""Certificates of operating points: what was measured, signed. They are issued on the machine that evaluated."""

from typing import Annotated

from fastapi import Query

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.casework import certificates
from overt.casework.paging import Listing, Page
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("certificates", "/certificates")


class CertificateQuery(certificates.CertificateFilter, Page):
    """Which certificates, and which page of them."""


@router.get("", operation_id="certificates.list", summary="Certificates of operating points")
def list_all(
    office: TheOffice, actor: TheActor, query: Annotated[CertificateQuery, Query()]
) -> Listing[certificates.CertificateSummary]:
    """The newest first, with whether each holds here and now."""
    return certificates.list_certificates(office, actor, query, query)


@router.get("/{certificate_id}", operation_id="certificates.show", summary="A certificate")
def show(office: TheOffice, actor: TheActor, certificate_id: Id) -> certificates.CertificateView:
    """Whole, with its signature: `signed` is what `overt certificates verify` takes as a file."""
    return certificates.show_certificate(office, actor, certificate_id)


@router.post(
    "/{certificate_id}/withdraw",
    operation_id="certificates.withdraw",
    summary="Let a certificate hold no longer",
)
def withdraw(
    office: TheOffice, actor: TheActor, certificate_id: Id, why: certificates.CertificateWithdrawal
) -> certificates.CertificateView:
    """Deployments that were authorised with it, and have not begun, must be submitted again."""
    return certificates.withdraw_certificate(office, actor, certificate_id, why)
