"""Who is on duty, and which alerts were routed to whom: ids of officers and times."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["AlertRouting", "Duty"]


class Duty(Base):
    """An engagement officer's time on duty in a deployment. One person has one open at a time, at most.

    The call sign is sealed under the deployment's key, and deleted with it.
    """

    __tablename__ = "duties"
    __table_args__ = (
        Index(
            "uq_duties_open",
            "officer_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    sealed_call_sign: Mapped[bytes | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    """left: by the officer; elsewhere: they began in another deployment; deployment: it was over."""


class AlertRouting(Base):
    """An alert given to an officer, and when they said that they are on it."""

    __tablename__ = "alert_routings"
    __table_args__ = (UniqueConstraint("alert_id", "officer_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    routed_by: Mapped[str]
    """A person's id, or the software's. No foreign key: the software is no person."""
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Whose adjudication settled on engaging, where the software routed on it."""
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
