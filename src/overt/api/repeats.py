"""`Idempotency-Key`: a creation that is sent twice is carried out once, and answered twice."""

from collections.abc import Callable
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from overt.api.acting import TheActor
from overt.casework import Actor, Office
from overt.casework.repeating import RequestKey, once
from overt.web.service import TheOffice

__all__ = ["Creation", "TheCreation"]

P = ParamSpec("P")
M = TypeVar("M", bound=BaseModel)

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="Your own name for this request. Sent again with the same name, it is answered as the first time "
        "and nothing is made twice.",
    ),
]


class Creation:
    """A request that makes something, by an actor, perhaps under an idempotency key."""

    def __init__(self, office: Office, actor: Actor, response: Response, key: RequestKey | None) -> None:
        self.office = office
        self.actor = actor
        self._response = response
        self._key = key

    def __call__(
        self,
        given: Callable[Concatenate[Office, Actor, P], M],
        answer: type[M],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> M:
        """Carry `given` out, or give what it gave the first time. `answer` is what it gives."""
        if self._key is None:
            return given(self.office, self.actor, *args, **kwargs)
        written = once(self.office, self.actor, given, _written, self._key, *args, **kwargs)
        if written.repeated:
            self._response.headers["Idempotent-Replayed"] = "true"
        return answer.model_validate_json(written.content)


def _written(made: BaseModel) -> bytes:
    return made.model_dump_json().encode()


async def _creation(
    request: Request, response: Response, office: TheOffice, actor: TheActor, key: _Key = None
) -> Creation:
    if key is None:
        return Creation(office, actor, response, None)
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Creation(office, actor, response, RequestKey(key, target + await request.body()))


TheCreation = Annotated[Creation, Depends(_creation)]
