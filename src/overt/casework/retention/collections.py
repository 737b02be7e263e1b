"""Collections: a record goes when its review date has passed without a review; reports of ingestions go with time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update

from overt.casework.collections import delete_records
from overt.casework.retention.kinds import Counts, Dated, Kind
from overt.records.tables import CollectionRecord, Ingestion, IngestionRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.casework.policy import RetentionPolicy

__all__ = ["CollectionRecords", "IngestionReports"]

_DAY: Final = timedelta(days=1)


class CollectionRecords(Kind):
    """Records of collections whose review date passed and nobody reviewed them."""

    name = "collection-records"
    figure = "collection_days_after_review"
    counts_from = "the end of the record's review date"

    def held(self, session: Session) -> int:
        """Records of any collection."""
        return session.scalar(select(func.count(CollectionRecord.id))) or 0

    def due(self, session: Session, policy: RetentionPolicy, now: datetime) -> int:
        """Records that are over."""
        return session.scalar(select(func.count(CollectionRecord.id)).where(self._over(policy, now))) or 0

    def next_due(self, session: Session, policy: RetentionPolicy) -> datetime | None:
        """When the first of them is due, or was."""
        first = session.scalar(select(func.min(CollectionRecord.review_by)))
        return None if first is None else datetime.combine(first, time(0), UTC) + _DAY + self.life(policy)

    def delete(self, work: Work, most: int) -> Counts:
        """Delete records with their images, templates and keys; no search finds them from then on."""
        records = work.session.scalars(
            select(CollectionRecord.id)
            .where(self._over(work.office.policy.retention, work.now))
            .order_by(CollectionRecord.review_by, CollectionRecord.id)
            .limit(most)
        ).all()
        return {self.name: delete_records(work, records)} if records else {}

    def _over(self, policy: RetentionPolicy, now: datetime) -> ColumnElement[bool]:
        return CollectionRecord.review_by <= (now - self.life(policy) - _DAY).date()


class IngestionReports(Dated):
    """What became of each row of an ingestion: it names pictures that were refused, too."""

    name = "ingestion-reports"
    figure = "import_report_days"
    counts_from = "the ingestion"

    def since(self) -> ColumnElement[Any]:
        """The ingestion's beginning."""
        return Ingestion.__table__.c.started_at

    def key(self) -> ColumnElement[Any]:
        """The ingestion's id."""
        return Ingestion.__table__.c.id

    def only(self) -> list[ColumnElement[bool]]:
        """Ingestions that have a report."""
        return [Ingestion.key_id.is_not(None)]

    def remove(self, work: Work, keys: Sequence[Any]) -> Counts:
        """The rows and the key; how many were taken and refused stays."""
        of_these = Ingestion.id.in_(keys)
        doomed = [
            key for key in work.session.scalars(select(Ingestion.key_id).where(of_these)) if key is not None
        ]
        work.session.execute(delete(IngestionRow).where(IngestionRow.ingestion_id.in_(keys)))
        work.session.execute(update(Ingestion).where(of_these).values(key_id=None))
        work.office.vault.destroy(work.session, doomed)
        return {self.name: len(keys)}
