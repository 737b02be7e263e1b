"""Watchlists: what was for a deployment goes with it; an entry goes with its own last day; reports of imports."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select, update

from overt.casework.retention.ends import ended_lists
from overt.casework.retention.kinds import Counts, Dated, Kind
from overt.casework.watchlists import delete_entries
from overt.records.tables import ImportJob, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.casework.policy import RetentionPolicy

__all__ = ["Entries", "ImportReports", "Watchlists"]

_DAY: Final = timedelta(days=1)


class Watchlists(Kind):
    """Entries that were on a list for a deployment, when the last deployment that named the list has ended.

    What was added after that end is for a deployment to come, and stays. The reports of imports from before it go
    too: they name those people.
    """

    name = "watchlists"
    figure = "watchlist_hours"
    counts_from = "the end of the last deployment that named the list"

    def held(self, session: Session) -> int:
        """Entries on any list."""
        return session.scalar(select(func.count(WatchlistEntry.id))) or 0

    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """Entries and reports that were for deployments which are over."""
        return sum(
            (session.scalar(select(func.count(column)).where(rule(watchlist, end))) or 0)
            for watchlist, end in self._over(session, policy, now)
            for column, rule in ((WatchlistEntry.id, _entry_for_it), (ImportJob.id, _report_for_it))
        )

    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first of the lists that are over, or will be, and still have entries is due, or was."""
        ends = [
            end
            for watchlist, end in ended_lists(session, datetime.max.replace(tzinfo=UTC)).items()
            if session.scalar(select(WatchlistEntry.id).where(_entry_for_it(watchlist, end)).limit(1))
        ]
        return min(ends) + self.life(policy) if ends else None

    def delete(self, work: Work, most: int) -> Counts:
        """Delete entries of a list that is over, with their images, templates and keys."""
        for watchlist, end in self._over(work.session, work.office.policy.retention, work.now):
            reports = work.session.scalars(
                update(ImportJob)
                .where(_report_for_it(watchlist, end))
                .values(sealed_report=None)
                .returning(ImportJob.id)
            ).all()
            entries = work.session.scalars(
                select(WatchlistEntry.id)
                .where(_entry_for_it(watchlist, end))
                .order_by(WatchlistEntry.added_at, WatchlistEntry.id)
                .limit(most)
            ).all()
            if entries or reports:
                counts = {self.name: delete_entries(work, entries), ImportReports.name: len(reports)}
                return {name: count for name, count in counts.items() if count}
        return {}

    def _over(self, session: Session, policy: RetentionPolicy, now: datetime) -> list[tuple[str, datetime]]:
        life = self.life(policy)
        return sorted(pair for pair in ended_lists(session, now).items() if pair[1] <= now - life)


class Entries(Kind):
    """Entries that were withdrawn, or whose last day is over."""

    name = "entries"
    figure = "entry_days_after_expiry"
    counts_from = "the end of the entry's last day, or its withdrawal"

    def held(self, session: Session) -> int:
        """Entries on any list."""
        return session.scalar(select(func.count(WatchlistEntry.id))) or 0

    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """Entries that are over."""
        return session.scalar(select(func.count(WatchlistEntry.id)).where(self._over(policy, now))) or 0

    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first of them is due, or was."""
        last_day = session.scalar(select(func.min(WatchlistEntry.expires_on)))
        withdrawn = session.scalar(select(func.min(WatchlistEntry.withdrawn_at)))
        ends = [] if last_day is None else [datetime.combine(last_day, time(0), UTC) + _DAY]
        ends += [] if withdrawn is None else [withdrawn]
        return min(ends) + self.life(policy) if ends else None

    def delete(self, work: Work, most: int) -> Counts:
        """Delete entries with their images, templates and keys."""
        entries = work.session.scalars(
            select(WatchlistEntry.id)
            .where(self._over(work.office.policy.retention, work.now))
            .order_by(WatchlistEntry.expires_on, WatchlistEntry.id)
            .limit(most)
        ).all()
        return {self.name: delete_entries(work, entries)} if entries else {}

    def _over(self, policy: RetentionPolicy, now: datetime) -> ColumnElement[bool]:
        before = now - self.life(policy)
        return or_(WatchlistEntry.withdrawn_at <= before, WatchlistEntry.expires_on <= (before - _DAY).date())


class ImportReports(Dated):
    """What became of each row of an import: it names people who were refused, too."""

    name = "import-reports"
    figure = "import_report_days"
    counts_from = "the import"

    def since(self) -> ColumnElement[Any]:
        """The import's beginning."""
        return ImportJob.__table__.c.started_at

    def key(self) -> ColumnElement[Any]:
        """The import's id."""
        return ImportJob.__table__.c.id

    def only(self) -> list[ColumnElement[bool]]:
        """Imports that have a report."""
        return [ImportJob.sealed_report.is_not(None)]

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The reports; how many rows were taken and refused stays."""
        work.session.execute(update(ImportJob).where(ImportJob.id.in_(keys)).values(sealed_report=None))
        return {self.name: len(keys)}


def _entry_for_it(watchlist: str, end: datetime) -> ColumnElement[bool]:
    return and_(WatchlistEntry.watchlist_id == watchlist, WatchlistEntry.added_at <= end)


def _report_for_it(watchlist: str, end: datetime) -> ColumnElement[bool]:
    return and_(
        ImportJob.watchlist_id == watchlist,
        ImportJob.started_at <= end,
        ImportJob.sealed_report.is_not(None),
    )
