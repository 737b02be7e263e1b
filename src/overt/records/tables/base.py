"""What every table shares: the base class, ids that name their kind, and UTC times."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON

__all__ = ["Base", "Sequence64", "UtcTime", "new_id"]

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Sequence64: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of a number that the database counts up itself; SQLite does so for INTEGER only."""


class UtcTime(TypeDecorator[datetime]):
    """A moment with its zone, always UTC. One without a zone is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What it is in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Into the database: UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was to be recorded")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Out of the database: UTC; SQLite keeps no zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


def new_id(kind: str) -> str:
    """A random id of 64 bits that says what it names, such as `entry-3f9c0d5e7a1b2c4d`."""
    return f"{kind}-{secrets.token_hex(8)}"
