"""What a kind of data is to retention, and the kinds that go by one date of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import delete, func, select

from overt.records.tables import ApiToken, RepeatedRequest, SignInAttempt, SignInSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.casework.policy import RetentionPolicy

__all__ = ["ApiTokens", "Counts", "Kind", "RepeatedRequests", "Sessions", "SignInAttempts"]

Counts = dict[str, int]
"""How many were deleted, by kind, and what else is to be said, such as `alerts-undecided`."""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Kind(ABC):
    """One kind of data and its clock.

    `limit` is how long it may be kept. It is deleted one run of the server's earlier than that (half the limit, where
    that is less): what is looked at every five minutes would else be kept for up to five minutes too long.
    """

    name: ClassVar[str]
    figure: ClassVar[str]
    """The policy's figure, within `[retention]`."""
    counts_from: ClassVar[str]

    @classmethod
    def limit(cls, policy: RetentionPolicy) -> timedelta:
        """How long it may be kept."""
        value: float = getattr(policy, cls.figure)
        return value * (_DAY if "days" in cls.figure else _HOUR)

    @classmethod
    def life(cls, policy: RetentionPolicy) -> timedelta:
        """When it is deleted, counted from its beginning."""
        limit = cls.limit(policy)
        return limit - min(timedelta(minutes=policy.run_every_minutes), limit / 2)

    @abstractmethod
    def held(self, session: Session) -> int:
        """How many there are."""

    @abstractmethod
    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """How many are due."""

    @abstractmethod
    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first of them is due, or was; None where no date is known."""

    @abstractmethod
    def delete(self, work: Work, most: int) -> Counts:
        """Delete the ones that have been due longest, `most` at the most; says how many."""


class Dated(Kind):
    """A kind whose rows go by one date of their own."""

    @abstractmethod
    def since(self) -> ColumnElement[Any]:
        """From when the clock runs; NULL while it does not."""

    @abstractmethod
    def key(self) -> ColumnElement[Any]:
        """What names a row."""

    @abstractmethod
    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """Delete these rows; says how many."""

    def only(self) -> list[ColumnElement[bool]]:
        """Which rows of the table are of this kind; all of them unless overridden."""
        return []

    def held(self, session: Session) -> int:
        """How many there are."""
        return session.scalar(select(func.count(self.key())).where(*self.only())) or 0

    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """How many are due."""
        return session.scalar(select(func.count(self.key())).where(*self._over(policy, now))) or 0

    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first of them is due, or was."""
        first: datetime | None = session.scalar(select(func.min(self.since())).where(*self.only()))
        return None if first is None else first + self.life(policy)

    def delete(self, work: Work, most: int) -> Counts:
        """Delete the ones that have been due longest."""
        keys = work.session.scalars(
            select(self.key())
            .where(*self._over(work.office.policy.retention, work.now))
            .order_by(self.since(), self.key())
            .limit(most)
        ).all()
        return self.remove(work, keys) if keys else {}

    def _over(self, policy: RetentionPolicy, now: datetime) -> list[ColumnElement[bool]]:
        return [*self.only(), self.since() <= now - self.life(policy)]


class RepeatedRequests(Dated):
    """Answers kept for requests that may be sent again."""

    name = "repeated-requests"
    figure = "repeated_request_hours"
    counts_from = "the request"

    def since(self) -> ColumnElement[Any]:
        """The request."""
        return RepeatedRequest.__table__.c.created_at

    def key(self) -> ColumnElement[Any]:
        """Its id."""
        return RepeatedRequest.__table__.c.id

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The rows and their keys."""
        mine = RepeatedRequest.id.in_(keys)
        sealed_under = work.session.scalars(select(RepeatedRequest.vault_key_id).where(mine)).all()
        work.session.execute(delete(RepeatedRequest).where(mine))
        work.office.vault.destroy(work.session, [key for key in sealed_under if key is not None])
        return {self.name: len(keys)}


class Sessions(Dated):
    """Sessions that have ended: signed out, or run out."""

    name = "sessions"
    figure = "session_days"
    counts_from = "the end of the session"

    def since(self) -> ColumnElement[Any]:
        """The sign-out, or the expiry."""
        columns = SignInSession.__table__.c
        return func.coalesce(columns.ended_at, columns.expires_at, type_=columns.expires_at.type)

    def key(self) -> ColumnElement[Any]:
        """Its id."""
        return SignInSession.__table__.c.id

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The rows."""
        work.session.execute(delete(SignInSession).where(SignInSession.id.in_(keys)))
        return {self.name: len(keys)}


class ApiTokens(Dated):
    """API tokens that were revoked or have run out."""

    name = "api-tokens"
    figure = "session_days"
    counts_from = "the token's end"

    def since(self) -> ColumnElement[Any]:
        """The revocation, or the expiry."""
        columns = ApiToken.__table__.c
        return func.coalesce(columns.revoked_at, columns.expires_at, type_=columns.expires_at.type)

    def key(self) -> ColumnElement[Any]:
        """Its id."""
        return ApiToken.__table__.c.id

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The rows."""
        work.session.execute(delete(ApiToken).where(ApiToken.id.in_(keys)))
        return {self.name: len(keys)}


class SignInAttempts(Dated):
    """Attempts to sign in."""

    name = "sign-in-attempts"
    figure = "sign_in_attempt_hours"
    counts_from = "the attempt"

    def since(self) -> ColumnElement[Any]:
        """The attempt."""
        return SignInAttempt.__table__.c.at

    def key(self) -> ColumnElement[Any]:
        """Its number."""
        return SignInAttempt.__table__.c.seq

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The rows."""
        work.session.execute(delete(SignInAttempt).where(SignInAttempt.seq.in_(keys)))
        return {self.name: len(keys)}
