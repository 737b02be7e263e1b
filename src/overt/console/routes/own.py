"""What everybody has: their own password, their API tokens, and how the pages look to them."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import people
from overt.casework.paging import Page
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, is_secure, may
from overt.errors import SignInError
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

_YEAR_SECONDS: Final = 365 * 24 * 3600


@router.get("/self")
def own_page(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.list-tokens")]
) -> Response:
    """Who I am here, and my API tokens."""
    return _own(request, office, viewer, Form())


@router.get("/self/password")
def password_page(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.change-password")]
) -> Response:
    """The form for another password."""
    return page(request, viewer, "own/password.html", length=office.policy.sign_in.password_length)


@router.post("/self/password")
async def change_password(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.change-password")]
) -> Response:
    """Another password; every other session ends."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(people.change_password, office, viewer.actor, form.take(people.NewPassword))
    except (*REFUSALS, SignInError) as error:
        length = office.policy.sign_in.password_length
        return page(request, viewer, "own/password.html", form=form.refused(error), length=length)
    return see_other("/", "Your password is changed, and your other sessions have ended")


@router.post("/self/tokens")
async def add_token(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.add-token")]
) -> Response:
    """Another token; its secret is on this page and on no later one."""
    form = await read_form(request, viewer)
    try:
        made = await run_in_threadpool(
            people.add_token, office, viewer.actor, form.take(people.NewToken, scopes=_scopes(form))
        )
    except REFUSALS as error:
        return await run_in_threadpool(_own, request, office, viewer, form.refused(error))
    return await run_in_threadpool(_own, request, office, viewer, Form(), made)


@router.post("/self/tokens/{token_id}/revoke")
async def revoke_token(
    request: Request, office: TheOffice, token_id: str, viewer: Annotated[Viewer, may("people.revoke-token")]
) -> Response:
    """A token that lets nobody in any more."""
    await read_form(request, viewer)
    await run_in_threadpool(people.revoke_token, office, viewer.actor, token_id)
    return see_other("/self", "The token is revoked")


@router.post("/theme")
async def choose_theme(request: Request) -> Response:
    """Light, dark, or as the device has it. Kept in the browser; nobody needs to be signed in."""
    form = await read_form(request, None)
    answer = see_other(_back(request))
    chosen = form.text("theme")
    if chosen in {"light", "dark"}:
        answer.set_cookie(
            "overt-theme",
            chosen,
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="strict",
            secure=is_secure(request),
        )
    else:
        answer.delete_cookie("overt-theme")
    return answer


def _own(
    request: Request, office: TheOffice, viewer: Viewer, form: Form, made: people.AddedToken | None = None
) -> Response:
    tokens = people.list_tokens(office, viewer.actor, Page(limit=500))
    return page(
        request,
        viewer,
        "own/self.html",
        form=form,
        tokens=tokens,
        made=made,
        days=office.policy.sign_in.token_days,
    )


def _scopes(form: Form) -> list[str]:
    return form.text("scopes").replace(",", " ").split()


def _back(request: Request) -> str:
    """The page that the choice was made on; only its path is taken, so it is of this address."""
    path = request.headers.get("referer", "").partition("://")[2].partition("/")[2]
    return f"/{path.partition('#')[0]}" if path.isprintable() and not path.startswith("/") else "/"
