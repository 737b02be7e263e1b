"""Planning a deployment, in steps on one form: nothing is lost on the way, and nothing is kept before it is whole."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from overt.casework import Office, deployments, live, watchlists
from overt.casework.deployments import (
    FAR_FACES,
    USE_CASES,
    ChosenPoint,
    DeploymentView,
    Expectation,
    FarFaces,
)
from overt.casework.paging import Page
from overt.casework.watchlists import WatchlistView
from overt.console.addresses import DeploymentId
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.local_time import comes_twice
from overt.console.pages import fragment, page, see_other
from overt.console.plan_form import (
    LABELS,
    FeedRow,
    changed_plan,
    feed_of_row,
    feed_rows,
    filled,
    refused_plan,
    taken_plan,
    with_rows,
)
from overt.console.tried_feeds import Tried, tried_in
from overt.console.viewer import Viewer, may
from overt.errors import ConflictError, EngineError, MissingError
from overt.web.answers import jpeg
from overt.web.service import Service, TheOffice, TheService

__all__ = ["router"]

router = APIRouter()

MayPlan = Annotated[Viewer, may("deployments.create")]
MayChange = Annotated[Viewer, may("deployments.change")]
MayTry = Annotated[Viewer, may("deployments.test-feed")]
_MOST_LISTS: Final = 500
_USUAL_PACK: Final = "embedded"
_TRYING: Final = (*REFUSALS, EngineError, MissingError)


@dataclass(frozen=True)
class Desk:
    """A plan on somebody's desk; `it` where it is a deployment already."""

    request: Request
    service: Service
    viewer: Viewer
    it: DeploymentView | None = None

    @property
    def office(self) -> Office:
        """The office."""
        return self.service.office


@router.get("/deployments/new")
def new_page(request: Request, service: TheService, viewer: MayPlan) -> Response:
    """An empty plan."""
    return _shown(Desk(request, service, viewer), blank_form())


@router.post("/deployments/new")
async def make(request: Request, service: TheService, viewer: MayPlan) -> Response:
    """Keep the plan as a draft; or, by another button, the same form with a feed more, less or tried."""
    form = await read_form(request, viewer)
    return await run_in_threadpool(_answer, Desk(request, service, viewer), form)


class Foreseen(BaseModel):
    """What the form says of what decides an alert, as it was written."""

    pack: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
    entries: Annotated[int, Field(ge=0, le=10_000_000)]
    footfall: Annotated[str, Field(max_length=12)] = ""
    threshold: Annotated[str, Field(max_length=12)] = ""
    min_eye_distance: Annotated[str, Field(max_length=12)] = ""
    min_quality: Annotated[str, Field(max_length=12)] = ""
    confirmations: Annotated[str, Field(max_length=12)] = ""


@router.get("/deployments/expected")
def expected(office: TheOffice, viewer: MayPlan, asked: Annotated[Foreseen, Query()]) -> Response:
    """A part of the form: the false alerts to be expected of what it says. Nothing is read of any list."""
    written = asked.model_dump(exclude={"entries", "footfall"})
    form = blank_form(**written, expected_footfall=asked.footfall)
    told = _expectation(office, form, asked.entries)
    return HTMLResponse(fragment("deployments/expected.html", viewer, told=told))


@router.get("/deployments/tried/{name}")
def tried_picture(
    office: TheOffice, name: Annotated[str, Path(pattern=r"^[\w-]{10,40}$")], viewer: MayTry
) -> Response:
    """The masked picture of a feed that the viewer has just tried."""
    found = tried_in(office).find(name, viewer.actor.id)
    if found is None or found.view.picture is None:
        raise HTTPException(404)
    return jpeg(found.view.picture)


@router.get("/deployments/{deployment_id}/plan")
def plan_page(
    request: Request, service: TheService, deployment_id: DeploymentId, viewer: MayChange
) -> Response:
    """The plan of a deployment, to be changed."""
    shown = deployments.show_deployment(service.office, viewer.actor, deployment_id)
    if "change" not in shown.moves_open:
        raise ConflictError("This deployment has run or is cancelled, and its plan stays", "Plan another one")
    return _shown(Desk(request, service, viewer, shown), filled(shown))


@router.post("/deployments/{deployment_id}/plan")
async def change(
    request: Request, service: TheService, deployment_id: DeploymentId, viewer: MayChange
) -> Response:
    """Keep the changed plan."""
    form = await read_form(request, viewer)
    shown = await run_in_threadpool(deployments.show_deployment, service.office, viewer.actor, deployment_id)
    return await run_in_threadpool(_answer, Desk(request, service, viewer, shown), form)


@router.post("/deployments/{deployment_id}/try-feed")
async def try_planned(
    request: Request, service: TheService, deployment_id: DeploymentId, viewer: MayTry
) -> Response:
    """A masked picture of a feed of a plan, as whoever will run it wants to see before they start."""
    form = await read_form(request, viewer)
    shown = await run_in_threadpool(deployments.show_deployment, service.office, viewer.actor, deployment_id)
    feed = form.text("feed")
    try:
        asked = live.FeedTest(deployment_id=deployment_id, feed_name=feed)
        name = await run_in_threadpool(_try, Desk(request, service, viewer, shown), asked, "")
    except _TRYING as error:
        form = refused_plan(form, error) if isinstance(error, ValidationError) else form.refused(error)
        name = ""
    found = tried_in(service.office).find(name, viewer.actor.id) if name else None
    return page(
        request, viewer, "deployments/tried.html", form=form, it=shown, feed=feed, name=name, tried=found
    )


def _answer(desk: Desk, form: Form) -> Response:
    """What the button that was pressed asks for."""
    do, _, number = form.text("do", "save").partition(" ")
    if do == "add-feed":
        return _shown(desk, with_rows(form, add=True), new_row=True)
    if do == "remove-feed" and number.isdigit():
        return _shown(desk, with_rows(form, remove=int(number)))
    if do == "try-feed" and number.isdigit():
        return _tried(desk, form, int(number))
    if do == "again":
        return _shown(desk, with_rows(form))
    return _kept(desk, form)


def _kept(desk: Desk, form: Form) -> Response:
    viewer, it = desk.viewer, desk.it
    try:
        if it is None:
            plan = taken_plan(form)
            made = form.give(desk.office, viewer, deployments.create_deployment, DeploymentView, plan)
            return see_other(f"/deployments/{made.id}", "The plan is kept as a draft")
        asked = changed_plan(form, it.plan)
        if asked is None:
            return see_other(f"/deployments/{it.id}", "Nothing was different, and nothing was changed")
        form.give(desk.office, viewer, deployments.change_deployment, DeploymentView, it.id, asked)
    except REFUSALS as error:
        return _shown(desk, refused_plan(form, error))
    return see_other(f"/deployments/{it.id}", "The plan is changed, and is a draft")


def _tried(desk: Desk, form: Form, number: int) -> Response:
    """Try the feed of a row, and show the form with what came of it."""
    row = next((row for row in feed_rows(form) if row.n == number), None)
    if row is None:
        return _shown(desk, with_rows(form))
    try:
        if not row.uri and row.was and desk.it is not None:
            asked = live.FeedTest(deployment_id=desk.it.id, feed_name=row.was)
        else:
            asked = live.FeedTest(feed=feed_of_row(row), pack=form.text("pack", _USUAL_PACK))
        name = _try(desk, asked, row.uri)
    except _TRYING as error:
        return _shown(desk, refused_plan(form, error, row))
    tried = with_rows(form, more={f"feed_tried_{number}": name})
    return _shown(desk, tried, just_tried=number)


def _try(desk: Desk, asked: live.FeedTest, address: str) -> str:
    """What came of trying a feed, by its name among those that are kept for a while."""
    supervisor = desk.service.supervisor
    start = None if supervisor is None else supervisor.start_engine
    view = live.try_feed(desk.office, desk.viewer.actor, asked, start)
    return tried_in(desk.office).keep(Tried(desk.viewer.actor.id, address, view))


def _shown(desk: Desk, form: Form, *, new_row: bool = False, just_tried: int = 0) -> Response:
    office, viewer = desk.office, desk.viewer
    lists = watchlists.list_watchlists(office, viewer.actor, Page(limit=_MOST_LISTS)).items
    packs = deployments.packs_here()
    names = [pack.manifest.id for pack in packs]
    rows = feed_rows(form)
    entries = sum(one.approved for one in lists if one.id in form.all("watchlists"))
    return page(
        desk.request,
        viewer,
        "deployments/plan.html",
        form=form,
        it=desk.it,
        rows=[(row, _tried_of(desk, row)) for row in rows],
        new_row=new_row,
        just_tried=just_tried,
        labels=LABELS,
        use_cases=list(USE_CASES.items()),
        lists=[(one, _amiss(one)) for one in lists],
        entries=entries,
        packs=packs,
        usual_pack=_USUAL_PACK if _USUAL_PACK in names else next(iter(names), ""),
        told=_expectation(office, form, entries),
        twice={side: comes_twice(form.text(side)) for side in ("window_start", "window_end")},
        policy=office.policy,
    )


def _tried_of(desk: Desk, row: FeedRow) -> tuple[str, Any] | None:
    """What came of trying this row's feed, if it is still of the address that stands there."""
    found = tried_in(desk.office).find(row.tried, desk.viewer.actor.id) if row.tried else None
    return None if found is None or found.address != row.uri else (row.tried, found.view)


def _expectation(office: Office, form: Form, entries: int) -> Expectation | None:
    """What can be said so far; None where the form does not say enough."""
    try:
        point = ChosenPoint.model_validate(
            {name: form.text(name) for name in ChosenPoint.model_fields if form.text(name)}
        )
        footfall = int(form.text("expected_footfall").replace(",", ""))
    except ValueError:
        return None
    if not entries or not 0 < footfall <= 10_000_000:
        return None
    far: FarFaces = next((known for known in FAR_FACES if known == form.text("far")), "none")
    return deployments.expected_now(office, point, comparisons=entries, footfall=footfall, far=far)


def _amiss(one: WatchlistView) -> list[str]:
    """What a planner should know of a list before choosing it."""
    counted = (
        (one.pending, "not approved, so left out"),
        (one.expired, "expired, so left out"),
        (one.without_image, "without an image, so left out"),
        (one.due_for_review, "due for review"),
        (one.without_covered, "images without a template for masked faces"),
    )
    said = [f"{count:,} {what}" for count, what in counted if count]
    if one.look_alikes:
        said.append(f"{one.look_alikes:,} {'pair' if one.look_alikes == 1 else 'pairs'} of look-alikes")
    return said
