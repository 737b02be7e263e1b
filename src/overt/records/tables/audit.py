"""The audit chain's rows."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base, Sequence64

__all__ = ["AuditCheckpoint", "AuditEntry", "AuditHead"]


class AuditEntry(Base):
    """One command by one actor. Append-only. No column holds a sought person's data: ids, counts and digests only.

    `digest` is SHA-256 over `previous` and the canonical form of all other columns (`overt.records.audit`).
    """

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(index=True)
    actor_name: Mapped[str]
    via: Mapped[str]
    command: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[str]
    previous: Mapped[bytes]
    digest: Mapped[bytes]


class AuditCheckpoint(Base):
    """The chain's head at one moment, signed with Ed25519."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    digest: Mapped[bytes]
    at: Mapped[datetime]
    public_key: Mapped[bytes]
    signature: Mapped[bytes]


class AuditHead(Base):
    """One row: how long the chain is and what its last digest is, signed anew at every entry.

    Appending locks this row, so that two writers cannot follow the same entry.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[bytes]
    public_key: Mapped[bytes]
    signature: Mapped[bytes]
    signing_key: Mapped[bytes]
