"""Enrolment: a subject with a picture that is judged at once; more pictures later; pictures shown and taken away."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRouter
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from overt.casework import Actor, Office, watchlists
from overt.casework.watchlists import Enrolled, EntryView, ImageOutcome, NewImage, PictureVerdict
from overt.console.addresses import Id, is_id
from overt.console.forms import REFUSALS, FieldFault, Form, read_form
from overt.console.pages import fragment, page, see_other
from overt.console.routes.entries import entry_form, show_entry
from overt.console.viewer import Viewer, may
from overt.console.wording import words
from overt.errors import InputError
from overt.web.answers import jpeg
from overt.web.limits import PICTURE_BYTES
from overt.web.service import Service, TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

_NOT_SAID = "not said yet"


class _RefusedPictureError(InputError):
    """The picture is not fit to be a reference image."""

    def __init__(self, verdict: PictureVerdict) -> None:
        kinds = [one.kind for one in verdict.findings if one.refuses]
        super().__init__(
            f"The picture is refused. {words('finding', kinds[0]) if kinds else ''}".strip(),
            words("finding-remedy", kinds[0]) if kinds else "Give another",
            field="picture",
        )
        self.verdict = verdict


@router.get("/watchlists/{watchlist_id}/enrol")
def enrolment_page(
    request: Request,
    office: TheOffice,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("entries.add")],
) -> Response:
    """The form for another subject."""
    return _enrol(request, office, viewer, watchlist_id, Form())


@router.post("/watchlists/{watchlist_id}/judge")
async def judge(
    request: Request,
    service: TheService,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("images.judge")],
) -> Response:
    """The verdict on a picture, to be laid over it. Nothing of it is kept."""
    form = await read_form(request, viewer)
    taken = form.text("taken_on")
    try:
        picture = _picture(form, source=form.text("source") or _NOT_SAID, taken_on=taken or "unknown")
        verdict = await _judged(service, viewer, watchlist_id, picture)
    except REFUSALS as error:
        faults = form.refused(error).faults
        return HTMLResponse(
            fragment("watchlists/not_judged.html", viewer, faults=faults),
            status_code=form.refused(error).status,
        )
    if not taken and not form.has("taken_unknown"):
        verdict = _without(verdict, "undated")
    return HTMLResponse(fragment("watchlists/verdict.html", viewer, verdict=verdict))


@router.post("/watchlists/{watchlist_id}/entries")
async def enrol(
    request: Request,
    service: TheService,
    watchlist_id: Id,
    viewer: Annotated[Viewer, may("entries.add")],
) -> Response:
    """Put a subject on the list, with the picture; nothing is added where the picture is refused."""
    form = await read_form(request, viewer)
    office, verdict = service.office, None
    try:
        new, picture = _subject(form)
        if picture is None:
            added = await run_in_threadpool(
                form.give, office, viewer, watchlists.add_entry, EntryView, watchlist_id, new
            )
            entry_id = added.id
        else:
            async with service.judging:
                enrolled = await run_in_threadpool(
                    form.give, office, viewer, _enrol_or_refuse, Enrolled, watchlist_id, new, picture
                )
            entry_id = str(enrolled.entry_id)
    except _RefusedFormError as refused:
        form = refused.form
    except REFUSALS as error:
        verdict = error.verdict if isinstance(error, _RefusedPictureError) else None
        form = form.refused(error)
    else:
        said = "The subject is on the list, and waits for an authorising officer's approval"
        another = form.text("then") == "another"
        return see_other(f"/watchlists/{watchlist_id}/enrol" if another else f"/entries/{entry_id}", said)
    return await run_in_threadpool(_enrol, request, office, viewer, watchlist_id, form, verdict=verdict)


@router.post("/entries/{entry_id}/images")
async def add_image(
    request: Request, service: TheService, entry_id: Id, viewer: Annotated[Viewer, may("images.add")]
) -> Response:
    """Another picture of the same person; the entry's approval is taken away."""
    form = await read_form(request, viewer)
    verdict = None
    try:
        picture = _picture(form, source=form.text("source"), taken_on=_taken_on(form))
        async with service.judging:
            outcome = await run_in_threadpool(
                form.give, service.office, viewer, _add_or_refuse, ImageOutcome, entry_id, picture
            )
    except REFUSALS as error:
        verdict = error.verdict if isinstance(error, _RefusedPictureError) else None
        form = form.refused(error)
    else:
        said = {
            "added": "The picture is added, and the entry waits for approval again",
            "unchanged": "The entry has this very picture already",
        }
        return see_other(f"/entries/{entry_id}", said[outcome.result])
    return await run_in_threadpool(
        show_entry, request, service.office, viewer, entry_id, form, verdict=verdict
    )


@router.post("/images/{image_id}/delete")
async def delete_image(
    request: Request, office: TheOffice, image_id: Id, viewer: Annotated[Viewer, may("images.delete")]
) -> Response:
    """Take a picture from its entry."""
    form = await read_form(request, viewer)
    entry_id = form.text("entry_id")
    try:
        await run_in_threadpool(watchlists.delete_image, office, viewer.actor, image_id)
    except REFUSALS as error:
        return await run_in_threadpool(show_entry, request, office, viewer, entry_id, form.refused(error))
    there = f"/entries/{entry_id}" if is_id(entry_id, "entry") else "/watchlists"
    return see_other(there, "The picture is deleted, and the entry waits for approval again")


@router.get("/images/{image_id}")
def show_image(service: TheService, image_id: Id, viewer: Annotated[Viewer, may("images.show")]) -> Response:
    """A reference image. Once a person and picture in five minutes, the look is in the audit chain."""
    actor = viewer.actor
    looking = (actor.id, actor.session_id, "image", image_id)
    if service.looks.has_begun(looking):
        return jpeg(watchlists.show_image_again(service.office, actor, image_id).content)
    shown = watchlists.show_image(service.office, actor, image_id)
    service.looks.begin(looking)
    return jpeg(shown.content)


class _RefusedFormError(Exception):
    """A form with faults in several of its parts."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form


def _subject(form: Form) -> tuple[watchlists.NewEntry, NewImage | None]:
    """The entry and the picture of a form; what is wrong with both is said at once."""
    faults: list[FieldFault] = []
    new = picture = None
    try:
        new = entry_form(form, watchlists.NewEntry)
    except ValidationError as error:
        faults += form.refused(error).faults
    except InputError as error:
        faults += form.refused(error).faults + _faults_besides_birth(form)
    if not form.has("without_picture"):
        taken_on = "unknown"
        try:
            taken_on = _taken_on(form)
        except InputError as error:
            faults += form.refused(error).faults
        try:
            picture = _picture(form, source=form.text("source"), taken_on=taken_on)
        except (ValidationError, InputError) as error:
            faults += form.refused(error).faults
    if faults:
        raise _RefusedFormError(replace(form, faults=_each_once(faults), status=422))
    assert new is not None  # noqa: S101 - without faults there is an entry
    return new, picture


def _faults_besides_birth(form: Form) -> tuple[FieldFault, ...]:
    asked = {**form.values, "date_of_birth": ("",), "born_unknown": ("yes",)}
    try:
        entry_form(replace(form, values=asked), watchlists.NewEntry)
    except ValidationError as error:
        return form.refused(error).faults
    return ()


def _each_once(faults: list[FieldFault]) -> tuple[FieldFault, ...]:
    return tuple({(fault.field or fault.what): fault for fault in reversed(faults)}.values())[::-1]


def _taken_on(form: Form) -> str:
    given, unknown = form.text("taken_on"), form.has("taken_unknown")
    if bool(given) == unknown:
        raise InputError(
            "The day it was taken is needed" if not given else "It is given, and said to be unknown",
            "Write the day, or tick that it is unknown",
            field="taken_on",
        )
    return given or "unknown"


def _picture(form: Form, *, source: str, taken_on: str) -> NewImage:
    offered = next((file for file in form.files.get("picture", ()) if file.name), None)
    if offered is None:
        raise InputError("There is no picture", "Drop one, choose one, or paste one", field="picture")
    name = offered.name.replace("\\", "/").rpartition("/")[2].replace("\x00", "")[:255]
    return NewImage.model_validate(
        {"content": offered.content, "file": name, "source": source, "taken_on": taken_on}
    )


async def _judged(service: Service, viewer: Viewer, watchlist_id: str, picture: NewImage) -> PictureVerdict:
    async with service.judging:
        return await run_in_threadpool(
            watchlists.judge_image, service.office, viewer.actor, watchlist_id, picture
        )


def _without(verdict: PictureVerdict, kind: str) -> PictureVerdict:
    return verdict.model_copy(update={"findings": tuple(f for f in verdict.findings if f.kind != kind)})


def _enrol_or_refuse(
    office: Office, actor: Actor, watchlist_id: str, new: watchlists.NewEntry, picture: NewImage
) -> Enrolled:
    enrolled = watchlists.enrol_subject(office, actor, watchlist_id, new, picture)
    if enrolled.entry_id is None:
        raise _RefusedPictureError(enrolled.verdict)
    return enrolled


def _add_or_refuse(office: Office, actor: Actor, entry_id: str, picture: NewImage) -> ImageOutcome:
    outcome = watchlists.add_image(office, actor, entry_id, picture)
    if outcome.result == "refused":
        raise _RefusedPictureError(outcome.verdict)
    return outcome


def _enrol(
    request: Request,
    office: Office,
    viewer: Viewer,
    watchlist_id: str,
    form: Form,
    *,
    verdict: PictureVerdict | None = None,
) -> Response:
    rules, today = office.policy.watchlists, office.now().date()
    return page(
        request,
        viewer,
        "watchlists/enrol.html",
        form=form,
        watchlist=watchlists.show_watchlist(office, viewer.actor, watchlist_id),
        verdict=verdict,
        rules=rules,
        today=today,
        last_day=today + timedelta(days=rules.longest_days),
        last_review=today + timedelta(days=rules.review_days),
        most_bytes=PICTURE_BYTES - (1 << 20),
    )
