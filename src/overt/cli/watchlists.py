"""`overt watchlists`: lists, their entries and images, bulk import, approval, export."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import all_of, safe, show_json, show_table
from overt.cli._watchlists import notice, progress, show_lists, show_refused
from overt.errors import InputError

if TYPE_CHECKING:
    from overt.casework import watchlists as w

__all__ = ["watchlists"]

watchlists = typer.Typer(
    name="watchlists",
    help="Watchlists: make them, add and import entries, approve, withdraw, export, delete.",
    no_args_is_help=True,
)

ListId = Annotated[str, typer.Argument(help="The list's id.", metavar="WATCHLIST")]
EntryIds = Annotated[list[str], typer.Argument(help="Ids of entries.", metavar="ENTRY...")]


@watchlists.command("create")
def create(
    title: Annotated[str, typer.Argument(help="What the list is called.")],
    purpose: Annotated[str, typer.Option(help="What it is for, in words that name nobody.")],
    *,
    data: DataFolder,
    pack: Annotated[str, typer.Option(help="The model pack that makes its templates.")] = "embedded",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Make an empty list."""
    from overt.casework import watchlists as w

    new = taken(w.NewWatchlist, title=title, purpose=purpose, pack=pack)
    with acting(data, database, as_) as (office, actor):
        show_lists([w.create_watchlist(office, actor, new)], as_json=as_json)


@watchlists.command("list")
def list_(
    data: DataFolder, database: DatabaseUrl = None, as_: ActingAs = None, *, as_json: AsJson = False
) -> None:
    """List every watchlist with the counts of its entries."""
    from overt.casework import watchlists as w

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: w.list_watchlists(office, actor, page))
    show_lists(found, as_json=as_json)


@watchlists.command("show")
def show(
    watchlist: ListId,
    *,
    data: DataFolder,
    status: Annotated[
        str | None, typer.Option(help="Only pending, approved or withdrawn entries.", metavar="STATUS")
    ] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    text: Annotated[str, typer.Option(help="Only entries with this in the name or reference.")] = "",
    expires_within_days: Annotated[
        int | None, typer.Option(help="Only entries that expire within so many days.")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    due_for_review: Annotated[
        bool, typer.Option("--due-for-review", help="Only entries whose review is due.")
    ] = False,
    without_image: Annotated[
        bool, typer.Option("--without-image", help="Only entries without a reference image.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the entries of a list."""
    from overt.casework import watchlists as w

    wanted = taken(
        w.EntryFilter,
        status=status,
        category=category,
        text=text,
        due_for_review=due_for_review,
        expires_within_days=expires_within_days,
        without_image=without_image,
    )
    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: w.list_entries(office, actor, watchlist, wanted, page))
    if as_json:
        show_json(found)
        return
    show_table(
        ("entry", "reference", "name", "category", "status", "images", "expires", "notice"),
        [
            (
                one.id,
                one.reference,
                one.name,
                one.category,
                one.status,
                str(one.images),
                str(one.expires_on),
                notice(one),
            )
            for one in found
        ],
    )


@watchlists.command("add")
def add(
    watchlist: ListId,
    *,
    data: DataFolder,
    reference: Annotated[str, typer.Option(help="What the force's own records call the subject.")],
    name: Annotated[str, typer.Option(help="What officers are shown.")],
    category: Annotated[str, typer.Option(help="One of the policy's categories.")],
    lawful_basis: Annotated[str, typer.Option(help="The warrant, order, condition or duty.")],
    date_of_birth: Annotated[str, typer.Option(help="Such as 1990-01-31, or `unknown`.")],
    instruction: Annotated[str, typer.Option(help="What officers should do.")],
    expires_on: Annotated[str, typer.Option(help="The entry's last day, such as 2026-01-31.")],
    image: Annotated[list[Path], typer.Option(help="A picture; give it again for each.")],
    image_source: Annotated[str, typer.Option(help="Where the pictures come from.")],
    image_date: Annotated[str, typer.Option(help="When they were taken, or `unknown`.")],
    warning: Annotated[list[str] | None, typer.Option(help="A warning marker; again for each.")] = None,
    notes: Annotated[str, typer.Option(help="Anything else.")] = "",
    seed: Annotated[bool, typer.Option("--seed", help="A consenting person who walks past.")] = False,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Add an entry with its pictures. The exit status is 1 if no picture was accepted."""
    from overt.casework import watchlists as w

    new = taken(
        w.NewEntry,
        reference=reference,
        name=name,
        category=category,
        lawful_basis=lawful_basis,
        date_of_birth=_date_or_unknown(date_of_birth, "date_of_birth"),
        instruction=instruction,
        expires_on=expires_on,
        warnings=tuple(warning or ()),
        notes=notes,
        seed=seed,
    )
    taken_on = _date_or_unknown(image_date, "image_date")
    images = [
        taken(w.NewImage, content=_content(path), file=path.name, source=image_source, taken_on=taken_on)
        for path in image
    ]
    with acting(data, database, as_) as (office, actor):
        entry = w.add_entry(office, actor, watchlist, new)
        outcomes = [w.add_image(office, actor, entry.id, one) for one in images]
        entry = w.show_entry(office, actor, entry.id)
    if as_json:
        show_json(entry)
    else:
        typer.echo(f"{entry.id} is {entry.status}, with {entry.images} images")
        for outcome in outcomes:
            found = "; ".join(f"{one.kind}: {one.detail}" for one in outcome.verdict.findings)
            typer.echo(
                f"  {safe(outcome.verdict.file)}: {outcome.result}" + (f" ({safe(found)})" if found else "")
            )
    if not entry.images:
        raise typer.Exit(1)


@watchlists.command("import")
def import_(
    watchlist: ListId,
    source: Annotated[
        Path, typer.Argument(help="A CSV file whose pictures lie in or below its folder, or a ZIP of both.")
    ],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge every row and picture, and write nothing to the list.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import entries with their pictures.

    A row that is refused harms no other, and what is on the list already is not added again, so an import can be
    repeated. With --json, one object is printed: the import, and the report of every row. The exit status is 1 if
    any row was refused.
    """
    from overt.casework import watchlists as w

    opened = w.open_source(source)
    try:
        with acting(data, database, as_) as (office, actor):
            job = w.start_import(office, actor, watchlist, dry_run=dry_run)
            with progress(quiet=as_json) as on_progress:
                done = w.carry_out_import(office, actor, job.id, opened, on_progress)
            wanted: w.RowResult | None = None if as_json else "refused"
            rows = all_of(lambda page: w.show_import_report(office, actor, job.id, page, wanted))
    finally:
        opened.close()
    if as_json:
        import json

        plain = done.model_dump(mode="json") | {"report": [row.model_dump(mode="json") for row in rows]}
        print(json.dumps(plain, ensure_ascii=False))
    else:
        show_refused(rows)
        typer.echo(
            f"{done.id}: {done.added} added, {done.changed} changed, {done.unchanged} unchanged, "
            f"{done.refused} refused" + (" (nothing was written: a dry run)" if dry_run else "")
        )
    if done.refused:
        raise typer.Exit(1)


@watchlists.command("approve")
def approve(
    watchlist: ListId,
    data: DataFolder,
    entries: Annotated[list[str] | None, typer.Argument(help="Ids of entries.", metavar="ENTRY...")] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    all_pending: Annotated[bool, typer.Option("--all", help="Every pending entry of the list.")] = False,
    under_18_reason: Annotated[
        str, typer.Option(help="Why somebody under 18 is on the list; for one entry.", metavar="REASON")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Approve entries that somebody else added. The exit status is 1 if any was left."""
    from overt.casework import watchlists as w

    if bool(entries) == all_pending:
        raise InputError("Either entries or --all must be given", "Name entries, or write --all")
    if under_18_reason and len(entries or ()) != 1:
        raise InputError("A reason is for one entry", "Name the entry that is under 18, and no other")
    approved: list[str] = []
    left: list[w.NotApproved] = []
    with acting(data, database, as_) as (office, actor):
        ids = list(entries or ())
        if all_pending:
            wanted = w.EntryFilter(status="pending")
            ids = [
                one.id for one in all_of(lambda page: w.list_entries(office, actor, watchlist, wanted, page))
            ]
        if under_18_reason:
            approved.append(w.approve_entry(office, actor, ids.pop(), None, under_18_reason).id)
        for at in range(0, len(ids), 500):
            approval = w.Approval(entry_ids=tuple(ids[at : at + 500]))
            outcome = w.approve_many_entries(office, actor, watchlist, approval)
            approved += outcome.approved
            left += outcome.left
    if as_json:
        show_json(w.ApprovalOutcome(approved=tuple(approved), left=tuple(left)))
    else:
        for one in left:
            typer.echo(f"{one.entry_id}: {safe(one.reason)}")
        typer.echo(f"{len(approved)} approved, {len(left)} left")
    if left:
        raise typer.Exit(1)


@watchlists.command("withdraw")
def withdraw(
    entry: Annotated[str, typer.Argument(help="The entry's id.", metavar="ENTRY")],
    reason: Annotated[str, typer.Option(help="Why.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Withdraw an entry: from this moment it raises no alert."""
    from overt.casework import watchlists as w

    withdrawal = taken(w.Withdrawal, reason=reason)
    with acting(data, database, as_) as (office, actor):
        done = w.withdraw_entry(office, actor, entry, withdrawal)
    if as_json:
        show_json(done)
    else:
        typer.echo(f"{done.id} is withdrawn")


@watchlists.command("export")
def export(
    watchlist: ListId,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; it must not be there yet.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Write a ZIP of the table and the reference images.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Export a list for review as CSV, or with its pictures as a ZIP; never its templates."""
    from overt.casework import watchlists as w

    with acting(data, database, as_) as (office, actor):
        try:
            file = out.open("xb")
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}", "Name another file") from error
        whole = False
        try:
            with file:
                out.chmod(0o600)
                done = w.export_watchlist(office, actor, watchlist, file, pictures=pictures)
            whole = True
        finally:
            if not whole:
                out.unlink(missing_ok=True)
    if as_json:
        show_json(done)
    else:
        typer.echo(f"{done.entries} entries written to {out}")


@watchlists.command("look-alikes")
def look_alikes(
    watchlist: ListId,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the entries of a list that look alike or are one subject."""
    from overt.casework import watchlists as w

    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: w.list_look_alikes(office, actor, watchlist, page))
    if as_json:
        show_json(found)
        return
    show_table(
        ("score", "kind", "entry", "name", "entry", "name"),
        [
            (
                f"{one.score:.3f}",
                one.kind,
                one.first.entry_id,
                one.first.name,
                one.second.entry_id,
                one.second.name,
            )
            for one in found
        ],
    )


@watchlists.command("renew")
def renew(
    watchlist: ListId,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make templates for covered faces, of images enrolled before the list's pack could compare such faces."""
    from overt.casework import watchlists as w

    made, failed, after = 0, list[str](), None
    with acting(data, database, as_) as (office, actor):
        while True:
            done = w.renew_watchlist(office, actor, watchlist, after)
            made, after = made + done.made, done.next
            failed += done.failed
            if after is None:
                break
    if as_json:
        show_json(w.Renewal(made=made, failed=tuple(dict.fromkeys(failed)), next=None))
        return
    typer.echo(f"{made} templates for covered faces made")
    for entry_id in dict.fromkeys(failed):
        typer.echo(f"! {entry_id}: of one of its images none can be made; put another picture in its place")


@watchlists.command("delete")
def delete(
    watchlist: ListId,
    data: DataFolder,
    entry: Annotated[list[str] | None, typer.Option(help="Only this entry; again for each.")] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a list with all its entries, or some of its entries, and destroy their keys."""
    from overt.casework import watchlists as w

    what = f"{len(entry)} entries of {watchlist}" if entry else f"{watchlist} with all its entries"
    if not yes:
        typer.confirm(f"Delete {what} for ever?", abort=True, err=True)
    with acting(data, database, as_) as (office, actor):
        if entry:
            for one in entry:
                w.delete_entry(office, actor, one)
            count = len(entry)
        else:
            count = w.delete_watchlist(office, actor, watchlist)
    if as_json:
        print(f'{{"entries": {count}}}')
    else:
        typer.echo(f"{count} entries deleted")


def _content(path: Path) -> bytes:
    from overt.gallery import EnrolmentLimits

    try:
        with path.open("rb") as file:
            return file.read(int(EnrolmentLimits().mib * 2**20) + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "Name a picture", field="image"
        ) from error


def _date_or_unknown(written: str, field: str) -> dt.date | str:
    if written.lower() == "unknown":
        return "unknown"
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise InputError(
            f"The {field} is neither a date such as 2026-01-31 nor `unknown`", "Correct it", field=field
        ) from None
