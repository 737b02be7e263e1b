"""A certificate's canonical form, its signature, and verifying it with nothing but a public key.

The certificate is written as canonical JSON, as the audit chain writes its entries; the office's Ed25519 key (RFC
8032) signs it under a label of its own. Trust comes from outside: whoever verifies compares the public key with the
one that the force has made known.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from overt.errors import InputError
from overt.records.audit import canonical
from overt.records.certificates.content import Certificate  # noqa: TC001 - pydantic reads the annotations

__all__ = [
    "LABEL",
    "CertificateVerdict",
    "SignedCertificate",
    "canonical_certificate",
    "digest_of_certificate",
    "verify_certificate",
]

LABEL: Final = "overt certificate 1"
"""What the signature stands under: it is over this line, a line feed, and the canonical JSON."""


def canonical_certificate(certificate: Certificate) -> bytes:
    """What is signed of a certificate, without its label."""
    return canonical(certificate.model_dump(mode="json"))


def digest_of_certificate(content: bytes) -> str:
    """The digest by which a certificate is named elsewhere: SHA-256 of its canonical JSON, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class SignedCertificate(BaseModel):
    """A certificate as it leaves the office, in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Certificate
    digest: str
    public_key: str
    signature: str

    def as_file(self) -> str:
        """As a file holds it: indented JSON, with a line feed at its end."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_file(cls, content: bytes) -> Self:
        """Out of a file.

        Raises:
            InputError: it holds no certificate; says where it goes wrong, and repeats nothing of it.
        """
        try:
            return cls.model_validate(json.loads(content))
        except ValidationError as error:
            at = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
            raise InputError(
                f"This is no certificate: {at or 'the whole of it'} is not as it must be",
                "Give the file as it was issued",
            ) from None
        except (ValueError, RecursionError):
            raise InputError(
                "This is no certificate: it is not JSON", "Give the file as it was issued"
            ) from None


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a verification found.

    Attributes:
        ok: the certificate is as it was signed, with the key that was expected where one was.
        fault: what is wrong; empty where nothing is.
    """

    ok: bool
    fault: str


def verify_certificate(content: bytes, public_key: bytes | None = None) -> CertificateVerdict:
    """Verify a certificate's file, offline.

    Args:
        content: the file.
        public_key: the key that it must be signed with, known from elsewhere; without it the one in the file is
            taken, and only says that the file is whole.

    Raises:
        InputError: it holds no certificate.
    """
    signed = SignedCertificate.from_file(content)
    # what is in the file is verified, and not what was understood of it
    written: dict[str, Any] = json.loads(content)
    told = canonical(written["certificate"])
    try:
        key, signature = bytes.fromhex(signed.public_key), bytes.fromhex(signed.signature)
    except ValueError:
        return CertificateVerdict(ok=False, fault="Its key or its signature is not written as hex digits")
    if public_key is not None and key != public_key:
        return CertificateVerdict(ok=False, fault="It is signed with another key than the one that you know")
    if digest_of_certificate(told) != signed.digest:
        return CertificateVerdict(ok=False, fault="It was altered: its digest is not that of its content")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, LABEL.encode() + b"\n" + told)
    except (InvalidSignature, ValueError):
        return CertificateVerdict(
            ok=False, fault="Its signature is not good: it was altered, or never signed"
        )
    return CertificateVerdict(ok=True, fault="")
