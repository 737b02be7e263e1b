"""What must hold before a deployment goes live, point by point, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from overt.casework.deployments import DeploymentView
    from overt.casework.live import RunView
    from overt.casework.policy import Policy

__all__ = ["Check", "checks_of"]


@dataclass(frozen=True)
class Check:
    """One point.

    Attributes:
        holds: whether it does; None where only the start itself can tell.
        said: the point, in words.
        remedy: what to do where it does not hold.
    """

    holds: bool | None
    said: str
    remedy: str = ""


def checks_of(
    deployment: DeploymentView,
    runs: Sequence[RunView],
    policy: Policy,
    now: datetime,
    *,
    runs_engines: bool,
) -> tuple[Check, ...]:
    """The points for starting or resuming, as far as they can be told beforehand; the command looks at them again."""
    plan, authorisation = deployment.plan, deployment.authorisation
    authorised = (
        authorisation is not None
        and authorisation.decision == "authorised"
        and authorisation.voided_at is None
    )
    checks = [
        Check(
            holds=authorised,
            said="An authorising officer has signed it as it is",
            remedy="Have it submitted and authorised",
        ),
        Check(
            holds=authorised and authorisation is not None and now < authorisation.valid_until,
            said="The authorisation still stands",
            remedy="Have it submitted and authorised again",
        ),
        Check(
            holds=plan.window_start <= now < plan.window_end,
            said="It is within its window",
            remedy="It starts then, and not before" if now < plan.window_start else "Plan another deployment",
        ),
        Check(
            holds=runs_engines,
            said="This server runs engines",
            remedy="Open Overt at the server of the van; this one only keeps records",
        ),
        Check(
            holds=None,
            said="Lists, entries, feeds and operating point are exactly as they were signed: looked at as it starts",
        ),
    ]
    return (*checks, _seals(runs, policy))


def _seals(runs: Sequence[RunView], policy: Policy) -> Check:
    required = sorted(policy.deployments.required_seals)
    last = next((run for run in reversed(runs) if run.seals), None)
    if last is None:
        return Check(
            holds=None,
            said=f"The engine holds every seal that is required ({', '.join(required)}): tried as it starts",
        )
    missing = [name for name in required if not _held(last.seals.get(name))]
    if missing:
        return Check(
            holds=False,
            said="The engine holds every seal that is required; at its last start these were missing: "
            + ", ".join(missing),
            remedy="Ask an administrator; `overt doctor` says what this machine lacks",
        )
    return Check(holds=True, said="The engine held every seal that is required, at its last start")


def _held(seal: object) -> bool:
    return bool(seal.get("held")) if isinstance(seal, dict) else False
