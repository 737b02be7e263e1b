"""Collections for retrospective search: made, filled from archives, looked through, weeded, re-embedded."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from overt.api.acting import TheActor
from overt.api.inputs import Id, ThePage, api_router
from overt.api.repeats import TheCreation
from overt.casework import collections
from overt.casework.collections import CollectionView, IngestionView, RecordView
from overt.casework.paging import Listing, Page
from overt.web.answers import JPEG, jpeg
from overt.web.service import TheOffice, TheService
from overt.web.uploads import content_type, spool_body

__all__ = ["router"]

router = api_router("collections")


class RowQuery(Page):
    """Which rows, and which page of them."""

    result: Annotated[collections.RowOutcome | None, Field(description="Only rows with this result.")] = None


class PairKindQuery(Page):
    """Which pairs, and which page of them."""

    kind: Annotated[collections.PairKind | None, Field(description="Only these.")] = None
    decided: Annotated[
        bool | None, Field(description="Only pairs that somebody has, or nobody has decided about.")
    ] = None


class DueQuery(Page):
    """Which records that are due, and which page of them."""

    within_days: Annotated[int, Field(ge=0, le=3660, description="Also those due within so many days.")] = 0


class ReviewOfRecord(collections.NamedRecord):
    """A review of a record, by its reference."""

    review: collections.RecordReview = collections.RecordReview()


class NextPack(BaseModel):
    """The model pack whose templates are to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    pack: Annotated[str, Field(min_length=1, max_length=100)]


@router.post("/collections", operation_id="collections.create", status_code=201, summary="Make a collection")
def create(make: TheCreation, new: collections.NewCollection) -> CollectionView:
    """Its templates are made by the model pack that it names. Name and purpose name nobody: they are not sealed."""
    return make(collections.create_collection, CollectionView, new)


@router.get("/collections", operation_id="collections.list", summary="Collections, the newest first")
def list_all(office: TheOffice, actor: TheActor, page: ThePage) -> Listing[CollectionView]:
    """With counts of their records and images."""
    return collections.list_collections(office, actor, page)


@router.get("/collections/{collection_id}", operation_id="collections.show", summary="A collection")
def show(office: TheOffice, actor: TheActor, collection_id: Id) -> CollectionView:
    """With counts: records, images, those that a search goes through, those due for review, pairs to look at."""
    return collections.show_collection(office, actor, collection_id)


@router.patch(
    "/collections/{collection_id}",
    operation_id="collections.change",
    summary="Change name, purpose or review",
)
def change(
    office: TheOffice, actor: TheActor, collection_id: Id, asked: collections.CollectionChange
) -> CollectionView:
    """What is null stays."""
    return collections.change_collection(office, actor, collection_id, asked)


@router.delete(
    "/collections/{collection_id}",
    operation_id="collections.delete",
    status_code=204,
    summary="Delete a collection",
)
def delete(office: TheOffice, actor: TheActor, collection_id: Id) -> None:
    """With its records, their images, templates and keys."""
    collections.delete_collection(office, actor, collection_id)


@router.post(
    "/collections/{collection_id}/ingestions",
    operation_id="collections.ingest",
    status_code=202,
    summary="Bring an archive in",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def ingest(
    service: TheService,
    actor: TheActor,
    collection_id: Id,
    request: Request,
    name: Annotated[
        str, Query(min_length=1, max_length=200, description="What the archive is called.")
    ] = "archive.zip",
) -> IngestionView:
    """A ZIP, 2 GiB at most, sealed while it is on this machine. The same one sent again goes on where it was."""
    if content_type(request) != "application/zip":
        raise HTTPException(415)
    collections.require_may_ingest(actor)
    spool = await spool_body(request, service.office.folder)
    take = partial(service.imports.take_pictures, service.office, actor, collection_id, spool, name)
    return await to_thread.run_sync(take)


@router.get(
    "/collections/{collection_id}/ingestions",
    operation_id="collections.list-ingestions",
    summary="Ingestions to a collection",
)
def list_ingestions(
    office: TheOffice, actor: TheActor, collection_id: Id, page: ThePage
) -> Listing[IngestionView]:
    """The newest first: how far, how fast, and what was refused for what."""
    return collections.list_ingestions(office, actor, collection_id, page)


@router.get(
    "/ingestions/{ingestion_id}", operation_id="collections.show-ingestion", summary="How far an ingestion is"
)
def show_ingestion(office: TheOffice, actor: TheActor, ingestion_id: Id) -> IngestionView:
    """Ask again until its state is no longer `running`."""
    return collections.show_ingestion(office, actor, ingestion_id)


@router.get(
    "/ingestions/{ingestion_id}/rows",
    operation_id="collections.show-ingestion-rows",
    summary="What became of each row",
)
def show_rows(
    office: TheOffice, actor: TheActor, ingestion_id: Id, query: Annotated[RowQuery, Query()]
) -> Listing[collections.IngestedRow]:
    """So far, and until the report is deleted."""
    page = Page(after=query.after, limit=query.limit)
    return collections.show_ingestion_rows(office, actor, ingestion_id, page, query.result)


@router.get(
    "/collections/{collection_id}/report",
    operation_id="collections.report",
    summary="Pairs that a person should look at",
)
def report(
    office: TheOffice, actor: TheActor, collection_id: Id, query: Annotated[PairKindQuery, Query()]
) -> Listing[collections.PairView]:
    """The same picture or person under two references, two people in one record. Nothing is done by itself."""
    page = Page(after=query.after, limit=query.limit)
    return collections.report_pairs(office, actor, collection_id, page, query.kind, decided=query.decided)


@router.get(
    "/collections/{collection_id}/pairs/{pair_id}", operation_id="collections.show-pair", summary="A pair"
)
def show_pair(office: TheOffice, actor: TheActor, collection_id: Id, pair_id: Id) -> collections.PairView:
    """Two images, and what a person found who looked at both."""
    return collections.show_pair(office, actor, collection_id, pair_id)


@router.post(
    "/collections/{collection_id}/pairs/{pair_id}/decision",
    operation_id="collections.decide-pair",
    summary="Decide about a pair",
)
def decide_pair(
    office: TheOffice,
    actor: TheActor,
    collection_id: Id,
    pair_id: Id,
    decision: collections.NewPairDecision,
) -> collections.PairView:
    """What a person found who looked at both pictures. No record is changed by it."""
    return collections.decide_pair(office, actor, collection_id, pair_id, decision)


@router.get(
    "/collections/{collection_id}/images/{image_id}/picture",
    operation_id="collections.show-picture",
    summary="A picture of a record",
    responses=JPEG,
    response_class=Response,
)
def show_picture(office: TheOffice, actor: TheActor, collection_id: Id, image_id: Id) -> Response:
    """As it is kept: the face and its surroundings. Who looked at which is in the audit chain."""
    return jpeg(collections.show_picture(office, actor, collection_id, image_id))


@router.post(
    "/collections/{collection_id}/comparison",
    operation_id="collections.compare",
    status_code=202,
    summary="Compare the images",
)
def compare(service: TheService, actor: TheActor, collection_id: Id) -> CollectionView:
    """Those that have not been compared with all others yet; what is found is in the report."""
    return service.imports.take_comparison(service.office, actor, collection_id)


@router.get(
    "/collections/{collection_id}/due-records",
    operation_id="collections.list-due-records",
    summary="Records due for review",
)
def list_due(
    office: TheOffice, actor: TheActor, collection_id: Id, query: Annotated[DueQuery, Query()]
) -> Listing[collections.DueRecord]:
    """The earliest first, each with the day from which retention deletes it."""
    page = Page(after=query.after, limit=query.limit)
    return collections.list_due_records(office, actor, collection_id, page, query.within_days)


@router.post(
    "/collections/{collection_id}/records/show", operation_id="collections.show-record", summary="A record"
)
def show_record(
    office: TheOffice, actor: TheActor, collection_id: Id, asked: collections.NamedRecord
) -> RecordView:
    """By its reference, which stands in the body: addresses are logged."""
    return collections.show_record(office, actor, collection_id, asked.reference)


@router.post(
    "/collections/{collection_id}/records/review",
    operation_id="collections.review-record",
    summary="Review a record",
)
def review_record(office: TheOffice, actor: TheActor, collection_id: Id, asked: ReviewOfRecord) -> RecordView:
    """It was looked at and still belongs there."""
    return collections.review_record(office, actor, collection_id, asked.reference, asked.review)


@router.post(
    "/collections/{collection_id}/records/delete",
    operation_id="collections.delete-record",
    summary="Delete a record",
)
def delete_record(
    office: TheOffice, actor: TheActor, collection_id: Id, asked: collections.NamedRecord
) -> collections.DeletedRecord:
    """With its images, templates, reports and keys. No search finds it from then on."""
    return collections.delete_record(office, actor, collection_id, asked.reference)


@router.post(
    "/collections/{collection_id}/next-templates",
    operation_id="collections.re-embed",
    status_code=202,
    summary="Make another model pack's templates",
)
def re_embed(service: TheService, actor: TheActor, collection_id: Id, asked: NextPack) -> CollectionView:
    """Beside those in use, which are searched until the switch. Sent again it goes on where it was cut short."""
    return service.imports.take_re_embedding(service.office, actor, collection_id, asked.pack)


@router.delete(
    "/collections/{collection_id}/next-templates",
    operation_id="collections.abandon-re-embedding",
    summary="Give up another model pack's templates",
)
def abandon(office: TheOffice, actor: TheActor, collection_id: Id) -> CollectionView:
    """Those in use stay."""
    return collections.abandon_re_embedding(office, actor, collection_id)


@router.post(
    "/collections/{collection_id}/switch",
    operation_id="collections.switch",
    summary="Search the new templates",
)
def switch(office: TheOffice, actor: TheActor, collection_id: Id) -> CollectionView:
    """Once every image's turn has come. The old ones are deleted."""
    return collections.switch_templates(office, actor, collection_id)
