"""Running retention: each kind in small transactions of its own, so that a run may be killed at any point."""

from __future__ import annotations

import weakref
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.casework.commands import command
from overt.casework.retention.alerts import Alerts
from overt.casework.retention.collections import CollectionRecords, IngestionReports
from overt.casework.retention.kinds import ApiTokens, Counts, Kind, RepeatedRequests, Sessions, SignInAttempts
from overt.casework.retention.lists import Entries, ImportReports, Watchlists
from overt.casework.retention.operations import Deployments
from overt.casework.retention.searches import Searches
from overt.casework.retention.views import RetentionRunView
from overt.errors import InputError
from overt.records.tables import Deployment, RetentionRun, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.actor import Actor
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = ["KINDS", "delete_retention", "run_retention"]

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Alerts(),
        Watchlists(),
        Entries(),
        Deployments(),
        Searches(),
        ImportReports(),
        CollectionRecords(),
        IngestionReports(),
        RepeatedRequests(),
        Sessions(),
        ApiTokens(),
        SignInAttempts(),
    )
}
"""Every kind of data that has a clock. Alerts come first: a deployment's key waits for them."""

_AT_ONCE: Final = 100
_IN_INDEXES: Final = frozenset({Watchlists.name, Entries.name})
_OF_CASES: Final = ("alerts", "watchlists", "entries", "deployments", "searches", "collection-records")
_SMALL: Final = 64 << 20
_BETWEEN_LARGE: Final = timedelta(days=1)
_owed: Final[weakref.WeakSet[Office]] = weakref.WeakSet()
_compacted: Final[weakref.WeakKeyDictionary[Office, datetime]] = weakref.WeakKeyDictionary()


def run_retention(office: Office, actor: Actor) -> RetentionRunView:
    """Delete whatever is due, batch by batch, and enter the run.

    Each batch is a transaction: rows and keys go together or not at all. A run that is killed has deleted what it has
    deleted; the next one goes on. At the end SQLite's log is emptied, and its file is written anew after cases were
    deleted and once nothing is live, so that nothing deleted lives on in a page, or between the rows of one.

    Raises:
        AuthorityError: the actor may not.
    """
    counts: Counter[str] = Counter()
    for name, kind in KINDS.items():
        while _is_due(office, kind):
            done = delete_retention(office, actor, name)
            if not done:
                break
            counts.update(done)
    run = _enter_run(office, actor, dict(sorted(counts.items())))
    _leave_no_remnants(office, counts)
    return run


def _leave_no_remnants(office: Office, counts: Counter[str]) -> None:
    """Empty SQLite's log; after cases were deleted, write its file anew as soon as nobody has to wait long for it."""
    if any(counts[kind] for kind in _OF_CASES):
        _owed.add(office)
    if office not in _owed or not _may_compact(office):
        office.database.truncate_log()
        return
    office.database.compact()
    _owed.discard(office)
    _compacted[office] = office.now()


def _may_compact(office: Office) -> bool:
    """Not while a deployment is live; a large file no more than once a day."""
    with office.database.reading() as session:
        if session.scalar(select(Deployment.id).where(Deployment.state == "live").limit(1)) is not None:
            return False
    last = _compacted.get(office)
    return (
        last is None or office.now() - last >= _BETWEEN_LARGE or office.database.size_to_compact() <= _SMALL
    )


@command("retention.delete")
def delete_retention(work: Work, kind: str) -> Counts:
    """Delete a batch of one kind, of what is due and nothing else.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in KINDS:
        raise InputError(
            "There is no such kind of data", "Name one of these: " + ", ".join(KINDS), field="kind"
        )
    done = KINDS[kind].delete(work, _AT_ONCE)
    work.note(kind, **done)
    return done


@command("retention.run")
def _enter_run(work: Work, counts: Counts) -> RetentionRunView:
    """Enter a run that is over."""
    run = RetentionRun(id=new_id("retention"), at=work.now, actor_id=work.actor.id, counts=counts)
    work.session.add(run)
    work.note(run.id, **counts)
    return RetentionRunView(id=run.id, at=run.at, counts=counts)


def _is_live(office: Office) -> bool:
    """Whether alerts may come in, which must not wait for a file to be copied."""
    with office.database.reading() as session:
        live = select(Deployment.id).where(Deployment.state == "live").limit(1)
        return session.scalar(live) is not None


def _is_due(office: Office, kind: Kind) -> bool:
    with office.database.reading() as session:
        return kind.due(session, office.policy.retention, office.now()) > 0
