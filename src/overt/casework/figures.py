"""Counts for those who watch the machines: alerts, deployments and runs. Nothing about a person or an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from overt.records.tables import Alert, Deployment, EngineRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.casework.office import Office

__all__ = ["Figures", "figures"]


@dataclass(frozen=True)
class Figures:
    """What there is.

    Attributes:
        alerts_by_class: alerts that are decided, by class.
        alerts_by_state: alerts by what is due next.
        deployments_by_state: deployments.
        runs: engines that were started.
        restarts: of them, those that followed another of the same deployment.
    """

    alerts_by_class: Mapping[str, int]
    alerts_by_state: Mapping[str, int]
    deployments_by_state: Mapping[str, int]
    runs: int
    restarts: int


def figures(office: Office) -> Figures:
    """Count them. Waits for no writer, and is no command: it tells nothing about anybody."""
    with office.database.reading() as session:
        classes = session.execute(
            select(Alert.alert_class, func.count())
            .where(Alert.alert_class.is_not(None))
            .group_by(Alert.alert_class)
        ).all()
        states = session.execute(select(Alert.state, func.count()).group_by(Alert.state)).all()
        deployments = session.execute(select(Deployment.state, func.count()).group_by(Deployment.state)).all()
        runs = session.scalar(select(func.count()).select_from(EngineRun)) or 0
        first = session.scalar(select(func.count()).select_from(EngineRun).where(EngineRun.number == 1)) or 0
    return Figures(
        alerts_by_class={str(name): count for name, count in classes},
        alerts_by_state={str(name): count for name, count in states},
        deployments_by_state={str(name): count for name, count in deployments},
        runs=runs,
        restarts=runs - first,
    )
