"""What stands around every route: problems, headers, limits, and a log that names nobody."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from overt.api import create_app
from overt.casework import Office
from overt.errors import OvertError
from overt.web.limits import CLIP_BYTES, IMPORT_BYTES, JSON_BYTES, PICTURE_BYTES, UPLOADS, most_bytes
from overt.web.problems import status_of
from tests.api.conftest import Callers, Client, client_of, is_problem

SECRET = "Ophelia Winterbottom"
NEW = {"username": "pat", "full_name": SECRET, "roles": ["lfr-operator"]}


def test_every_error_of_the_router_is_a_problem(callers: Callers) -> None:
    administrator = callers("administrator")
    is_problem(administrator("GET", "/nothing-here"), 404)
    answer = administrator("DELETE", "/people")
    is_problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST"
    alone = administrator("DELETE", "/people/person-0123456789abcdef")
    assert alone.headers["allow"] == "GET, PATCH"
    is_problem(administrator("GET", "/people/person-0123456789abcdef"), 404)
    is_problem(administrator("GET", "/people/..%2f..%2fetc%2fpasswd"), 404)
    is_problem(administrator("GET", "/people/PERSON-1"), 422)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"username": "pat"}', "text/plain", 415),
        (b"\xff\xfe\x00", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"username": "p\\u0000t", "full_name": "x", "roles": []}', "application/json", 422),
        (b'{"username": NaN, "full_name": "x", "roles": []}', "application/json", 422),
        (b"{}", "application/json", 422),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_taken_is_told_why(
    callers: Callers, content: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind}
    is_problem(callers("administrator")("POST", "/people", content=content, headers=headers), status)


def test_a_refused_value_is_not_repeated(callers: Callers) -> None:
    answer = callers("administrator")("POST", "/people", NEW | {"roles": [SECRET], "extra": SECRET})
    found = is_problem(answer, 422)
    assert {one["field"] for one in found["errors"]} >= {"body.roles.0", "body.extra"}
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path", ["/health/live", "/api/v1/people", "/api/v1/nothing", "/api/v1/openapi.json"]
)
def test_every_answer_tells_a_browser_to_do_nothing_and_keep_nothing(callers: Callers, path: str) -> None:
    headers = callers("administrator")("GET", path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers
    assert not {name for name in headers if name.startswith("access-control")}
    assert "set-cookie" not in headers


def test_over_https_browsers_are_told_to_stay_there(app: FastAPI) -> None:
    with client_of(app, "https://overt.test") as client:
        answer = client.request("GET", "/health/live")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_no_other_origin_is_let_in(callers: Callers) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = callers.nobody()("OPTIONS", "/people", headers=asked)
    is_problem(answer, 405)
    assert "access-control-allow-origin" not in answer.headers


def test_a_body_that_says_it_is_too_large_is_refused_unread(callers: Callers) -> None:
    headers = {"Content-Length": str(JSON_BYTES + 1), "Content-Type": "application/json"}
    is_problem(callers("administrator")("POST", "/people", content=b"{}", headers=headers), 413)
    headers["Content-Length"] = "many"
    is_problem(callers("administrator")("POST", "/people", content=b"{}", headers=headers), 413)


def test_a_body_that_grows_too_large_is_stopped_on_the_way(callers: Callers) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield b" " * (1 << 16)

    headers = {"Content-Type": "application/json"}
    is_problem(callers("administrator")("POST", "/people", content=endless(), headers=headers), 413)
    assert sent <= JSON_BYTES + (1 << 17)


def test_the_larger_limits_are_for_addresses_that_there_are(app: FastAPI) -> None:
    paths = {
        path.replace("{", "").replace("}", "")
        for path, methods in app.openapi()["paths"].items()
        if "post" in methods
    }
    for pattern, limit in UPLOADS:
        if pattern.pattern.startswith("/api"):
            assert [path for path in paths if pattern.fullmatch(path)], pattern.pattern
        assert limit in {PICTURE_BYTES, CLIP_BYTES, IMPORT_BYTES}
    assert most_bytes("/api/v1/people") == JSON_BYTES
    assert most_bytes("/api/v1/watchlists/x/imports") == IMPORT_BYTES
    assert most_bytes("/elsewhere/api/v1/watchlists/x/imports") == JSON_BYTES


def test_what_nobody_foresaw_is_answered_with_an_id_and_logged_without_its_words(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/api/broken", operation_id="broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    with client_of(app) as client, caplog.at_level(logging.INFO, "overt.requests"):
        answer = client.request("GET", "/api/broken", params={"name": SECRET})
    found = is_problem(answer, 500)
    assert SECRET not in answer.text
    request_id = found["instance"].rpartition(":")[2]
    assert f"{request_id} unforeseen RuntimeError at test_guards.py" in caplog.text
    assert "GET /api/broken 500" in caplog.text
    assert SECRET not in caplog.text


def test_a_line_of_the_log_has_the_routes_template_and_nobodys_data(
    callers: Callers, caplog: pytest.LogCaptureFixture
) -> None:
    administrator = callers("administrator")
    with caplog.at_level(logging.INFO, "overt.requests"):
        person = administrator("POST", "/people", NEW).json()["person"]["id"]
        administrator("GET", f"/people/{person}", params={"x": SECRET})
        administrator("GET", f"/{SECRET}")
    assert "POST /api/v1/people 201" in caplog.text
    assert "GET /api/v1/people/{person_id} 200" in caplog.text
    assert "GET - 404" in caplog.text
    for held in (SECRET, "Ophelia", person, str(administrator.token)):
        assert held not in caplog.text


def test_another_host_name_is_refused(office: Office) -> None:
    app = create_app(office, hosts=("overt.test",))
    with client_of(app, "http://overt.test:8420") as client:
        assert client.request("GET", "/health/live").status_code == 200
        is_problem(client.request("GET", "/health/live", headers={"Host": "elsewhere.example"}), 400)


def _kinds(kind: type[OvertError]) -> list[type[OvertError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _kinds(child))]


@pytest.mark.parametrize("kind", _kinds(OvertError)[1:])
def test_every_error_of_overt_has_a_status(kind: type[OvertError]) -> None:
    made: Any = kind.__new__(kind)
    assert 400 <= status_of(made) < 600


def test_ready_says_what_is_not_there(client: Client, office: Office) -> None:
    answer = client.request("GET", "/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "migrations": True, "vault": True, "engines": True}


def test_figures_are_for_this_machine_and_for_those_who_may_see_the_system(callers: Callers) -> None:
    is_problem(callers.nobody()("GET", "/metrics"), 401)
    is_problem(callers("lfr-operator")("GET", "/metrics"), 403)
    page = callers("administrator")("GET", "/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert 'overt_requests_total{method="GET",route="/metrics",status="403"} 1.0' in page.text
