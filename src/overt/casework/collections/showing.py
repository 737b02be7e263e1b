"""Commands that show ingestions and what became of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from overt.casework.collections._ingestion_views import ingestion_view, row_views
from overt.casework.collections._rows import find_collection, find_ingestion
from overt.casework.commands import Work, command
from overt.casework.paging import Listing, newest_first
from overt.errors import InputError
from overt.records.tables import Ingestion, IngestionRow

if TYPE_CHECKING:
    from overt.casework.actor import Actor
    from overt.casework.collections.ingestion_models import IngestedRow, IngestionView, RowOutcome
    from overt.casework.office import Office
    from overt.casework.paging import Page

__all__ = ["ingestion_progress", "list_ingestions", "show_ingestion", "show_ingestion_rows"]


@command("collections.list-ingestions")
def list_ingestions(work: Work, collection: str, page: Page) -> Listing[IngestionView]:
    """The ingestions to a collection, newest first.

    Raises:
        MissingError: the collection is not there.
        InputError: `page.after` is none of this listing's.
    """
    of = find_collection(work.session, collection).id
    found = newest_first(work.session, Ingestion, Ingestion.started_at, page, Ingestion.collection_id == of)
    work.note(of, shown=len(found.shown))
    return Listing(
        items=tuple(ingestion_view(work, job) for job in found.shown), next=found.next, total=found.total
    )


@command("collections.show-ingestion")
def show_ingestion(work: Work, ingestion_id: str) -> IngestionView:
    """How far an ingestion is, how fast it goes, and what was refused why.

    Raises:
        MissingError: it is not there.
    """
    work.note(ingestion_id)
    return ingestion_view(work, find_ingestion(work.session, ingestion_id))


def ingestion_progress(office: Office, actor: Actor, ingestion_id: str) -> IngestionView:
    """The same for whoever asks again and again: without an entry in the chain for each time.

    Raises:
        AuthorityError: they may not look at ingestions.
        MissingError: it is not there.
    """
    show_ingestion.authorise(actor)
    with office.database.reading() as session:
        work = Work(office, session, actor, office.now())
        return ingestion_view(work, find_ingestion(session, ingestion_id))


@command("collections.show-ingestion-rows")
def show_ingestion_rows(
    work: Work, ingestion_id: str, page: Page, result: RowOutcome | None = None
) -> Listing[IngestedRow]:
    """What became of each row so far; none once the report is deleted.

    Args:
        work: the work.
        ingestion_id: the ingestion's.
        page: of the rows, in the order of the source.
        result: only rows with this result.

    Raises:
        MissingError: the ingestion is not there.
        InputError: `page.after` is none of this listing's.
    """
    job = find_ingestion(work.session, ingestion_id)
    rules = [IngestionRow.ingestion_id == job.id]
    if result is not None:
        rules.append(IngestionRow.result == result)
    total = work.session.scalar(select(func.count()).where(*rules)) or 0
    if page.after is not None:
        place, _, mac = page.after.partition("~")
        if not (place.isdecimal() and len(place) < 12 and _is_hex(mac)):
            raise InputError("There is no such page", "Begin with the first", field="after")
        at = int(place)
        rules.append(
            or_(
                IngestionRow.place > at,
                and_(IngestionRow.place == at, IngestionRow.row_mac > bytes.fromhex(mac)),
            )
        )
    found = work.session.scalars(
        select(IngestionRow)
        .where(*rules)
        .order_by(IngestionRow.place, IngestionRow.row_mac)
        .limit(page.limit + 1)
    ).all()
    shown = found[: page.limit]
    work.note(ingestion_id, shown=len(shown))
    last = f"{shown[-1].place}~{shown[-1].row_mac.hex()}" if shown else None
    return Listing(
        items=tuple(row_views(work, shown)), next=last if len(found) > len(shown) else None, total=total
    )


def _is_hex(written: str) -> bool:
    return bool(written) and len(written) % 2 == 0 and all(one in "0123456789abcdef" for one in written)
