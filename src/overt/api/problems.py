"""Errors as answers to programs: every one is a problem document, with nothing in it that should not leave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from overt import errors
from overt.web.problems import OWN_WORDS_ONLY, FieldProblem, problem_answer, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

__all__ = ["answer_problems"]

_MOST_FIELDS: Final = 20


def answer_problems(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(errors.OvertError, _overt_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def _request_id(request: Request) -> str:
    return str(request.scope.get("overt.request_id", "unknown"))


def _overt_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.OvertError)  # noqa: S101 - it is registered for no other
    status = status_of(error)
    if status in OWN_WORDS_ONLY:
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
