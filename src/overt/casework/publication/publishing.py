"""Previewing, publishing and reading the public records of deployments."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from overt.casework.commands import command
from overt.casework.deployments import move, next_state
from overt.casework.publication.model import DeploymentRecord
from overt.casework.publication.record import record_of
from overt.errors import ConflictError, MissingError
from overt.records.audit import canonical
from overt.records.tables import Alert, Deployment, PublishedRecord, new_id

if TYPE_CHECKING:
    from overt.casework.commands import Work

__all__ = [
    "PublishedSummary",
    "PublishedView",
    "SeedPasses",
    "list_records",
    "preview_record",
    "publish_record",
    "record_seeds",
    "show_record",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeedPasses(_Model):
    """How often seeds walked past."""

    passes: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="Walks of consenting people on the list through the zone, counted on the spot.",
        ),
    ]


class PublishedSummary(_Model):
    """A published record in a listing."""

    id: str
    deployment_id: str
    version: int
    digest: Annotated[str, Field(description="SHA-256 of the record as canonical JSON, hexadecimal.")]
    published_at: datetime


class PublishedView(PublishedSummary):
    """A published record."""

    record: DeploymentRecord


@command("publication.preview")
def preview_record(work: Work, deployment_id: str) -> DeploymentRecord:
    """The record as it would be published now, marked as not published. It can be had at any time.

    Raises:
        MissingError: there is no such deployment.
    """
    return record_of(work.session, _deployment(work, deployment_id), work.now)


@command("publication.publish")
def publish_record(work: Work, deployment_id: str) -> PublishedView:
    """Publish the record of a closed deployment; done again after a correction, it is the next version beside it.

    Raises:
        MissingError: there is no such deployment.
        ConflictError: it is not closed, or alerts are open, or nothing has changed since the last version.
    """
    deployment = _deployment(work, deployment_id, lock=True)
    next_state(deployment.state, "publish")
    not_closed = work.session.scalar(
        select(func.count(Alert.id)).where(Alert.deployment_id == deployment_id, Alert.state != "closed")
    )
    if not_closed:
        raise ConflictError(
            f"{not_closed} of the alerts of {deployment_id} are not closed",
            "Adjudicate them, and record engagements and outcomes; what is left when their time is over is "
            "closed by retention",
        )
    last = _last(work, deployment_id)
    version = 1 if last is None else last.version + 1
    record = record_of(work.session, deployment, work.now, version=version)
    if last is not None and _figures(record) == _figures(DeploymentRecord.model_validate(last.record)):
        raise ConflictError(
            f"Nothing in the record of {deployment_id} has changed since version {last.version}",
            "Correct what is wrong first; the published version stands",
        )
    kept = record.model_dump(mode="json")
    row = PublishedRecord(
        id=new_id("record"),
        deployment_id=deployment_id,
        version=version,
        record=kept,
        digest=hashlib.sha256(canonical(kept)).hexdigest(),
        published_at=work.now,
        published_by=work.actor.id,
    )
    work.session.add(row)
    move(work, deployment, "publish")
    work.office.audit.checkpoint(work.session, work.now)
    work.note(deployment_id, record=row.id, version=version, digest=row.digest)
    return _view(row)


@command("publication.list")
def list_records(work: Work, deployment_id: str) -> tuple[PublishedSummary, ...]:
    """Every published version, the first first.

    Raises:
        MissingError: there is no such deployment.
    """
    _deployment(work, deployment_id)
    rows = work.session.scalars(
        select(PublishedRecord)
        .where(PublishedRecord.deployment_id == deployment_id)
        .order_by(PublishedRecord.version)
    )
    return tuple(
        PublishedSummary(
            id=row.id,
            deployment_id=row.deployment_id,
            version=row.version,
            digest=row.digest,
            published_at=row.published_at,
        )
        for row in rows
    )


@command("publication.show")
def show_record(work: Work, deployment_id: str, version: int | None = None) -> PublishedView:
    """A published record; the newest version where none is named.

    Raises:
        MissingError: there is no such deployment, or no such version.
    """
    _deployment(work, deployment_id)
    row = _last(work, deployment_id, version)
    if row is None:
        which = "" if version is None else f" version {version} of"
        raise MissingError(
            f"There is no{which} published record of {deployment_id}",
            "Publish it when the deployment is closed, or see the preview",
        )
    return _view(row)


@command("publication.record-seeds")
def record_seeds(work: Work, deployment_id: str, seeds: SeedPasses) -> DeploymentRecord:
    """Record how often seeds walked past; recorded again, the later count stands and both are in the audit chain.

    Raises:
        MissingError: there is no such deployment.
        ConflictError: it has never been live.
    """
    deployment = _deployment(work, deployment_id, lock=True)
    if deployment.live_at is None:
        raise ConflictError(
            f"{deployment_id} has not been live: no seed can have walked past", "Record it afterwards"
        )
    deployment.seed_passes = seeds.passes
    work.session.flush()
    work.note(deployment_id, seed_passes=seeds.passes)
    return record_of(work.session, deployment, work.now)


def _deployment(work: Work, deployment_id: str, *, lock: bool = False) -> Deployment:
    work.note(deployment_id[:64])
    found = work.session.get(Deployment, deployment_id, with_for_update=lock)
    if found is None:
        raise MissingError(f"There is no deployment {deployment_id[:64]!r}", "List the deployments")
    return found


def _last(work: Work, deployment_id: str, version: int | None = None) -> PublishedRecord | None:
    rows = select(PublishedRecord).where(PublishedRecord.deployment_id == deployment_id)
    if version is not None:
        rows = rows.where(PublishedRecord.version == version)
    return work.session.scalar(rows.order_by(PublishedRecord.version.desc()).limit(1))


def _figures(record: DeploymentRecord) -> DeploymentRecord:
    """The record without what differs between any two versions."""
    blank = record.publication.model_copy(update={"version": None, "made_at": record.deployment.window_end})
    return record.model_copy(
        update={"publication": blank, "audit": record.audit.model_copy(update={"entries": 0, "head": ""})}
    )


def _view(row: PublishedRecord) -> PublishedView:
    return PublishedView(
        id=row.id,
        deployment_id=row.deployment_id,
        version=row.version,
        digest=row.digest,
        published_at=row.published_at,
        record=DeploymentRecord.model_validate(row.record),
    )
