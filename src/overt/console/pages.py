"""Pages: a template, filled in for one viewer."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

import overt
from overt.console import wording
from overt.console.forms import Form
from overt.console.menu import menu_of
from overt.web.service import service_of

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from overt.console.viewer import Viewer

__all__ = ["STATIC", "asset", "environment", "fragment", "page", "see_other"]

STATIC: Final = Path(__file__).parent / "static"
_SAID: Final = "overt-said"
_THEME: Final = "overt-theme"
_LONGEST_SAID: Final = 300


@cache
def environment() -> Environment:
    """The templates. Whatever is put into one is escaped; a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("overt.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(wording.FILTERS)
    made.globals.update(asset=asset, version=overt.__version__, words=wording.words)
    return made


@cache
def _static_digest() -> str:
    """One digest for all files, so that scripts find each other beside them."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*.*")):
        digest.update(f"{file.relative_to(STATIC)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@cache
def asset(name: str) -> str:
    """The address of a file of the console's own; it changes when any of them does, so that browsers may keep it.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not (STATIC / name).is_file():
        raise FileNotFoundError(f"the console has no file {name}")
    return f"/static/{_static_digest()}/{name}"


def fragment(template: str, viewer: Viewer | None, **context: Any) -> str:
    """A part of a page."""
    return environment().get_template(template).render(viewer=viewer, **context)


def page(
    request: Request,
    viewer: Viewer | None,
    template: str,
    *,
    form: Form | None = None,
    status: int | None = None,
    **context: Any,
) -> HTMLResponse:
    """A whole page. `form` is what its form shows; a refused one decides the page's status.

    What was said by `see_other` before is shown once.
    """
    said = unquote(request.cookies.get(_SAID, ""))[:_LONGEST_SAID]
    form = form or Form()
    written = fragment(
        template,
        viewer,
        form=form,
        said=said,
        menu=() if viewer is None else menu_of(viewer, request.url.path),
        path=request.url.path,
        theme=theme_of(request),
        now=service_of(request).office.now(),
        **context,
    )
    answer = HTMLResponse(written, status_code=form.status if status is None else status)
    if said:
        answer.delete_cookie(_SAID, httponly=True, samesite="strict")
    return answer


def see_other(address: str, said: str = "") -> Response:
    """Go on to another page, which says what was done: in words that a browser keeps, so nothing about a person."""
    answer = RedirectResponse(address, status_code=303)
    if said:
        answer.set_cookie(_SAID, quote(said[:_LONGEST_SAID]), httponly=True, samesite="strict", max_age=60)
    return answer


def theme_of(request: Request) -> str:
    """`light` or `dark` where the person has chosen, else empty: as their device has it."""
    chosen = request.cookies.get(_THEME, "")
    return chosen if chosen in {"light", "dark"} else ""
