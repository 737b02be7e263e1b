"""Collections for retrospective search: listed, made, changed, deleted; their pairs and single records."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, collections
from overt.casework.collections import CollectionView, DeletedRecord, RecordView
from overt.casework.deployments import packs_here
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import InputError, MissingError
from overt.web.service import TheOffice

__all__ = ["router"]

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
    return _shown(request, office, viewer, collection_id, Form())


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


@router.get("/collections/{collection_id}/pairs")
def pairs(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.report")],
    collection_id: Id,
    kind: Literal["", "same-picture", "same-person", "two-people"] = "",
    after: After = None,
) -> Response:
    """Pairs of pictures that a person should look at. Nothing is done about them by itself."""
    return page(
        request,
        viewer,
        "collections/pairs.html",
        collection=collections.show_collection(office, viewer.actor, collection_id),
        found=collections.report_pairs(
            office, viewer.actor, collection_id, Page(after=after, limit=_SHOWN), kind or None
        ),
        kind=kind,
        kinds=("same-picture", "same-person", "two-people"),
    )


@router.post("/collections/{collection_id}/record")
async def find_record(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.show-record")],
    collection_id: Id,
) -> Response:
    """A record, by its reference, which stands in no address."""
    form = await read_form(request, viewer)
    try:
        record = await run_in_threadpool(
            collections.show_record, office, viewer.actor, collection_id, _reference(form)
        )
    except (*REFUSALS, MissingError) as error:
        return await run_in_threadpool(_shown, request, office, viewer, collection_id, form.refused(error))
    return await run_in_threadpool(_record, request, office, viewer, record, Form())


@router.post("/collections/{collection_id}/record/review")
async def review_record(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.review-record")],
    collection_id: Id,
) -> Response:
    """It was looked at and still belongs there."""
    form = await read_form(request, viewer)
    reference = _reference(form)
    try:
        day = date.fromisoformat(form.text("review_by")) if form.text("review_by") else None
        review = collections.RecordReview(review_by=day)
        await run_in_threadpool(
            form.give,
            office,
            viewer,
            collections.review_record,
            RecordView,
            collection_id,
            reference,
            review,
        )
    except MissingError:
        raise
    except (*REFUSALS, ValueError) as error:
        refusal = error if isinstance(error, REFUSALS) else _no_day()
        record = await run_in_threadpool(
            collections.show_record, office, viewer.actor, collection_id, reference
        )
        return await run_in_threadpool(_record, request, office, viewer, record, form.refused(refusal))
    return see_other(f"/collections/{collection_id}", "The record is reviewed")


@router.post("/collections/{collection_id}/record/delete")
async def delete_record(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.delete-record")],
    collection_id: Id,
) -> Response:
    """A record goes: pictures, templates, keys, and what reports say of it."""
    form = await read_form(request, viewer)
    try:
        gone = await run_in_threadpool(
            form.give,
            office,
            viewer,
            collections.delete_record,
            DeletedRecord,
            collection_id,
            _reference(form),
        )
    except (*REFUSALS, MissingError) as error:
        return await run_in_threadpool(_shown, request, office, viewer, collection_id, form.refused(error))
    return see_other(
        f"/collections/{collection_id}",
        f"The record is deleted: {gone.images} pictures and {gone.keys} keys. No search finds it.",
    )


def _reference(form: Form) -> str:
    reference = form.text("reference")
    if not reference or len(reference) > 200:
        raise InputError("No reference is given", "Write it as the table had it", field="reference")
    return reference


def _no_day() -> InputError:
    return InputError("That is no day", "Write it as 2026-01-31", field="review_by")


def _new(request: Request, office: Office, viewer: Viewer, form: Form) -> Response:
    days = office.policy.collections.review_days
    return page(request, viewer, "collections/new.html", form=form, packs=packs_here(), review_days=days)


def _shown(request: Request, office: Office, viewer: Viewer, collection_id: str, form: Form) -> Response:
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


def _record(request: Request, office: Office, viewer: Viewer, record: RecordView, form: Form) -> Response:
    collection = collections.show_collection(office, viewer.actor, record.collection_id)
    return page(
        request,
        viewer,
        "collections/record.html",
        form=form,
        record=record,
        collection=collection,
        today=office.now().date(),
    )
