"""A deployment's record, counted out of the database and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from overt.casework.deployments import frozen_certification
from overt.casework.publication.counting import read_judged
from overt.casework.publication.measures import FEWEST_PASSES, greatest, rate_of, spread_of
from overt.casework.publication.model import (
    SCHEMA_VERSION,
    AuditFigures,
    AuthorisationFigures,
    DeploymentRecord,
    DeploymentTerms,
    EngineFigures,
    ExpectedFalseAlerts,
    OperatingPointFigures,
    Publication,
    ResourceFigures,
    SeedFigures,
    WatchlistFigures,
)
from overt.records.tables import (
    AuditHead,
    Authorisation,
    DeploymentMove,
    EngineRun,
    FrozenEntry,
    OperatingPointCertificate,
    RunFault,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Literal

    from sqlalchemy.orm import Session

    from overt.casework.publication.counting import Judged
    from overt.records.tables import Deployment

__all__ = ["record_of"]

_LIVE = "live"
_BEGUN_BY_PEOPLE = frozenset({"start", "resume"})


def record_of(
    session: Session, deployment: Deployment, now: datetime, *, version: int | None = None
) -> DeploymentRecord:
    """The record of a deployment as the database has it now; a preview where no version is given."""
    judged = read_judged(session, deployment.id)
    runs = session.scalars(
        select(EngineRun).where(EngineRun.deployment_id == deployment.id).order_by(EngineRun.number)
    ).all()
    moves = session.scalars(
        select(DeploymentMove)
        .where(DeploymentMove.deployment_id == deployment.id)
        .order_by(DeploymentMove.seq)
    ).all()
    decisions = session.scalars(
        select(Authorisation).where(Authorisation.deployment_id == deployment.id).order_by(Authorisation.at)
    ).all()
    standing = _standing(decisions)
    faces = sum(run.passages for run in runs)
    head = session.get_one(AuditHead, 1)
    return DeploymentRecord(
        schema_version=SCHEMA_VERSION,
        publication=Publication(
            status="not published" if version is None else "published", version=version, made_at=now
        ),
        deployment=_terms(deployment, moves, now),
        authorisation=_authorisation(deployment, decisions, standing),
        watchlist=_watchlist(session, deployment.id),
        operating_point=_operating_point(session, deployment, standing, runs),
        faces_seen=faces,
        alerts=judged.alert_figures(faces, sum(run.alerts_not_current for run in runs)),
        outcomes=judged.outcome_figures("true-confirmed"),
        outcomes_after_false_alerts=judged.outcome_figures("false-confirmed"),
        seeds=_seeds(deployment, judged),
        adjudication=judged.adjudication_figures(),
        routing=judged.routing_figures(),
        stops=judged.stop_figures(),
        self_defined_groups=judged.self_defined(),
        officer_defined_groups=judged.officer_defined(),
        corrections=judged.corrections,
        engine=_engine(session, runs, moves, judged),
        resources=_resources(deployment),
        audit=AuditFigures(entries=head.seq, head=head.digest.hex()),
    )


def _standing(decisions: Sequence[Authorisation]) -> Authorisation | None:
    """The authorisation that holds, or held when the deployment was live."""
    valid = [row for row in decisions if row.decision == "authorised" and row.voided_at is None]
    return valid[-1] if valid else None


def _terms(deployment: Deployment, moves: Sequence[DeploymentMove], now: datetime) -> DeploymentTerms:
    plan = deployment.plan
    began = deployment.live_at
    first = next((move.at for move in moves if move.to_state == _LIVE), began)
    return DeploymentTerms(
        id=deployment.id,
        location=plan["location"],
        date=(first or deployment.window_start).date(),
        started_at=first,
        ended_at=deployment.closed_at,
        window_start=deployment.window_start,
        window_end=deployment.window_end,
        duration_minutes=_minutes_live(moves, now),
        use_case=plan["use_case"],
        purpose=plan["purpose"],
        signage=plan["signage"],
        feeds=len(plan["feeds"]),
    )


def _minutes_live(moves: Sequence[DeploymentMove], now: datetime) -> float:
    seconds, since = 0.0, None
    for move in moves:
        if move.to_state == _LIVE and since is None:
            since = move.at
        elif move.to_state != _LIVE and since is not None:
            seconds += (move.at - since).total_seconds()
            since = None
    if since is not None:
        seconds += (now - since).total_seconds()
    return seconds / 60


def _authorisation(
    deployment: Deployment, decisions: Sequence[Authorisation], standing: Authorisation | None
) -> AuthorisationFigures:
    review: Literal["not needed", "due", "upheld", "not upheld"] = "not needed"
    if deployment.urgent:
        review = "due"
        if standing is not None and standing.reviewed_at is not None:
            review = "upheld" if standing.review_upheld else "not upheld"
    return AuthorisationFigures(
        authorised_at=None if standing is None else standing.at,
        digest=None if standing is None else standing.digest,
        urgent=deployment.urgent,
        urgent_review=review,
        times_refused=sum(row.decision == "refused" for row in decisions),
        expected_false_alerts=_expected(standing),
    )


def _expected(standing: Authorisation | None) -> ExpectedFalseAlerts | None:
    shown: dict[str, Any] | None = None if standing is None else standing.shown.get("false_alerts")
    if not shown:
        return None
    return ExpectedFalseAlerts(
        measured=shown["measured"],
        expected=shown.get("expected"),
        low=shown.get("low"),
        high=shown.get("high"),
        footfall=shown.get("footfall"),
        says=shown.get("says", ""),
    )


def _watchlist(session: Session, deployment_id: str) -> WatchlistFigures:
    frozen = session.execute(
        select(FrozenEntry.category, FrozenEntry.seed, func.count())
        .where(FrozenEntry.deployment_id == deployment_id)
        .group_by(FrozenEntry.category, FrozenEntry.seed)
    ).all()
    by_category: Counter[str] = Counter()
    for category, seed, count in frozen:
        by_category["seed" if seed else category] += count
    return WatchlistFigures(
        size=sum(count for _, _, count in frozen),
        seeds=sum(count for _, seed, count in frozen if seed),
        by_category=dict(sorted(by_category.items())),
    )


def _operating_point(
    session: Session, deployment: Deployment, standing: Authorisation | None, runs: Sequence[EngineRun]
) -> OperatingPointFigures:
    planned = deployment.plan["operating_point"]
    shown = {} if standing is None else standing.shown
    frozen = frozen_certification(deployment)
    certificate = None
    if frozen is not None and frozen.certified:
        certificate = session.get(OperatingPointCertificate, frozen.certificate_id)
    return OperatingPointFigures(
        pack=planned["pack"],
        pack_version=runs[-1].pack_version if runs else shown.get("pack_version"),
        pack_only_for=None if frozen is None else frozen.only_for,
        threshold=shown.get("threshold", planned["threshold"]),
        certificate="uncertified" if certificate is None else certificate.id,
        certificate_digest=None if certificate is None else certificate.digest,
        certificate_withdrawn_at=None if certificate is None else certificate.withdrawn_at,
        uncertified_because=("Nothing was frozen",) if frozen is None else frozen.reasons,
    )


def _seeds(deployment: Deployment, judged: Judged) -> SeedFigures:
    passes, recognised = deployment.seed_passes, judged.seeds_recognised
    tpir = None if passes is None else rate_of(recognised, passes, fewest=FEWEST_PASSES)
    return SeedFigures(passes=passes, recognised=recognised, tpir=tpir)


def _engine(
    session: Session, runs: Sequence[EngineRun], moves: Sequence[DeploymentMove], judged: Judged
) -> EngineFigures:
    ids = [run.id for run in runs]
    faults = session.execute(
        select(RunFault.kind, func.count()).where(RunFault.run_id.in_(ids)).group_by(RunFault.kind)
    ).all()
    feeds = [feed for run in runs for feed in run.telemetry.get("feeds", ())]
    began = sum(move.move in _BEGUN_BY_PEOPLE for move in moves)
    return EngineFigures(
        runs=len(runs),
        restarts=max(0, len(runs) - max(1, began)),
        ended_in_order=sum(run.in_order for run in runs),
        faults=dict(sorted((kind, count) for kind, count in faults)),
        frames_received=sum(feed.get("frames_received", 0) for feed in feeds),
        frames_processed=sum(feed.get("frames_processed", 0) for feed in feeds),
        frames_skipped=sum(feed.get("frames_skipped", 0) for feed in feeds),
        seals=_seals(runs),
        capture_to_alert_ms=spread_of([alert.capture_to_alert_ms for alert in judged.alerts]),
        erasure_ms=greatest([run.telemetry.get("erasure_ms", {}) for run in runs]),
        erasure_after_use_ms=greatest([run.telemetry.get("erasure_after_use_ms", {}) for run in runs]),
    )


def _seals(runs: Sequence[EngineRun]) -> dict[str, bool]:
    """Each seal, and whether it held in every run that came so far as to report them."""
    begun = [run.seals for run in runs if run.seals]
    names = sorted({name for seals in begun for name in seals})
    return {name: all(seals.get(name, {}).get("held", False) for seals in begun) for name in names}


def _resources(deployment: Deployment) -> ResourceFigures | None:
    plan, recorded = deployment.plan, deployment.costs
    if recorded is not None:
        return ResourceFigures(
            basis="recorded",
            staff=recorded.get("staff"),
            staff_hours=recorded.get("staff_hours"),
            cost=recorded.get("cost"),
            currency=recorded.get("currency", "GBP"),
        )
    if plan.get("staff") is None and plan.get("cost") is None:
        return None
    return ResourceFigures(
        basis="planned",
        staff=plan.get("staff"),
        staff_hours=None,
        cost=plan.get("cost"),
        currency=plan.get("currency", "GBP"),
    )
