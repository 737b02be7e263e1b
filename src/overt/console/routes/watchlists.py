"""Watchlists as wholes: listed, made, changed, reviewed, exported, deleted; their look-alikes."""

import io
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRouter
from starlette.responses import Response

from overt.casework import watchlists
from overt.casework.deployments import packs_here
from overt.casework.paging import Page
from overt.casework.watchlists import WatchlistView
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.web.answers import spooled_answer
from overt.web.service import TheOffice
from overt.web.spool import SealedSpool, SpoolWriter

__all__ = ["router"]

router = APIRouter()

_LISTS = 50
_PAIRS = 10


@router.get("/watchlists")
def every_list(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("watchlists.list")],
    after: After = None,
) -> Response:
    """All lists, the newest first."""
    found = watchlists.list_watchlists(office, viewer.actor, Page(after=after, limit=_LISTS))
    return page(
        request, viewer, "watchlists/all.html", found=found, first=after is None, today=office.now().date()
    )


@router.get("/watchlists/new")
def new_list(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("watchlists.create")]
) -> Response:
    """The form for another list."""
    return _new(request, office, viewer, Form())


@router.post("/watchlists")
async def create_list(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("watchlists.create")]
) -> Response:
    """Another list."""
    form = await read_form(request, viewer)
    try:
        made = await run_in_threadpool(
            form.give,
            office,
            viewer,
            watchlists.create_watchlist,
            WatchlistView,
            form.take(watchlists.NewWatchlist),
        )
    except REFUSALS as error:
        return await run_in_threadpool(_new, request, office, viewer, form.refused(error))
    return see_other(
        f"/watchlists/{made.id}", "The list is made. Enrol its first subject, or import a table."
    )


@router.get("/watchlists/{watchlist_id}/settings")
def settings(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.change", "watchlists.delete")],
) -> Response:
    """What a list is called and what it is for; and its end."""
    shown = watchlists.show_watchlist(office, viewer.actor, watchlist_id)
    return _settings(request, viewer, shown, blank_form(title=shown.title, purpose=shown.purpose))


@router.post("/watchlists/{watchlist_id}/change")
async def change_list(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.change")],
) -> Response:
    """Another title or purpose."""
    form = await read_form(request, viewer)
    try:
        asked = watchlists.WatchlistChange(title=form.text("title"), purpose=form.text("purpose"))
        await run_in_threadpool(
            form.give, office, viewer, watchlists.change_watchlist, WatchlistView, watchlist_id, asked
        )
    except REFUSALS as error:
        shown = await run_in_threadpool(watchlists.show_watchlist, office, viewer.actor, watchlist_id)
        return _settings(request, viewer, shown, form.refused(error))
    return see_other(f"/watchlists/{watchlist_id}", "The list is changed")


@router.post("/watchlists/{watchlist_id}/review")
async def review_list(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.review")],
) -> Response:
    """The whole list was looked through."""
    form = await read_form(request, viewer)
    reviewed = await run_in_threadpool(
        form.give,
        office,
        viewer,
        watchlists.review_watchlist,
        WatchlistView,
        watchlist_id,
        watchlists.WatchlistReview(),
    )
    said = f"The list is reviewed. The next review is due by {reviewed.review_by:%-d %B %Y}."
    return see_other(f"/watchlists/{watchlist_id}", said)


@router.post("/watchlists/{watchlist_id}/delete")
async def delete_list(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.delete")],
) -> Response:
    """The list goes, with everything on it."""
    form = await read_form(request, viewer)
    try:
        count = await run_in_threadpool(watchlists.delete_watchlist, office, viewer.actor, watchlist_id)
    except REFUSALS as error:
        shown = await run_in_threadpool(watchlists.show_watchlist, office, viewer.actor, watchlist_id)
        return _settings(request, viewer, shown, form.refused(error))
    return see_other("/watchlists", f"The list is deleted: {count} entries, their pictures and their keys")


@router.get("/watchlists/{watchlist_id}/export")
def export_list(
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.export")],
    pictures: Annotated[bool, Query()] = False,
) -> Response:
    """Its entries as a table, or as a ZIP with the reference images; never a template."""
    spool = SealedSpool(office.folder)
    try:
        with io.BufferedWriter(SpoolWriter(spool)) as out:
            watchlists.export_watchlist(office, viewer.actor, watchlist_id, out, pictures=pictures)
    except BaseException:
        spool.close()
        raise
    if pictures:
        return spooled_answer(spool, "application/zip", f"{watchlist_id}.zip")
    return spooled_answer(spool, "text/csv; charset=utf-8", f"{watchlist_id}.csv")


@router.get("/watchlists/{watchlist_id}/look-alikes")
def look_alikes(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("watchlists.list-look-alikes")],
    after: After = None,
) -> Response:
    """Pairs that could be taken for each other, side by side."""
    shown = watchlists.show_watchlist(office, viewer.actor, watchlist_id)
    pairs = watchlists.list_look_alikes(office, viewer.actor, watchlist_id, Page(after=after, limit=_PAIRS))
    return page(request, viewer, "watchlists/look_alikes.html", watchlist=shown, pairs=pairs)


def _new(request: Request, office: TheOffice, viewer: Viewer, form: Form) -> Response:
    days = office.policy.watchlists.review_days
    return page(request, viewer, "watchlists/new.html", form=form, packs=packs_here(), review_days=days)


def _settings(request: Request, viewer: Viewer, shown: WatchlistView, form: Form) -> Response:
    context: dict[str, Any] = {"watchlist": shown}
    return page(request, viewer, "watchlists/settings.html", form=form, **context)
