"""Another model pack's templates for a collection: made beside those in use, given up, or switched to."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from overt.casework import collections
from overt.casework.collections import CollectionView
from overt.casework.deployments import packs_here
from overt.console.addresses import Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import fragment, page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import InputError, MissingError
from overt.web.service import Service, TheService

__all__ = ["router"]

router = APIRouter()


@router.get("/collections/{collection_id}/templates")
def templates_page(
    request: Request,
    service: TheService,
    viewer: Annotated[
        Viewer, may("collections.re-embed", "collections.switch", "collections.abandon-re-embedding")
    ],
    collection_id: Id,
) -> Response:
    """Which pack's templates are searched, and how far another's are."""
    return _shown(request, service, viewer, collection_id, Form())


@router.get("/collections/{collection_id}/templates/progress")
def progress(
    service: TheService, viewer: Annotated[Viewer, may("collections.re-embed")], collection_id: Id
) -> Response:
    """The same as a part of a page, asked for again and again; the page itself is in the audit chain."""
    found = collections.collection_progress(service.office, viewer.actor, collection_id)
    return HTMLResponse(
        fragment(
            "collections/templates_made.html",
            viewer,
            collection=found,
            running=_is_running(service, collection_id),
        )
    )


@router.post("/collections/{collection_id}/templates")
async def begin(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("collections.re-embed")],
    collection_id: Id,
) -> Response:
    """Begin to make another pack's templates, or go on."""
    form = await read_form(request, viewer)
    try:
        pack = form.text("pack")
        if not 0 < len(pack) <= 100:
            raise InputError("No model pack is chosen", "Choose one", field="pack")
        await run_in_threadpool(
            service.imports.take_re_embedding, service.office, viewer.actor, collection_id, pack
        )
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, service, viewer, collection_id, form.refused(error))
    return see_other(
        f"/collections/{collection_id}/templates", "The templates are being made. Searches go on as before."
    )


@router.post("/collections/{collection_id}/templates/switch")
async def switch(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("collections.switch")],
    collection_id: Id,
) -> Response:
    """Search the new templates from now on."""
    return await _carried_out(
        request,
        service,
        viewer,
        collection_id,
        collections.switch_templates,
        "The new templates are searched from now on. The pictures are to be compared again.",
    )


@router.post("/collections/{collection_id}/templates/abandon")
async def abandon(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("collections.abandon-re-embedding")],
    collection_id: Id,
) -> Response:
    """Give up the new templates."""
    return await _carried_out(
        request,
        service,
        viewer,
        collection_id,
        collections.abandon_re_embedding,
        "The new templates are deleted. Searches go on as before.",
    )


async def _carried_out(  # noqa: PLR0917 - a form's way
    request: Request,
    service: Service,
    viewer: Viewer,
    collection_id: str,
    command: Callable[..., Any],
    said: str,
) -> Response:
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(form.give, service.office, viewer, command, CollectionView, collection_id)
    except MissingError:
        raise
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, service, viewer, collection_id, form.refused(error))
    return see_other(f"/collections/{collection_id}", said)


def _shown(request: Request, service: Service, viewer: Viewer, collection_id: str, form: Form) -> Response:
    found = collections.show_collection(service.office, viewer.actor, collection_id)
    in_use = (found.pack, found.pack_version)
    others = [one for one in packs_here() if (one.contract.pack, one.contract.version) != in_use]
    return page(
        request,
        viewer,
        "collections/templates.html",
        form=form,
        collection=found,
        packs=others,
        running=_is_running(service, collection_id),
    )


def _is_running(service: Service, collection_id: str) -> bool:
    return service.imports.is_under_way(f"re-embed {collection_id}")
