"""Deployments: the list, one of them as it stands, and the moves that are made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import PERMISSIONS, Office, deployments, live, watchlists
from overt.casework.deployments import STATES, DeploymentFilter, DeploymentReview, DeploymentView, State
from overt.casework.paging import Page
from overt.console.addresses import DeploymentId
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.list_problems import problem_groups
from overt.console.pages import page, see_other
from overt.console.state_drawing import HEIGHT, WIDTH, drawing
from overt.console.viewer import Viewer, may
from overt.errors import ConflictError, ContractError, MissingError, PackError
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

MayList = Annotated[Viewer, may("deployments.list")]
_ROWS: Final = 50
_TO_DO: Final[dict[str, tuple[State, ...]]] = {
    "deployments.authorise": ("submitted",),
    "deployments.start": ("live", "suspended", "authorised"),
    "deployments.submit": ("draft", "refused", "expired"),
}
"""What waits for whoever may give a command."""


@router.get("/deployments")
def list_page(
    request: Request,
    office: TheOffice,
    viewer: MayList,
    state: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """What waits for the viewer, and all deployments, the newest first."""
    chosen = next((known for known in STATES if known == state), None)
    wanted = DeploymentFilter(state=chosen, urgent_review_due=state == "urgent-review")
    found = deployments.list_deployments(office, viewer.actor, wanted, Page(limit=_ROWS, after=after))
    first = not state and after is None
    return page(
        request,
        viewer,
        "deployments/list.html",
        listing=found,
        to_do=_to_do(office, viewer) if first else (),
        chosen=state if chosen or state == "urgent-review" else "",
        states=STATES,
    )


@router.get("/deployments/{deployment_id}")
def show_page(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.show")],
) -> Response:
    """A deployment: its plan, where it stands, what is amiss, what has happened, and what the viewer can do."""
    return _shown(Asked(request, office, viewer, deployment_id))


@router.post("/deployments/{deployment_id}/submit")
async def submit(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.submit")],
) -> Response:
    """Freeze it for an authorising officer."""

    def act(form: Form) -> None:
        form.give(office, viewer, deployments.submit_deployment, deployments.Submission, deployment_id)

    said = "Submitted. An authorising officer can decide now"
    return await _acted(Asked(request, office, viewer, deployment_id), "submit", act, said)


@router.post("/deployments/{deployment_id}/withdraw")
async def withdraw(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.withdraw")],
) -> Response:
    """Back to draft."""

    def act(form: Form) -> None:
        why = form.take(deployments.MoveReason)
        form.give(office, viewer, deployments.withdraw_deployment, DeploymentView, deployment_id, why)

    said = "Withdrawn. It is a draft again"
    return await _acted(Asked(request, office, viewer, deployment_id), "withdraw", act, said)


@router.post("/deployments/{deployment_id}/cancel")
async def cancel(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.cancel")],
) -> Response:
    """Give it up."""

    def act(form: Form) -> None:
        why = form.take(deployments.MoveReason)
        form.give(office, viewer, deployments.cancel_deployment, DeploymentView, deployment_id, why)

    return await _acted(Asked(request, office, viewer, deployment_id), "cancel", act, "Cancelled")


@router.post("/deployments/{deployment_id}/start")
async def start(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.start")],
) -> Response:
    """Go live, and to its live page."""

    def act(form: Form) -> None:
        form.give(office, viewer, deployments.start_deployment, DeploymentView, deployment_id)

    asked = Asked(request, office, viewer, deployment_id)
    return await _acted(asked, "start", act, "Started", to=f"/live/{deployment_id}")


@router.post("/deployments/{deployment_id}/costs")
async def record_costs(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.record-costs")],
) -> Response:
    """What it took."""

    def act(form: Form) -> None:
        costs = form.take(deployments.Costs)
        form.give(office, viewer, deployments.record_costs, DeploymentView, deployment_id, costs)

    return await _acted(Asked(request, office, viewer, deployment_id), "costs", act, "Recorded")


@router.post("/deployments/{deployment_id}/urgent-review")
async def review_urgent(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.review-urgent")],
) -> Response:
    """Another officer's review of an urgent authorisation."""

    def act(form: Form) -> None:
        review = form.take(deployments.UrgentReview)
        form.give(office, viewer, deployments.review_urgent, DeploymentView, deployment_id, review)

    return await _acted(
        Asked(request, office, viewer, deployment_id), "urgent-review", act, "The review is recorded"
    )


@dataclass(frozen=True)
class Asked:
    """A request about a deployment."""

    request: Request
    office: Office
    viewer: Viewer
    deployment_id: str


async def _acted(asked: Asked, acting: str, act: Callable[[Form], None], said: str, to: str = "") -> Response:
    """Carry a move out and go on; or the page again, with what is wrong at the form that was sent."""
    form = await read_form(asked.request, asked.viewer)
    try:
        await run_in_threadpool(act, form)
    except REFUSALS as error:
        return await run_in_threadpool(_shown, asked, form.refused(error), acting)
    return see_other(to or f"/deployments/{asked.deployment_id}", said)


def _shown(asked: Asked, form: Form | None = None, acting: str = "") -> Response:
    office, viewer = asked.office, asked.viewer
    shown = deployments.show_deployment(office, viewer.actor, asked.deployment_id)
    runs = live.list_runs(office, viewer.actor, asked.deployment_id)
    review, trouble = reviewed(office, viewer, shown)
    boxes, lines = drawing(shown.state, shown.moves)
    return page(
        asked.request,
        viewer,
        "deployments/show.html",
        form=form,
        acting=acting,
        it=shown,
        runs=runs,
        review=review,
        groups=() if review is None else problem_groups(review),
        trouble=trouble,
        boxes=boxes,
        lines=lines,
        drawn=(WIDTH, HEIGHT),
        by_whom=_by_whom(shown),
        titles=titles_of_lists(office, viewer),
        planned_by_viewer=planned_by(viewer, shown),
        policy=office.policy.deployments,
    )


def reviewed(
    office: Office, viewer: Viewer, shown: DeploymentView
) -> tuple[DeploymentReview | None, PackError | ContractError | ConflictError | MissingError | None]:
    """The review of a deployment that has not run, where the viewer may see it; else what stands in its way."""
    before = {"draft", "submitted", "authorised", "refused", "expired"}
    if shown.state not in before or not viewer.may("deployments.review"):
        return None, None
    try:
        return deployments.review_deployment(office, viewer.actor, shown.id), None
    except (PackError, ContractError, ConflictError, MissingError) as error:
        return None, error


def titles_of_lists(office: Office, viewer: Viewer) -> dict[str, str]:
    """What watchlists are called, for those who may see them."""
    if not viewer.may("watchlists.list"):
        return {}
    listed = watchlists.list_watchlists(office, viewer.actor, Page(limit=500)).items
    return {one.id: one.title for one in listed}


def planned_by(viewer: Viewer, shown: DeploymentView) -> bool:
    """Whether the viewer had a part in planning it, and so has none in deciding over it."""
    planning = {"create", "change", "submit"}
    return viewer.actor.id == shown.planner_id or any(
        made.actor_id == viewer.actor.id for made in shown.moves if made.move in planning
    )


def _by_whom(shown: DeploymentView) -> list[tuple[str, list[str]]]:
    """The moves that are open, with the roles that may make each."""
    names = {"publish": "publication.publish"}
    return [
        (made, sorted(PERMISSIONS.get(names.get(made, f"deployments.{made}"), ())))
        for made in shown.moves_open
    ]


def _to_do(office: Office, viewer: Viewer) -> list[Any]:
    """What waits for the viewer, the soonest first."""
    states = tuple(state for command, waiting in _TO_DO.items() if viewer.may(command) for state in waiting)
    if not states:
        return []
    found = deployments.list_deployments(
        office, viewer.actor, DeploymentFilter(states=states), Page(limit=_ROWS)
    ).items
    if viewer.may("deployments.review-urgent"):
        due = DeploymentFilter(urgent_review_due=True)
        more = deployments.list_deployments(office, viewer.actor, due, Page(limit=_ROWS)).items
        found += tuple(one for one in more if one.id not in {known.id for known in found})
    own = {"draft", "refused", "expired"}
    mine = viewer.actor.id
    return sorted(
        (
            one
            for one in found
            if (one.planner_id == mine if one.state in own else True)
            and not (one.state == "submitted" and one.planner_id == mine)
        ),
        key=lambda one: (one.window_start, one.id),
    )
