"""Every address of the console against every role, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute

from overt.casework import Role
from overt.casework.permissions import PERMISSIONS
from overt.console.guards import PAGE_POLICY
from overt.console.menu import MENU
from overt.console.routes import ROUTERS
from overt.console.viewer import MayOpen
from overt.web.limits import IMPORT_BYTES, JSON_BYTES, PICTURE_BYTES, UPLOADS
from tests.console.visitors import Visitor

OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/provider"),
    ("GET", "/sign-in/provider/back"),
    ("POST", "/theme"),
    ("GET", "/officer.webmanifest"),
    ("GET", "/officer-worker.js"),
}
"""Addresses for whoever comes. Nothing of a person is at any of them."""


@dataclass(frozen=True)
class Address:
    """An address of the console's, and the commands that it is for."""

    method: str
    path: str
    guards: tuple[MayOpen, ...]

    @property
    def filled(self) -> str:
        """With ids in it that nothing has."""
        return re.sub(r"\{(\w+?)(_id)?(:\w+)?\}", _of_kind, self.path)


def _of_kind(found: re.Match[str]) -> str:
    if found[1] == "kind":
        return "adjudication"
    return f"{found[1].replace('_', '-')}-{'0' * 16}" if found[2] else "nothing"


def addresses() -> Iterator[Address]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            guards = tuple(
                part.call for part in route.dependant.dependencies if isinstance(part.call, MayOpen)
            )
            for method in sorted(route.methods - {"HEAD"}):
                yield Address(method, route.path, guards)


ADDRESSES = tuple(addresses())
GUARDED = tuple(one for one in ADDRESSES if (one.method, one.path) not in OPEN)


def allowed(address: Address, role: Role) -> bool:
    (guard,) = address.guards
    return not guard.commands or any(role in PERMISSIONS[name] for name in guard.commands)


def test_every_address_says_whose_it_is() -> None:
    assert len(GUARDED) > 20
    unguarded = [f"{one.method} {one.path}" for one in GUARDED if len(one.guards) != 1]
    assert not unguarded
    assert not [one.path for one in ADDRESSES if (one.method, one.path) in OPEN and one.guards]


@pytest.mark.parametrize("role", Role.of_people())
def test_each_role_opens_what_is_its_own_and_is_refused_the_rest(
    visit: Callable[..., Visitor], role: Role
) -> None:
    visitor = visit(role)
    wrong: list[str] = []
    for address in GUARDED:
        if not allowed(address, role):
            answer = (visitor.get if address.method == "GET" else visitor.post)(address.filled)
            if answer.status_code != 403 or answer.headers["cache-control"] != "no-store":
                wrong.append(f"{address.method} {address.path} gave {answer.status_code} to {role}")
        elif address.method == "GET":
            answer = visitor.get(address.filled)
            if answer.status_code in {403, 405} or answer.status_code >= 500:
                wrong.append(f"{address.method} {address.path} gave {answer.status_code} to {role}")
    assert not wrong, "\n".join(wrong)


def test_whoever_is_not_signed_in_gets_nothing(visit: Callable[..., Visitor]) -> None:
    nobody = visit()
    for address in GUARDED:
        answer = (nobody.get if address.method == "GET" else nobody.post)(address.filled)
        assert answer.status_code == (303 if address.method == "GET" else 401), address
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in"), address


def test_no_form_is_taken_without_the_token_of_its_page(visit: Callable[..., Visitor]) -> None:
    everyone = visit(*Role.of_people())
    for address in GUARDED:
        if address.method != "GET":
            answer = everyone.post(address.filled, csrf="0" * 64)
            assert answer.status_code == 403, f"{address.method} {address.path} gave {answer.status_code}"


def test_every_page_carries_the_policy_and_is_not_kept(visit: Callable[..., Visitor]) -> None:
    for answer in (visit("auditor").get("/self"), visit().get("/sign-in"), visit("auditor").get("/nowhere")):
        assert answer.headers["content-security-policy"] == PAGE_POLICY
        assert "unsafe" not in PAGE_POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        for inline in (r"<script(?![^>]*\bsrc=)", r"<style", r"\sstyle=", r"\son\w+=", r"javascript:"):
            assert not re.search(inline, answer.text), inline


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_another_sites_page_gets_no_page_picture_or_stream(
    visit: Callable[..., Visitor], headers: dict[str, str]
) -> None:
    everyone = visit(*Role.of_people())
    for address in GUARDED:
        if address.method == "GET":
            assert everyone.get(address.filled, headers=headers).status_code == 403, address


def test_menus_lead_to_pages_that_are_there() -> None:
    there = {one.path for one in ADDRESSES if one.method == "GET"}
    for item in MENU:
        assert item.address in there, item.name


def test_the_larger_limits_are_for_forms_that_there_are() -> None:
    paths = {one.filled for one in ADDRESSES if one.method == "POST"}
    for pattern, limit in UPLOADS:
        if not pattern.pattern.startswith("/api"):
            assert [path for path in paths if pattern.fullmatch(path)], pattern.pattern
            assert JSON_BYTES < limit <= max(PICTURE_BYTES, IMPORT_BYTES)


def test_files_are_found_by_their_digest_alone(visit: Callable[..., Visitor]) -> None:
    sheet = re.search(r"/static/([0-9a-f]{12})/overt\.css", visit().get("/sign-in").text)
    assert sheet is not None
    kept = visit().get(sheet[0])
    assert (kept.status_code, kept.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in kept.headers["cache-control"]
    for wrong in (
        f"/static/{'0' * 12}/overt.css",
        f"/static/{sheet[1]}/../app.py",
        f"/static/{sheet[1]}/none.css",
    ):
        assert visit().get(wrong).status_code == 404
