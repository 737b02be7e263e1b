"""The OpenAPI document: what FastAPI derives from the routes, with every problem that an operation can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

import overt
from overt.web.problems import PROBLEM_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from starlette.routing import BaseRoute

__all__ = ["API_PREFIX", "describe", "document_of"]

API_PREFIX: Final = "/api/v1"

_ABOUT: Final = """Overt's records, people, watchlists, deployments, alerts, retention and audit.

Every operation is one command, named as in the table of permissions; whoever may not give it is answered 403, and
that is in the audit chain like everything else. Errors are problem documents (RFC 9457). Listings are paged by
`after` and `limit`. Creations take an `Idempotency-Key`.
"""
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_ALWAYS: Final = {
    "400": "The request cannot be read: it is not JSON, or not HTTP as it should be.",
    "422": "Something in the request cannot be taken; `errors` says where.",
    "500": "Something went wrong that nobody foresaw; `instance` names the request in the server's log.",
    "503": "The database or the vault does not answer.",
}
_WITH_BODY: Final = {
    "413": "The body is larger than this address takes.",
    "415": "The body is of another type than this address takes.",
}
_SIGNED_IN: Final = {
    "401": "Nobody is signed in, or the session or token has ended.",
    "403": "The person's roles, or the token's scopes, do not allow it.",
    "404": "What the request names is not there.",
    "409": "It does not fit the state that things are in.",
    "429": "Too many attempts; `Retry-After` says how long to wait.",
}


def describe(app: FastAPI) -> None:
    """Have the application give this document as its own."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document_of(app.routes)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's own way of extending the document


def document_of(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of these routes."""
    document = get_openapi(
        title="Overt",
        version=overt.__version__,
        summary="Live facial recognition that answers for itself.",
        description=_ABOUT,
        routes=routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= made.pop("$defs", {})
    schemas["Problem"] = made
    document["components"]["responses"] = _responses()
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                _add_problems(path[method])
    return document


def _add_problems(operation: dict[str, Any]) -> None:
    problems = dict(_ALWAYS)
    if "requestBody" in operation:
        problems |= _WITH_BODY
    if operation.get("security") or operation["operationId"].startswith("people."):
        problems |= _SIGNED_IN
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for status in problems:
        responses.setdefault(status, {"$ref": f"#/components/responses/{_name(status)}"})
    operation["responses"] = dict(sorted(responses.items()))


def _name(status: str) -> str:
    return f"Problem{status}"


def _responses() -> dict[str, Any]:
    """Each problem as an answer that operations refer to."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    made: dict[str, Any] = {
        _name(status): {"description": words, "content": content}
        for status, words in (_ALWAYS | _WITH_BODY | _SIGNED_IN).items()
    }
    made[_name("429")]["headers"] = {
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
    }
    return made
