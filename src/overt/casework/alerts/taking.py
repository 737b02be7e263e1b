"""Taking in what the engine says: an alert becomes a row, or no more than a count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.alerts._sealing import seal_crop
from overt.casework.alerts.models import TakenAlert
from overt.casework.commands import Work, command
from overt.casework.events import note_event
from overt.casework.watchlists import is_current
from overt.errors import ConflictError, MissingError
from overt.records.tables import Alert, Deployment, EngineRun, FrozenEntry, new_id

if TYPE_CHECKING:
    from overt.engine import Alert as EngineAlert

__all__ = ["take_alert"]


@command("alerts.take")
def take_alert(work: Work, run_id: str, alert: EngineAlert) -> TakenAlert:
    """Take in an alert of a run's engine: row, sealed crop, event and audit entry in one transaction.

    It is raised only while the deployment is live, within its window, and only about an entry that was frozen with it
    and is still current at this moment. Otherwise nothing of it is kept but a count. The same alert taken again
    changes nothing.

    Args:
        work: the command's.
        run_id: the run whose engine it is.
        alert: the engine's message.

    Raises:
        MissingError: there is no such run.
        ConflictError: the run has ended.
    """
    work.note(run_id)
    run = work.session.get(EngineRun, run_id)
    if run is None:
        raise MissingError(f"There is no run {run_id[:40]}")
    deployment = work.session.get_one(
        Deployment, run.deployment_id, with_for_update=True, populate_existing=True
    )
    work.session.refresh(run, with_for_update=True)
    before = work.session.scalar(
        select(Alert.id).where(
            Alert.run_id == run_id,
            Alert.feed == alert.feed,
            Alert.passage == alert.passage,
            Alert.entry_id == alert.entry,
        )
    )
    if before is not None:
        work.note(before, repeated=True)
        return TakenAlert(alert_id=before, repeated=True)
    if run.ended_at is not None:
        raise ConflictError(
            f"The run {run_id} has ended, and an alert came for it", "Look at its end's reason"
        )
    run.alerts_received += 1
    captured_at = datetime.fromtimestamp(alert.captured_at / 1e9, UTC)
    frozen = work.session.scalar(
        select(FrozenEntry).where(
            FrozenEntry.deployment_id == deployment.id, FrozenEntry.entry_id == alert.entry
        )
    )
    unfit = _unfit(work, deployment, alert, captured_at, frozen)
    if unfit or frozen is None or deployment.key_id is None:
        run.alerts_not_current += 1
        work.note(run_id, deployment=deployment.id, not_raised=unfit)
        return TakenAlert(alert_id=None, not_raised=unfit)
    alert_id = new_id("alert")
    key_id = work.office.vault.new_key(work.session, "alert", work.now, parent=deployment.key_id)
    work.session.add(
        Alert(
            id=alert_id,
            deployment_id=deployment.id,
            run_id=run_id,
            entry_id=alert.entry,
            key_id=key_id,
            feed=alert.feed,
            passage=alert.passage,
            score=alert.score,
            threshold=alert.threshold,
            observations=alert.observations,
            quality=alert.quality,
            covering=alert.covering,
            box=list(alert.box),
            sealed_crop=seal_crop(work, alert_id, key_id, alert.crop),
            category=frozen.category,
            seed=frozen.seed,
            captured_at=captured_at,
            received_at=work.now,
            capture_to_alert_ms=alert.capture_to_alert_ms,
            state="open",
        )
    )
    work.note(alert_id, deployment=deployment.id, run=run_id, entry=alert.entry, feed=alert.feed)
    note_event(work, deployment.id, "alert", alert_id)
    return TakenAlert(alert_id=alert_id)


def _unfit(
    work: Work, deployment: Deployment, alert: EngineAlert, captured_at: datetime, frozen: FrozenEntry | None
) -> str:
    """Why the alert is not to be raised; empty where it is."""
    if deployment.state != "live" or deployment.key_id is None:
        return "not-live"
    if min(work.now, captured_at) >= deployment.window_end:
        return "window-over"
    if frozen is None:
        return "not-frozen"
    return "" if is_current(work, alert.entry) else "not-current"
