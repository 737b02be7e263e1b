"""People, their sessions and their tokens. Secrets are kept as digests only."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base, Sequence64

__all__ = ["ApiToken", "Person", "SignInAttempt", "SignInSession"]


class Person(Base):
    """Someone who works with Overt. Never deleted: the audit chain names them; deactivated instead.

    `password_digest` is Argon2id's encoded form, None where the person signs in by OpenID Connect alone.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    roles: Mapped[list[str]]
    password_digest: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    password_expires_at: Mapped[datetime | None]
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    deactivated_at: Mapped[datetime | None]


class SignInSession(Base):
    """A session: from sign-in to sign-out or expiry. `token_digest` is the SHA-256 of the bearer's secret."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """A person's own token for programs: with a name, scopes and an end. `token_digest` as for a session."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str]
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One attempt to sign in, for the rate limit; kept for as long as the limit looks back."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_client_at", "client", "at"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    client: Mapped[str]
    at: Mapped[datetime]
    succeeded: Mapped[bool]
