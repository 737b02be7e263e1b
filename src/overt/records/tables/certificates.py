"""Certificates of operating points. Nothing in them is about anybody who is sought or was seen."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["OperatingPointCertificate"]


class OperatingPointCertificate(Base):
    """A certificate as it was signed. It is never changed or deleted; one that is to hold no longer is withdrawn."""

    __tablename__ = "certificates"

    id: Mapped[str] = mapped_column(primary_key=True)
    pack: Mapped[str] = mapped_column(index=True)
    """The model pack's id, as in the content."""
    content: Mapped[str]
    """The certificate as canonical JSON: what is signed."""
    digest: Mapped[str]
    public_key: Mapped[bytes]
    signature: Mapped[bytes]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_reason: Mapped[str] = mapped_column(default="")
