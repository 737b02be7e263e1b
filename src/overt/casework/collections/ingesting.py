"""Ingestion: a long job made of many short commands, begun again where it was cut short. Nothing is taken twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.collections._desks import desk_for
from overt.casework.collections._ingestion_views import ingestion_view
from overt.casework.collections._looking import looked_at
from overt.casework.collections._looking_afar import looking_crew
from overt.casework.collections._rows import (
    contract_of,
    find_collection,
    find_ingestion,
    hold_collection,
)
from overt.casework.collections._sealed import about_part
from overt.casework.collections._taking import take_batch
from overt.casework.collections.index import keep_in_step
from overt.casework.commands import command
from overt.errors import OvertError
from overt.records.tables import Ingestion, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from overt.casework.actor import Actor
    from overt.casework.collections._manifest import SourceRow
    from overt.casework.collections._taking import Looked
    from overt.casework.collections.ingestion_models import IngestionState, IngestionView
    from overt.casework.collections.sources import IngestionSource
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = ["begin_ingestion", "carry_out_ingestion", "interrupt_ingestions", "require_may_ingest"]


def begin_ingestion(office: Office, actor: Actor, collection: str, source: IngestionSource) -> IngestionView:
    """Begin to bring a source's pictures in, or go on with what was cut short; `carry_out_ingestion` does the work.

    Raises:
        MissingError: the collection is not there: nothing is made by the way.
    """
    return _begin(office, actor, collection, source.kind, source.name, source.identity)


def require_may_ingest(actor: Actor) -> None:
    """Refuse an actor who may not bring pictures in, before they have sent any.

    Raises:
        AuthorityError: they may not.
    """
    _begin.authorise(actor)


@command("collections.ingest")
def _begin(work: Work, collection: str, kind: str, name: str, identity: bytes) -> IngestionView:
    held = hold_collection(work, collection)
    vault, session = work.office.vault, work.session
    source_mac = vault.mac(session, held.key_id, identity, about="ingestion source")
    job = session.scalar(
        select(Ingestion)
        .where(
            Ingestion.collection_id == held.id,
            Ingestion.source_mac == source_mac,
            Ingestion.state != "finished",
            Ingestion.key_id.is_not(None),
        )
        .order_by(Ingestion.started_at.desc())
        .limit(1)
    )
    resumed = job is not None
    if job is None:
        job_id = new_id("ingestion")
        job = Ingestion(
            id=job_id,
            collection_id=held.id,
            key_id=vault.new_key(session, "ingestion", work.now, parent=held.key_id),
            source_mac=source_mac,
            sealed_source=vault.seal(session, held.key_id, name.encode(), about=about_part(job_id, "source")),
            kind=kind,
            state="running",
            started_at=work.now,
            started_by=work.actor.id,
        )
        session.add(job)
    job.state, job.failure, job.finished_at = "running", "", None
    session.flush()
    work.note(job.id, collection=held.id, kind=kind, resumed=resumed, done=job.done)
    return ingestion_view(work, job)


def carry_out_ingestion(
    office: Office,
    actor: Actor,
    ingestion_id: str,
    source: IngestionSource,
    on_progress: Callable[[int, int], None] | None = None,
) -> IngestionView:
    """Read, judge and take every row of a source that is not done, some tens in a transaction.

    A bad row harms no other. A row and the note that it is done are one transaction, so a process that is killed at
    any moment leaves each row done or not done, and the same source begun again goes on there. Where the office has a
    cluster, its nodes look at the pictures; what comes of it is the same.

    Args:
        office: the office.
        actor: who began it.
        ingestion_id: of `begin_ingestion`.
        source: the pictures (see `open_pictures`).
        on_progress: called with how many rows are done and how many there are.

    Raises:
        InputError: the table as a whole cannot be read; the ingestion has failed then.
        ContractError, PackError: the collection's model pack cannot be used, here or on a node; likewise.
        ClusterError: the office's cluster is gone, has no room, or has another version of Overt; likewise.
    """
    state: IngestionState = "interrupted"
    failure = ""
    clock = _Clock()
    try:
        _all_rows(office, actor, ingestion_id, source, clock=clock, on_progress=on_progress)
        state = "finished"
    except OvertError as error:
        state, failure = "failed", str(error)
        raise
    finally:
        view = _finish(office, actor, ingestion_id, _End(state, failure, len(source), clock.lap()))
    return view


class _Clock:
    """Tells how long it is since it was last asked: what is spent on rows, in rounds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap(self) -> float:
        now = time.monotonic()
        seconds, self._last = now - self._last, now
        return seconds


@dataclass(frozen=True)
class _End:
    """How an ingestion ended."""

    state: IngestionState
    failure: str
    rows: int
    seconds: float


def _all_rows(
    office: Office,
    actor: Actor,
    ingestion_id: str,
    source: IngestionSource,
    *,
    clock: _Clock,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    with office.database.reading() as session:
        collection = find_collection(session, find_ingestion(session, ingestion_id).collection_id)
        contract = contract_of(collection)
    with looking_crew(office, contract, f"ingestion {ingestion_id}") as crew:
        if crew is None:
            desk_for(contract)
        clock.lap()  # loading networks is no part of the rows' time
        rows: Iterable[SourceRow] = source.rows()
        total, replaced = len(source), 0
        while True:
            again: list[SourceRow] = []
            for batch in looked_at(office, collection.id, ingestion_id, rows, source, crew=crew):
                losses = 0 if crew is None else crew.losses
                done, left = _take_rows(
                    office, actor, ingestion_id, batch, total, clock.lap(), replaced=losses - replaced
                )
                replaced = losses
                again += left
                if on_progress is not None:
                    on_progress(done, total)
            if not again:
                return
            rows = again


@command("collections.take-rows")
def _take_rows(
    work: Work,
    ingestion_id: str,
    rows: Sequence[Looked],
    total: int,
    seconds: float,
    *,
    replaced: int = 0,
) -> tuple[int, list[SourceRow]]:
    job = find_ingestion(work.session, ingestion_id)
    collection = hold_collection(work, job.collection_id)
    work.session.refresh(job)
    work.note(ingestion_id)
    if job.key_id is None:  # its report was deleted, for its age, while it went on
        job.key_id = work.office.vault.new_key(work.session, "ingestion", work.now, parent=collection.key_id)
    taken = take_batch(work, collection, job, rows)
    job.state, job.finished_at, job.rows = "running", None, total
    job.done += taken.count.total()
    job.added += taken.count["added"]
    job.changed += taken.count["changed"]
    job.unchanged += taken.count["unchanged"]
    job.refused += taken.count["refused"]
    job.seconds += seconds
    job.workers_replaced += replaced
    work.note(
        ingestion_id,
        collection=collection.id,
        first_image=taken.first,
        last_image=taken.last,
        **{result: taken.count[result] for result in ("added", "changed", "unchanged", "refused")},
    )
    work.after_commit.append(lambda: keep_in_step(work.office, collection.id))
    return job.done, taken.again


@command("collections.finish-ingestion")
def _finish(work: Work, ingestion_id: str, end: _End) -> IngestionView:
    job = find_ingestion(work.session, ingestion_id, hold=True)
    job.state, job.failure, job.finished_at, job.rows = end.state, end.failure, work.now, end.rows
    job.seconds += end.seconds
    if end.state == "finished":  # what is left are rows that say again what another row said
        job.unchanged += end.rows - job.done
        job.done = end.rows
    work.session.flush()
    work.note(
        ingestion_id,
        state=end.state,
        added=job.added,
        changed=job.changed,
        refused=job.refused,
        workers_replaced=job.workers_replaced,
    )
    return ingestion_view(work, job)


@command("collections.interrupt")
def interrupt_ingestions(work: Work) -> int:
    """Mark the ingestions that were left running as interrupted, when the server starts; returns how many.

    One that another process still carries out is marked as running again with its next rows.
    """
    left = work.session.scalars(select(Ingestion).where(Ingestion.state == "running")).all()
    for job in left:
        job.state, job.finished_at = "interrupted", work.now
    work.session.flush()
    work.note("", ingestions=sorted(job.id for job in left))
    return len(left)
