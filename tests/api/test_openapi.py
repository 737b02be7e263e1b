"""The OpenAPI document: every command has its place in it, every problem is told of, and it changes on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from overt.api import openapi_document
from overt.casework import PERMISSIONS, Role

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"

NOT_OVER_THE_NETWORK = {
    "people.add-first": "made at the machine itself, before anybody can sign in: whoever came first would own it all",
    "vault.rotate": "the master key crosses no network",
    "certificates.issue": "issued on the machine where the evaluation ran",
    "vault.backup": "the whole record leaves the machine only by the hand of someone at the machine",
    "retention.delete": "a part of retention.run",
    "imports.take-rows": "a part of imports.start",
    "imports.finish": "a part of imports.start",
    "collections.take-rows": "a part of collections.ingest",
    "collections.finish-ingestion": "a part of collections.ingest",
    "collections.take-templates": "a part of collections.re-embed",
}
"""Commands that people may give and that have no route of their own, each with why."""

NO_COMMANDS = {
    "health.live",
    "health.ready",
    "people.begin-oidc",
    "publication.schema",
    "publication.show-csv",
    "publication.show-page",
    "searches.show-figures-csv",
    "system.describe",
    "system.metrics",
}
"""Operations that are no command, or show what another one gives."""


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as the code has it."""
    return openapi_document()


def test_the_document_is_the_one_that_was_published(document: dict[str, Any]) -> None:
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == document, "run `make references`, and say why"


def test_the_server_gives_the_same_document(document: dict[str, Any], app: FastAPI) -> None:
    assert app.openapi() == document


def test_every_command_that_people_may_give_has_its_route(document: dict[str, Any]) -> None:
    people = frozenset(Role.of_people()) | {Role.NOBODY}
    wanted = {name for name, roles in PERMISSIONS.items() if roles & people}
    assert set(_operations(document)) - NO_COMMANDS == wanted - set(NOT_OVER_THE_NETWORK)
    assert set(NOT_OVER_THE_NETWORK) <= wanted


def test_no_command_of_the_softwares_alone_has_a_route(document: dict[str, Any]) -> None:
    own = {name for name, roles in PERMISSIONS.items() if roles == {Role.SOFTWARE}}
    assert own
    assert not own & set(_operations(document))


def test_every_operation_tells_of_its_problems(document: dict[str, Any]) -> None:
    for name, operation in _operations(document).items():
        assert operation["summary"], name
        assert operation["description"], name
        wanted = {"500", "503"}
        if operation.get("security"):
            wanted |= {"401", "403", "404", "409", "422", "429"}
        if "requestBody" in operation:
            wanted |= {"400", "413", "415", "422"}
        assert wanted <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and (name, status) != ("health.ready", "503"):
                told = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(told["content"]) == ["application/problem+json"], (name, status)


def test_everything_but_the_beginning_takes_a_sign_in(document: dict[str, Any]) -> None:
    open_to_all = {name for name, operation in _operations(document).items() if not operation.get("security")}
    assert open_to_all == {
        "health.live",
        "health.ready",
        "people.begin-oidc",
        "people.sign-in",
        "people.sign-in-oidc",
        "publication.schema",
        "system.describe",
    }


def test_creations_take_an_idempotency_key(document: dict[str, Any]) -> None:
    by_content = {"images.add", "people.sign-in", "people.sign-in-oidc", "people.begin-oidc"}
    by_content |= {"probes.open"}  # an answer to give again would be stored, and nothing of a probe is
    for name, operation in _operations(document).items():
        if "201" in operation["responses"] and name not in by_content | {"retention.run", "audit.checkpoint"}:
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert "Idempotency-Key" in names, name
