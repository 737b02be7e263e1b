"""A new search: a picture or clip is handed in, its faces are offered, one is searched for a reason of its own."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from overt.casework import Office, collections, probes, searches
from overt.casework.paging import Page
from overt.casework.probes import NewProbe
from overt.casework.searches import NOT_STATED, SearchView
from overt.console.addresses import Id, is_id
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import fragment, page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import InputError, MissingError
from overt.web.answers import jpeg
from overt.web.limits import CLIP_BYTES
from overt.web.service import TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

FaceId = Annotated[str, Path(pattern=r"^face-[0-9a-f]{1,16}$")]
Where = Annotated[str, Query(max_length=64)]
_COLLECTIONS: Final = 200


@router.get("/searches/new")
def new_search(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("probes.open")],
    collection_id: Where = "",
) -> Response:
    """Where a picture is handed in, and those that are open already."""
    form = blank_form(collection_id=collection_id) if is_id(collection_id, "collection") else Form()
    return _hand_in(request, office, viewer, form)


@router.post("/probes")
async def open_probe(
    request: Request, service: TheService, viewer: Annotated[Viewer, may("probes.open")]
) -> Response:
    """Look at a picture, or begin to look at a clip. Its faces are held in memory alone."""
    form = await read_form(request, viewer, picture_bytes=CLIP_BYTES)
    office = service.office
    try:
        content, name = _picture(form)
        new = await run_in_threadpool(_new, office, viewer, form, name)
        if probes.is_clip(content):  # it takes minutes, and nobody's request waits for that
            probe_id = await run_in_threadpool(probes.start_looking, office, viewer.actor, new, content)
        else:
            async with service.judging:
                opened = await run_in_threadpool(probes.open_probe, office, viewer.actor, new, content)
            probe_id = opened.id
    except REFUSALS as error:
        return await run_in_threadpool(_hand_in, request, office, viewer, form.refused(error))
    return see_other(f"/probes/{probe_id}?collection_id={form.text('collection_id')}")


@router.get("/probes/{probe_id}")
def show_probe(
    request: Request,
    office: TheOffice,
    probe_id: Id,
    viewer: Annotated[Viewer, may("probes.show")],
    collection_id: Where = "",
) -> Response:
    """Every face of an open picture, one of which is picked; of a clip how far it is, until it has been looked at."""
    form = blank_form(collection_id=collection_id) if is_id(collection_id, "collection") else Form()
    looking = probes.looking_at(office, viewer.actor, probe_id)
    if looking is not None:
        return page(request, viewer, "searches/looking.html", form=form, job=looking)
    return _faces(request, office, viewer, probe_id, form)


@router.get("/probes/{probe_id}/progress")
def progress(office: TheOffice, probe_id: Id, viewer: Annotated[Viewer, may("probes.open")]) -> HTMLResponse:
    """How far a clip is, for the page that asks again and again."""
    job = probes.looking_at(office, viewer.actor, probe_id)
    return HTMLResponse(fragment("searches/looking_progress.html", viewer, job=job))


@router.get("/probes/{probe_id}/faces/{face_id}/picture")
def face_picture(
    office: TheOffice,
    probe_id: Id,
    face_id: FaceId,
    viewer: Annotated[Viewer, may("probes.show-face")],
    shot: Annotated[int, Query(ge=0, le=100)] = 0,
) -> Response:
    """One face with what surrounds it, every other face masked."""
    return jpeg(probes.show_face(office, viewer.actor, probe_id, face_id, shot).content)


@router.post("/probes/{probe_id}/searches")
async def search(
    request: Request,
    service: TheService,
    probe_id: Id,
    viewer: Annotated[Viewer, may("searches.search")],
) -> Response:
    """Search for the face that was picked."""
    form = await read_form(request, viewer)
    office = service.office
    try:
        if not form.text("face_id"):
            raise InputError("No face is picked", "Pick the one that is searched for", field="face_id")
        new = form.take(searches.NewSearch, probe_id=probe_id)
        async with service.judging:
            found = await run_in_threadpool(
                form.give, office, viewer, searches.search_collection, SearchView, new
            )
    except MissingError as error:  # its time was over while they wrote: the words are kept, the faces are not
        return await run_in_threadpool(_hand_in, request, office, viewer, form.refused(error))
    except REFUSALS as error:
        return await run_in_threadpool(_faces, request, office, viewer, probe_id, form.refused(error))
    return see_other(f"/searches/{found.id}", "The search is made, and in the audit chain")


@router.post("/probes/{probe_id}/close")
async def close_probe(
    request: Request, office: TheOffice, probe_id: Id, viewer: Annotated[Viewer, may("probes.close")]
) -> Response:
    """Forget a picture and all its faces."""
    await read_form(request, viewer)
    try:
        await run_in_threadpool(probes.close_probe, office, viewer.actor, probe_id)
    except MissingError:
        return see_other("/searches/new", "It was forgotten already")
    return see_other("/searches/new", "The picture and its faces are forgotten")


def _picture(form: Form) -> tuple[bytes, str]:
    """The file that was handed in, and its name."""
    sent = next((one for one in form.files.get("picture", ()) if one.content), None)
    if sent is None:
        raise InputError("There is no file", "Choose a picture or a clip", field="picture")
    name = sent.name.replace("\\", "/").rpartition("/")[2].replace("\x00", "").strip()
    return sent.content, name[:255] or "picture"


def _new(office: Office, viewer: Viewer, form: Form, name: str) -> NewProbe:
    where = form.text("collection_id")
    if not is_id(where, "collection"):
        raise InputError("No collection is chosen", "Choose where to search", field="collection_id")
    pack = collections.show_collection(office, viewer.actor, where).pack
    try:
        return probes.NewProbe(name=name, reason=form.text("reason"), pack=pack)
    except ValidationError as error:
        raise InputError(
            "It is not said why it is looked at", "Say it in some words", field="reason"
        ) from error


def _collections(office: Office, viewer: Viewer) -> list[tuple[str, str]]:
    """Where one can search, to choose from."""
    listing = collections.list_collections(office, viewer.actor, Page(limit=_COLLECTIONS))
    return [
        (one.id, f"{one.name}: {one.searched:,} pictures of {one.records:,} people") for one in listing.items
    ]


def _hand_in(request: Request, office: Office, viewer: Viewer, form: Form) -> Response:
    return page(
        request,
        viewer,
        "searches/new.html",
        form=form,
        collections=_collections(office, viewer),
        held=probes.list_probes(office, viewer.actor),
        lookings=probes.list_lookings(office, viewer.actor),
        most_bytes=CLIP_BYTES,
        minutes=probes.LASTS_MINUTES,
    )


def _faces(request: Request, office: Office, viewer: Viewer, probe_id: str, form: Form) -> Response:
    policy = office.policy.searches
    context: dict[str, Any] = {
        "probe": probes.show_probe(office, viewer.actor, probe_id),
        "collections": _collections(office, viewer),
        "offences": (*policy.offences, *(() if "offence" in policy.required else (NOT_STATED,))),
        "policy": policy,
    }
    return page(request, viewer, "searches/faces.html", form=form, **context)
