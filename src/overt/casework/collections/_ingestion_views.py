"""Ingestions and their rows, as the commands show them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, cast

import msgspec
from sqlalchemy import String, func, select, type_coerce
from sqlalchemy import cast as sql_cast

from overt.casework.collections._sealed import about_part
from overt.casework.collections._taking import RowReport
from overt.casework.collections.ingestion_models import IngestedRow, IngestionView
from overt.casework.people import names_of
from overt.casework.watchlists import FindingView
from overt.records.tables import Collection, IngestionRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.collections.ingestion_models import IngestionKind, IngestionState, RowOutcome
    from overt.casework.commands import Work
    from overt.records.tables import Ingestion

__all__ = ["ingestion_view", "row_views"]


def ingestion_view(work: Work, job: Ingestion) -> IngestionView:
    """An ingestion."""
    collection = work.session.get_one(Collection, job.collection_id)
    source = work.office.vault.open_sealed(
        work.session, collection.key_id, job.sealed_source, about=about_part(job.id, "source")
    )
    names = names_of(work.session, {job.started_by})
    return IngestionView(
        id=job.id,
        collection_id=job.collection_id,
        source=source.decode(),
        kind=cast("IngestionKind", job.kind),
        state=cast("IngestionState", job.state),
        rows=job.rows,
        done=job.done,
        added=job.added,
        changed=job.changed,
        unchanged=job.unchanged,
        refused=job.refused,
        refused_by=_refused_by(work, job) if job.refused else {},
        seconds=round(job.seconds, 3),
        rate=round(job.done / job.seconds, 3) if job.done and job.seconds > 0 else None,
        workers_replaced=job.workers_replaced,
        failure=job.failure,
        started_at=job.started_at,
        started_by=job.started_by,
        started_by_name=names.get(job.started_by, job.started_by),
        finished_at=job.finished_at,
    )


def row_views(work: Work, rows: Sequence[IngestionRow]) -> list[IngestedRow]:
    """Rows, with what was found about them."""
    contents = work.office.vault.open_many(
        work.session,
        [(row.key_id, row.sealed, about_part(row.ingestion_id, row.row_mac.hex())) for row in rows],
    )
    decoder = msgspec.msgpack.Decoder(RowReport)
    views = []
    for row, content in zip(rows, contents, strict=True):
        report = decoder.decode(content)
        views.append(
            IngestedRow(
                place=row.place,
                reference=report.reference,
                image=report.image,
                result=cast("RowOutcome", row.result),
                record_id=row.record_id,
                findings=tuple(FindingView(**msgspec.to_builtins(finding)) for finding in report.findings),
                measures=report.measures,
            )
        )
    return views


def _refused_by(work: Work, job: Ingestion) -> dict[str, int]:
    """How many rows were refused by which finding; none once the report is deleted."""
    counts: Counter[str] = Counter()
    written = type_coerce(sql_cast(IngestionRow.kinds, String), String)
    rows = work.session.execute(
        select(written, func.count())
        .where(IngestionRow.ingestion_id == job.id, IngestionRow.result == "refused")
        .group_by(written)
    )
    for kinds, count in rows:
        counts.update(dict.fromkeys(json.loads(kinds), count))
    return dict(sorted(counts.items()))
