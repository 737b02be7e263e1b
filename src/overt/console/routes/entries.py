"""A watchlist's entries: found, approved, reviewed, and each on a page of its own."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRouter
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response

from overt.casework import Actor, Office, watchlists
from overt.casework.paging import Page
from overt.casework.watchlists import ApprovalOutcome, EntryFilter, EntryView, NotApproved
from overt.console.addresses import Id, is_id
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import InputError, OvertError
from overt.web.limits import PICTURE_BYTES
from overt.web.service import TheOffice

__all__ = ["entry_form", "router"]

router = APIRouter()

_ROWS: Final = 100
_OF_ENTRY: Final = 20
_DUE: Final[dict[str, dict[str, Any]]] = {
    "review": {"due_for_review": True},
    "week": {"expires_within_days": 7},
    "month": {"expires_within_days": 30},
    "expired": {"expired": True},
    "no-image": {"without_image": True},
}


class Approved(BaseModel):
    """What became of the entries that were ticked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: tuple[str, ...]
    left: tuple[NotApproved, ...]


@router.get("/watchlists/{watchlist_id}")
def entries_of_list(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("entries.list")],
) -> Response:
    """A list with its entries, or those of them that are asked for."""
    return _list(request, office, viewer, watchlist_id, Form())


@router.post("/watchlists/{watchlist_id}/selected")
async def act_on_selected(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("entries.approve", "watchlists.review")],
) -> Response:
    """Approve the entries that were ticked, each by a command of its own; or say that they were reviewed."""
    form = await read_form(request, viewer)
    back = f"/watchlists/{watchlist_id}" + (f"?{request.url.query}" if request.url.query else "")
    ticked = tuple(value.partition(":") for value in form.all("entry"))
    try:
        if not ticked:
            raise InputError("No entry is ticked", "Tick those that you have looked at")
        if form.text("do") == "review":
            ids = tuple(entry_id for entry_id, _, _ in ticked)
            await run_in_threadpool(
                form.give,
                office,
                viewer,
                watchlists.review_watchlist,
                watchlists.WatchlistView,
                watchlist_id,
                watchlists.WatchlistReview(entry_ids=ids),
            )
            return see_other(back, _counted(len(ids), "reviewed"))
        reasons = {entry_id: form.text(f"reason-{entry_id}") for entry_id, _, _ in ticked}
        wanted = {entry_id: int(revision) for entry_id, _, revision in ticked if revision.isdigit()}
        done = await run_in_threadpool(form.give, office, viewer, _approve_each, Approved, wanted, reasons)
    except REFUSALS as error:
        return await run_in_threadpool(_list, request, office, viewer, watchlist_id, form.refused(error))
    if not done.left:
        return see_other(back, _counted(len(done.approved), "approved"))
    return await run_in_threadpool(
        _list, request, office, viewer, watchlist_id, Form(form.values), outcome=done
    )


@router.get("/entries/{entry_id}")
def entry_page(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.show")]
) -> Response:
    """Everything that is known of an entry."""
    return show_entry(request, office, viewer, entry_id, Form())


@router.get("/entries/{entry_id}/change")
def change_page(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.change")]
) -> Response:
    """The form with what the entry says now."""
    entry = watchlists.show_entry(office, viewer.actor, entry_id)
    born = entry.date_of_birth
    now: dict[str, str] = {
        name: str(getattr(entry, name))
        for name in (
            "reference",
            "name",
            "category",
            "lawful_basis",
            "instruction",
            "notes",
            "review_by",
            "expires_on",
        )
    }
    now["warnings"] = "\n".join(entry.warnings)
    now |= {"born_unknown": "yes"} if born == "unknown" else {"date_of_birth": str(born)}
    now |= {"seed": "yes"} if entry.seed else {}
    return _change(request, office, viewer, entry, blank_form(**now))


@router.post("/entries/{entry_id}/change")
async def change_entry(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.change")]
) -> Response:
    """Change an entry; its approval is taken away."""
    form = await read_form(request, viewer)
    try:
        asked = entry_form(form, watchlists.EntryChange)
        await run_in_threadpool(
            form.give, office, viewer, watchlists.change_entry, EntryView, entry_id, asked
        )
    except REFUSALS as error:
        entry = await run_in_threadpool(watchlists.show_entry, office, viewer.actor, entry_id)
        return await run_in_threadpool(_change, request, office, viewer, entry, form.refused(error))
    return see_other(f"/entries/{entry_id}", "The entry is as you have written it")


@router.post("/entries/{entry_id}/approve")
async def approve_entry(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.approve")]
) -> Response:
    """Approve the entry as it was looked at."""
    form = await read_form(request, viewer)
    try:
        given = form.take(watchlists.EntryApproval)
        await run_in_threadpool(
            form.give,
            office,
            viewer,
            watchlists.approve_entry,
            EntryView,
            entry_id,
            given.revision,
            given.under_18_reason,
        )
    except REFUSALS as error:
        return await run_in_threadpool(show_entry, request, office, viewer, entry_id, form.refused(error))
    return see_other(f"/entries/{entry_id}", "The entry is approved")


@router.post("/entries/{entry_id}/review")
async def review_entry(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("watchlists.review")]
) -> Response:
    """The entry was looked at and still belongs there."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(
            form.give,
            office,
            viewer,
            watchlists.review_watchlist,
            watchlists.WatchlistView,
            form.text("watchlist_id"),
            watchlists.WatchlistReview(entry_ids=(entry_id,)),
        )
    except REFUSALS as error:
        return await run_in_threadpool(show_entry, request, office, viewer, entry_id, form.refused(error))
    return see_other(f"/entries/{entry_id}", "The entry is reviewed")


@router.post("/entries/{entry_id}/withdraw")
async def withdraw_entry(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.withdraw")]
) -> Response:
    """From now on it raises no alert."""
    form = await read_form(request, viewer)
    try:
        asked = form.take(watchlists.Withdrawal)
        await run_in_threadpool(
            form.give, office, viewer, watchlists.withdraw_entry, EntryView, entry_id, asked
        )
    except REFUSALS as error:
        return await run_in_threadpool(show_entry, request, office, viewer, entry_id, form.refused(error))
    return see_other(f"/entries/{entry_id}", "The entry is withdrawn: it raises no alert any more")


@router.post("/entries/{entry_id}/delete")
async def delete_entry(
    request: Request, office: TheOffice, entry_id: Id, viewer: Annotated[Viewer, may("entries.delete")]
) -> Response:
    """The entry goes, with its pictures and its key."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(watchlists.delete_entry, office, viewer.actor, entry_id)
    except REFUSALS as error:
        return await run_in_threadpool(show_entry, request, office, viewer, entry_id, form.refused(error))
    there = form.text("watchlist_id")
    back = f"/watchlists/{there}" if is_id(there, "watchlist") else "/watchlists"
    return see_other(back, "The entry, its pictures and its key are deleted")


def show_entry(
    request: Request,
    office: Office,
    viewer: Viewer,
    entry_id: str,
    form: Form,
    *,
    verdict: watchlists.PictureVerdict | None = None,
) -> Response:
    """An entry's page; with the verdict on a picture that was refused, where there is one."""
    entry = watchlists.show_entry(office, viewer.actor, entry_id)
    watchlist = watchlists.show_watchlist(office, viewer.actor, entry.watchlist_id)
    pairs = watchlists.list_look_alikes(
        office, viewer.actor, entry.watchlist_id, Page(limit=_OF_ENTRY), entry_id
    )
    return page(
        request,
        viewer,
        "watchlists/entry.html",
        form=form,
        entry=entry,
        watchlist=watchlist,
        pairs=pairs,
        verdict=verdict,
        most_bytes=PICTURE_BYTES - (1 << 20),
    )


def entry_form(form: Form, model: type[Any], **values: Any) -> Any:
    """An entry's fields out of a form: warnings one a line, a date of birth or an outright “unknown”.

    Raises:
        ValidationError: something does not fit.
        InputError: the date of birth is neither given nor said to be unknown, or both.
    """
    given, unknown = form.text("date_of_birth"), form.has("born_unknown")
    if bool(given) == unknown:
        raise InputError(
            "A date of birth is needed" if not given else "It is given, and said to be unknown",
            "Write the day, or tick that it is unknown",
            field="date_of_birth",
        )
    warnings = tuple(line.strip() for line in form.text("warnings").splitlines() if line.strip())
    return form.take(
        model,
        date_of_birth=given or "unknown",
        warnings=warnings,
        notes=form.text("notes"),
        seed=form.has("seed"),
        **values,
    )


def _approve_each(
    office: Office, actor: Actor, wanted: Mapping[str, int], reasons: Mapping[str, str]
) -> Approved:
    """Each entry at the revision that was looked at; one that cannot be approved holds up no other."""
    approved, left = [], []
    for entry_id, revision in wanted.items():
        try:
            watchlists.approve_entry(office, actor, entry_id, revision, reasons[entry_id])
        except OvertError as error:
            left.append(NotApproved(entry_id=entry_id, reason=f"{error.what}. {error.remedy}"))
        else:
            approved.append(entry_id)
    return Approved(approved=tuple(approved), left=tuple(left))


def _list(
    request: Request,
    office: Office,
    viewer: Viewer,
    watchlist_id: str,
    form: Form,
    *,
    outcome: Approved | ApprovalOutcome | None = None,
) -> Response:
    asked = {name: value for name, value in request.query_params.items() if value and name != "after"}
    try:
        wanted = EntryFilter.model_validate(
            {name: asked[name] for name in ("text", "status", "category", "warned") if name in asked}
            | _DUE.get(asked.get("due", ""), {})
        )
    except ValidationError as error:
        raise InputError(
            "The address asks for entries in a way that is not known", "Open the list"
        ) from error
    shown = watchlists.show_watchlist(office, viewer.actor, watchlist_id)
    after = request.query_params.get("after") or None
    found = watchlists.list_entries(
        office, viewer.actor, watchlist_id, wanted, Page(after=after, limit=_ROWS)
    )
    return page(
        request,
        viewer,
        "watchlists/entries.html",
        form=form,
        watchlist=shown,
        found=found,
        asked=asked,
        query=urlencode(asked),
        here=request.url.query,
        outcome=outcome,
        categories=office.policy.watchlists.categories,
        most=office.policy.watchlists.most_entries,
        today=office.now().date(),
    )


def _change(request: Request, office: Office, viewer: Viewer, entry: EntryView, form: Form) -> Response:
    return page(
        request,
        viewer,
        "watchlists/change.html",
        form=form,
        entry=entry,
        rules=office.policy.watchlists,
        today=office.now().date(),
    )


def _counted(n: int, done: str) -> str:
    return f"1 entry is {done}" if n == 1 else f"{n} entries are {done}"
