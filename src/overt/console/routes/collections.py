"""Collections for retrospective search: listed, made, changed, deleted."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, collections
from overt.casework.collections import CollectionView
from overt.casework.deployments import packs_here
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import MissingError
from overt.web.service import TheOffice

__all__ = ["collection_page", "router"]

router = APIRouter()

_SHOWN: Final = 50


@router.get("/collections")
def every_collection(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.list")],
    after: After = None,
) -> Response:
    """All collections, the newest first."""
    found = collections.list_collections(office, viewer.actor, Page(after=after, limit=_SHOWN))
    return page(request, viewer, "collections/list.html", found=found)


@router.get("/collections/new")
def new_collection(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("collections.create")]
) -> Response:
    """The form for another collection."""
    return _new(request, office, viewer, Form())


@router.post("/collections")
async def create(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("collections.create")]
) -> Response:
    """Another collection."""
    form = await read_form(request, viewer)
    try:
        new = form.take(collections.NewCollection)
        made = await run_in_threadpool(
            form.give, office, viewer, collections.create_collection, CollectionView, new
        )
    except REFUSALS as error:
        return await run_in_threadpool(_new, request, office, viewer, form.refused(error))
    return see_other(f"/collections/{made.id}", "The collection is made. Bring its first pictures in.")


@router.get("/collections/{collection_id}")
def show(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.show")],
    collection_id: Id,
) -> Response:
    """A collection, with counts."""
    return collection_page(request, office, viewer, collection_id, Form())


@router.get("/collections/{collection_id}/settings")
def settings(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.change", "collections.delete")],
    collection_id: Id,
) -> Response:
    """What it is called and for, when its records are due for review; and its end."""
    shown = collections.show_collection(office, viewer.actor, collection_id)
    form = blank_form(name=shown.name, purpose=shown.purpose, review_days=str(shown.review_days))
    return _settings(request, office, viewer, shown, form)


@router.post("/collections/{collection_id}/change")
async def change(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.change")],
    collection_id: Id,
) -> Response:
    """Another name, purpose or time to a review."""
    form = await read_form(request, viewer)
    try:
        asked = form.take(collections.CollectionChange)
        await run_in_threadpool(
            form.give, office, viewer, collections.change_collection, CollectionView, collection_id, asked
        )
    except MissingError:
        raise
    except REFUSALS as error:
        shown = await run_in_threadpool(collections.show_collection, office, viewer.actor, collection_id)
        return await run_in_threadpool(_settings, request, office, viewer, shown, form.refused(error))
    return see_other(f"/collections/{collection_id}", "The collection is changed")


@router.post("/collections/{collection_id}/delete")
async def delete(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.delete")],
    collection_id: Id,
) -> Response:
    """The collection goes, with everything in it."""
    await read_form(request, viewer)
    count = await run_in_threadpool(collections.delete_collection, office, viewer.actor, collection_id)
    return see_other(
        "/collections", f"The collection is deleted: {count} records, their pictures and their keys"
    )


def _new(request: Request, office: Office, viewer: Viewer, form: Form) -> Response:
    days = office.policy.collections.review_days
    return page(request, viewer, "collections/new.html", form=form, packs=packs_here(), review_days=days)


def collection_page(
    request: Request, office: Office, viewer: Viewer, collection_id: str, form: Form
) -> Response:
    """A collection; with what is wrong where a record could not be found."""
    shown = collections.show_collection(office, viewer.actor, collection_id)
    latest = None
    if viewer.may("collections.list-ingestions"):
        latest = collections.list_ingestions(office, viewer.actor, collection_id, Page(limit=5))
    return page(request, viewer, "collections/show.html", form=form, collection=shown, latest=latest)


def _settings(
    request: Request, office: Office, viewer: Viewer, shown: CollectionView, form: Form
) -> Response:
    context: dict[str, Any] = {"collection": shown, "most_days": office.policy.collections.review_days}
    return page(request, viewer, "collections/settings.html", form=form, **context)
