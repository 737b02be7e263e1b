"""`overt deployments create` and `change`: a plan from a file, from options, or both."""

from __future__ import annotations

from typing import Annotated

import typer

from overt.cli import _plan_options as given
from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._deployment_views import show_deployment

__all__ = ["change", "create"]


def create(
    *,
    data: DataFolder,
    plan: given.PlanFile = None,
    title: given.Title = None,
    use_case: given.UseCase = None,
    purpose: given.Purpose = None,
    location: given.Location = None,
    zone: given.Zone = None,
    signage: given.Signage = None,
    start_at: given.StartsAt = None,
    end_at: given.EndsAt = None,
    feed: given.Feeds = None,
    watchlist: given.Watchlists = None,
    pack: given.Pack = None,
    threshold: given.Threshold = None,
    min_eye_distance: given.EyeDistance = None,
    min_quality: given.Quality = None,
    confirmations: given.Confirmations = None,
    footfall: given.Footfall = None,
    urgent: given.Urgent = None,
    masked_fps: given.MaskedFps = None,
    far: given.Far = None,
    staff: given.Staff = None,
    cost: given.Cost = None,
    currency: given.Currency = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Plan a deployment, from a TOML or JSON file, from options, or both."""
    from overt.casework import deployments as d

    options = {
        "title": title,
        "use_case": use_case,
        "purpose": purpose,
        "location": location,
        "zone": zone,
        "signage": signage,
        "window_start": start_at,
        "window_end": end_at,
        "feeds": feed,
        "watchlists": watchlist,
        "pack": pack,
        "threshold": threshold,
        "min_eye_distance": min_eye_distance,
        "min_quality": min_quality,
        "confirmations": confirmations,
        "expected_footfall": footfall,
        "urgent": urgent,
        "masked_fps": masked_fps,
        "far": far,
        "staff": staff,
        "cost": cost,
        "currency": currency,
    }
    made = d.validated_plan(given.written_plan(plan, options))
    with acting(data, database, as_) as (office, actor):
        show_deployment(d.create_deployment(office, actor, made), as_json=as_json)


def change(
    deployment: Annotated[str, typer.Argument(help="The deployment's id.", metavar="DEPLOYMENT")],
    *,
    data: DataFolder,
    plan: given.PlanFile = None,
    title: given.Title = None,
    use_case: given.UseCase = None,
    purpose: given.Purpose = None,
    location: given.Location = None,
    zone: given.Zone = None,
    signage: given.Signage = None,
    start_at: given.StartsAt = None,
    end_at: given.EndsAt = None,
    feed: given.Feeds = None,
    watchlist: given.Watchlists = None,
    pack: given.Pack = None,
    threshold: given.Threshold = None,
    min_eye_distance: given.EyeDistance = None,
    min_quality: given.Quality = None,
    confirmations: given.Confirmations = None,
    footfall: given.Footfall = None,
    urgent: given.Urgent = None,
    masked_fps: given.MaskedFps = None,
    far: given.Far = None,
    staff: given.Staff = None,
    cost: given.Cost = None,
    currency: given.Currency = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="The revision that you saw; another is refused.")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Change a plan; what is not named stays. It becomes a draft again, and an authorisation of it is void."""
    from overt.casework import deployments as d

    options = {
        "title": title,
        "use_case": use_case,
        "purpose": purpose,
        "location": location,
        "zone": zone,
        "signage": signage,
        "window_start": start_at,
        "window_end": end_at,
        "feeds": feed,
        "watchlists": watchlist,
        "pack": pack,
        "threshold": threshold,
        "min_eye_distance": min_eye_distance,
        "min_quality": min_quality,
        "confirmations": confirmations,
        "expected_footfall": footfall,
        "urgent": urgent,
        "masked_fps": masked_fps,
        "far": far,
        "staff": staff,
        "cost": cost,
        "currency": currency,
        "revision": revision,
    }
    written = given.written_plan(plan, options)
    with acting(data, database, as_) as (office, actor):
        point = written.get("operating_point")
        if isinstance(point, dict):
            now = d.show_deployment(office, actor, deployment).plan.operating_point
            written["operating_point"] = {**now.model_dump(), **point}
        changed = d.change_deployment(office, actor, deployment, taken(d.PlanChange, **written))
        show_deployment(changed, as_json=as_json)
