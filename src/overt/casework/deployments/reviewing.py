"""What an authorising officer is shown before signing: expected false alerts, and everything amiss with the list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from overt.casework.certificates import Certification  # noqa: TC001 - pydantic reads the annotations
from overt.casework.commands import command
from overt.casework.deployments._rows import find_deployment, plan_of
from overt.casework.deployments.certifying import expectation_with
from overt.casework.deployments.false_alerts import Expectation  # noqa: TC001 - pydantic reads the annotations
from overt.casework.deployments.freezing import content_of, drift_of
from overt.casework.watchlists import entries_lacking_covered, look_alikes_among
from overt.casework.watchlists.age import is_under_18
from overt.errors import ConflictError
from overt.records.tables import Deployment

if TYPE_CHECKING:
    from datetime import date

    from overt.biometrics import ModelPack
    from overt.casework.commands import Work
    from overt.casework.deployments.freezing import Content
    from overt.casework.watchlists import EntryFacts

__all__ = [
    "POOR_QUALITY",
    "DeploymentReview",
    "EntryProblem",
    "LookAlikeProblem",
    "Overlap",
    "deployment_review",
    "review_deployment",
    "shown_figures",
]

POOR_QUALITY: Final = 0.25
"""An entry whose best image is of less quality (0 to 1) is shown as poor."""
_YEAR: Final = timedelta(days=365.25)
_MODEL: Final = ConfigDict(frozen=True, extra="forbid")
_OVER: Final = ("closed", "published", "expired", "cancelled", "refused")


class EntryProblem(BaseModel):
    """Something amiss with an entry."""

    model_config = _MODEL

    entry_id: str
    why: str


class LookAlikeProblem(BaseModel):
    """Two entries that the software could take for each other."""

    model_config = _MODEL

    entry_ids: tuple[str, str]
    kind: Annotated[str, Field(description="look-alike or duplicate.")]
    score: float


class Overlap(BaseModel):
    """Another deployment whose window overlaps."""

    model_config = _MODEL

    deployment_id: str
    title: str
    state: str
    location: str
    window_start: datetime
    window_end: datetime
    same_watchlists: Annotated[tuple[str, ...], Field(description="Lists that both use.")]


class DeploymentReview(BaseModel):
    """A deployment as an authorising officer must see it before deciding."""

    model_config = _MODEL

    deployment_id: str
    state: str
    digest: Annotated[
        str | None, Field(description="Of what was frozen at submission: the one to sign. Null in draft.")
    ]
    as_frozen: Annotated[bool, Field(description="Whether everything is still as it was frozen.")]
    entries_added: tuple[str, ...]
    entries_changed: tuple[str, ...]
    entries_gone: tuple[str, ...]
    otherwise_changed: Annotated[
        bool, Field(description="The plan, a feed, the pack's files or the policy's seals differ.")
    ]
    entries: Annotated[int, Field(description="Entries that would be searched for.")]
    images: Annotated[int, Field(description="Their reference images.")]
    seeds: int
    categories: dict[str, int]
    pack: str
    pack_version: str
    threshold: float
    confirmations: int
    min_eye_distance: float
    min_quality: float
    certification: Annotated[
        Certification, Field(description="Whether a certificate stands behind the operating point now.")
    ]
    false_alerts: Expectation
    pending: Annotated[tuple[str, ...], Field(description="Left out: not approved.")]
    expired: Annotated[tuple[str, ...], Field(description="Left out: expired before the window begins.")]
    without_image: Annotated[tuple[str, ...], Field(description="Left out: no reference image.")]
    stale: Annotated[tuple[EntryProblem, ...], Field(description="Due for review, or with old images.")]
    under_18: Annotated[
        tuple[EntryProblem, ...], Field(description="Each needs the authorising officer's own reason.")
    ]
    age_unknown: tuple[str, ...]
    poor_quality: tuple[EntryProblem, ...]
    without_covered: Annotated[
        tuple[str, ...],
        Field(
            description="Entries with an image that lacks the template for covered faces. While there is one, "
            "covered faces are compared as they are, for everybody."
        ),
    ] = ()
    look_alikes: tuple[LookAlikeProblem, ...]
    overlaps: tuple[Overlap, ...]
    warnings: Annotated[tuple[str, ...], Field(description="What must be said aloud.")]


_UNCOVERED: Final = (
    "with images that masked faces cannot be compared with, so that masked faces are compared as they are for "
    "everybody; a watchlist manager makes what is missing with `overt watchlists renew`"
)


@command("deployments.review")
def review_deployment(work: Work, deployment_id: str) -> DeploymentReview:
    """Show what an authorising officer must see: expected false alerts, and what is amiss with the list.

    Raises:
        PackError: the plan's model pack is missing, altered, or not licensed for live use.
        ContractError: a watchlist was enrolled with another pack.
    """
    deployment = find_deployment(work, deployment_id)
    if deployment.key_id is None:
        raise ConflictError(
            f"The personal data of {deployment.id} has been deleted", "See its record for the figures"
        )
    review = deployment_review(work, deployment, content_of(work, deployment))
    work.note(deployment.id, entries=review.entries, as_frozen=review.as_frozen)
    return review


def deployment_review(work: Work, deployment: Deployment, content: Content) -> DeploymentReview:
    """What is to be seen of this content."""
    plan = plan_of(deployment)
    entries = list(content.entries.values())
    day = deployment.window_start.date()
    images = sum(entry.images for entry in entries)
    false_alerts = expectation_with(
        work.session,
        content.certification,
        content.pack,
        content.point,
        comparisons=len(entries),
        footfall=plan.expected_footfall,
    )
    drift = None if deployment.digest is None else drift_of(work, deployment, content)
    categories: dict[str, int] = {}
    for entry in entries:
        categories[entry.category] = categories.get(entry.category, 0) + 1
    under_18 = tuple(
        EntryProblem(entry_id=entry.entry_id, why="under 18 when the window begins")
        for entry in entries
        if is_under_18(entry.born, day)
    )
    unknown = tuple(entry.entry_id for entry in entries if entry.born is None)
    alike = tuple(
        LookAlikeProblem(entry_ids=pair.entry_ids, kind=pair.kind, score=pair.score)
        for pair in look_alikes_among(work, plan.watchlists)
        if set(pair.entry_ids) <= content.entries.keys()
    )
    overlaps = _overlaps(work, deployment)
    review = DeploymentReview(
        deployment_id=deployment.id,
        state=deployment.state,
        digest=deployment.digest,
        as_frozen=drift is not None and drift.none,
        entries_added=drift.added if drift else (),
        entries_changed=drift.changed if drift else (),
        entries_gone=drift.gone if drift else (),
        otherwise_changed=drift.other if drift else False,
        entries=len(entries),
        images=images,
        seeds=sum(entry.seed for entry in entries),
        categories=dict(sorted(categories.items())),
        pack=content.pack.manifest.id,
        pack_version=content.pack.manifest.version,
        threshold=content.point.threshold,
        confirmations=content.point.confirmations,
        min_eye_distance=content.point.min_eye_distance,
        min_quality=content.point.min_quality,
        certification=content.certification,
        false_alerts=false_alerts,
        pending=content.left_out["pending"],
        expired=content.left_out["expired"],
        without_image=content.left_out["without-image"],
        stale=tuple(_stale(work, entries, day)),
        under_18=under_18,
        age_unknown=unknown,
        poor_quality=tuple(_poor(entries)),
        without_covered=tuple(
            sorted(entries_lacking_covered(work, plan.watchlists) & content.entries.keys())
        ),
        look_alikes=alike,
        overlaps=overlaps,
        warnings=(),
    )
    return review.model_copy(update={"warnings": _warnings(review)})


def shown_figures(review: DeploymentReview, pack: ModelPack) -> dict[str, Any]:
    """What is kept of what the officer was shown: figures and counts, no ids of entries.

    The pack's own figures are kept with it, so that an alert's score means tomorrow what it meant when it was signed.
    """
    return {
        "certification": review.certification.model_dump(mode="json"),
        "false_alerts": review.false_alerts.model_dump(mode="json"),
        "measured": [msgspec.to_builtins(row) for row in pack.manifest.measured],
        "entries": review.entries,
        "images": review.images,
        "seeds": review.seeds,
        "categories": review.categories,
        "pack": review.pack,
        "pack_version": review.pack_version,
        "threshold": review.threshold,
        "pending": len(review.pending),
        "expired": len(review.expired),
        "without_image": len(review.without_image),
        "stale": len(review.stale),
        "under_18": len(review.under_18),
        "age_unknown": len(review.age_unknown),
        "poor_quality": len(review.poor_quality),
        "without_covered": len(review.without_covered),
        "look_alikes": len(review.look_alikes),
        "overlaps": len(review.overlaps),
        "warnings": list(review.warnings),
    }


def _stale(work: Work, entries: list[EntryFacts], day: date) -> list[EntryProblem]:
    policy = work.office.policy.watchlists
    found = []
    for entry in entries:
        if entry.review_by < day:
            found.append(
                EntryProblem(entry_id=entry.entry_id, why=f"was due for review on {entry.review_by}")
            )
        if entry.newest_image is None:
            found.append(EntryProblem(entry_id=entry.entry_id, why="nobody knows when its images were taken"))
        elif day - entry.newest_image > policy.image_years_warn * _YEAR:
            found.append(
                EntryProblem(
                    entry_id=entry.entry_id, why=f"its newest image was taken on {entry.newest_image}"
                )
            )
    return found


def _poor(entries: list[EntryFacts]) -> list[EntryProblem]:
    return [
        EntryProblem(
            entry_id=entry.entry_id,
            why=f"its best image has a quality of {entry.best_quality:.2f}, less than {POOR_QUALITY:g}",
        )
        for entry in entries
        if entry.best_quality is not None and entry.best_quality < POOR_QUALITY
    ]


def _overlaps(work: Work, deployment: Deployment) -> tuple[Overlap, ...]:
    own = set(plan_of(deployment).watchlists)
    rows = work.session.scalars(
        select(Deployment)
        .where(
            Deployment.id != deployment.id,
            Deployment.state.not_in(_OVER),
            Deployment.window_start < deployment.window_end,
            Deployment.window_end > deployment.window_start,
        )
        .order_by(Deployment.window_start, Deployment.id)
    )
    found = []
    for row in rows:
        plan = plan_of(row)
        found.append(
            Overlap(
                deployment_id=row.id,
                title=row.title,
                state=row.state,
                location=plan.location,
                window_start=row.window_start,
                window_end=row.window_end,
                same_watchlists=tuple(sorted(own & set(plan.watchlists))),
            )
        )
    return tuple(found)


def _warnings(review: DeploymentReview) -> tuple[str, ...]:
    """What must be said aloud, in sentences without the full stop."""
    false_alerts = review.false_alerts
    said = []
    if not review.certification.certified:
        said.append("Uncertified: no signed certificate stands behind this operating point")
        said += [f"Not certified because: {reason}" for reason in review.certification.reasons]
    if not false_alerts.measured:
        said.append("Not measured: nobody knows how many false alerts this operating point gives")
    elif false_alerts.modelled:
        said.append(
            f"Modelled: measured against {false_alerts.measured_watchlist:,} people at the threshold "
            f"{false_alerts.measured_threshold:g}, and not for this list and threshold"
        )
    if review.digest is not None and not review.as_frozen:
        said.append("Stale: what was submitted has changed since, and cannot be authorised or started")
    counted = (
        (len(review.under_18), "under 18: each needs your own reason"),
        (len(review.age_unknown), "of unknown age"),
        (
            len({problem.entry_id for problem in review.stale}),
            "due for review, or with old or undated images",
        ),
        (len(review.poor_quality), "with poor images only"),
        (
            len(review.without_covered),
            _UNCOVERED,
        ),
        (len(review.pending), "left out, not approved"),
        (len(review.expired), "left out, expired"),
        (len(review.without_image), "left out, without an image"),
    )
    said += [f"Entries {what}: {count}" for count, what in counted if count]
    if review.look_alikes:
        said.append(f"Pairs of entries that could be taken for each other: {len(review.look_alikes)}")
    if review.overlaps:
        said.append(f"Other deployments at the same time: {len(review.overlaps)}")
    return tuple(said)
