"""What is kept, for how long, and the policy that says so."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select

from overt.casework.commands import command
from overt.casework.policy import Policy, limits_of
from overt.casework.retention.running import KINDS
from overt.casework.retention.views import (
    KindView,
    PolicyFigure,
    PolicyView,
    RetentionRunView,
    RetentionView,
)
from overt.records.tables import RetentionRun

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.casework.commands import Work
    from overt.casework.policy import RetentionPolicy
    from overt.casework.retention.kinds import Kind

__all__ = ["policy_view", "show_policy", "show_retention"]

_HOUR: Final = 3600.0
_NOT_SHOWN: Final = frozenset({"oidc.secret_file"})
"""A path on the server."""


@command("retention.show")
def show_retention(work: Work) -> RetentionView:
    """Each kind of data: its limit, how much of it there is, how much is due and when, and the last run."""
    policy = work.office.policy.retention
    last = work.session.scalar(
        select(RetentionRun).order_by(RetentionRun.at.desc(), RetentionRun.id).limit(1)
    )
    return RetentionView(
        kinds=tuple(_kind_view(work.session, kind, policy, work.now) for kind in KINDS.values()),
        run_every_minutes=policy.run_every_minutes,
        last_run=None if last is None else RetentionRunView(id=last.id, at=last.at, counts=last.counts),
    )


@command("policy.show")
def show_policy(work: Work) -> PolicyView:
    """Every figure of the policy in force, with what it may be set to."""
    return policy_view(work.office.policy)


def policy_view(policy: Policy) -> PolicyView:
    """A policy, figure by figure."""
    set_to: dict[str, Any] = msgspec.to_builtins(policy)
    default: dict[str, Any] = msgspec.to_builtins(Policy())
    figures = []
    for section, values in set_to.items():
        for key, value in (values or {}).items():
            if f"{section}.{key}" in _NOT_SHOWN:
                continue
            at_least, at_most = limits_of(f"{section}.{key}")
            figures.append(
                PolicyFigure(
                    name=f"{section}.{key}",
                    value=value,
                    default=(default[section] or {}).get(key),
                    at_least=at_least,
                    at_most=at_most,
                )
            )
    return PolicyView(figures=tuple(figures))


def _kind_view(session: Session, kind: Kind, policy: RetentionPolicy, now: datetime) -> KindView:
    _, longest = limits_of(f"retention.{kind.figure}")
    in_hours = 24.0 if "days" in kind.figure else 1.0
    return KindView(
        kind=kind.name,
        what=(inspect.getdoc(kind) or "").partition("\n")[0],
        counts_from=kind.counts_from,
        limit_hours=kind.limit(policy).total_seconds() / _HOUR,
        longest_hours=(longest or 0.0) * in_hours,
        held=kind.held(session),
        due=kind.due(session, policy, now),
        next_due=kind.next_due(session, policy),
    )
