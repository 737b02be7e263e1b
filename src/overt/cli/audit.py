"""`overt audit`: verifying, listing, showing and exporting the audit chain."""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 - typer reads the annotations when it runs
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import safe, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from overt.casework.audit_room import AuditEntryView, AuditVerdict

__all__ = ["audit"]

audit = typer.Typer(
    name="audit",
    help="Verify, list, show and export the audit chain.",
    no_args_is_help=True,
)


@audit.command()
def verify(
    *,
    data: Annotated[
        Path | None,
        typer.Option("--data", envvar="OVERT_DATA", help="The data folder.", metavar="FOLDER"),
    ] = None,
    database: DatabaseUrl = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Verify an export instead, offline.", metavar="EXPORT")
    ] = None,
    public_key: Annotated[
        str | None,
        typer.Option(
            "--public-key", help="The key that the chain must be signed with, as hex, known from elsewhere."
        ),
    ] = None,
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            help="SEQ:DIGEST of an entry, known from elsewhere, such as from a published record. Can be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find any altered, missing, added or moved entry, and say where.

    It reads no personal data and changes nothing, so that nobody signs in for it and the master key is not needed.
    Without --public-key or --anchor a chain that was written anew from its beginning, with another key, passes:
    compare the public key that is printed with the one you know.

    The exit status is 0 if the chain is whole, and 1 if it is not.
    """
    from overt.casework.audit_room import AuditVerdict, parse_anchors, parse_public_key
    from overt.casework.office import DATABASE_FILE
    from overt.errors import InputError
    from overt.records import Database
    from overt.records.audit_export import verify_export
    from overt.records.verification import verify_records

    key, anchors = parse_public_key(public_key), parse_anchors(anchor or [])
    if file is not None:
        if data is not None or database is not None:
            raise InputError(
                "An export is verified by itself", "Give either --file, or --data and --database"
            )
        verdict = verify_export(file, public_key=key, anchors=anchors)
    else:
        if data is None and database is None:
            raise InputError(
                "It was not said which chain", "Give --data FOLDER, --database URL or --file EXPORT"
            )
        opened = Database.open_to_read(database or f"sqlite:///{(data or Path()) / DATABASE_FILE}")
        try:
            with opened.reading() as session:
                verdict = verify_records(session, public_key=key, anchors=anchors)
        finally:
            opened.close()
    shown = AuditVerdict.of(verdict)
    if as_json:
        show_json(shown)
    else:
        _say(shown)
    if not shown.ok:
        raise typer.Exit(1)


@audit.command("list")
def list_entries(
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
    actor: Annotated[str | None, typer.Option(help="A username or an actor's id.")] = None,
    command: Annotated[str | None, typer.Option(help="A command, or its beginning: alerts")] = None,
    outcome: Annotated[str | None, typer.Option(help="done, refused or failed.")] = None,
    subject: Annotated[str | None, typer.Option(help="The id of what it was about.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC; before it.")
    ] = None,
    before: Annotated[int | None, typer.Option(help="Entries with a smaller number than this.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most entries.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List entries, the newest first."""
    from overt.casework.audit_room import AuditQuery, list_audit
    from overt.casework.paging import Page

    query = taken(
        AuditQuery,
        actor=actor,
        command=command,
        outcome=outcome,
        subject=subject,
        since=_utc(since),
        until=_utc(until),
    )
    page = taken(Page, after=None if before is None else str(before), limit=limit)
    with acting(data, database, username) as (office, who):
        found = list_audit(office, who, query, page)
    if as_json:
        show_json(found)
        return
    show_table(("entry", "at", "who", "via", "command", "outcome", "subject", "details"), _rows(found.items))
    print(f"{len(found.items)} of {found.total} entries.")


@audit.command()
def show(
    seq: Annotated[int, typer.Argument(help="The entry's number.")],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Show one entry, with its digest."""
    from overt.casework.audit_room import show_audit

    with acting(data, database, username) as (office, who):
        entry = show_audit(office, who, seq)
    if as_json:
        show_json(entry)
        return
    for name, value in entry.model_dump(mode="json").items():
        print(f"{name}: {safe(str(value))}")


@audit.command()
def export(
    out: Annotated[
        Path, typer.Argument(help="The file to write, which must not be there yet; - for stdout.")
    ],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
) -> None:
    """Write the whole chain as JSON Lines, to be verified offline: `overt audit verify --file EXPORT`."""
    from overt.casework.audit_room import export_audit
    from overt.errors import AuditError

    to_stdout = str(out) == "-"
    if not to_stdout and out.exists():
        raise AuditError(f"{out} is there already", "Name a new file")
    with acting(data, database, username) as (office, who):
        lines = export_audit(office, who)
        if to_stdout:
            sys.stdout.buffer.writelines(lines)
            return
        try:
            with out.open("xb") as opened:
                opened.writelines(lines)
        except OSError as error:
            raise AuditError(f"{out} cannot be written: {error.strerror}", "Name a new file") from error
    print(f"Written: {out}")


@audit.command()
def checkpoint(
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Sign the chain as it is now. Kept elsewhere, this shows later that nothing before it was changed."""
    from overt.casework.audit_room import checkpoint_audit

    with acting(data, database, username) as (office, who):
        kept = checkpoint_audit(office, who)
    if as_json:
        show_json(kept)
        return
    print(f"Keep this elsewhere:\n  --anchor {kept.anchor}\n  --public-key {kept.public_key}")


def _rows(entries: Iterable[AuditEntryView]) -> list[tuple[str, ...]]:
    import json

    return [
        (
            str(entry.seq),
            entry.at.isoformat(sep=" ", timespec="seconds"),
            entry.actor_name,
            entry.via,
            entry.command,
            entry.outcome,
            entry.subject,
            json.dumps(entry.details, ensure_ascii=False),
        )
        for entry in entries
    ]


def _say(verdict: AuditVerdict) -> None:
    if verdict.ok:
        print(
            f"The audit chain is whole: {verdict.entries} entries, {verdict.checkpoints} signed checkpoints.\n"
            f"Head: {verdict.entries}:{verdict.head}\nPublic key: {verdict.public_key}"
        )
    else:
        print(f"The audit chain is broken at entry {verdict.first_bad}. {verdict.fault}.")


def _utc(at: datetime | None) -> datetime | None:
    from datetime import UTC

    return None if at is None else at.replace(tzinfo=UTC)
