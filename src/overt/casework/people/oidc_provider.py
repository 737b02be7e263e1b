"""The force's OpenID Connect provider, as Overt meets it: discovery, the code for a token, and the token's proof.

OpenID Connect Core 1.0, code flow with PKCE (RFC 7636); Authlib and joserfc do the protocol and the signatures.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from overt.errors import PolicyError, SignInError

if TYPE_CHECKING:
    import ssl
    from types import ModuleType

    from overt.casework.policy import OidcPolicy

__all__ = ["Endpoints", "authorization_url", "discover", "redeem", "require_extra", "verified_claims"]

_TIMEOUT_SECONDS: Final = 10.0
_LEEWAY_SECONDS: Final = 60
_KNOWN_FOR: Final = timedelta(minutes=10)
_SIGNATURES: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Signatures with a key pair only: none at all, and those with a shared secret, are refused."""


class Endpoints(msgspec.Struct, frozen=True):
    """What a provider says of itself in its discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True)
class _Known:
    at: datetime
    endpoints: Endpoints


_known: Final[dict[str, _Known]] = {}


def require_extra() -> ModuleType:
    """httpx, if all that OpenID Connect needs is installed.

    Raises:
        PolicyError: it is not.
    """
    try:
        for name in ("authlib.oauth2.client", "authlib.oidc.core", "joserfc.jwt"):
            importlib.import_module(name)
        return importlib.import_module("httpx")
    except ImportError as error:
        raise PolicyError(
            f"The policy sets OpenID Connect up, and the package {error.name} is not installed",
            "Install overt with its extra oidc: pip install 'overt[oidc]'",
        ) from error


def discover(settings: OidcPolicy, now: datetime) -> Endpoints:
    """What the provider says of itself; kept for ten minutes.

    Raises:
        SignInError: it does not answer, or not as OpenID Connect Discovery 1.0 says.
        PolicyError: the extra is not installed, or the issuer's address is not safe.
    """
    known = _known.get(settings.issuer)
    if known is not None and timedelta() <= now - known.at < _KNOWN_FOR:
        return known.endpoints
    if not _is_safe(settings.issuer):
        raise PolicyError(f"The OpenID Connect issuer {settings.issuer} is not https", "Use https")
    found = _get(settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
    try:
        endpoints = msgspec.convert(found, Endpoints)
    except msgspec.ValidationError as error:
        raise _unusable("its discovery document is malformed") from error
    if endpoints.issuer != settings.issuer:
        raise _unusable("it names another issuer than the policy")
    here = _is_loopback(settings.issuer)
    addresses = (endpoints.authorization_endpoint, endpoints.token_endpoint, endpoints.jwks_uri)
    if not all(_is_https(address) or (here and _is_loopback(address)) for address in addresses):
        raise _unusable("it names an address that is not https")
    _known[settings.issuer] = _Known(now, endpoints)
    return endpoints


def authorization_url(
    settings: OidcPolicy, endpoints: Endpoints, *, redirect_uri: str, state: str, nonce: str, verifier: str
) -> str:
    """Where to send the one who signs in."""
    require_extra()
    from authlib.oauth2.client import OAuth2Client

    client = OAuth2Client(
        None,
        client_id=settings.client_id,
        scope=" ".join(settings.scopes),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    url, _ = client.create_authorization_url(
        endpoints.authorization_endpoint, state=state, code_verifier=verifier, nonce=nonce
    )
    return str(url)


def redeem(
    settings: OidcPolicy,
    secret: str | None,
    endpoints: Endpoints,
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
) -> dict[str, Any]:
    """The tokens for a code.

    Raises:
        SignInError: the provider does not answer, or does not take the code.
    """
    httpx = require_extra()
    from authlib.common.errors import AuthlibBaseError
    from authlib.oauth2.client import OAuth2Client

    # With a secret the client is known by it; without one by its id and the verifier alone (RFC 7636).
    known_by = {} if secret else {"client_id": settings.client_id}
    try:
        with httpx.Client(timeout=_TIMEOUT_SECONDS, verify=_trusted()) as session:
            client = OAuth2Client(session, client_id=settings.client_id, client_secret=secret)
            tokens = client.fetch_token(
                endpoints.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=verifier,
                auth=httpx.BasicAuth(settings.client_id, secret) if secret else httpx.Auth(),
                **known_by,
            )
    except httpx.HTTPError as error:
        raise _unusable("it did not answer") from error
    except (AuthlibBaseError, ValueError) as error:
        raise SignInError("The OpenID Connect provider did not take the sign-in", "Begin again") from error
    return dict(tokens)


def verified_claims(
    settings: OidcPolicy, endpoints: Endpoints, tokens: dict[str, Any], *, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of the ID token, once its signature, issuer, audience, time and nonce are proved.

    Raises:
        SignInError: one of them is not as it must be, or the provider does not answer.
    """
    require_extra()
    from authlib.common.errors import AuthlibBaseError
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise _unusable("it gave no ID token")
    found = _get(endpoints.jwks_uri)
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(found), algorithms=list(_SIGNATURES))
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
            },
            params={
                "nonce": nonce,
                "client_id": settings.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ValueError("the token names no subject")  # noqa: TRY301 - joins the other faults
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
        raise SignInError(
            "The OpenID Connect provider's token is not valid",
            "Begin again; if it stays so, an administrator should compare the clocks and the policy's [oidc]",
        ) from error
    return dict(claims)


def _get(address: str) -> Any:
    httpx = require_extra()
    try:
        with httpx.Client(timeout=_TIMEOUT_SECONDS, verify=_trusted()) as session:
            response = session.get(address, headers={"accept": "application/json"})
            response.raise_for_status()
        return msgspec.json.decode(response.content)
    except httpx.HTTPError as error:
        raise _unusable("it did not answer") from error
    except msgspec.DecodeError as error:
        raise _unusable("its answer is malformed") from error


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The authorities that the machine trusts, read once."""
    context: ssl.SSLContext = require_extra().create_ssl_context()
    return context


def _unusable(why: str) -> SignInError:
    return SignInError(
        f"The OpenID Connect provider cannot be used: {why}",
        "Try again, or sign in with a password if you have one",
    )


def _is_safe(address: str) -> bool:
    return _is_https(address) or _is_loopback(address)


def _is_https(address: str) -> bool:
    return urlsplit(address).scheme == "https"


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in {"127.0.0.1", "::1", "localhost"}
