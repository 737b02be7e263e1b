"""Alerts and what people made of them. Every judgement is a row, and so is a correction, which names the first."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["Adjudication", "Alert", "AlertShowing", "Engagement", "Outcome"]


class Alert(Base):
    """An alert. The crop is sealed under the alert's own key.

    When its time is over the key is destroyed and `entry_id`, `key_id` and `sealed_crop` become None: what stays is a
    row of figures about nobody.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_deployment_id_received_at", "deployment_id", "received_at"),
        UniqueConstraint("run_id", "feed", "passage", "entry_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    run_id: Mapped[str] = mapped_column(ForeignKey("engine_runs.id"))
    entry_id: Mapped[str | None] = mapped_column(index=True)
    key_id: Mapped[str | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    feed: Mapped[str]
    passage: Mapped[int]
    score: Mapped[float]
    threshold: Mapped[float]
    observations: Mapped[int]
    quality: Mapped[float]
    covering: Mapped[str | None]
    """lower: the lower face looked covered and was left out of the comparison; None: whole faces were compared."""
    box: Mapped[list[Any]]
    sealed_crop: Mapped[bytes | None]
    category: Mapped[str]
    seed: Mapped[bool] = mapped_column(default=False)
    captured_at: Mapped[datetime]
    received_at: Mapped[datetime]
    capture_to_alert_ms: Mapped[float]
    state: Mapped[str]
    """open, second (the blind second adjudication is due), engage (an engagement is due), engaged (an outcome is
    due), closed."""
    alert_class: Mapped[str | None]
    """true-confirmed, true-unconfirmed, false-confirmed, false-unconfirmed; None while open."""
    personal_data_deleted_at: Mapped[datetime | None]


class AlertShowing(Base):
    """When an alert was first shown to a person, from which the time that an adjudication took is counted."""

    __tablename__ = "alert_showings"

    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime]


class Adjudication(Base):
    """A trained person's judgement of an alert, made before anyone is approached. The reason is sealed."""

    __tablename__ = "adjudications"

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    place: Mapped[int]
    """1 for the first, 2 for the second, made blind to the first."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str]
    """engage, do-not-engage."""
    reason_code: Mapped[str]
    sealed_reason: Mapped[bytes]
    seconds_taken: Mapped[float]
    at: Mapped[datetime]
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("adjudications.id"))
    correction_code: Mapped[str | None]


class Engagement(Base):
    """The contact on the street, and whether the person was the one sought."""

    __tablename__ = "engagements"

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    identity: Mapped[str]
    """sought: the person is the one on the list; other: is not; not-contacted: nobody could be approached."""
    self_defined_group: Mapped[str | None]
    officer_defined_group: Mapped[str | None]
    sealed_note: Mapped[bytes | None]
    at: Mapped[datetime]
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("engagements.id"))
    correction_code: Mapped[str | None]
    """Why it was corrected, from a closed list; None where it corrects nothing."""


class Outcome(Base):
    """What came of an engagement."""

    __tablename__ = "outcomes"

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str]
    """arrest, voluntary-interview, appointment, information, safeguarding, no-further-action."""
    sealed_note: Mapped[bytes | None]
    at: Mapped[datetime]
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("outcomes.id"))
    correction_code: Mapped[str | None]
