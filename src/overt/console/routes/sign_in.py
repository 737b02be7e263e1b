"""Signing in, with a password or through the force's provider, and out."""

import json
from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.responses import JSONResponse, RedirectResponse, Response

from overt.casework import Actor, people
from overt.console.forms import Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import (
    MayOpen,
    Viewer,
    csrf_of,
    forget_session,
    is_secure,
    keep_session,
    may,
)
from overt.errors import InputError, OvertError, RateError, SignInError
from overt.web.addresses import client_of
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

Next = Annotated[str, Query(max_length=500)]
_PENDING: Final = "overt-oidc"
_PENDING_SECONDS: Final = 600


@router.get("/sign-in")
def sign_in_page(request: Request, office: TheOffice, next: Next = "/") -> Response:  # noqa: A002 - its name in the address
    """The form; whoever is signed in goes on."""
    try:
        MayOpen()(request, office)
    except SignInError:
        return _page(request, office, blank_form(next=_inside(next)))
    return RedirectResponse(_inside(next), status_code=303)


@router.post("/sign-in")
async def sign_in(request: Request, office: TheOffice) -> Response:
    """Sign in and go on. A script that renews an ended session is given what its forms must carry."""
    form = await read_form(request, None)
    wants_json = request.headers.get("accept") == "application/json"
    try:
        given = form.take(people.SignIn, client=client_of(request))
        signed_in = await run_in_threadpool(people.sign_in, office, Actor.nobody("console"), given)
    except ValidationError:
        refused: OvertError = InputError("A name and a password are needed", "Write both")
    except (SignInError, RateError) as error:
        refused = error
    else:
        return _signed_in(request, signed_in, _inside(form.text("next")), wants_json=wants_json)
    if wants_json:
        return JSONResponse({"what": refused.what, "remedy": refused.remedy}, status_code=403)
    return _page(request, office, form.refused(_as_input(refused)), status=_status(refused))


@router.get("/sign-in/provider")
def begin_oidc(request: Request, office: TheOffice, next: Next = "/") -> Response:  # noqa: A002 - its name in the address
    """To the force's provider, which sends the browser back."""
    begun = people.begin_oidc(office, _back_from_provider(request))
    answer = RedirectResponse(begun.url, status_code=303)
    kept = quote(json.dumps({"pending": begun.pending, "next": _inside(next)}))
    answer.set_cookie(
        _PENDING,
        kept,
        httponly=True,
        samesite="lax",  # the provider's page leads back here, and the cookie must come along
        secure=is_secure(request),
        max_age=_PENDING_SECONDS,
        path="/sign-in/provider",
    )
    return answer


@router.get("/sign-in/provider/back")
def end_oidc(
    request: Request,
    office: TheOffice,
    state: Annotated[str, Query(max_length=256)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """Signed in by the provider. The page goes on by itself, so that the strict cookie comes along."""
    try:
        kept = json.loads(unquote(request.cookies.get(_PENDING, "")))
        answer = people.OidcAnswer(
            code=code, state=state, pending=str(kept["pending"]), client=client_of(request)
        )
        signed_in = people.sign_in_oidc(office, Actor.nobody("console"), answer)
        wanted = _inside(str(kept["next"]))
    except (ValueError, KeyError, TypeError):
        refused: OvertError = SignInError("The sign-in was not begun in this browser, or took too long")
    except SignInError as error:
        refused = error
    else:
        shown = page(request, None, "signed_in.html", next=wanted)
        keep_session(request, shown, signed_in.token)
        shown.delete_cookie(_PENDING, path="/sign-in/provider")
        return shown
    return _page(request, office, Form().refused(_as_input(refused)), status=401)


@router.post("/sign-out")
async def sign_out(request: Request, office: TheOffice, viewer: Annotated[Viewer, may()]) -> Response:
    """End the session."""
    await read_form(request, viewer)
    await run_in_threadpool(people.sign_out, office, viewer.actor)
    answer = see_other("/sign-in", "You have signed out")
    forget_session(request, answer)
    return answer


@router.get("/session")
def session_state(viewer: Annotated[Viewer, may()]) -> JSONResponse:
    """Until when the session lasts, for the page's own clock."""
    return JSONResponse({"expires_at": viewer.session.expires_at.isoformat()})


def _signed_in(request: Request, signed_in: people.SignedIn, wanted: str, *, wants_json: bool) -> Response:
    answer: Response
    if wants_json:
        answer = JSONResponse({"csrf": csrf_of(signed_in.token), "username": signed_in.person.username})
    else:
        answer = RedirectResponse(wanted, status_code=303)
    keep_session(request, answer, signed_in.token)
    return answer


def _page(request: Request, office: TheOffice, form: Form, status: int | None = None) -> Response:
    provider = office.policy.oidc is not None
    return page(request, None, "sign_in.html", form=form, status=status, provider=provider)


def _as_input(error: OvertError) -> InputError:
    return InputError(error.what, error.remedy)


def _status(error: OvertError) -> int:
    return 429 if isinstance(error, RateError) else 401


def _back_from_provider(request: Request) -> str:
    return str(request.url.replace(path="/sign-in/provider/back", query=""))


def _inside(wanted: str) -> str:
    """An address of the console's own, and no other's."""
    plain = (
        wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    )
    return wanted if plain else "/"
