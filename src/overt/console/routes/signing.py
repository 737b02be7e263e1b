"""The authorising officer's page: exactly what is signed, everything amiss ticked as seen, and the decision."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.responses import Response

from overt.casework import deployments
from overt.casework.deployments import Decision, DeploymentReview, DeploymentView, MinorsReason, Refusal
from overt.console.addresses import DeploymentId
from overt.console.forms import REFUSALS, FieldFault, Form, read_form
from overt.console.list_problems import problem_groups
from overt.console.pages import page, see_other
from overt.console.routes.deployments import Asked, planned_by, reviewed, titles_of_lists
from overt.console.viewer import Viewer, may
from overt.errors import SignInError
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

MaySign = Annotated[Viewer, may("deployments.authorise", "deployments.refuse")]
_REASON_EACH: Final = 100
"""So many entries under 18 have a field each; those beyond share one more."""
_REST: Final = "minor_rest"
_COMPARED: Final = {
    "entries": "Entries searched for",
    "images": "Reference images",
    "seeds": "Seeds",
    "pack": "Model pack",
    "pack_version": "Its version",
    "threshold": "Threshold",
    "under_18": "Under 18",
    "age_unknown": "Of unknown age",
    "stale": "Due for review, or old images",
    "poor_quality": "Poor images only",
    "look_alikes": "Pairs of look-alikes",
    "pending": "Left out, not approved",
    "expired": "Left out, expired",
    "without_image": "Left out, without an image",
    "without_covered": "With pictures that masked faces cannot be compared with",
    "overlaps": "Deployments at the same time",
}
"""The figures that are kept of what an officer was shown, and what they are called."""


@router.get("/deployments/{deployment_id}/sign")
def sign_page(request: Request, office: TheOffice, deployment_id: DeploymentId, viewer: MaySign) -> Response:
    """What is to be signed, in full."""
    return _shown(Asked(request, office, viewer, deployment_id), Form())


@router.post("/deployments/{deployment_id}/sign")
async def sign(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.authorise")],
) -> Response:
    """Authorise what was read."""
    asked = Asked(request, office, viewer, deployment_id)

    def act(form: Form) -> Response | None:
        shown = deployments.show_deployment(office, viewer.actor, deployment_id)
        review, _ = reviewed(office, viewer, shown)
        faults = () if review is None else _unseen(form, review)
        if faults:
            return _shown(asked, replace(form, faults=faults, status=422))
        decision = form.take(Decision, minors=() if review is None else _minors(form, review))
        deployments.authorise_deployment(office, viewer.actor, deployment_id, decision)
        return None

    return await _decided(asked, act, "Authorised. It can be started inside its window")


@router.post("/deployments/{deployment_id}/refuse")
async def refuse(
    request: Request,
    office: TheOffice,
    deployment_id: DeploymentId,
    viewer: Annotated[Viewer, may("deployments.refuse")],
) -> Response:
    """Refuse what was read."""

    def act(form: Form) -> None:
        refusal = form.take(Refusal, statement=form.text("refusal"))
        form.give(office, viewer, deployments.refuse_deployment, DeploymentView, deployment_id, refusal)

    said = "Refused. The planner can change the plan and submit it again"
    return await _decided(Asked(request, office, viewer, deployment_id), act, said)


async def _decided(asked: Asked, act: Callable[[Form], Response | None], said: str) -> Response:
    form = await read_form(asked.request, asked.viewer)
    try:
        answer = await run_in_threadpool(act, form)
    except SignInError as error:
        refused = replace(form, faults=(FieldFault("password", error.what, error.remedy),), status=422)
    except REFUSALS as error:
        refused = _placed(form, error)
    else:
        return answer or see_other(f"/deployments/{asked.deployment_id}", said)
    return await run_in_threadpool(_shown, asked, refused)


def _placed(form: Form, error: Exception) -> Form:
    """What is wrong, at the field that it is about."""
    refused = form.refused(error)
    if not isinstance(error, ValidationError):
        return refused
    is_refusal = form.has("refusal")
    faults = []
    for one in error.errors(include_url=False, include_input=False):
        field, what = str(one["loc"][0]), str(one["msg"])
        if field == "statement":
            field = "refusal" if is_refusal else "statement"
            what = f"Write {deployments.STATEMENT_LENGTH} characters or more, in your own words"
        if field == "password":
            what = "Write your password once more"
        if field == "digest":
            field, what = "", "The digest is missing: open the page again, and read it again"
        faults.append(FieldFault(field, what))
    return replace(form, faults=tuple(faults), status=422)


def _unseen(form: Form, review: DeploymentReview) -> tuple[FieldFault, ...]:
    """What has not been ticked as seen, and reasons that are missing."""
    ticked = set(form.all("seen"))
    faults = [
        FieldFault(f"seen-{group.code}", f"Not ticked as seen: {group.title}", "Read it, and tick it")
        for group in problem_groups(review)
        if group.code not in ticked
    ]
    if "false-alerts" not in ticked:
        faults.append(
            FieldFault(
                "seen-false-alerts",
                "Not ticked as seen: the false alerts to be expected",
                "Read it, and tick it",
            )
        )
    due = [problem.entry_id for problem in review.under_18]
    fields = [f"minor_{entry_id}" for entry_id in due[:_REASON_EACH]]
    if len(due) > _REASON_EACH:
        fields.append(_REST)
    faults += [
        FieldFault(field, "Write why this child is searched for, in 10 characters or more")
        for field in fields
        if len(form.text(field)) < 10
    ]
    return tuple(faults)


def _minors(form: Form, review: DeploymentReview) -> tuple[MinorsReason, ...]:
    due = [problem.entry_id for problem in review.under_18]
    reasons = [
        MinorsReason(entry_ids=(entry_id,), reason=form.text(f"minor_{entry_id}"))
        for entry_id in due[:_REASON_EACH]
    ]
    if rest := tuple(due[_REASON_EACH:]):
        reasons.append(MinorsReason(entry_ids=rest, reason=form.text(_REST)))
    return tuple(reasons)


def _shown(asked: Asked, form: Form) -> Response:
    office, viewer = asked.office, asked.viewer
    shown = deployments.show_deployment(office, viewer.actor, asked.deployment_id)
    review, trouble = reviewed(office, viewer, shown)
    before = shown.authorisation
    return page(
        asked.request,
        viewer,
        "deployments/sign.html",
        form=form,
        it=shown,
        review=review,
        trouble=trouble,
        groups=() if review is None else problem_groups(review),
        reason_each=_REASON_EACH,
        before=before,
        titles=titles_of_lists(office, viewer),
        differences=() if before is None or review is None else _differences(before.shown, review),
        planned_by_viewer=planned_by(viewer, shown),
        policy=office.policy.deployments,
        least=deployments.STATEMENT_LENGTH,
    )


def _differences(shown: dict[str, Any], review: DeploymentReview) -> tuple[tuple[str, str, str], ...]:
    """Figures that an officer was shown at the last decision and that are others now: what, then, now."""
    found = []
    for name, called in _COMPARED.items():
        if name not in shown:
            continue
        now: Any = getattr(review, name)
        now = len(now) if isinstance(now, tuple) else now
        if now != shown[name]:
            found.append((called, _figure(shown[name]), _figure(now)))
    then, now = shown.get("categories", {}), review.categories
    found += [
        (f"Entries: {category}", _figure(then.get(category, 0)), _figure(now.get(category, 0)))
        for category in sorted({*then, *now})
        if then.get(category, 0) != now.get(category, 0)
    ]
    return tuple(found)


def _figure(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
