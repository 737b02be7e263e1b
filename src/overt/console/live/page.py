"""What the live page and the open alert are made of: gathered by commands, for one viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from overt.casework import deployments, duty, live
from overt.casework.alerts.codes import CorrectionCode
from overt.console.live.feeds import feeds_of
from overt.console.live.queue import queue_of
from overt.console.live.readiness import checks_of
from overt.console.wording import words

if TYPE_CHECKING:
    from datetime import timedelta

    from overt.casework import Office
    from overt.casework.alerts import AlertView
    from overt.casework.deployments import DeploymentView
    from overt.console.viewer import Viewer
    from overt.web import Service

__all__ = ["FACE_MARGIN", "alert_parts", "head_parts", "page_parts"]

FACE_MARGIN: Final = 0.35
"""How far an alert's crop reaches beyond the face, in parts of the face's longer side. A test compares."""

_NOT_TO_ENGAGE: Final[tuple[str, ...]] = (
    "different-person",
    "look-alike",
    "poor-image",
    "not-actionable",
    "lost-from-view",
    "unsafe",
    "other",
)
_TO_ENGAGE: Final[tuple[str, ...]] = ("same-person", "likely-same-person")
_PRESENT: Final = frozenset({"authorised", "live", "suspended"})


def page_parts(service: Service, viewer: Viewer, deployment_id: str) -> dict[str, Any]:
    """Everything of the page but an open alert. The last event's number comes first: what follows it is told later.

    Raises:
        MissingError: there is no such deployment.
    """
    office, actor = service.office, viewer.actor
    watched = live.watch_live(office, actor, deployment_id)
    head = head_parts(service, viewer, deployment_id)
    names = [feed.name for feed in head["deployment"].plan.feeds]
    return {
        **head,
        "seq": watched.seq,
        "queue": queue_of(office, actor, deployment_id),
        "feeds": feeds_of(office, actor, deployment_id, names),
        "alert": None,
    }


def head_parts(service: Service, viewer: Viewer, deployment_id: str) -> dict[str, Any]:
    """The state, what must hold, who is on duty.

    Raises:
        MissingError: there is no such deployment.
    """
    office, actor = service.office, viewer.actor
    deployment = deployments.show_deployment(office, actor, deployment_id)
    runs = live.list_runs(office, actor, deployment_id)
    now = office.now()
    last = runs[-1] if runs else None
    trouble = (
        last.end_reason
        if deployment.state == "suspended" and last is not None and last.ended_at and not last.in_order
        else ""
    )
    return {
        "deployment": deployment,
        "duty": _on_duty(office, viewer, deployment),
        "left": left_of(deployment.plan.window_end - now),
        "trouble": trouble,
        "checks": checks_of(
            deployment, runs, office.policy, now, runs_engines=service.supervisor is not None
        ),
    }


def alert_parts(service: Service, viewer: Viewer, alert: AlertView) -> dict[str, Any]:
    """An open alert."""
    office, actor = service.office, viewer.actor
    deployment = deployments.show_deployment(office, actor, alert.deployment_id)
    return {
        "deployment": deployment,
        "alert": alert,
        "duty": _on_duty(office, viewer, deployment),
        "margin": FACE_MARGIN,
        "reasons": (("do-not-engage", _NOT_TO_ENGAGE), ("engage", _TO_ENGAGE)),
        "all_reasons": [(code, words("reason", code)) for code in (*_NOT_TO_ENGAGE, *_TO_ENGAGE)],
        "corrections": [(code, words("correction", code)) for code in get_args(CorrectionCode)],
    }


def left_of(left: timedelta) -> str:
    """How long, in hours and minutes.

    >>> from datetime import timedelta
    >>> left_of(timedelta(hours=1, minutes=7, seconds=40)), left_of(timedelta(seconds=-3))
    ('1 h 07 min', '0 min')
    """
    minutes = max(0, int(left.total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _on_duty(office: Office, viewer: Viewer, deployment: DeploymentView) -> tuple[duty.DutyView, ...]:
    if deployment.state not in _PRESENT:
        return ()
    return duty.list_duty(office, viewer.actor, deployment.id)
