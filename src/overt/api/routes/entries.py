"""Entries of watchlists: a subject, what for, on what basis, until when."""

from typing import Annotated

from fastapi import Query

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.api.repeats import TheCreation
from overt.casework import watchlists
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import EntryView
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("entries")


class EntryQuery(watchlists.EntryFilter, Page):
    """Which entries, and which page of them."""


@router.post(
    "/watchlists/{watchlist_id}/entries", operation_id="entries.add", status_code=201, summary="Add an entry"
)
def add(create: TheCreation, watchlist_id: Id, new: watchlists.NewEntry) -> EntryView:
    """It waits for an authorising officer's approval, and for a reference image."""
    return create(watchlists.add_entry, EntryView, watchlist_id, new)


@router.get(
    "/watchlists/{watchlist_id}/entries", operation_id="entries.list", summary="A watchlist's entries"
)
def list_all(
    office: TheOffice, actor: TheActor, watchlist_id: Id, query: Annotated[EntryQuery, Query()]
) -> Listing[watchlists.EntrySummary]:
    """All of them, or those for which everything given holds."""
    return watchlists.list_entries(office, actor, watchlist_id, query, query)


@router.post(
    "/watchlists/{watchlist_id}/approvals",
    operation_id="entries.approve-many",
    summary="Approve several entries",
)
def approve_many(
    office: TheOffice, actor: TheActor, watchlist_id: Id, approval: watchlists.Approval
) -> watchlists.ApprovalOutcome:
    """One that cannot be approved is told with its reason, and holds up no other. Those under 18 are left."""
    return watchlists.approve_many_entries(office, actor, watchlist_id, approval)


@router.get("/entries/{entry_id}", operation_id="entries.show", summary="An entry")
def show(office: TheOffice, actor: TheActor, entry_id: Id) -> EntryView:
    """Everything that is known of it."""
    return watchlists.show_entry(office, actor, entry_id)


@router.patch("/entries/{entry_id}", operation_id="entries.change", summary="Change an entry")
def change(office: TheOffice, actor: TheActor, entry_id: Id, asked: watchlists.EntryChange) -> EntryView:
    """What is null stays. Any change takes the approval away."""
    return watchlists.change_entry(office, actor, entry_id, asked)


@router.post("/entries/{entry_id}/approve", operation_id="entries.approve", summary="Approve an entry")
def approve(
    office: TheOffice, actor: TheActor, entry_id: Id, given: watchlists.EntryApproval | None = None
) -> EntryView:
    """By an authorising officer who neither added it nor changed it last; under 18 it takes their reason."""
    given = given or watchlists.EntryApproval()
    return watchlists.approve_entry(office, actor, entry_id, given.revision, given.under_18_reason)


@router.post("/entries/{entry_id}/withdraw", operation_id="entries.withdraw", summary="Withdraw an entry")
def withdraw(office: TheOffice, actor: TheActor, entry_id: Id, asked: watchlists.Withdrawal) -> EntryView:
    """From now on it raises no alert, also in a deployment that is live."""
    return watchlists.withdraw_entry(office, actor, entry_id, asked)


@router.delete(
    "/entries/{entry_id}", operation_id="entries.delete", status_code=204, summary="Delete an entry"
)
def delete(office: TheOffice, actor: TheActor, entry_id: Id) -> None:
    """With its pictures, its templates and its key."""
    watchlists.delete_entry(office, actor, entry_id)
