"""Reference images: judged, enrolled, shown, deleted."""

from anyio import to_thread
from fastapi import Request, Response

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.casework import watchlists
from overt.casework.watchlists import ImageOutcome, PictureVerdict
from overt.web.answers import of_type
from overt.web.service import TheOffice, TheService
from overt.web.uploads import PICTURE_FORM, read_picture

__all__ = ["router"]

router = api_router("images")


@router.post(
    "/watchlists/{watchlist_id}/judge-image",
    operation_id="images.judge",
    summary="Judge a picture without keeping it",
    openapi_extra=PICTURE_FORM,
)
async def judge(service: TheService, actor: TheActor, watchlist_id: Id, request: Request) -> PictureVerdict:
    """Everything that was found about it, each with the measured figure and the limit. Nothing is kept."""
    picture = await read_picture(request)
    return await to_thread.run_sync(
        watchlists.judge_image, service.office, actor, watchlist_id, picture, limiter=service.judging
    )


@router.post(
    "/entries/{entry_id}/images",
    operation_id="images.add",
    status_code=201,
    summary="Offer a reference image",
    openapi_extra=PICTURE_FORM,
    responses={200: {"model": ImageOutcome, "description": "Refused, or there already: nothing was added."}},
)
async def add(
    service: TheService, actor: TheActor, entry_id: Id, request: Request, response: Response
) -> ImageOutcome:
    """Judged first. 201 where it was added; 200, with what was found, where it was refused or is there already."""
    picture = await read_picture(request)
    outcome = await to_thread.run_sync(
        watchlists.add_image, service.office, actor, entry_id, picture, limiter=service.judging
    )
    if outcome.result != "added":
        response.status_code = 200
    return outcome


@router.get(
    "/images/{image_id}",
    operation_id="images.show",
    summary="A reference image",
    response_class=Response,
    responses=of_type("image/jpeg"),
)
def show(office: TheOffice, actor: TheActor, image_id: Id) -> Response:
    """The face and a margin, without the file's metadata."""
    shown = watchlists.show_image(office, actor, image_id)
    return Response(shown.content, media_type=shown.media_type)


@router.delete(
    "/images/{image_id}", operation_id="images.delete", status_code=204, summary="Delete a reference image"
)
def delete(office: TheOffice, actor: TheActor, image_id: Id) -> None:
    """With its template."""
    watchlists.delete_image(office, actor, image_id)
