"""The engine's runs in the record: prepared, ready, counted, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from sqlalchemy import func, select

from overt.biometrics import DetectionSettings
from overt.casework.commands import Work, command
from overt.casework.deployments import interrupt_deployment, may_run
from overt.casework.events import note_event
from overt.casework.live.models import FaultView, PreparedRun, RunView
from overt.casework.watchlists import templates_of
from overt.engine import Begin, CoveredTemplates, EngineLimits
from overt.errors import ConflictError, MissingError
from overt.records.tables import Deployment, EngineRun, RunFault, new_id

if TYPE_CHECKING:
    from overt.engine import Fault, Ready, Telemetry

__all__ = [
    "end_open_runs",
    "list_runs",
    "prepare_run",
    "record_end",
    "record_fault",
    "record_ready",
    "record_telemetry",
]

SERVER_LOST: Final = "server lost"
_LONGEST_DETAIL: Final = 2_000
_MOST_FAULTS: Final = 1_000


@command("runs.prepare")
def prepare_run(work: Work, deployment_id: str) -> PreparedRun:
    """Enter a new run of a live deployment and say what its engine is told.

    Whether the deployment may run is asked anew: window, authorisation, digest, pack and licence. Entries that were
    withdrawn or have expired since it was authorised are left out.

    Raises:
        ConflictError: it is not live, or may not run.
        PackError: its pack may not be used.
        ContractError: its watchlists were made with another pack.
    """
    work.note(deployment_id[:40])
    deployment = work.session.get(Deployment, deployment_id, with_for_update=True, populate_existing=True)
    if deployment is None:
        raise MissingError(f"There is no deployment {deployment_id[:40]}")
    if deployment.state != "live":
        raise ConflictError(f"{deployment_id} is {deployment.state}, not live", "Start or resume it first")
    plan = may_run(work, deployment_id)
    templates = templates_of(work, plan.entry_ids)
    lost = end_open_runs(work, deployment_id, SERVER_LOST)
    number = (
        work.session.scalar(
            select(func.max(EngineRun.number)).where(EngineRun.deployment_id == deployment_id)
        )
        or 0
    ) + 1
    run = EngineRun(
        id=new_id("run"),
        deployment_id=deployment_id,
        number=number,
        started_at=work.now,
        pack=plan.pack.manifest.id,
        pack_version=plan.pack.manifest.version,
        entries=len(templates.entries),
        seals={},
        telemetry={},
    )
    work.session.add(run)
    begin = Begin(
        pack=str(plan.pack.folder.absolute()),
        contract=templates.contract,
        operating_point=plan.point,
        feeds=plan.feeds,
        entries=templates.entries,
        templates=np.ascontiguousarray(templates.templates, "<f4").tobytes(),
        entry_of_template=tuple(templates.entry_of_template.tolist()),
        covered=tuple(
            CoveredTemplates(covering=part, templates=np.ascontiguousarray(each, "<f4").tobytes())
            for part, each in templates.covered.items()
            if part in {scale.covering for scale in plan.pack.manifest.covered}
        ),
        limits=EngineLimits(
            detection=DetectionSettings(far=plan.far),
            masked_fps=plan.masked_fps,
            required_seals=plan.required_seals,
        ),
    )
    work.note(deployment_id, run=run.id, number=number, entries=run.entries, digest=plan.digest, lost=lost)
    return PreparedRun(run_id=run.id, begin=begin, required_seals=plan.required_seals)


@command("runs.record-ready")
def record_ready(work: Work, run_id: str, ready: Ready) -> tuple[str, ...]:
    """Record which seals hold; returns the required ones that do not.

    Where one is missing the run ends here and the deployment is suspended.

    Raises:
        MissingError: there is no such run.
        ConflictError: it has ended.
    """
    run = _open_run(work, run_id)
    run.ready_at, run.provider = work.now, ready.provider
    run.seals = msgspec.to_builtins(ready.seals)
    required = work.office.policy.deployments.required_seals
    missing = tuple(
        sorted(name for name in required if name not in ready.seals or not ready.seals[name].held)
    )
    held = sorted(name for name, seal in ready.seals.items() if seal.held)
    work.note(run_id, deployment=run.deployment_id, held=held, missing=list(missing))
    if missing:
        reason = f"required seals are not held: {', '.join(missing)}"
        run.ended_at, run.end_reason = work.now, reason
        interrupt_deployment.within(work, run.deployment_id, reason)
    note_event(work, run.deployment_id, "run", run_id)
    return missing


@command("runs.record-telemetry")
def record_telemetry(work: Work, run_id: str, telemetry: Telemetry) -> None:
    """Keep the run's figures so far, which are counts and times of the whole.

    Raises:
        MissingError: there is no such run.
        ConflictError: it has ended.
    """
    run = _open_run(work, run_id)
    _keep_figures(run, telemetry)
    work.note(run_id, deployment=run.deployment_id, passages=run.passages)


@command("runs.record-fault")
def record_fault(work: Work, run_id: str, fault: Fault) -> None:
    """Keep a fault that the engine reported. Of a run's faults the first thousand are kept, and the fatal ones.

    Raises:
        MissingError: there is no such run.
        ConflictError: it has ended.
    """
    run = _open_run(work, run_id)
    work.note(run_id, deployment=run.deployment_id, kind=fault.kind, feed=fault.feed, fatal=fault.fatal)
    count = work.session.scalar(select(func.count()).where(RunFault.run_id == run_id)) or 0
    if count >= _MOST_FAULTS and not fault.fatal:
        return
    work.session.add(
        RunFault(
            run_id=run_id,
            at=work.now,
            feed=fault.feed,
            kind=fault.kind,
            detail=fault.detail[:_LONGEST_DETAIL],
            fatal=fault.fatal,
        )
    )
    note_event(work, run.deployment_id, "fault", run_id)


@command("runs.record-end")
def record_end(
    work: Work, run_id: str, reason: str, *, in_order: bool, telemetry: Telemetry | None = None
) -> None:
    """Record that a run is over; one that is over already stays as it is.

    Args:
        work: the command's.
        run_id: which.
        reason: why it ended.
        in_order: whether the engine has said that everything is overwritten.
        telemetry: its last figures, where it gave any.

    Raises:
        MissingError: there is no such run.
    """
    run = _hold_run(work, run_id)
    if run.ended_at is not None:
        work.note(run_id, deployment=run.deployment_id, ended_already=True)
        return
    run.ended_at, run.end_reason, run.in_order = work.now, reason[:_LONGEST_DETAIL], in_order
    if telemetry is not None:
        _keep_figures(run, telemetry)
    work.note(run_id, deployment=run.deployment_id, in_order=in_order, passages=run.passages)
    note_event(work, run.deployment_id, "run", run_id)


@command("runs.list")
def list_runs(work: Work, deployment_id: str) -> tuple[RunView, ...]:
    """A deployment's runs, the first first, with their faults.

    Raises:
        MissingError: there is no such deployment.
    """
    work.note(deployment_id[:40])
    if work.session.get(Deployment, deployment_id) is None:
        raise MissingError(f"There is no deployment {deployment_id[:40]}", "List the deployments")
    runs = work.session.scalars(
        select(EngineRun).where(EngineRun.deployment_id == deployment_id).order_by(EngineRun.number)
    ).all()
    faults: dict[str, list[FaultView]] = {run.id: [] for run in runs}
    for fault in work.session.scalars(
        select(RunFault)
        .join(EngineRun, EngineRun.id == RunFault.run_id)
        .where(EngineRun.deployment_id == deployment_id)
        .order_by(RunFault.seq)
    ):
        faults[fault.run_id].append(
            FaultView(at=fault.at, feed=fault.feed, kind=fault.kind, detail=fault.detail, fatal=fault.fatal)
        )
    return tuple(_view(run, tuple(faults[run.id])) for run in runs)


def end_open_runs(work: Work, deployment_id: str, reason: str) -> int:
    """End the runs of a deployment that nobody ended, as their server is gone; returns how many."""
    runs = work.session.scalars(
        select(EngineRun).where(EngineRun.deployment_id == deployment_id, EngineRun.ended_at.is_(None))
    ).all()
    for run in runs:
        run.ended_at, run.end_reason = work.now, reason
    return len(runs)


def _hold_run(work: Work, run_id: str) -> EngineRun:
    """The run, and before it its deployment, locked until the transaction ends."""
    work.note(run_id[:40])
    deployment_id = work.session.scalar(select(EngineRun.deployment_id).where(EngineRun.id == run_id))
    if deployment_id is None:
        raise MissingError(f"There is no run {run_id[:40]}")
    work.session.get_one(Deployment, deployment_id, with_for_update=True)
    return work.session.get_one(EngineRun, run_id, with_for_update=True, populate_existing=True)


def _open_run(work: Work, run_id: str) -> EngineRun:
    run = _hold_run(work, run_id)
    if run.ended_at is not None:
        raise ConflictError(f"The run {run_id} has ended: {run.end_reason}")
    return run


def _keep_figures(run: EngineRun, telemetry: Telemetry) -> None:
    run.telemetry = msgspec.to_builtins(telemetry)
    run.passages = sum(feed.passages for feed in telemetry.feeds)


def _view(run: EngineRun, faults: tuple[FaultView, ...]) -> RunView:
    return RunView(
        id=run.id,
        deployment_id=run.deployment_id,
        number=run.number,
        started_at=run.started_at,
        ready_at=run.ready_at,
        ended_at=run.ended_at,
        end_reason=run.end_reason,
        in_order=run.in_order,
        pack=run.pack,
        pack_version=run.pack_version,
        provider=run.provider,
        entries=run.entries,
        seals=run.seals,
        telemetry=run.telemetry,
        passages=run.passages,
        alerts_received=run.alerts_received,
        alerts_not_current=run.alerts_not_current,
        faults=faults,
    )
