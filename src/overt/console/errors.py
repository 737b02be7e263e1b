"""Every error as a page: what happened, to what, and what to do; the request's id for whoever looks into it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from overt import errors
from overt.console.pages import page
from overt.console.viewer import MayOpen, forget_session
from overt.web.problems import OWN_WORDS_ONLY, WORDS, status_of
from overt.web.service import service_of

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

    from overt.console.viewer import Viewer

__all__ = ["answer_pages", "error_page"]

_TITLES: Final = {
    400: "That request cannot be read",
    403: "This is not yours to open",
    404: "There is nothing here",
    405: "There is no page here",
    409: "It does not fit how things are now",
    413: "That is too large",
    422: "Something in the address does not fit",
    429: "Too many attempts",
    500: "Something went wrong that nobody foresaw",
    503: "Overt cannot answer at the moment",
}


def answer_pages(app: FastAPI) -> None:
    """Have every error of the console answered as a page."""
    app.add_exception_handler(errors.SignInError, _sign_in)
    app.add_exception_handler(errors.OvertError, _overt_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def error_page(request: Request, status: int, what: str, remedy: str = "") -> Response:
    """The page of an error. Whoever is signed in keeps their menu."""
    return page(
        request,
        _viewer(request),
        "error.html",
        status=status,
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        what=what,
        remedy=remedy,
        request_id=str(request.scope.get("overt.request_id", "unknown")),
    )


def _viewer(request: Request) -> Viewer | None:
    try:
        return MayOpen()(request, service_of(request).office)
    except errors.OvertError:
        return None


def _sign_in(request: Request, error: Exception) -> Response:
    """To the sign-in page, and back afterwards. A script is told, and keeps what was written where it is."""
    assert isinstance(error, errors.SignInError)  # noqa: S101 - it is registered for no other
    if request.method != "GET" or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return error_page(request, 401, error.what, error.remedy)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    answer = RedirectResponse(
        "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted)}", status_code=303
    )
    forget_session(request, answer)
    return answer


def _overt_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.OvertError)  # noqa: S101 - it is registered for no other
    status = status_of(error)
    viewer = _viewer(request)
    if status == 403 and viewer is not None and viewer.session.must_change_password:
        return RedirectResponse("/self/password", status_code=303)
    if status in OWN_WORDS_ONLY:
        request.scope["overt.error"] = type(error).__name__
        return error_page(
            request, status, WORDS.get(status, ""), "Give the request's id to an administrator, and try again"
        )
    answer = error_page(request, status, error.what, error.remedy)
    if isinstance(error, errors.RateError):
        answer.headers["Retry-After"] = str(max(1, round(error.wait_seconds)))
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    places = [".".join(str(part) for part in one["loc"][1:]) for one in error.errors()]
    if any(one["loc"][:1] == ("path",) for one in error.errors()):
        return error_page(request, 404, WORDS[404], "Go back, or begin at the first page")
    return error_page(request, 422, f"{', '.join(places)[:200]} cannot be taken", "Go back, and try again")


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    if error.status_code == 405:
        said = "This address takes what a form sends, and shows nothing by itself"
    return error_page(
        request,
        error.status_code,
        said or WORDS.get(error.status_code, ""),
        "Go back, or begin at the first page",
    )
