"""The first page: where somebody's work begins, by their roles."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from overt.console.menu import menu_of
from overt.console.viewer import Viewer, may

__all__ = ["router"]

router = APIRouter()


@router.get("/")
def first_page(viewer: Annotated[Viewer, may()]) -> Response:
    """To the first page of the viewer's menu; to the choice of a password where they have only a one-time one."""
    if viewer.session.must_change_password:
        return RedirectResponse("/self/password", status_code=303)
    return RedirectResponse(menu_of(viewer, "/")[0].item.address, status_code=303)
