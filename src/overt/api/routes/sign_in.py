"""Signing in and out, and one's own password and tokens."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from overt.api.acting import Nobody, TheActor
from overt.api.inputs import Id, ThePage, api_router
from overt.api.repeats import TheCreation
from overt.casework import people
from overt.casework.paging import Listing
from overt.casework.people.models import LONGEST_PASSWORD
from overt.web.addresses import client_of
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("sign-in")


class Credentials(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=LONGEST_PASSWORD, repr=False)]


class OidcBeginning(BaseModel):
    """Where the provider sends the browser back to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    redirect_uri: Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[!-~]+$")]


class OidcReturn(BaseModel):
    """What the browser brings back from the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=4096, repr=False)]
    state: Annotated[str, Field(min_length=1, max_length=256)]
    pending: Annotated[str, Field(min_length=1, max_length=4096, repr=False, description="As it was given.")]


@router.post("/sign-in", operation_id="people.sign-in", status_code=201, summary="Sign in")
def sign_in(office: TheOffice, nobody: Nobody, request: Request, asked: Credentials) -> people.SignedIn:
    """Begins a session. Its token is shown in this answer only; send it as `Authorization: Bearer …`."""
    given = people.SignIn(username=asked.username, password=asked.password, client=client_of(request))
    return people.sign_in(office, nobody, given)


@router.post(
    "/sign-in/oidc/beginnings",
    operation_id="people.begin-oidc",
    status_code=201,
    summary="Begin to sign in through the force's OpenID Connect provider",
)
def begin_oidc(office: TheOffice, asked: OidcBeginning) -> people.OidcStart:
    """Where the browser goes, and what it keeps until it is back. 404 where the policy names no provider."""
    return people.begin_oidc(office, asked.redirect_uri)


@router.post(
    "/sign-in/oidc",
    operation_id="people.sign-in-oidc",
    status_code=201,
    summary="Sign in with what the provider answered",
)
def sign_in_oidc(office: TheOffice, nobody: Nobody, request: Request, asked: OidcReturn) -> people.SignedIn:
    """Begins a session, as signing in with a password does."""
    given = people.OidcAnswer(**asked.model_dump(), client=client_of(request))
    return people.sign_in_oidc(office, nobody, given)


@router.post("/sign-out", operation_id="people.sign-out", status_code=204, summary="Sign out")
def sign_out(office: TheOffice, actor: TheActor) -> None:
    """Ends the session that the request was made in."""
    people.sign_out(office, actor)


@router.get("/self", operation_id="people.show-self", summary="Whose session or token this is")
def show_self(office: TheOffice, actor: TheActor) -> people.SelfView:
    """The person, and the commands that they may give with it."""
    return people.show_self(office, actor)


@router.post("/self/password", operation_id="people.change-password", summary="Change one's own password")
def change_password(office: TheOffice, actor: TheActor, asked: people.NewPassword) -> people.PersonView:
    """Takes the old one too. Other sessions end."""
    return people.change_password(office, actor, asked)


@router.post(
    "/self/tokens", operation_id="people.add-token", status_code=201, summary="Make a personal API token"
)
def add_token(create: TheCreation, token: people.NewToken) -> people.AddedToken:
    """For programs. Its secret is shown in this answer and never again."""
    return create(people.add_token, people.AddedToken, token)


@router.get("/self/tokens", operation_id="people.list-tokens", summary="One's own API tokens")
def list_tokens(office: TheOffice, actor: TheActor, page: ThePage) -> Listing[people.TokenView]:
    """Without their secrets."""
    return people.list_tokens(office, actor, page)


@router.post(
    "/self/tokens/{token_id}/revoke",
    operation_id="people.revoke-token",
    summary="Revoke one of one's own tokens",
)
def revoke_token(office: TheOffice, actor: TheActor, token_id: Id) -> people.TokenView:
    """From now on it lets nobody in."""
    return people.revoke_token(office, actor, token_id)
