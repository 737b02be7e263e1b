"""Watchlists, their entries and reference images. What tells who is sought is sealed."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["ImportJob", "LookAlikePair", "ReferenceImage", "Watchlist", "WatchlistEntry"]


class Watchlist(Base):
    """Subjects gathered for one purpose. Its key wraps the keys of its entries."""

    __tablename__ = "watchlists"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    purpose: Mapped[str]
    key_id: Mapped[str] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    pack: Mapped[str]
    pack_version: Mapped[str]
    dimension: Mapped[int]
    look_alike_threshold: Mapped[float]
    """Of the pack's operating point when the list was made."""
    review_by: Mapped[date] = mapped_column(Date)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class WatchlistEntry(Base):
    """A subject's place on one list.

    `reference_mac` is a keyed digest of the reference, by which a repeated one is found without opening anything;
    `subject_mac` one of the name and date of birth, by which a subject under two references is found (None where the
    date is unknown). Whoever added an entry or changed it last does not approve it.
    `sealed` holds every personal field under the entry's own key; `revision` counts the changes to entry and images,
    so that a frozen list shows any of them.
    """

    __tablename__ = "watchlist_entries"
    __table_args__ = (
        UniqueConstraint("watchlist_id", "reference_mac"),
        Index("ix_watchlist_entries_watchlist_id_status", "watchlist_id", "status"),
        Index("ix_watchlist_entries_watchlist_id_added_at_id", "watchlist_id", "added_at", "id"),
        Index("ix_watchlist_entries_watchlist_id_subject_mac", "watchlist_id", "subject_mac"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    watchlist_id: Mapped[str] = mapped_column(ForeignKey("watchlists.id"), index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    reference_mac: Mapped[bytes]
    subject_mac: Mapped[bytes | None]
    status: Mapped[str]
    """pending, approved, withdrawn."""
    category: Mapped[str]
    seed: Mapped[bool] = mapped_column(default=False)
    """A consenting person placed on the list to walk past."""
    sealed: Mapped[bytes]
    revision: Mapped[int] = mapped_column(default=1)
    review_by: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date, index=True)
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class ReferenceImage(Base):
    """One enrolled picture of an entry and its templates, sealed under the entry's key.

    `source_mac` is a keyed digest of the file's bytes: the same picture offered again adds nothing.
    """

    __tablename__ = "reference_images"
    __table_args__ = (UniqueConstraint("entry_id", "source_mac"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("watchlist_entries.id"), index=True)
    source_mac: Mapped[bytes]
    sealed_picture: Mapped[bytes]
    sealed_template: Mapped[bytes]
    sealed_covered: Mapped[bytes | None]
    """Templates with a part of the face even, by that part; None where the pack has no use for them."""
    sealed_source: Mapped[bytes]
    """Where the picture comes from, and the file's name."""
    taken_on: Mapped[date | None] = mapped_column(Date)
    width: Mapped[int]
    height: Mapped[int]
    box: Mapped[list[Any]]
    quality: Mapped[float]
    measures: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class LookAlikePair(Base):
    """Two entries of one list that the software could take for each other (`first_id` < `second_id`)."""

    __tablename__ = "look_alike_pairs"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    watchlist_id: Mapped[str] = mapped_column(ForeignKey("watchlists.id"), index=True)
    first_id: Mapped[str] = mapped_column(ForeignKey("watchlist_entries.id"), index=True)
    second_id: Mapped[str] = mapped_column(ForeignKey("watchlist_entries.id"), index=True)
    kind: Mapped[str]
    """look-alike: scores as one person; duplicate: the same picture, or name and date of birth, is on both."""
    score: Mapped[float]
    found_at: Mapped[datetime]


class ImportJob(Base):
    """One bulk import: how far it is and, sealed under the list's key, what became of each row."""

    __tablename__ = "import_jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    watchlist_id: Mapped[str] = mapped_column(ForeignKey("watchlists.id"), index=True)
    state: Mapped[str]
    """running, finished, failed, interrupted."""
    dry_run: Mapped[bool]
    rows: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(default="")
    sealed_report: Mapped[bytes | None]
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    finished_at: Mapped[datetime | None]
