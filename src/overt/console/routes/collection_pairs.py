"""Pairs of pictures that a person should look at: listed with both, compared, decided about by name."""

from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, collections
from overt.casework.collections import PairFinding, PairKind, PairView
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.errors import MissingError
from overt.web.service import TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 20
_DECIDED: Final = {"": False, "decided": True, "all": None}


@router.get("/collections/{collection_id}/pairs")
def pairs(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("collections.report")],
    collection_id: Id,
    kind: Literal["", "same-picture", "same-person", "two-people"] = "",
    which: Literal["", "decided", "all"] = "",
    after: After = None,
) -> Response:
    """Pairs of pictures, those first that nobody has decided about. Nothing is done about them by itself."""
    office = service.office
    return page(
        request,
        viewer,
        "collections/pairs.html",
        collection=collections.show_collection(office, viewer.actor, collection_id),
        found=collections.report_pairs(
            office,
            viewer.actor,
            collection_id,
            Page(after=after, limit=_SHOWN),
            kind or None,
            decided=_DECIDED[which],
        ),
        kind=kind,
        kinds=get_args(PairKind),
        which=which,
        comparing=service.imports.is_under_way(f"compare {collection_id}"),
    )


@router.post("/collections/{collection_id}/compare")
async def compare(
    request: Request,
    service: TheService,
    viewer: Annotated[Viewer, may("collections.compare")],
    collection_id: Id,
) -> Response:
    """Compare the pictures that have not been compared yet with all others."""
    await read_form(request, viewer)
    await run_in_threadpool(service.imports.take_comparison, service.office, viewer.actor, collection_id)
    return see_other(
        f"/collections/{collection_id}/pairs",
        "The pictures are being compared. What is found is listed here as it goes.",
    )


@router.get("/collections/{collection_id}/pairs/{pair_id}")
def pair_page(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.show-pair")],
    collection_id: Id,
    pair_id: Id,
) -> Response:
    """Both pictures, side by side and over each other; and the form for whoever decides."""
    return _compared(request, office, viewer, collection_id, pair_id, Form())


@router.post("/collections/{collection_id}/pairs/{pair_id}")
async def decide(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("collections.decide-pair")],
    collection_id: Id,
    pair_id: Id,
) -> Response:
    """What a person found; then back to those that nobody has decided about."""
    form = await read_form(request, viewer)
    try:
        decision = form.take(collections.NewPairDecision)
        await run_in_threadpool(
            form.give,
            office,
            viewer,
            collections.decide_pair,
            PairView,
            collection_id,
            pair_id,
            decision,
        )
    except MissingError:
        raise
    except REFUSALS as error:
        refused = form.refused(error)
        return await run_in_threadpool(_compared, request, office, viewer, collection_id, pair_id, refused)
    return see_other(
        f"/collections/{collection_id}/pairs", "Your decision is recorded. No record is changed by it."
    )


def _compared(  # noqa: PLR0917 - a page of several parts
    request: Request, office: Office, viewer: Viewer, collection_id: str, pair_id: str, form: Form
) -> Response:
    context: dict[str, Any] = {
        "pair": collections.show_pair(office, viewer.actor, collection_id, pair_id),
        "collection": collections.show_collection(office, viewer.actor, collection_id),
        "findings": get_args(PairFinding),
    }
    return page(request, viewer, "collections/pair.html", form=form, **context)
