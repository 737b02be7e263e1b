"""Signing in through the force's OpenID Connect provider.

The provider says who someone is. What they may do is said here alone: they must be among the people already, and no
claim gives a role. `begin_oidc` gives the address to send the browser to, and what the browser must keep until it
comes back (in a cookie that scripts cannot read); `sign_in_oidc` takes both and what the provider sent along.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from overt.casework.actor import Actor, Role
from overt.casework.commands import Work, command
from overt.casework.people.oidc_provider import authorization_url, discover, redeem, verified_claims
from overt.casework.people.sessions import begin_session
from overt.casework.people.sign_in import count_client, hold_to_rate
from overt.errors import InputError, MissingError, OvertError, PolicyError, SignInError
from overt.records.tables import Person

if TYPE_CHECKING:
    from overt.casework.office import Office
    from overt.casework.people.models import SignedIn
    from overt.casework.policy import OidcPolicy

__all__ = ["OidcAnswer", "OidcStart", "begin_oidc", "sign_in_oidc"]

_PENDING_FOR: Final = timedelta(minutes=10)


class OidcStart(BaseModel):
    """A sign-in that was begun."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(description="Where the browser goes.")]
    pending: Annotated[
        str,
        Field(repr=False, description="What the browser keeps until it is back, out of reach of scripts."),
    ]
    expires_at: Annotated[datetime, Field(description="It must be back by then.")]


class OidcAnswer(BaseModel):
    """What a browser brings back from the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(max_length=4096, repr=False)]
    state: Annotated[str, Field(max_length=256)]
    pending: Annotated[str, Field(max_length=4096, repr=False, description="As it was given.")]
    client: Annotated[str, Field(max_length=100, description="The client's address.")]


class _Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    expires_at: datetime


class _Identity(msgspec.Struct, frozen=True):
    """Who the provider says it is; or why it said nothing that can be used."""

    subject: str = ""
    username: str | None = None
    error: OvertError | None = None


def begin_oidc(office: Office, redirect_uri: str) -> OidcStart:
    """Begin to sign in through the provider.

    Args:
        office: the office.
        redirect_uri: where the provider sends the browser back to; the provider must know it.

    Raises:
        MissingError: the policy has no [oidc].
        PolicyError: the extra `oidc` is not installed, or the settings cannot be used.
        InputError: `redirect_uri` is not an address of the web.
        SignInError: the provider does not answer.
    """
    settings = _settings(office)
    if urlsplit(redirect_uri).scheme not in {"http", "https"} or not urlsplit(redirect_uri).hostname:
        raise InputError(
            "redirect_uri is not an address that a browser can be sent to", "Give a URL", field="redirect_uri"
        )
    endpoints = discover(settings, office.now())
    pending = _Pending(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
        expires_at=office.now() + _PENDING_FOR,
    )
    url = authorization_url(
        settings,
        endpoints,
        redirect_uri=redirect_uri,
        state=pending.state,
        nonce=pending.nonce,
        verifier=pending.verifier,
    )
    kept = base64.urlsafe_b64encode(msgspec.json.encode(pending)).decode()
    return OidcStart(url=url, pending=kept, expires_at=pending.expires_at)


def sign_in_oidc(office: Office, actor: Actor, answer: OidcAnswer) -> SignedIn:
    """Sign in with what the browser brought back (the command `people.sign-in-oidc`).

    A one-time password that was not used yet is void from then on.

    Raises:
        MissingError: the policy has no [oidc].
        PolicyError: the extra `oidc` is not installed, or the settings cannot be used.
        RateError: too many attempts from this address.
        SignInError: the answer does not belong to the beginning, the token is not valid, or nobody who is active is
            linked to it.
    """
    settings = _settings(office)
    if Role.NOBODY not in actor.roles:
        return _sign_in_oidc(office, actor, answer.client, _Identity())  # which refuses, and enters it
    hold_to_rate(office, actor, answer.client)
    try:
        identity = _identify(office, settings, answer)
    except SignInError as error:
        identity = _Identity(error=error)
    return _sign_in_oidc(office, actor, answer.client, identity)


def _identify(office: Office, settings: OidcPolicy, answer: OidcAnswer) -> _Identity:
    """Ask the provider, outside any transaction."""
    pending = _opened(answer.pending)
    now = office.now()
    if not hmac.compare_digest(pending.state.encode(), answer.state.encode()) or now >= pending.expires_at:
        raise _not_begun()
    endpoints = discover(settings, now)
    tokens = redeem(
        settings,
        _secret(office, settings),
        endpoints,
        code=answer.code,
        redirect_uri=pending.redirect_uri,
        verifier=pending.verifier,
    )
    claims = verified_claims(settings, endpoints, tokens, nonce=pending.nonce, now=now)
    username = None if settings.username_claim is None else claims.get(settings.username_claim)
    return _Identity(
        subject=str(claims["sub"]), username=username.casefold() if isinstance(username, str) else None
    )


def _opened(pending: str) -> _Pending:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(pending.encode()), type=_Pending)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise _not_begun() from error


def _not_begun() -> SignInError:
    return SignInError("This sign-in was not begun in this browser, or took too long", "Begin again")


@command("people.sign-in-oidc")
def _sign_in_oidc(work: Work, client: str, identity: _Identity) -> SignedIn:
    """Let in the one that the provider named, if somebody active is linked to them."""
    count_client(work, client)
    if identity.error is not None:
        raise identity.error
    person = work.session.scalar(
        select(Person).where(Person.oidc_subject == identity.subject).with_for_update()
    )
    if person is None and identity.username is not None:
        person = work.session.scalar(
            select(Person)
            .where(Person.username == identity.username, Person.oidc_subject.is_(None))
            .with_for_update()
        )
    if person is None:
        raise _unknown(work, "nobody linked")
    work.note(person.id)
    if person.deactivated_at is not None:
        raise _unknown(work, "deactivated")
    if person.oidc_subject is None:
        person.oidc_subject = identity.subject
        work.details["linked"] = True
    if person.must_change_password:
        person.password_digest, person.password_expires_at = None, None
        person.must_change_password = False
    return begin_session(work, person)


def _unknown(work: Work, why: str) -> SignInError:
    work.on_failure.append(lambda entry: entry.details.update(why=why))
    return SignInError(
        "The provider knows you, and no active account here is linked to you",
        "Ask an administrator to add you, or to link your account",
    )


def _settings(office: Office) -> OidcPolicy:
    if office.policy.oidc is None:
        raise MissingError(
            "Sign-in by OpenID Connect is not set up here",
            "Sign in with a password, or add [oidc] to the policy",
        )
    return office.policy.oidc


def _secret(office: Office, settings: OidcPolicy) -> str | None:
    given = os.environ.get(settings.secret_variable)
    if given:
        return given
    if settings.secret_file is None:
        return None
    try:
        return (office.folder / settings.secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            "The file that oidc.secret_file names in the policy cannot be read",
            f"Put the client's secret there, or into {settings.secret_variable}",
        ) from error
