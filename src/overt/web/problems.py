"""What an error is answered with: a status, words, and for programs an RFC 9457 problem document.

A problem says what happened and what to do. It never holds a path of the server, a statement of the database, or the
value that was refused; one that nobody foresaw holds nothing but the request's id, which the server's log has too.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from overt import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "OWN_WORDS_ONLY",
    "PROBLEM_TYPE",
    "WORDS",
    "FieldProblem",
    "Problem",
    "problem_answer",
    "status_of",
]

PROBLEM_TYPE: Final = "application/problem+json"

_STATUSES: Final[dict[type[errors.OvertError], int]] = {
    errors.InputError: 422,
    errors.ImageError: 422,
    errors.EnrolmentError: 422,
    errors.SourceError: 422,
    errors.MissingError: 404,
    errors.ConflictError: 409,
    errors.ContractError: 409,
    errors.PackError: 409,
    errors.SealError: 409,
    errors.AuthorityError: 403,
    errors.SignInError: 401,
    errors.RateError: 429,
    errors.RecordsError: 503,
    errors.VaultError: 503,
    errors.AuditError: 503,
    errors.ClusterError: 503,
    errors.EngineError: 503,
    errors.ProviderError: 503,
}
WORDS: Final = {
    400: "The request cannot be read",
    404: "There is nothing at this address",
    405: "This address does not take this method",
    413: "The request is too large",
    415: "The request's content is of a type that is not taken here",
    422: "The request does not fit",
    500: "Something went wrong that nobody foresaw",
    503: "Overt cannot answer at the moment",
}
OWN_WORDS_ONLY: Final = frozenset({500, 503})
"""Statuses whose errors speak of the server's own files and database, and are for its log alone."""


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Annotated[str, Field(description="Where it is: `body.username`, `query.limit`.")]
    detail: Annotated[str, Field(description="What is wrong with it. Never its value.")]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Annotated[str, Field(description="`about:blank`: the status says the kind.")] = "about:blank"
    title: Annotated[str, Field(description="The status in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What happened, and to what.")]
    instance: Annotated[str, Field(description="The request's id, as the server's log has it.")]
    remedy: Annotated[str | None, Field(description="What to do about it.")] = None
    errors: Annotated[tuple[FieldProblem, ...] | None, Field(description="What is wrong where.")] = None


def problem_answer(
    request_id: str,
    status: int,
    detail: str = "",
    *,
    remedy: str = "",
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as an answer."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or WORDS.get(status, HTTPStatus(status).phrase),
        instance=f"urn:overt:request:{request_id}",
        remedy=remedy or None,
        errors=tuple(fields) or None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=status,
        media_type=PROBLEM_TYPE,
        headers=dict(headers or {}),
    )


def status_of(error: errors.OvertError) -> int:
    """The status that answers an error."""
    for kind in type(error).__mro__:
        if kind in _STATUSES:
            return _STATUSES[kind]
    return 500
