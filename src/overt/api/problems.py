"""Errors as answers: RFC 9457 problem documents, for whatever goes wrong, with nothing in them that should not leave.

A problem says what happened and what to do. It never holds a path of the server, a statement of the database, or the
value that was refused; one that nobody foresaw holds nothing but the request's id, which the server's log has too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from overt import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI, Request

__all__ = ["PROBLEM_TYPE", "FieldProblem", "Problem", "answer_problems", "problem_answer"]

PROBLEM_TYPE: Final = "application/problem+json"
_MOST_FIELDS: Final = 20

_STATUS: Final[dict[type[errors.OvertError], int]] = {
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
    errors.EngineError: 503,
    errors.ProviderError: 503,
}
_WORDS: Final = {
    400: "The request cannot be read",
    404: "There is nothing at this address",
    405: "This address does not take this method",
    413: "The request is too large",
    415: "The request's content is of a type that is not taken here",
    422: "The request does not fit",
    500: "Something went wrong that nobody foresaw",
    503: "Overt cannot answer at the moment",
}
_OWN_WORDS_ONLY: Final = frozenset({500, 503})
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
        detail=detail or _WORDS.get(status, HTTPStatus(status).phrase),
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


def answer_problems(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(errors.OvertError, _overt_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def _request_id(request: Request) -> str:
    return str(request.scope.get("overt.request_id", "unknown"))


def status_of(error: errors.OvertError) -> int:
    """The status that answers an error."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500


def _overt_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.OvertError)  # noqa: S101 - it is registered for no other
    status = status_of(error)
    if status in _OWN_WORDS_ONLY:
        request.scope["overt.error"] = type(error).__name__
        return problem_answer(
            _request_id(request), status, remedy="Give the request's id to an administrator"
        )
    headers: dict[str, str] = {}
    fields: list[FieldProblem] = []
    if isinstance(error, errors.SignInError):
        headers["WWW-Authenticate"] = 'Bearer realm="overt"'
    if isinstance(error, errors.RateError):
        headers["Retry-After"] = str(max(1, round(error.wait_seconds)))
    if isinstance(error, errors.InputError) and error.field:
        fields.append(FieldProblem(field=error.field, detail=error.what))
    return problem_answer(
        _request_id(request), status, error.what, remedy=error.remedy, fields=fields, headers=headers
    )


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem_answer(_request_id(request), 400, "The request's body is not JSON")
    about_body = any(one["loc"][:1] == ("body",) for one in found)
    if about_body and not _is_json(request) and request.headers.get("content-length") != "0":
        return problem_answer(_request_id(request), 415, remedy="Send application/json")
    fields = [_field_problem(one) for one in found[:_MOST_FIELDS]]
    return problem_answer(_request_id(request), 422, fields=fields)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _field_problem(one: Mapping[str, Any]) -> FieldProblem:
    """From pydantic's account; what was sent, which stands in `input` and sometimes in `ctx`, is left out."""
    field = ".".join(str(part) for part in one["loc"])
    detail = str(one["msg"]).removeprefix("Value error, ")
    return FieldProblem(field=field[:200], detail=detail[:300])


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
    return problem_answer(_request_id(request), error.status_code, headers=headers)


def _methods_at(request: Request) -> list[str]:
    """Every method that the address takes; the router names those of the first route that it finds there."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = {
        method.upper()
        for template, methods in paths.items()
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), request.url.path)
        for method in methods
    }
    return sorted(found)
