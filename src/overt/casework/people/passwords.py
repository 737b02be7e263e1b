"""Passwords, as digests: Argon2id (RFC 9106), with the parameters of the office (`Office.password_cost`).

A password is normalised first (Unicode NFKC), so that it is the same from every keyboard (NIST SP 800-63B, 3.1.1.2).
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from argon2 import Parameters

__all__ = ["digest_password", "is_outdated", "is_password", "new_one_time_password", "normalised", "waste"]

_AT_ONCE: Final = threading.BoundedSemaphore(4)
"""Each digest takes 64 MiB for as long as it is computed: so many at a time, the others wait."""
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 5
_GROUP: Final = 4


def normalised(password: str) -> str:
    """The form in which a password is judged and digested."""
    return unicodedata.normalize("NFKC", password)


def digest_password(password: str, cost: Parameters) -> str:
    """The digest of a password, with its salt and parameters, in Argon2's encoded form."""
    with _AT_ONCE:
        return PasswordHasher.from_parameters(cost).hash(_bytes(password))


def is_password(password: str, digest: str, cost: Parameters) -> bool:
    """Whether the digest is of this password. The parameters it was made with are in it."""
    try:
        with _AT_ONCE:
            return PasswordHasher.from_parameters(cost).verify(digest, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(digest: str, cost: Parameters) -> bool:
    """Whether the digest was made with other parameters than those in use."""
    return PasswordHasher.from_parameters(cost).check_needs_rehash(digest)


def waste(password: str, cost: Parameters) -> None:
    """Spend what a check costs: a wrong username must take as long as a wrong password."""
    digest_password(password, cost)


def new_one_time_password() -> str:
    """A random password of 99 bits, without letters that look like others."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _bytes(password: str) -> bytes:
    return normalised(password).encode(errors="surrogatepass")
