"""Planning: a deployment is made, listed, shown and changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import func, or_, select

from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment, plan_of
from overt.casework.deployments._sealing import Confidential, key_of, open_confidential, seal_confidential
from overt.casework.deployments.foreseeing import false_alerts_said
from overt.casework.deployments.plan import Plan, StoredPlan
from overt.casework.deployments.states import State, move, record_move
from overt.casework.deployments.views import (
    DeploymentSummary,
    DeploymentView,
    deployment_summary,
    deployment_view,
)
from overt.casework.paging import Listing, Page
from overt.errors import ConflictError, InputError
from overt.records.tables import Authorisation, Deployment, Watchlist, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.commands import Work
    from overt.casework.deployments.plan import PlanChange

__all__ = [
    "DeploymentFilter",
    "change_deployment",
    "create_deployment",
    "list_deployments",
    "show_deployment",
    "validated_plan",
]

_MODEL: Final = ConfigDict(frozen=True, extra="forbid")


class DeploymentFilter(BaseModel):
    """Which deployments are wanted; all that is asked must hold."""

    model_config = _MODEL

    state: Annotated[State | None, Field(description="In this state.")] = None
    states: Annotated[
        tuple[State, ...] | None, Field(max_length=10, description="In one of these states.")
    ] = None
    urgent_review_due: Annotated[
        bool, Field(description="With an urgent authorisation that no other officer has reviewed.")
    ] = False


@command("deployments.create")
def create_deployment(work: Work, plan: Plan) -> DeploymentView:
    """Plan a deployment.

    Raises:
        InputError: the plan does not fit the policy.
        MissingError: a watchlist is not there.
    """
    deployment_id = new_id("deployment")
    work.note(deployment_id)
    _check(work, plan)
    key_id = work.office.vault.new_key(work.session, "deployment", work.now)
    deployment = Deployment(
        id=deployment_id,
        title=plan.title,
        state="draft",
        planner_id=work.actor.id,
        key_id=key_id,
        created_at=work.now,
        changed_at=work.now,
        revision=1,
    )
    _write(work, deployment, plan)
    work.session.add(deployment)
    work.session.flush()
    record_move(work, deployment, "create", "")
    return deployment_view(work, deployment)


@command("deployments.change")
def change_deployment(work: Work, deployment_id: str, change: PlanChange) -> DeploymentView:
    """Change a plan. One that was submitted, authorised, refused or expired becomes a draft again.

    Whatever was authorised is void from then on, and the move and the audit entry say so.

    Raises:
        InputError: the plan would not fit itself or the policy.
        ConflictError: the deployment has run or was cancelled, or has changed since it was seen.
        MissingError: it, or a watchlist, is not there.
    """
    deployment = find_deployment(work, deployment_id, lock=True)
    if change.revision is not None and change.revision != deployment.revision:
        raise ConflictError(
            f"{deployment.id} is at revision {deployment.revision}, and you saw revision {change.revision}",
            "Look at it again, and change it then",
        )
    asked = change.asked()
    if not asked:
        raise InputError("Nothing is to be changed", "Name at least one field of the plan")
    before = deployment.state
    move(work, deployment, "change", f"Changed: {', '.join(sorted(asked))}")
    whole = _whole(work, deployment)
    if "feeds" in asked:
        asked["feeds"] = _with_addresses(asked["feeds"], whole["feeds"])
    plan = validated_plan({**whole, **asked})
    _check(work, plan)
    _write(work, deployment, plan)
    deployment.revision += 1
    work.session.flush()
    work.note(deployment.id, revision=deployment.revision, fields=sorted(asked), from_state=before)
    return deployment_view(work, deployment)


@command("deployments.list")
def list_deployments(
    work: Work,
    wanted: DeploymentFilter = DeploymentFilter(),  # noqa: B008 - frozen
    page: Page = Page(),  # noqa: B008 - frozen
) -> Listing[DeploymentSummary]:
    """List deployments, the newest first.

    Raises:
        InputError: `page.after` is none of this listing's.
    """
    due = select(Authorisation.deployment_id).where(
        Authorisation.urgent,
        Authorisation.decision == "authorised",
        Authorisation.reviewed_at.is_(None),
    )
    asked = select(Deployment)
    if wanted.state is not None:
        asked = asked.where(Deployment.state == wanted.state)
    if wanted.states is not None:
        asked = asked.where(Deployment.state.in_(wanted.states))
    if wanted.urgent_review_due:
        asked = asked.where(Deployment.id.in_(due))
    total = work.session.scalar(select(func.count()).select_from(asked.subquery()))
    if page.after is not None:
        last = work.session.get(Deployment, page.after)
        if last is None:
            raise InputError("There is no such page", "Begin with the first", field="after")
        asked = asked.where(
            or_(
                Deployment.created_at < last.created_at,
                (Deployment.created_at == last.created_at) & (Deployment.id < last.id),
            )
        )
    rows = work.session.scalars(
        asked.order_by(Deployment.created_at.desc(), Deployment.id.desc()).limit(page.limit + 1)
    ).all()
    shown = rows[: page.limit]
    unreviewed = set(work.session.scalars(due.where(Authorisation.deployment_id.in_([d.id for d in shown]))))
    work.note("", count=len(shown))
    says = false_alerts_said(work, shown)
    return Listing[DeploymentSummary](
        items=tuple(
            deployment_summary(row, review_due=row.id in unreviewed, false_alerts=says.get(row.id, ""))
            for row in shown
        ),
        next=shown[-1].id if len(rows) > page.limit else None,
        total=int(total or 0),
    )


@command("deployments.show")
def show_deployment(work: Work, deployment_id: str) -> DeploymentView:
    """Show a deployment: its plan, its moves, and the last decision about it."""
    return deployment_view(work, find_deployment(work, deployment_id))


def validated_plan(written: dict[str, Any]) -> Plan:
    """A plan from plain values.

    Raises:
        InputError: it is not a plan; names the first field at fault, and repeats no value.
    """
    try:
        return Plan.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        named = f"{field}: {what}" if field else what
        raise InputError(
            f"The plan cannot be taken: {named.rstrip('.')}", "Correct it", field=field
        ) from None


def _whole(work: Work, deployment: Deployment) -> dict[str, Any]:
    """The plan with its confidential part, as plain values."""
    confidential = open_confidential(work, deployment)
    written = plan_of(deployment).model_dump()
    written["feeds"] = [
        {**feed, "uri": address}
        for feed, address in zip(written["feeds"], confidential.addresses, strict=True)
    ]
    return {**written, "urgent_reason": confidential.urgent_reason}


def _with_addresses(asked: list[dict[str, Any]], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The feeds that are asked for, with the addresses that stay."""
    addresses = {feed["name"]: feed["uri"] for feed in known}
    for at, feed in enumerate(asked):
        if feed.get("uri") is None and feed["name"] not in addresses:
            raise InputError(
                f"The feed {feed['name']!r} is new and has no address",
                "Write its address; one stays only for a feed that keeps its name",
                field=f"feeds.{at}.uri",
            )
    return [{**feed, "uri": feed.get("uri") or addresses[feed["name"]]} for feed in asked]


def _write(work: Work, deployment: Deployment, plan: Plan) -> None:
    confidential = Confidential(
        addresses=tuple(feed.uri for feed in plan.feeds), urgent_reason=plan.urgent_reason
    )
    deployment.title = plan.title
    deployment.plan = StoredPlan.of(plan).model_dump(mode="json")
    deployment.sealed_feeds = seal_confidential(work, deployment.id, key_of(deployment), confidential)
    deployment.window_start, deployment.window_end = plan.window_start, plan.window_end
    deployment.urgent = plan.urgent


def _check(work: Work, plan: Plan) -> None:
    """What a plan must hold to, apart from itself."""
    longest = work.office.policy.deployments.longest_hours
    if plan.window_end - plan.window_start > timedelta(hours=longest):
        raise InputError(
            f"The window is longer than {longest:g} hours", "Plan a deployment for each", field="window_end"
        )
    if plan.window_end <= work.now:
        raise InputError("The window is over already", "Plan one that is to come", field="window_end")
    _check_watchlists(work, plan.watchlists)


def _check_watchlists(work: Work, watchlist_ids: Sequence[str]) -> None:
    there = set(work.session.scalars(select(Watchlist.id).where(Watchlist.id.in_(watchlist_ids))))
    missing = [watchlist_id for watchlist_id in watchlist_ids if watchlist_id not in there]
    if missing:
        raise InputError(
            f"There is no watchlist {missing[0][:64]!r}",
            "See `overt watchlists list` for their ids",
            field="watchlists",
        )
