"""Who a request is carried out for: the bearer of a session or of an API token. No cookies, so nothing to forge."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from overt.casework import Actor
from overt.casework.people import authenticate
from overt.errors import SignInError
from overt.web.service import TheOffice

__all__ = ["Nobody", "TheActor"]

_LONGEST: Final = 512

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="The token of a session (`POST /api/v1/sign-in`) or a personal API token.",
)


def bearer_of(request: Request) -> str:
    """The secret in the Authorization header.

    Raises:
        SignInError: there is none, or it cannot be one.
    """
    written = request.headers.getlist("authorization")
    scheme, _, secret = (written[0] if len(written) == 1 else "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not 0 < len(secret) <= _LONGEST or not secret.isascii():
        raise SignInError(
            "This takes a sign-in", "Send `Authorization: Bearer …` with a session's token or an API token"
        )
    return secret


def _actor(request: Request, office: TheOffice, _: Annotated[object, Depends(_scheme)]) -> Actor:
    return authenticate(office, bearer_of(request), "api")


def _nobody() -> Actor:
    return Actor.nobody("api")


TheActor = Annotated[Actor, Depends(_actor)]
"""Whoever the bearer's secret belongs to; without one the answer is 401."""

Nobody = Annotated[Actor, Depends(_nobody)]
"""For the routes that come before a sign-in."""
