"""The public record of a deployment: previewed, published, and shown as JSON, CSV and a page; about no person."""

import base64
import hashlib
import re
from typing import Annotated, Any

from fastapi import Query, Response

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router, open_router
from overt.api.repeats import TheCreation
from overt.casework import publication
from overt.casework.publication import DeploymentRecord, PublishedView
from overt.web.answers import file_answer, of_type
from overt.web.headers import page_policy
from overt.web.service import TheOffice

__all__ = ["root", "router"]

router = api_router("publication", "/deployments/{deployment_id}")
root = open_router("publication")

Version = Annotated[
    int | None, Query(ge=1, le=10**6, description="Which version; the newest if none is named.")
]


@router.get(
    "/record/preview", operation_id="publication.preview", summary="The record as it would be published"
)
def preview(office: TheOffice, actor: TheActor, deployment_id: Id) -> DeploymentRecord:
    """Counted out of the database now, and marked as not published."""
    return publication.preview_record(office, actor, deployment_id)


@router.get("/course", operation_id="publication.show-course", summary="How a deployment went")
def show_course(office: TheOffice, actor: TheActor, deployment_id: Id) -> publication.DeploymentCourse:
    """Alerts over time and the distributions of its times. Counts alone, and never published."""
    return publication.show_course(office, actor, deployment_id)


@router.post(
    "/records", operation_id="publication.publish", status_code=201, summary="Publish a deployment's record"
)
def publish(create: TheCreation, deployment_id: Id) -> PublishedView:
    """Of a closed deployment without open alerts; after a correction, as the next version beside the last."""
    return create(publication.publish_record, PublishedView, deployment_id)


@router.get("/records", operation_id="publication.list", summary="Every published version")
def list_all(
    office: TheOffice, actor: TheActor, deployment_id: Id
) -> tuple[publication.PublishedSummary, ...]:
    """The first first."""
    return publication.list_records(office, actor, deployment_id)


@router.get("/record", operation_id="publication.show", summary="A published record")
def show(office: TheOffice, actor: TheActor, deployment_id: Id, version: Version = None) -> PublishedView:
    """Its `record` follows the schema at `/schemas/deployment-record.json`."""
    return publication.show_record(office, actor, deployment_id, version)


@router.get(
    "/record.csv",
    operation_id="publication.show-csv",
    summary="A published record as CSV",
    response_class=Response,
    responses=of_type("text/csv"),
)
def show_csv(office: TheOffice, actor: TheActor, deployment_id: Id, version: Version = None) -> Response:
    """A header and one line, the columns in the order that forces publish."""
    shown = publication.show_record(office, actor, deployment_id, version)
    name = f"{deployment_id}-{shown.version}.csv"
    return file_answer(publication.record_csv([shown.record]), "text/csv; charset=utf-8", name)


@router.get(
    "/record.html",
    operation_id="publication.show-page",
    summary="A published record as a page",
    response_class=Response,
    responses=of_type("text/html"),
)
def show_page(office: TheOffice, actor: TheActor, deployment_id: Id, version: Version = None) -> Response:
    """One file without scripts."""
    page = publication.record_page(publication.show_record(office, actor, deployment_id, version).record)
    styles = (
        base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        for style in re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    )
    headers = {"Content-Security-Policy": page_policy(styles)}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.put(
    "/seed-passes", operation_id="publication.record-seeds", summary="Record how often seeds walked past"
)
def record_seeds(
    office: TheOffice, actor: TheActor, deployment_id: Id, seeds: publication.SeedPasses
) -> DeploymentRecord:
    """Recorded again, the later count stands. The answer is the record as it would be published now."""
    return publication.record_seeds(office, actor, deployment_id, seeds)


@root.get(
    "/schemas/deployment-record.json",
    operation_id="publication.schema",
    summary="The JSON Schema of published records",
)
async def schema() -> dict[str, Any]:
    """For whoever reads them by machine. Open to everybody."""
    return publication.record_schema()
