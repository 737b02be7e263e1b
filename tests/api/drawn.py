"""An office with something of each kind in it, and whatever can be drawn out of the API's document sent to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import argon2
import requests
import schemathesis
from hypothesis import HealthCheck
from schemathesis import Case
from schemathesis.specs.openapi import checks

from overt.api import create_app, openapi_document
from overt.casework import PERMISSIONS, Actor, Office, Role, deployments, open_office, people, watchlists
from tests.api.conftest import Client, bearer, client_of
from tests.offices import Clock, Staff

CHECKS: Final = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
ONE_OF_EACH: Final = (
    *(Role.WATCHLIST_MANAGER, Role.DEPLOYMENT_PLANNER, Role.AUTHORISING_OFFICER, Role.LFR_OPERATOR),
    *(Role.ENGAGEMENT_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR),
)
ALSO_A_DEPLOYMENT: Final = "/api/v1/deployments/feed-tests"
"""Other methods of this address are those of a deployment, of which none can be called so: 422, and not 405."""


@dataclass
class World:
    """An office with something of each kind in it, and someone signed in for each role."""

    client: Client
    tokens: dict[Role, str]
    ids: dict[str, str]

    def callers(self, operation: str) -> list[str | None]:
        """Someone who may, someone who may not, and nobody."""
        allowed = PERMISSIONS.get(operation, frozenset(Role.of_people()))
        may = [role for role in ONE_OF_EACH if role in allowed]
        may_not = [role for role in ONE_OF_EACH if role not in allowed]
        return [*(self.tokens[role] for role in (*may[:1], *may_not[:1])), None]


@schemathesis.serializer("application/zip")
def zip_bytes(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """Whatever was drawn for an archive, as bytes."""
    content = getattr(value, "data", value)
    return content if isinstance(content, bytes) else str(content).encode()


def _plan(office: Office, watchlist_id: str) -> deployments.Plan:
    start = office.now() + timedelta(hours=1)
    return deployments.Plan(
        title="High Street",
        use_case="crime-hotspot",
        purpose="To find people wanted by the courts",
        location="High Street, Anytown",
        zone="The north end, both pavements",
        signage="Marked van, signs at both ends",
        window_start=start,
        window_end=start + timedelta(hours=4),
        watchlists=(watchlist_id,),
        expected_footfall=1000,
        feeds=(deployments.Feed(name="north", uri="rtsp://camera.example/1"),),
    )


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """The office, while it is open."""
    with contextlib.ExitStack() as opened:
        office = opened.enter_context(
            open_office(
                folder,
                environment={},
                clock=Clock(),
                password_cost=argon2.profiles.CHEAPEST,
            )
        )
        staff = Staff(office)
        actors: dict[Role, Actor] = {role: staff(role) for role in ONE_OF_EACH}
        manager, planner = actors[Role.WATCHLIST_MANAGER], actors[Role.DEPLOYMENT_PLANNER]
        listed = watchlists.create_watchlist(
            office, manager, watchlists.NewWatchlist(title="Courts", purpose="Wanted by the courts")
        )
        entry = watchlists.add_entry(
            office,
            manager,
            listed.id,
            watchlists.NewEntry(
                reference="W-1",
                name="A. Sought",
                category="subject to a court order",
                lawful_basis="Warrant 1",
                date_of_birth="unknown",
                instruction="Arrest",
                expires_on=office.now().date() + timedelta(days=30),
            ),
        )
        plan = _plan(office, listed.id)
        made = deployments.create_deployment(office, planner, plan)
        over = deployments.create_deployment(office, planner, plan)
        why = deployments.MoveReason(reason="not needed")
        deployments.cancel_deployment(office, planner, over.id, why)
        token = people.add_token(
            office, actors[Role.AUDITOR], people.NewToken(name="mine", scopes=("audit",))
        )
        yield World(
            client=opened.enter_context(client_of(create_app(office))),
            tokens={role: bearer(office, actor) for role, actor in actors.items()},
            ids={
                "watchlist_id": listed.id,
                "entry_id": entry.id,
                "deployment_id": made.id,
                "over": over.id,
                "person_id": actors[Role.LFR_OPERATOR].id,
                "token_id": token.token.id,
                "seq": "1",
            },
        )


def described(*, limits: bool) -> Any:
    """The document as schemathesis reads it; drawing what stands at limits and beyond as well takes many seconds."""
    document = openapi_document()
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)  # who asks is this test's to say
    schema = schemathesis.openapi.from_dict(document)
    schema.config.phases.coverage.enabled = limits
    return schema


def _send(world: World, case: Case, token: str | None, ids: dict[str, str]) -> None:
    given = dict(case.path_parameters or {})
    case.path_parameters = given | {name: ids[name] for name in given if name in ids}
    request = requests.Request(**case.as_transport_kwargs(base_url="http://overt.test")).prepare()
    headers = {
        name.encode("latin-1"): value.encode("latin-1") if isinstance(value, str) else value
        for name, value in request.headers.items()
        if name != "Authorization"
    }
    if token is not None:
        headers[b"Authorization"] = f"Bearer {token}".encode()
    answer = world.client.request(
        str(request.method), str(request.url), headers=headers, content=request.body
    )
    case.path_parameters = given
    excluded = [checks.negative_data_rejection] if ids else []  # what was wrong is replaced
    if case.path == ALSO_A_DEPLOYMENT:
        excluded += [checks.unsupported_method, checks.allow_header_conformance]
    case.validate_response(answer, checks=CHECKS, excluded_checks=excluded)


def call_as_everyone(world: World, case: Case) -> None:
    """Send a request as each caller, and hold each answer to the document."""
    _call(world, case, world.callers(_operation(case)))


def call_as_one_who_may(world: World, case: Case) -> None:
    """Send a request as the first caller who may: the others get no further than that they may not."""
    _call(world, case, world.callers(_operation(case))[:1])


def _operation(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _call(world: World, case: Case, callers: list[str | None]) -> None:
    ids = world.ids | ({"deployment_id": world.ids["over"]} if _operation(case) == "live.watch" else {})
    for token in callers:
        _send(world, case, token, {})
        if case.path_parameters and token is not None and case.method != "DELETE":
            _send(world, case, token, ids)


SETTINGS: Final = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
