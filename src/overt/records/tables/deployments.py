"""Deployments: the plan, its moves, what was frozen, who authorised it, the engine's runs, the published record."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base, Sequence64

__all__ = [
    "Authorisation",
    "Deployment",
    "DeploymentMove",
    "EngineRun",
    "FrozenEntry",
    "LiveEvent",
    "PublishedRecord",
    "RunFault",
]


class Deployment(Base):
    """One operation.

    `plan` is everything that is planned except the feeds' addresses, which may hold a camera's password and are
    sealed under the deployment's key in `sealed_feeds`. `digest` freezes all of it when it is submitted.
    """

    __tablename__ = "deployments"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    """draft, submitted, authorised, refused, live, suspended, closed, published, expired, cancelled."""
    planner_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    key_id: Mapped[str | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    """None once the personal data has been deleted."""
    plan: Mapped[dict[str, Any]]
    sealed_feeds: Mapped[bytes]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime] = mapped_column(index=True)
    urgent: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    digest: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    certification: Mapped[dict[str, Any] | None]
    """Whether a certificate stood behind the operating point when it was frozen; None where nothing is."""
    costs: Mapped[dict[str, Any] | None]
    """Staff and cost as recorded when it was over, where they were."""
    seed_passes: Mapped[int | None]
    """How often seeds walked through the zone of recognition, as counted on the spot; None where nobody counted."""
    personal_data_deleted_at: Mapped[datetime | None]


class DeploymentMove(Base):
    """One move of a deployment's state machine. The reason is sealed under the deployment's key."""

    __tablename__ = "deployment_moves"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    move: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    actor_id: Mapped[str]
    at: Mapped[datetime]
    sealed_reason: Mapped[bytes | None]


class FrozenEntry(Base):
    """An entry as it stood when the deployment was submitted, by id and digest."""

    __tablename__ = "frozen_entries"
    __table_args__ = (UniqueConstraint("deployment_id", "entry_id"),)

    id: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    entry_id: Mapped[str]
    """No foreign key: an entry may be deleted while the deployment's figures stand."""
    entry_digest: Mapped[bytes]
    category: Mapped[str]
    seed: Mapped[bool] = mapped_column(default=False)


class Authorisation(Base):
    """An authorising officer's decision over one digest, with what they were shown. Voided by any change."""

    __tablename__ = "authorisations"

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str]
    """authorised, refused."""
    digest: Mapped[str]
    sealed_statement: Mapped[bytes]
    shown: Mapped[dict[str, Any]]
    """Expected false alerts and the list's problems as counts, exactly as the officer saw them."""
    signature: Mapped[bytes]
    at: Mapped[datetime]
    valid_until: Mapped[datetime]
    urgent: Mapped[bool]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    review_upheld: Mapped[bool | None]
    """Of an urgent one: whether the officer who reviewed it afterwards found it right."""
    sealed_review: Mapped[bytes | None]


class EngineRun(Base):
    """One sealed engine process of a deployment. Figures only; `telemetry` is the wire's last Telemetry message."""

    __tablename__ = "engine_runs"
    __table_args__ = (UniqueConstraint("deployment_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    number: Mapped[int]
    started_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")
    in_order: Mapped[bool] = mapped_column(default=False)
    """Whether the engine's Closed came."""
    pack: Mapped[str]
    pack_version: Mapped[str]
    provider: Mapped[str] = mapped_column(default="")
    entries: Mapped[int] = mapped_column(default=0)
    seals: Mapped[dict[str, Any]]
    telemetry: Mapped[dict[str, Any]]
    passages: Mapped[int] = mapped_column(default=0)
    alerts_received: Mapped[int] = mapped_column(default=0)
    alerts_not_current: Mapped[int] = mapped_column(default=0)
    """Alerts that were let go because the entry was withdrawn, expired or deleted by then."""


class RunFault(Base):
    """A fault that the engine, or the server about the engine, reported."""

    __tablename__ = "run_faults"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("engine_runs.id"), index=True)
    at: Mapped[datetime]
    feed: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[str]
    fatal: Mapped[bool]


class LiveEvent(Base):
    """Something that happened to a deployment, for listeners: its kind and the id of what it happened to."""

    __tablename__ = "live_events"
    __table_args__ = (Index("ix_live_events_deployment_id_seq", "deployment_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    """alert, adjudication, routing, acknowledgement, engagement, outcome, duty, move, run, fault."""
    subject_id: Mapped[str]


class PublishedRecord(Base):
    """A deployment's public record, as published; a later version stands beside the earlier."""

    __tablename__ = "published_records"
    __table_args__ = (UniqueConstraint("deployment_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    version: Mapped[int]
    record: Mapped[dict[str, Any]]
    digest: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]
