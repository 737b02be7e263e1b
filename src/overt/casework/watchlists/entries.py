"""Commands about entries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import and_, func, or_, select

from overt.casework.commands import command
from overt.casework.paging import Listing
from overt.casework.watchlists._entry_views import entry_view, summaries
from overt.casework.watchlists._rows import chunks, find_entry, find_watchlist, hold_watchlist
from overt.casework.watchlists._rules import canonical_category, check, next_review
from overt.casework.watchlists._sealed import (
    mac_of_reference,
    open_personal,
    seal_personal,
)
from overt.casework.watchlists._writing import (
    differences,
    insert_entry,
    mark_changed,
    require_not_withdrawn,
    require_room,
    write_changes,
)
from overt.casework.watchlists.age import is_under_18
from overt.casework.watchlists.deletion import delete_entries
from overt.casework.watchlists.entry_models import ApprovalOutcome, NotApproved
from overt.casework.watchlists.look_alikes import refresh_pairs
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import ReferenceImage, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from overt.casework.commands import Work
    from overt.casework.paging import Page
    from overt.casework.watchlists.entry_models import (
        Approval,
        EntryChange,
        EntryFilter,
        EntrySummary,
        EntryView,
        NewEntry,
        Withdrawal,
    )
    from overt.records.tables import Watchlist

__all__ = [
    "add_entry",
    "approve_entry",
    "approve_many_entries",
    "change_entry",
    "delete_entry",
    "list_entries",
    "show_entry",
    "withdraw_entry",
]


@command("entries.add")
def add_entry(work: Work, watchlist_id: str, new: NewEntry) -> EntryView:
    """Put a subject on a list. The entry waits for images, and for approval by another person.

    Raises:
        MissingError: the list is not there.
        InputError: policy does not allow a field's value.
        ConflictError: the reference is on the list already, or the list is as long as policy allows.
    """
    watchlist = hold_watchlist(work, watchlist_id)
    work.note(watchlist_id)
    policy, today = work.office.policy.watchlists, work.now.date()
    new = new.model_copy(update={"category": canonical_category(policy, new.category)})
    check(policy, today, new.model_dump())
    require_room(work, watchlist)
    _require_free(work, watchlist, new.reference)
    entry = insert_entry(
        work,
        watchlist,
        new,
        key_id=work.office.vault.new_key(work.session, "entry", work.now, parent=watchlist.key_id),
        review_by=new.review_by or next_review(policy, today),
    )
    pairs = refresh_pairs(work, watchlist, [entry.id])
    work.note(entry.id, watchlist=watchlist_id, look_alikes=pairs)
    return entry_view(work, entry)


@command("entries.show")
def show_entry(work: Work, entry_id: str) -> EntryView:
    """An entry with everything that is known of it.

    Raises:
        MissingError: it is not there.
    """
    work.note(entry_id)
    return entry_view(work, find_entry(work, entry_id))


@command("entries.list")
def list_entries(work: Work, watchlist_id: str, wanted: EntryFilter, page: Page) -> Listing[EntrySummary]:
    """A list's entries in the order they were added.

    Only those of the page are opened, unless what is asked for is sealed (`text`, `warned`).

    Raises:
        MissingError: the list is not there.
        InputError: `page.after` is none of this listing's.
    """
    find_watchlist(work, watchlist_id)
    rules = [WatchlistEntry.watchlist_id == watchlist_id, *_rules(work, wanted)]
    work.note(watchlist_id, filters=sorted(wanted.model_dump(exclude_defaults=True)))
    after = _after(page)
    if wanted.text or wanted.warned:
        found, total, more = _search(work, rules, wanted, after, page.limit)
    else:
        total = work.session.scalar(select(func.count()).select_from(WatchlistEntry).where(*rules)) or 0
        asked = select(WatchlistEntry).where(*rules, *after)
        rows = work.session.scalars(asked.order_by(*_ORDER).limit(page.limit + 1)).all()
        found, more = rows[: page.limit], len(rows) > page.limit
    work.note(watchlist_id, shown=len(found))
    return Listing(
        items=summaries(work, found),
        next=_cursor(found[-1]) if more else None,
        total=total,
    )


@command("entries.change")
def change_entry(work: Work, entry_id: str, change: EntryChange) -> EntryView:
    """Change an entry. If anything is different then, its approval is taken away.

    Raises:
        MissingError: it is not there.
        InputError: policy does not allow a field's value.
        ConflictError: it was withdrawn, or the new reference is on the list already.
    """
    entry, watchlist = _hold(work, entry_id)
    require_not_withdrawn(entry)
    given = change.model_dump(exclude_none=True)
    if "category" in given:
        given["category"] = canonical_category(work.office.policy.watchlists, given["category"])
    check(work.office.policy.watchlists, work.now.date(), given)
    changes = differences(work, entry, given)
    if "reference" in changes:
        _require_free(work, watchlist, changes["reference"], besides=entry_id)
    write_changes(work, watchlist, entry, changes)
    if changes.keys() & {"name", "date_of_birth"}:
        refresh_pairs(work, watchlist, [entry.id])
    work.note(entry_id, fields=sorted(changes), revision=entry.revision)
    return entry_view(work, entry)


@command("entries.approve")
def approve_entry(
    work: Work, entry_id: str, revision: int | None = None, under_18_reason: str = ""
) -> EntryView:
    """Approve an entry: another person than the one who added it, or changed it last, has checked it.

    Args:
        work: the work.
        entry_id: the entry's.
        revision: the one that was looked at; an entry that has changed since is not approved. Any if None.
        under_18_reason: why somebody under 18 is on the list.

    Raises:
        MissingError: it is not there.
        AuthorityError: the actor added it or changed it last.
        InputError: the subject is under 18, and no reason is given.
        ConflictError: it has no image, was changed meanwhile, is withdrawn, expired, or approved already.
    """
    entry, _ = _hold(work, entry_id)
    work.note(entry_id, revision=entry.revision)
    if revision is not None and revision != entry.revision:
        raise ConflictError(
            f"The entry {entry_id} was changed meanwhile: it is at revision {entry.revision}, not {revision}",
            "Look at it again",
        )
    _approve(work, entry, under_18_reason)
    return entry_view(work, entry)


@command("entries.approve-many")
def approve_many_entries(work: Work, watchlist_id: str, approval: Approval) -> ApprovalOutcome:
    """Approve those of several entries that can be approved, and say of the others why not.

    Entries under 18 are left: each is approved by itself, with a reason.

    Raises:
        MissingError: the list is not there.
    """
    hold_watchlist(work, watchlist_id)
    approved, left = [], []
    for entry_id in dict.fromkeys(approval.entry_ids):
        try:
            _approve(work, find_entry(work, entry_id, watchlist_id=watchlist_id))
        except (AuthorityError, ConflictError, InputError, MissingError) as error:
            left.append(NotApproved(entry_id=entry_id, reason=str(error)))
        else:
            approved.append(entry_id)
    work.session.flush()
    work.note(watchlist_id, approved=approved, left=[one.entry_id for one in left])
    return ApprovalOutcome(approved=tuple(approved), left=tuple(left))


@command("entries.withdraw")
def withdraw_entry(work: Work, entry_id: str, withdrawal: Withdrawal) -> EntryView:
    """Withdraw an entry: from this moment it raises no alert.

    Raises:
        MissingError: it is not there.
        ConflictError: it was withdrawn already.
    """
    entry, watchlist = _hold(work, entry_id)
    if entry.status == "withdrawn":
        raise ConflictError(f"The entry {entry_id} was withdrawn already", "Nothing more is to be done")
    (personal,) = open_personal(work, [entry])
    withdrawn = msgspec.structs.replace(personal, withdrawn_reason=withdrawal.reason)
    entry.sealed = seal_personal(work, entry.id, entry.key_id, withdrawn)
    mark_changed(work, entry)
    entry.status, entry.withdrawn_at, entry.withdrawn_by = "withdrawn", work.now, work.actor.id
    refresh_pairs(work, watchlist, [entry.id])
    work.note(entry_id, revision=entry.revision)
    return entry_view(work, entry)


@command("entries.delete")
def delete_entry(work: Work, entry_id: str) -> None:
    """Delete an entry with its images, and destroy their key.

    Raises:
        MissingError: it is not there.
    """
    _hold(work, entry_id)
    work.note(entry_id)
    delete_entries(work, [entry_id])
    work.after_commit.append(work.office.database.truncate_log)


_ORDER: Final = (WatchlistEntry.added_at, WatchlistEntry.id)
_REASON_LENGTH: Final = 3
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def _hold(work: Work, entry_id: str) -> tuple[WatchlistEntry, Watchlist]:
    """An entry and its list, which is held first, as everyone who writes to a list does."""
    watchlist = hold_watchlist(work, find_entry(work, entry_id).watchlist_id)
    entry = find_entry(work, entry_id)
    work.session.refresh(entry)
    return entry, watchlist


def _require_free(work: Work, watchlist: Watchlist, reference: str, *, besides: str = "") -> None:
    mac = mac_of_reference(work, watchlist, reference)
    held = work.session.scalar(
        select(WatchlistEntry.id).where(
            WatchlistEntry.watchlist_id == watchlist.id,
            WatchlistEntry.reference_mac == mac,
            WatchlistEntry.id != besides,
        )
    )
    if held is not None:
        raise ConflictError(
            f"The reference is on the list already, as {held}", "Change that entry, or correct the reference"
        )


def _approve(work: Work, entry: WatchlistEntry, under_18_reason: str = "") -> None:
    if entry.status != "pending":
        raise ConflictError(f"The entry {entry.id} is {entry.status}", "Only a pending entry can be approved")
    if entry.expires_on < work.now.date():
        raise ConflictError(f"The entry {entry.id} expired on {entry.expires_on}", "Have its expiry changed")
    if work.actor.id in {entry.added_by, entry.changed_by}:
        raise AuthorityError(
            f"{work.actor.name} added the entry {entry.id} or changed it last",
            "Another authorising officer must approve it",
        )
    if (
        work.session.scalar(select(ReferenceImage.id).where(ReferenceImage.entry_id == entry.id).limit(1))
        is None
    ):
        raise ConflictError(f"The entry {entry.id} has no reference image", "Add one that is accepted")
    _take_reason(work, entry, under_18_reason.strip())
    entry.status, entry.approved_at, entry.approved_by = "approved", work.now, work.actor.id
    work.session.flush()


def _take_reason(work: Work, entry: WatchlistEntry, reason: str) -> None:
    """Keep why somebody under 18 is on the list; of others none is kept."""
    (personal,) = open_personal(work, [entry])
    young = is_under_18(personal.date_of_birth, work.now.date())
    if young and len(reason) < _REASON_LENGTH:
        raise InputError(
            f"The entry {entry.id} is of somebody under 18, who is not ordinarily on a list",
            "Approve it by itself, with your own reason",
            field="under_18_reason",
        )
    kept = reason if young else ""
    if kept != personal.under_18_reason:
        sealed = msgspec.structs.replace(personal, under_18_reason=kept)
        entry.sealed = seal_personal(work, entry.id, entry.key_id, sealed)
    if young:
        work.note(work.subject, under_18=True)


def _rules(work: Work, wanted: EntryFilter) -> list[ColumnElement[bool]]:
    today = work.now.date()
    standing = WatchlistEntry.status != "withdrawn"
    rules: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        rules.append(WatchlistEntry.status == wanted.status)
    if wanted.category is not None:
        category = canonical_category(work.office.policy.watchlists, wanted.category)
        rules.append(WatchlistEntry.category == category)
    if wanted.seed is not None:
        rules.append(WatchlistEntry.seed.is_(wanted.seed))
    if wanted.due_for_review:
        rules += [standing, WatchlistEntry.review_by <= today]
    if wanted.expires_within_days is not None:
        rules += [
            standing,
            WatchlistEntry.expires_on <= today + dt.timedelta(days=wanted.expires_within_days),
        ]
    if wanted.expired:
        rules += [standing, WatchlistEntry.expires_on < today]
    if wanted.without_image:
        rules.append(~select(ReferenceImage.id).where(ReferenceImage.entry_id == WatchlistEntry.id).exists())
    return rules


def _cursor(entry: WatchlistEntry) -> str:
    return f"{(entry.added_at - _EPOCH) // _MICROSECOND}~{entry.id}"


def _after(page: Page) -> list[ColumnElement[bool]]:
    if page.after is None:
        return []
    written, _, entry_id = page.after.partition("~")
    try:
        at = _EPOCH + int(written) * _MICROSECOND
    except (ValueError, OverflowError):
        raise InputError("There is no such page", "Begin with the first", field="after") from None
    return [
        or_(
            WatchlistEntry.added_at > at,
            and_(WatchlistEntry.added_at == at, WatchlistEntry.id > entry_id),
        )
    ]


def _search(
    work: Work,
    rules: list[ColumnElement[bool]],
    asked: EntryFilter,
    after: list[ColumnElement[bool]],
    limit: int,
) -> tuple[Sequence[WatchlistEntry], int, bool]:
    """A page of the entries whose sealed part is as asked; how many such there are; whether more follow."""
    needle = " ".join(asked.text.casefold().split())
    ids = work.session.scalars(select(WatchlistEntry.id).where(*rules).order_by(*_ORDER)).all()
    matching: list[str] = []
    for some in chunks(ids):
        rows = work.session.scalars(select(WatchlistEntry).where(WatchlistEntry.id.in_(some))).all()
        names = {
            row.id: f"{one.reference}\n{one.name}".casefold()
            for row, one in zip(rows, open_personal(work, rows), strict=True)
            if one.warnings or not asked.warned
        }
        matching += [entry_id for entry_id in some if entry_id in names and needle in names[entry_id]]
    wanted = matching
    if after:
        later = set(work.session.scalars(select(WatchlistEntry.id).where(*rules, *after)))
        wanted = [entry_id for entry_id in matching if entry_id in later]
    shown = wanted[:limit]
    rows = work.session.scalars(
        select(WatchlistEntry).where(WatchlistEntry.id.in_(shown)).order_by(*_ORDER)
    ).all()
    return rows, len(matching), len(wanted) > len(shown)
