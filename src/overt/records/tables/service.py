"""What the service keeps for itself: repeated requests, which servers run, and what retention has done."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["RepeatedRequest", "RetentionRun", "ServerLease"]


class RepeatedRequest(Base):
    """An idempotency key, what was asked under it, and, sealed, what was answered."""

    __tablename__ = "repeated_requests"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    key: Mapped[str]
    request_digest: Mapped[bytes]
    status: Mapped[int]
    vault_key_id: Mapped[str | None]
    sealed_answer: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class ServerLease(Base):
    """A server that runs, or ran, on this database. One at a time may run deployments."""

    __tablename__ = "server_leases"

    id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RetentionRun(Base):
    """One run of retention: how many of each kind were deleted."""

    __tablename__ = "retention_runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[str]
    counts: Mapped[dict[str, Any]]
