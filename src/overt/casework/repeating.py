"""Idempotency keys: a request that is sent again is answered again, and carried out once.

A command runs in one transaction with the row that remembers its answer, so that a crash leaves both or neither, and
of two requests at the same moment the second waits for the first and is given its answer. Work that is several
commands long takes its key first and leaves its answer last: a crash between leaves a key that lets nothing happen
twice.
The answer may hold a secret shown only once (a new token), so it is sealed under a key of its own; what was asked is
kept as a keyed digest.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from overt.casework.commands import Command
from overt.errors import ConflictError, InputError, OvertError
from overt.records.tables import RepeatedRequest, new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from overt.casework.actor import Actor
    from overt.casework.commands import Work
    from overt.casework.office import Office

__all__ = ["Answer", "RequestKey", "once"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class RequestKey:
    """What makes a request the same as another.

    Attributes:
        key: as the client chose it.
        request: what was asked: method, address and body, whole.
    """

    key: str
    request: bytes


@dataclass(frozen=True)
class Answer:
    """What a command gave, now or the first time.

    Attributes:
        content: its result, as the caller writes it.
        repeated: whether it was given before.
    """

    content: bytes
    repeated: bool


def once(
    office: Office,
    actor: Actor,
    given: Callable[Concatenate[Office, Actor, P], R],
    write: Callable[[R], bytes],
    key: RequestKey,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer:
    """Carry something out once for a key, and give its answer as often as it is asked.

    Args:
        office: where.
        actor: for whom; another person's key is another key.
        given: a command, or a function that gives several.
        write: its result as bytes.
        key: the key and the request it belongs to.
        args: what it takes.
        kwargs: what it takes, by name.

    Raises:
        InputError: the key was used for another request.
        ConflictError: the first request with this key is not done, or was cut short.
        OvertError: its own refusals; a refused request is not remembered, so that it can be mended and sent again.
    """
    if isinstance(given, Command):
        return _in_one_transaction(office, actor, given, write, key, *args, **kwargs)
    return _in_several(office, actor, given, write, key, *args, **kwargs)


def _in_one_transaction(
    office: Office,
    actor: Actor,
    given: Command[P, R],
    write: Callable[[R], bytes],
    key: RequestKey,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer:
    def body(work: Work, /, *inner: P.args, **named: P.kwargs) -> Answer:
        if (answer := _remembered(office, work.session, actor, key)) is not None:
            work.note("", repeated=True)
            return answer
        row = _claim(office, work.session, actor, key)
        content = write(given.body(work, *inner, **named))
        _keep(office, work.session, row, content)
        return Answer(content, repeated=False)

    carried_out = Command(given.name, body)
    try:
        return carried_out(office, actor, *args, **kwargs)
    except IntegrityError:
        # On PostgreSQL the same key may come in at the same moment: the other was first, and its answer is there now.
        return carried_out(office, actor, *args, **kwargs)


def _in_several(
    office: Office,
    actor: Actor,
    given: Callable[Concatenate[Office, Actor, P], R],
    write: Callable[[R], bytes],
    key: RequestKey,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer:
    try:
        with office.database.transaction() as session:
            if (answer := _remembered(office, session, actor, key)) is not None:
                return answer
            row = _claim(office, session, actor, key)
    except IntegrityError as error:
        raise _unfinished() from error
    try:
        content = write(given(office, actor, *args, **kwargs))
    except OvertError:
        with office.database.transaction() as session:
            session.delete(session.get_one(RepeatedRequest, row.id))
            session.flush()
            office.vault.destroy(session, [str(row.vault_key_id)])
        raise
    with office.database.transaction() as session:
        _keep(office, session, session.get_one(RepeatedRequest, row.id), content)
    return Answer(content, repeated=False)


def _claim(office: Office, session: Session, actor: Actor, key: RequestKey) -> RepeatedRequest:
    """Take the key, before anything else is done under it."""
    now = office.now()
    key_id = office.vault.new_key(session, "repeated-request", now)
    row = RepeatedRequest(
        id=new_id("request"),
        person_id=actor.id,
        key=key.key,
        request_digest=office.vault.mac(session, key_id, key.request, about="request"),
        status=0,
        vault_key_id=key_id,
        sealed_answer=None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _keep(office: Office, session: Session, row: RepeatedRequest, content: bytes) -> None:
    row.status = 200
    row.sealed_answer = office.vault.seal(session, str(row.vault_key_id), content, about=row.id)


def _unfinished() -> ConflictError:
    return ConflictError(
        "A request with this Idempotency-Key is not done, or was cut short",
        "Wait and send it again; if it stays so, look at what it made and use a new key",
    )


def _remembered(office: Office, session: Session, actor: Actor, key: RequestKey) -> Answer | None:
    row = session.scalar(
        select(RepeatedRequest).where(RepeatedRequest.person_id == actor.id, RepeatedRequest.key == key.key)
    )
    if row is None:
        return None
    vault = office.vault
    if row.vault_key_id is None:
        raise ConflictError(
            "This request was carried out and its answer is no longer kept",
            "Look at what it made, or send it with a new Idempotency-Key",
        )
    asked = vault.mac(session, row.vault_key_id, key.request, about="request")
    if not hmac.compare_digest(asked, row.request_digest):
        raise InputError(
            "This Idempotency-Key was used for another request",
            "Choose a new key for each new request",
            field="header.Idempotency-Key",
        )
    if row.sealed_answer is None:
        raise _unfinished()
    return Answer(
        vault.open_sealed(session, row.vault_key_id, row.sealed_answer, about=row.id), repeated=True
    )
