"""The vault's keys, each wrapped by its parent or by the master key, and the master key's mark."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = ["VaultKey", "VaultMark"]


class VaultKey(Base):
    """A data key, wrapped: AES-256-GCM under its parent's key, or under the master key where it has no parent.

    Destroying a key is deleting its row; with it goes everything sealed under it and under its children.
    """

    __tablename__ = "vault_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]


class VaultMark(Base):
    """One row: by which the right master key is known before anything is opened with a wrong one."""

    __tablename__ = "vault_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]
    rotated_at: Mapped[datetime]
