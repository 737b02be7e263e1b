"""Bulk import: a long job made of many short commands. What was read and judged waits for no transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from sqlalchemy import update

from overt.casework.commands import Work, command
from overt.casework.paging import Listing, newest_first
from overt.casework.people import names_of
from overt.casework.watchlists._entry_views import finding_views
from overt.casework.watchlists._import_looking import looked_at
from overt.casework.watchlists._import_rows import rows_of
from overt.casework.watchlists._import_taking import (
    LookedRow,
    PictureReport,
    RowReport,
    take_batch,
)
from overt.casework.watchlists._rows import find_watchlist, hold_watchlist
from overt.casework.watchlists.import_models import ImportedPicture, ImportedRow, ImportView
from overt.errors import InputError, MissingError, OvertError
from overt.records.tables import ImportJob, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.casework.paging import Page
    from overt.casework.watchlists._import_sources import ImportSource
    from overt.casework.watchlists.import_models import ImportState, RowResult

__all__ = [
    "carry_out_import",
    "import_progress",
    "interrupt_imports",
    "list_imports",
    "show_import",
    "show_import_report",
    "start_import",
]


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed report of an import."""

    failure: str = ""
    rows: tuple[RowReport, ...] = ()


@command("imports.start")
def start_import(work: Work, watchlist_id: str, *, dry_run: bool = False) -> ImportView:
    """Begin an import to a list; `carry_out_import` does the work.

    Args:
        work: the work.
        watchlist_id: the list's.
        dry_run: judge everything and report it, and write nothing to the list.

    Raises:
        MissingError: the list is not there.
    """
    find_watchlist(work, watchlist_id)
    job = ImportJob(
        id=new_id("import"),
        watchlist_id=watchlist_id,
        state="running",
        dry_run=dry_run,
        started_at=work.now,
        started_by=work.actor.id,
    )
    work.session.add(job)
    work.session.flush()
    work.note(job.id, watchlist=watchlist_id, dry_run=dry_run)
    return _view(work, job)


def carry_out_import(
    office: Office,
    actor: Actor,
    import_id: str,
    source: ImportSource,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportView:
    """Read, judge and take every row of a source, some tens in a transaction. A bad row harms no other.

    Rows whose fields and pictures are on the list already change nothing, so an import can be run again, for one that
    was interrupted as for any other.

    Args:
        office: the office.
        actor: who started it.
        import_id: of `start_import`.
        source: the table and its pictures (see `open_source`).
        on_progress: called with how many rows are done and how many there are.

    Raises:
        InputError: the table as a whole cannot be read; the import has failed then.
        ContractError, PackError: the list's model pack cannot be used; likewise.
    """
    reports: list[RowReport] = []
    state: ImportState = "interrupted"
    failure = ""
    try:
        with office.database.reading() as session:
            job = session.get(ImportJob, import_id)
            watchlist_id = "" if job is None else job.watchlist_id
        rows = rows_of(source, office.policy.watchlists)
        for batch in looked_at(office, actor, watchlist_id, rows, source):
            reports += _take_rows(office, actor, import_id, batch, len(rows))
            if on_progress is not None:
                on_progress(len(reports), len(rows))
        state = "finished"
    except OvertError as error:
        state, failure = "failed", str(error)
        raise
    finally:
        view = _finish(office, actor, import_id, state, _Report(failure=failure, rows=tuple(reports)))
    return view


@command("imports.take-rows")
def _take_rows(work: Work, import_id: str, rows: Sequence[LookedRow], total: int) -> list[RowReport]:
    job = _find(work, import_id, hold=True)
    work.note(import_id)
    watchlist = hold_watchlist(work, job.watchlist_id)
    reports = take_batch(work, watchlist, rows, dry_run=job.dry_run, added_before=job.added)
    job.state, job.finished_at = "running", None
    job.rows, job.done = total, job.done + len(reports)
    ids: dict[RowResult, list[str]] = {"added": [], "changed": [], "unchanged": [], "refused": []}
    for report in reports:
        ids[report.result].append(report.entry_id or "")
    job.added += len(ids["added"])
    job.changed += len(ids["changed"])
    job.unchanged += len(ids["unchanged"])
    job.refused += len(ids["refused"])
    work.note(
        import_id,
        watchlist=watchlist.id,
        dry_run=job.dry_run,
        added=[] if job.dry_run else ids["added"],
        changed=[] if job.dry_run else ids["changed"],
        unchanged=len(ids["unchanged"]),
        refused=len(ids["refused"]),
    )
    return reports


@command("imports.finish")
def _finish(work: Work, import_id: str, state: ImportState, report: _Report) -> ImportView:
    job = _find(work, import_id, hold=True)
    watchlist = find_watchlist(work, job.watchlist_id)
    job.state, job.finished_at = state, work.now
    job.sealed_report = work.office.vault.seal(
        work.session, watchlist.key_id, msgspec.msgpack.encode(report), about=_about(import_id)
    )
    work.session.flush()
    work.note(import_id, state=state, added=job.added, changed=job.changed, refused=job.refused)
    return _view(work, job)


@command("imports.interrupt")
def interrupt_imports(work: Work) -> int:
    """Mark the imports that were left running as interrupted, when the server starts; returns how many.

    One that another process still carries out is marked as running again with its next rows.
    """
    ids = work.session.scalars(
        update(ImportJob)
        .where(ImportJob.state == "running")
        .values(state="interrupted", finished_at=work.now)
        .returning(ImportJob.id)
    ).all()
    work.note("", imports=sorted(ids))
    return len(ids)


@command("imports.list")
def list_imports(work: Work, watchlist_id: str, page: Page) -> Listing[ImportView]:
    """The imports to a list, newest first.

    Raises:
        MissingError: the list is not there.
        InputError: `page.after` is none of this listing's.
    """
    find_watchlist(work, watchlist_id)
    found = newest_first(
        work.session, ImportJob, ImportJob.started_at, page, ImportJob.watchlist_id == watchlist_id
    )
    work.note(watchlist_id, shown=len(found.shown))
    return Listing(items=tuple(_view(work, job) for job in found.shown), next=found.next, total=found.total)


@command("imports.show")
def show_import(work: Work, import_id: str) -> ImportView:
    """How far an import is.

    Raises:
        MissingError: it is not there.
    """
    work.note(import_id)
    return _view(work, _find(work, import_id))


def import_progress(office: Office, actor: Actor, import_id: str) -> ImportView:
    """How far an import is, for whoever asks again and again: without an entry in the chain for each time.

    Raises:
        AuthorityError: they may not look at imports.
        MissingError: it is not there.
    """
    show_import.authorise(actor)
    with office.database.reading() as session:
        work = Work(office, session, actor, office.now())
        return _view(work, _find(work, import_id))


@command("imports.show-report")
def show_import_report(
    work: Work, import_id: str, page: Page, result: RowResult | None = None
) -> Listing[ImportedRow]:
    """What became of each row, once the import has ended; none while it runs, and none once the report is deleted.

    Args:
        work: the work.
        import_id: the import's.
        page: of the rows.
        result: only rows with this result.

    Raises:
        MissingError: the import is not there.
        InputError: `page.after` is none of this listing's.
    """
    rows = _report(work, _find(work, import_id)).rows
    found = [row for row in rows if result in {None, row.result}]
    try:
        first = int(page.after or 0)
    except ValueError:
        raise InputError("There is no such page", "Begin with the first", field="after") from None
    shown = found[first : first + page.limit] if first >= 0 else []
    work.note(import_id, shown=len(shown))
    return Listing(
        items=tuple(_row_view(row) for row in shown),
        next=str(first + len(shown)) if shown and first + len(shown) < len(found) else None,
        total=len(found),
    )


def _find(work: Work, import_id: str, *, hold: bool = False) -> ImportJob:
    job = work.session.get(ImportJob, import_id, with_for_update=hold)
    if job is None:
        raise MissingError(f"There is no import {import_id[:40]}", "List the imports to the watchlist")
    return job


def _about(import_id: str) -> str:
    return f"{import_id}.report"


def _report(work: Work, job: ImportJob) -> _Report:
    if job.sealed_report is None:
        return _Report()
    key_id = find_watchlist(work, job.watchlist_id).key_id
    content = work.office.vault.open_sealed(work.session, key_id, job.sealed_report, about=_about(job.id))
    return msgspec.msgpack.decode(content, type=_Report)


def _view(work: Work, job: ImportJob) -> ImportView:
    return ImportView(
        id=job.id,
        watchlist_id=job.watchlist_id,
        state=cast("ImportState", job.state),
        dry_run=job.dry_run,
        rows=job.rows,
        done=job.done,
        added=job.added,
        changed=job.changed,
        unchanged=job.unchanged,
        refused=job.refused,
        failure=_report(work, job).failure if job.state == "failed" else "",
        started_at=job.started_at,
        started_by=job.started_by,
        started_by_name=names_of(work.session, [job.started_by]).get(job.started_by, "the software"),
        finished_at=job.finished_at,
    )


def _row_view(row: RowReport) -> ImportedRow:
    return ImportedRow(
        place=row.place,
        reference=row.reference,
        name=row.name,
        result=row.result,
        entry_id=row.entry_id,
        findings=finding_views(row.findings),
        images=tuple(_picture_view(image) for image in row.images),
    )


def _picture_view(image: PictureReport) -> ImportedPicture:
    return ImportedPicture(
        file=image.file,
        result=image.result,
        findings=finding_views(image.findings),
        measures=image.measures,
    )
