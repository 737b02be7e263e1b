"""Single records of a collection: found by reference, their pictures, reviewed, deleted; those that are due."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, collections
from overt.casework.collections import DeletedRecord, RecordView
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.routes.collections import collection_page
from overt.console.viewer import Viewer, may
from overt.errors import InputError, MissingError
from overt.web.answers import jpeg
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 50
_WITHIN: Final = {"": 0, "month": 31, "quarter": 92}


@router.get("/collections/{collection_id}/due")
def due(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.list-due-records")],
    collection_id: Id,
    within: Literal["", "month", "quarter"] = "",
    after: After = None,
) -> Response:
    """Records whose review is due, or soon will be."""
    return page(
        request,
        viewer,
        "collections/due.html",
        collection=collections.show_collection(office, viewer.actor, collection_id),
        found=collections.list_due_records(
            office, viewer.actor, collection_id, Page(after=after, limit=_SHOWN), _WITHIN[within]
        ),
        within=within,
        choices=_WITHIN,
        today=office.now().date(),
    )


@router.get("/collections/{collection_id}/images/{image_id}/picture")
def picture(
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.show-picture")],
    collection_id: Id,
    image_id: Id,
) -> Response:
    """A picture of a record; who looked at which is in the audit chain."""
    return jpeg(collections.show_picture(office, viewer.actor, collection_id, image_id))


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
        return await run_in_threadpool(
            collection_page, request, office, viewer, collection_id, form.refused(error)
        )
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
        return await run_in_threadpool(
            collection_page, request, office, viewer, collection_id, form.refused(error)
        )
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
