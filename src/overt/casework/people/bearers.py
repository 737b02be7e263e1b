"""Bearer secrets: of sessions and of API tokens. What is kept of one is its SHA-256.

A secret has 256 random bits, so a digest of it cannot be guessed back and needs no slow hash. Its prefix says what it
is, to people and to the scanners that look for secrets that strayed into code.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

__all__ = ["SESSION_PREFIX", "TOKEN_PREFIX", "digest_of_bearer", "new_bearer"]

SESSION_PREFIX: Final = "overt_s_"
TOKEN_PREFIX: Final = "overt_t_"  # noqa: S105 - the beginning of secrets, not a secret


def new_bearer(prefix: str) -> tuple[str, bytes]:
    """A new secret, and what is kept of it."""
    bearer = prefix + secrets.token_urlsafe(32)
    return bearer, digest_of_bearer(bearer)


def digest_of_bearer(bearer: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(bearer.encode(errors="surrogatepass")).digest()
