"""The policy in force: each figure with the limit that it may not pass."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from overt.casework import retention
from overt.console.pages import page
from overt.console.policy_words import sections_of
from overt.console.viewer import Viewer, may
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()


@router.get("/policy")
def show(request: Request, office: TheOffice, viewer: Annotated[Viewer, may("policy.show")]) -> Response:
    """Every figure, in words."""
    sections = sections_of(retention.show_policy(office, viewer.actor))
    return page(request, viewer, "policy/policy.html", sections=sections)
