"""Watchlists: made, reviewed, looked through for look-alikes, deleted."""

import io
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from overt.api.acting import TheActor
from overt.api.inputs import Id, ThePage, api_router
from overt.api.repeats import TheCreation
from overt.casework import watchlists
from overt.casework.paging import Listing, Page
from overt.casework.watchlists import WatchlistView
from overt.web.answers import of_type, spooled_answer
from overt.web.service import TheOffice
from overt.web.spool import SealedSpool, SpoolWriter

__all__ = ["router"]

router = api_router("watchlists", "/watchlists")


class PairQuery(Page):
    """Which pairs, and which page of them."""

    entry_id: Annotated[str | None, Field(max_length=100, description="Only pairs that it is in.")] = None


@router.post("", operation_id="watchlists.create", status_code=201, summary="Make a watchlist")
def create(make: TheCreation, new: watchlists.NewWatchlist) -> WatchlistView:
    """Its templates are bound to the model pack that it names. Title and purpose name nobody: they are not sealed."""
    return make(watchlists.create_watchlist, WatchlistView, new)


@router.get("", operation_id="watchlists.list", summary="Watchlists, the newest first")
def list_all(office: TheOffice, actor: TheActor, page: ThePage) -> Listing[WatchlistView]:
    """With counts of their entries."""
    return watchlists.list_watchlists(office, actor, page)


@router.get("/{watchlist_id}", operation_id="watchlists.show", summary="A watchlist")
def show(office: TheOffice, actor: TheActor, watchlist_id: Id) -> WatchlistView:
    """With counts of its entries: pending, approved, expired, due for review."""
    return watchlists.show_watchlist(office, actor, watchlist_id)


@router.patch("/{watchlist_id}", operation_id="watchlists.change", summary="Change title or purpose")
def change(
    office: TheOffice, actor: TheActor, watchlist_id: Id, asked: watchlists.WatchlistChange
) -> WatchlistView:
    """What is null stays."""
    return watchlists.change_watchlist(office, actor, watchlist_id, asked)


@router.post("/{watchlist_id}/reviews", operation_id="watchlists.review", summary="Review a watchlist")
def review(
    office: TheOffice, actor: TheActor, watchlist_id: Id, asked: watchlists.WatchlistReview
) -> WatchlistView:
    """Its entries, or some of them, were looked at and still belong there."""
    return watchlists.review_watchlist(office, actor, watchlist_id, asked)


class Renew(BaseModel):
    """Where to go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[str | None, Field(max_length=100, description="The `next` of the answer before.")] = None


@router.post(
    "/{watchlist_id}/renewals", operation_id="watchlists.renew", summary="Make templates for covered faces"
)
def renew(office: TheOffice, actor: TheActor, watchlist_id: Id, asked: Renew) -> watchlists.Renewal:
    """Of images that were enrolled before the list's pack could compare covered faces; some at a time."""
    return watchlists.renew_watchlist(office, actor, watchlist_id, asked.after)


@router.delete(
    "/{watchlist_id}", operation_id="watchlists.delete", status_code=204, summary="Delete a watchlist"
)
def delete(office: TheOffice, actor: TheActor, watchlist_id: Id) -> None:
    """With its entries, their pictures and their keys. Not while a running deployment uses it."""
    watchlists.delete_watchlist(office, actor, watchlist_id)


@router.get(
    "/{watchlist_id}/look-alikes",
    operation_id="watchlists.list-look-alikes",
    summary="Entries that could be taken for each other",
)
def list_look_alikes(
    office: TheOffice, actor: TheActor, watchlist_id: Id, query: Annotated[PairQuery, Query()]
) -> Listing[watchlists.LookAlikeView]:
    """The most alike first; duplicates among them."""
    page = Page(after=query.after, limit=query.limit)
    return watchlists.list_look_alikes(office, actor, watchlist_id, page, query.entry_id)


@router.get(
    "/{watchlist_id}/export",
    operation_id="watchlists.export",
    summary="A watchlist for review",
    response_class=Response,
    responses=of_type("text/csv", "application/zip"),
)
def export(
    office: TheOffice,
    actor: TheActor,
    watchlist_id: Id,
    pictures: Annotated[
        bool, Query(description="A ZIP with the reference images, not the table alone.")
    ] = False,
) -> Response:
    """Its entries as a table, withdrawn ones too; never a template."""
    spool = SealedSpool(office.folder)
    try:
        with io.BufferedWriter(SpoolWriter(spool)) as out:
            watchlists.export_watchlist(office, actor, watchlist_id, out, pictures=pictures)
    except BaseException:
        spool.close()
        raise
    if pictures:
        return spooled_answer(spool, "application/zip", f"{watchlist_id}.zip")
    return spooled_answer(spool, "text/csv; charset=utf-8", f"{watchlist_id}.csv")
