"""Idempotency keys: a request that is sent again is answered again, and carried out once.

The command runs in one transaction with the row that remembers its answer, so that a crash leaves both or neither, and
of two requests at the same moment the second waits for the first and is given its answer. The answer may hold a secret
shown only once (a new token), so it is sealed under a key of its own; what was asked is kept as a keyed digest.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from overt.casework.commands import Command
from overt.errors import ConflictError, InputError
from overt.records.tables import RepeatedRequest, new_id

if TYPE_CHECKING:
    from collections.abc import Callable

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
    given: Command[P, R],
    write: Callable[[R], bytes],
    key: RequestKey,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer:
    """Carry a command out once for a key, and give its answer as often as it is asked.

    Args:
        office: where.
        actor: for whom; another person's key is another key.
        given: the command.
        write: its result as bytes.
        key: the key and the request it belongs to.
        args: the command's.
        kwargs: the command's.

    Raises:
        InputError: the key was used for another request.
        OvertError: the command's own; such a request is not remembered, so that it can be mended and sent again.
    """

    def body(work: Work, *inner: P.args, **named: P.kwargs) -> Answer:
        if (answer := _remembered(work, key)) is not None:
            return answer
        row = _claim(work, key)
        content = write(given.body(work, *inner, **named))
        row.sealed_answer = work.office.vault.seal(work.session, str(row.vault_key_id), content, about=row.id)
        return Answer(content, repeated=False)

    carried_out = Command(given.name, body)
    try:
        return carried_out(office, actor, *args, **kwargs)
    except IntegrityError:
        # On PostgreSQL the same key may come in at the same moment: the other was first, and its answer is there now.
        return carried_out(office, actor, *args, **kwargs)


def _claim(work: Work, key: RequestKey) -> RepeatedRequest:
    """Take the key, before anything else is done under it."""
    vault = work.office.vault
    key_id = vault.new_key(work.session, "repeated-request", work.now)
    row = RepeatedRequest(
        id=new_id("request"),
        person_id=work.actor.id,
        key=key.key,
        request_digest=vault.mac(work.session, key_id, key.request, about="request"),
        status=200,
        vault_key_id=key_id,
        sealed_answer=None,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _remembered(work: Work, key: RequestKey) -> Answer | None:
    vault, session = work.office.vault, work.session
    row = session.scalar(
        select(RepeatedRequest).where(
            RepeatedRequest.person_id == work.actor.id, RepeatedRequest.key == key.key
        )
    )
    if row is None:
        return None
    if row.vault_key_id is None or row.sealed_answer is None:
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
    work.note(row.id, repeated=True)
    content = vault.open_sealed(session, row.vault_key_id, row.sealed_answer, about=row.id)
    return Answer(content, repeated=True)
