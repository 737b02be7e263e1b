"""How anything is done: a command, by an actor, in one transaction with its entry in the audit chain.

A command is a function whose first parameter is a `Work`. The decorator `command` gives it its name, by which
`overt.casework.permissions.PERMISSIONS` says who may give it. Called with an office and an actor it opens a
transaction, checks the actor, runs, appends the audit entry, and commits all of it or nothing. A refusal and a
failure are entries too: what was done is rolled back to the beginning, and the entry is committed alone, with only
what the command asked to be kept of a failure (`Work.on_failure`: a wrong password must count).

>>> @command("watchlists.show")                       # doctest: +SKIP
... def show_watchlist(work: Work, watchlist_id: str) -> WatchlistView: ...
>>> show_watchlist(office, actor, "watchlist-3f9c")   # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, TypeVar

from overt.casework.permissions import PERMISSIONS
from overt.errors import AuthorityError, OvertError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.casework.actor import Actor
    from overt.casework.office import Office

__all__ = ["COMMANDS", "Command", "Work", "command"]

P = ParamSpec("P")
R = TypeVar("R")

COMMANDS: Final[dict[str, Command[..., Any]]] = {}
"""Every command by its name."""


@dataclass
class Work:
    """What a command works with, for as long as its transaction lasts.

    Attributes:
        office: the vault, the policy, the clock.
        session: the transaction.
        actor: for whom.
        now: the time of all of it, UTC.
        subject: the id of what the command is about, for the audit entry.
        details: further facts for the audit entry: ids, counts, names of states, digests. Never a name, a reason in
            free words, or anything else about a person who is sought or stopped: the chain is kept for ever.
        after_commit: called, in order, once the transaction is committed.
        on_failure: called, in order, if the command fails: after what it did was rolled back, in the transaction that
            enters the failure, with the work of that entry.
    """

    office: Office
    session: Session
    actor: Actor
    now: datetime
    subject: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    after_commit: list[Callable[[], object]] = field(default_factory=list)
    on_failure: list[Callable[[Work], object]] = field(default_factory=list)

    def note(self, subject: str, **details: Any) -> None:
        """Say what the command is about and what the audit entry should hold."""
        self.subject = subject
        self.details.update(details)


class Command(Generic[P, R]):
    """A named command. Call it with an office, an actor, and its own arguments."""

    def __init__(self, name: str, body: Callable[Concatenate[Work, P], R]) -> None:
        self.name = name
        self.body = body
        self.__doc__ = body.__doc__
        self.__name__ = getattr(body, "__name__", name)
        self.__wrapped__ = body

    def __call__(self, office: Office, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry it out, whole or not at all.

        Raises:
            AuthorityError: the actor may not give this command.
            OvertError: the command's own refusals.
        """
        failure: OvertError | None = None
        with office.database.transaction() as session:
            work = Work(office, session, actor, office.now())
            try:
                with session.begin_nested():
                    self.authorise(actor)
                    result = self.body(work, *args, **kwargs)
            except OvertError as error:
                failure = error
                self._enter_failure(work, error)
            else:
                self._enter(work, "done")
        if failure is not None:
            raise failure
        for act in work.after_commit:
            act()
        return result

    def within(self, work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry it out as a part of another command: same transaction, same actor, an audit entry of its own."""
        self.authorise(work.actor)
        part = Work(work.office, work.session, work.actor, work.now)
        part.after_commit, part.on_failure = work.after_commit, work.on_failure
        result = self.body(part, *args, **kwargs)
        self._enter(part, "done")
        return result

    def authorise(self, actor: Actor) -> None:
        """Refuse an actor who may not give this command.

        Raises:
            AuthorityError: their roles or their token do not allow it.
        """
        if not actor.roles & PERMISSIONS[self.name]:
            raise AuthorityError(
                f"{actor.name} may not do this ({self.name})",
                "It takes one of these roles: " + ", ".join(sorted(PERMISSIONS[self.name])),
            )
        if not actor.in_scope(self.name):
            raise AuthorityError(
                f"The token used is not for this ({self.name})", "Make one with this scope, or sign in"
            )

    def _enter(self, work: Work, outcome: str) -> None:
        actor = work.actor
        work.office.audit.append(
            work.session,
            at=work.now,
            actor_id=actor.id,
            actor_name=actor.name,
            via=actor.via,
            command=self.name,
            outcome=outcome,
            subject=work.subject,
            details=work.details,
        )

    def _enter_failure(self, failed: Work, error: OvertError) -> None:
        entry = Work(failed.office, failed.session, failed.actor, failed.now, subject=failed.subject)
        entry.details["error"] = type(error).__name__
        for keep in failed.on_failure:
            keep(entry)
        self._enter(entry, "refused" if isinstance(error, AuthorityError) else "failed")


def command(name: str) -> Callable[[Callable[Concatenate[Work, P], R]], Command[P, R]]:
    """Make a function a command of this name, which must be in the table of permissions."""
    if name not in PERMISSIONS:
        raise ValueError(f"{name} is not in the table of permissions")

    def register(body: Callable[Concatenate[Work, P], R]) -> Command[P, R]:
        if name in COMMANDS:
            raise ValueError(f"two commands are called {name}")
        made: Command[P, R] = Command(name, body)
        COMMANDS[name] = made
        return made

    return register
