"""Certificates of operating points: issued by a named person, shown, withdrawn, and compared with what is planned."""

from overt.casework.certificates.comparing import (
    Certification,
    Compared,
    certification_of,
    rate_certified,
    still_certified,
)
from overt.casework.certificates.issuing import NewCertificate, issue_certificate
from overt.casework.certificates.showing import (
    CertificateFilter,
    CertificateState,
    CertificateSummary,
    CertificateView,
    list_certificates,
    show_certificate,
)
from overt.casework.certificates.withdrawing import CertificateWithdrawal, withdraw_certificate

__all__ = [
    "CertificateFilter",
    "CertificateState",
    "CertificateSummary",
    "CertificateView",
    "CertificateWithdrawal",
    "Certification",
    "Compared",
    "NewCertificate",
    "certification_of",
    "issue_certificate",
    "list_certificates",
    "rate_certified",
    "show_certificate",
    "still_certified",
    "withdraw_certificate",
]
