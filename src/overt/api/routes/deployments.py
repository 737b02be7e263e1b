"""Deployments: planned, submitted, authorised, run and closed."""

from typing import Annotated

from fastapi import Query

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.api.repeats import TheCreation
from overt.casework import deployments, live
from overt.casework.deployments import DeploymentView, MoveReason
from overt.casework.paging import Listing, Page
from overt.web.service import TheOffice, TheService

__all__ = ["router"]

router = api_router("deployments", "/deployments")


class DeploymentQuery(deployments.DeploymentFilter, Page):
    """Which deployments, and which page of them."""


@router.post("", operation_id="deployments.create", status_code=201, summary="Plan a deployment")
def create(make: TheCreation, plan: deployments.Plan) -> DeploymentView:
    """A draft. Feeds' addresses are sealed, and shown without user and password from here on."""
    return make(deployments.create_deployment, DeploymentView, plan)


@router.get("", operation_id="deployments.list", summary="Deployments")
def list_all(
    office: TheOffice, actor: TheActor, query: Annotated[DeploymentQuery, Query()]
) -> Listing[deployments.DeploymentSummary]:
    """All of them, or those in a state."""
    return deployments.list_deployments(office, actor, query, query)


@router.get("/{deployment_id}", operation_id="deployments.show", summary="A deployment")
def show(office: TheOffice, actor: TheActor, deployment_id: Id) -> DeploymentView:
    """Its plan, its moves, the last decision about it, and the moves that are open."""
    return deployments.show_deployment(office, actor, deployment_id)


@router.patch("/{deployment_id}", operation_id="deployments.change", summary="Change a plan")
def change(
    office: TheOffice, actor: TheActor, deployment_id: Id, asked: deployments.PlanChange
) -> DeploymentView:
    """What is left out stays. Whatever was submitted or authorised is void, and it is a draft again."""
    return deployments.change_deployment(office, actor, deployment_id, asked)


@router.get(
    "/{deployment_id}/review",
    operation_id="deployments.review",
    summary="What an authorising officer must see before deciding",
)
def review(office: TheOffice, actor: TheActor, deployment_id: Id) -> deployments.DeploymentReview:
    """The false alerts to be expected, the digest to sign, and everything amiss with the list."""
    return deployments.review_deployment(office, actor, deployment_id)


@router.post("/{deployment_id}/submit", operation_id="deployments.submit", summary="Submit for authorisation")
def submit(office: TheOffice, actor: TheActor, deployment_id: Id) -> deployments.Submission:
    """Freezes plan, feeds, operating point and entries under one digest."""
    return deployments.submit_deployment(office, actor, deployment_id)


@router.post("/{deployment_id}/withdraw", operation_id="deployments.withdraw", summary="Take back to draft")
def withdraw(office: TheOffice, actor: TheActor, deployment_id: Id, why: MoveReason) -> DeploymentView:
    """What was authorised is void."""
    return deployments.withdraw_deployment(office, actor, deployment_id, why)


@router.post(
    "/{deployment_id}/authorise", operation_id="deployments.authorise", summary="Authorise what was submitted"
)
def authorise(
    office: TheOffice, actor: TheActor, deployment_id: Id, decision: deployments.Decision
) -> DeploymentView:
    """Takes the digest that was reviewed, a statement, and the officer's password once more."""
    return deployments.authorise_deployment(office, actor, deployment_id, decision)


@router.post(
    "/{deployment_id}/refuse", operation_id="deployments.refuse", summary="Refuse what was submitted"
)
def refuse(
    office: TheOffice, actor: TheActor, deployment_id: Id, refusal: deployments.Refusal
) -> DeploymentView:
    """A changed plan can be submitted again."""
    return deployments.refuse_deployment(office, actor, deployment_id, refusal)


@router.post(
    "/{deployment_id}/urgent-review",
    operation_id="deployments.review-urgent",
    summary="Review an urgent authorisation afterwards",
)
def review_urgent(
    office: TheOffice, actor: TheActor, deployment_id: Id, review: deployments.UrgentReview
) -> DeploymentView:
    """Once, and by another officer than the one who gave it."""
    return deployments.review_urgent(office, actor, deployment_id, review)


@router.post("/{deployment_id}/start", operation_id="deployments.start", summary="Go live")
def start(office: TheOffice, actor: TheActor, deployment_id: Id) -> DeploymentView:
    """Inside the window, as authorised. The server starts the sealed engine within a second or so."""
    return deployments.start_deployment(office, actor, deployment_id)


@router.post(
    "/{deployment_id}/suspend", operation_id="deployments.suspend", summary="Stop the engine for now"
)
def suspend(office: TheOffice, actor: TheActor, deployment_id: Id, why: MoveReason) -> DeploymentView:
    """The window goes on."""
    return deployments.suspend_deployment(office, actor, deployment_id, why)


@router.post("/{deployment_id}/resume", operation_id="deployments.resume", summary="Go live again")
def resume(
    office: TheOffice, actor: TheActor, deployment_id: Id, why: MoveReason | None = None
) -> DeploymentView:
    """After a suspension, if nothing has come to forbid it."""
    return deployments.resume_deployment(office, actor, deployment_id, why)


@router.post("/{deployment_id}/close", operation_id="deployments.close", summary="End a deployment for good")
def close(
    office: TheOffice, actor: TheActor, deployment_id: Id, why: MoveReason | None = None
) -> DeploymentView:
    """Before its window ends; at the window's end the server does it by itself."""
    return deployments.close_deployment(office, actor, deployment_id, why)


@router.post("/{deployment_id}/cancel", operation_id="deployments.cancel", summary="Give a deployment up")
def cancel(office: TheOffice, actor: TheActor, deployment_id: Id, why: MoveReason) -> DeploymentView:
    """One that has not run."""
    return deployments.cancel_deployment(office, actor, deployment_id, why)


@router.put("/{deployment_id}/costs", operation_id="deployments.record-costs", summary="Record what it took")
def record_costs(
    office: TheOffice, actor: TheActor, deployment_id: Id, costs: deployments.Costs
) -> DeploymentView:
    """Once it is over; recorded again, the later figures stand."""
    return deployments.record_costs(office, actor, deployment_id, costs)


@router.post(
    "/feed-tests",
    operation_id="deployments.test-feed",
    summary="Try a feed: a masked picture of it, or what is wrong",
)
def test_feed(service: TheService, actor: TheActor, asked: live.FeedTest) -> live.FeedTestView:
    """A sealed engine that looks for nobody opens the feed for some seconds, and shows it masked."""
    start = None if service.supervisor is None else service.supervisor.start_engine
    return live.try_feed(service.office, actor, asked, start)
