"""What live pages are told as it happens: written once for everybody, nothing lost and nothing repeated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from overt.casework import Actor, Office, live, people
from overt.console.live import Broadcast, Watcher
from overt.console.live import broadcast as broadcasting
from overt.console.routes import live_stream
from overt.web.service import MOST_WATCHERS, Service
from tests.api.conftest import bearer
from tests.casework.alerts.cases import Case, ask_for_two
from tests.casework.deployments.force import Force
from tests.console.visitors import COOKIE, Visitor
from tests.offices import Clock, Staff

SECONDS = 30


@pytest.fixture
def case(office: Office, staff: Staff, clock: Clock, pack: object) -> Case:
    """A deployment that is live."""
    return Case(Force(office, staff, clock))


@pytest.fixture
def service(app: FastAPI) -> Service:
    """The server's parts."""
    found = app.state.service
    assert isinstance(found, Service)
    return found


class Hall:
    """A broadcast, and people who join it."""

    def __init__(self, service: Service, case: Case) -> None:
        self.case = case
        self.position = live.watch_live(case.office, case.operator, case.deployment_id).seq
        self.broadcast = Broadcast(service, case.deployment_id, ["north gate"], self.position)

    @asynccontextmanager
    async def joined(self, actor: Actor, after: int | None = None) -> AsyncIterator[Listener]:
        """Somebody who has joined, with what makes up for what they missed."""
        watcher = Watcher(actor, self.position if after is None else after)
        missed = [message async for message in self.broadcast.join(watcher)]
        try:
            yield Listener(watcher, missed)
        finally:
            self.broadcast.leave(watcher)


class Listener:
    """Takes the messages of a watcher."""

    def __init__(self, watcher: Watcher, missed: list[bytes]) -> None:
        self.watcher = watcher
        self.heard = missed
        self.ended = False

    async def until(self, many: int) -> list[dict[str, Any]]:
        """Items, once that many have come."""
        while len(self.items) < many and not self.ended:
            message = await asyncio.wait_for(self.watcher.messages.get(), SECONDS)
            if message is None:
                self.ended = True
            elif message.startswith(b"id:"):
                self.heard.append(message)
        return self.items

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for message in self.heard for item in told(message)["items"]]


def told(message: bytes) -> dict[str, Any]:
    (data,) = [line[6:] for line in message.decode().splitlines() if line.startswith("data: ")]
    found: dict[str, Any] = json.loads(data)
    return found


async def taking(case: Case, many: int) -> list[str]:
    return [await asyncio.to_thread(case.take) for _ in range(many)]


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 4 * SECONDS))  # type: ignore[arg-type] # each is a coroutine


def test_everybody_is_told_each_alert_once_in_the_same_bytes(service: Service, case: Case) -> None:
    async def test() -> None:
        hall = Hall(service, case)
        async with hall.joined(case.operator) as one, hall.joined(case.operator) as two:
            taken = await taking(case, 5)
            for listener in (one, two):
                items = await listener.until(5)
                assert [item["id"] for item in items] == taken
                assert all(item["new"] and item["waits"] and item["yours"] for item in items)
            assert all(mine is yours for mine, yours in zip(one.heard, two.heard, strict=True))
        assert hall.broadcast.over

    run(test)


def test_whoever_connects_again_is_told_what_came_meanwhile_and_nothing_twice(
    service: Service, case: Case
) -> None:
    async def test() -> None:
        hall = Hall(service, case)
        async with hall.joined(case.operator) as staying:
            async with hall.joined(case.operator) as going:
                first = await taking(case, 2)
                await going.until(2)
                last = int(going.heard[-1].split(b"\n")[0].removeprefix(b"id: "))
            meanwhile = await taking(case, 3)
            await staying.until(5)
            async with hall.joined(case.operator, last) as back:
                assert [item["id"] for item in back.items] == meanwhile
                after = await taking(case, 2)
                assert [item["id"] for item in await back.until(5)] == [*meanwhile, *after]
                assert [item["id"] for item in await staying.until(7)] == [*first, *meanwhile, *after]

    run(test)


def test_of_a_second_adjudication_each_is_told_what_is_theirs_and_nobody_what_the_first_was(
    service: Service, case: Case, staff: Staff
) -> None:
    ask_for_two(case.office)

    async def test() -> None:
        other = staff("lfr-operator", name="otto")
        hall = Hall(service, case)
        async with (
            hall.joined(case.operator) as first,
            hall.joined(other) as second,
            hall.joined(case.auditor) as looking,
        ):
            (alert_id,) = await taking(case, 1)
            for listener in (first, second, looking):
                await listener.until(1)
            await asyncio.to_thread(case.adjudicate, alert_id, case.operator, engage=True)
            mine, theirs = (await first.until(2))[1], (await second.until(2))[1]
            assert (mine["yours"], theirs["yours"], (await looking.until(2))[1]["yours"]) == (
                False,
                True,
                False,
            )
            assert "Waits for a second person" in mine["html"]
            assert "Second adjudication due" in theirs["html"]
            for listener in (first, second, looking):
                said = b"".join(listener.heard).decode()
                assert "hairline" not in said
                assert "same-person" not in said
                assert "do-not-engage" not in said

    run(test)


def test_who_is_too_slow_is_let_go_and_the_others_go_on(
    service: Service, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasting, "_MOST_WAITING", 2)

    async def test() -> None:
        hall = Hall(service, case)
        async with hall.joined(case.operator) as slow, hall.joined(case.operator) as quick:
            for number in range(4):
                await taking(case, 1)
                await quick.until(number + 1)
            assert len(quick.items) == 4
            await slow.until(99)
            assert slow.ended
            assert not slow.items

    run(test)


def test_a_browser_that_names_an_event_to_come_silences_nobody(
    service: Service, case: Case, address: str
) -> None:
    secret = bearer(case.office, case.operator)

    async def test() -> None:
        stream = f"{address}/live/{case.deployment_id}/stream"
        async with (
            httpx.AsyncClient(cookies={COOKIE: secret}, timeout=SECONDS) as client,
            client.stream("GET", stream, headers={"Last-Event-ID": "9007199254740992"}) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            lines = answer.aiter_lines()
            async with aclosing(lines):  # type: ignore[type-var] # an async generator, as it is written
                while not (await anext(lines)).startswith("event: feeds"):
                    pass
                alert_id = await asyncio.to_thread(case.take)
                while alert_id not in (line := await anext(lines)):
                    pass
                assert line.startswith("data: ")

    run(test)


def test_a_stream_ends_with_the_session(
    service: Service, case: Case, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "_CHECK_SECONDS", 0.0)
    secret = bearer(case.office, case.operator)

    async def test() -> None:
        async with (
            httpx.AsyncClient(cookies={COOKIE: secret}, timeout=SECONDS) as client,
            client.stream("GET", f"{address}/live/{case.deployment_id}/stream") as answer,
        ):
            said: list[str] = []
            async for line in answer.aiter_lines():
                if line == "event: feeds" and line not in said:
                    actor = people.authenticate(case.office, secret, "console")
                    await asyncio.to_thread(people.sign_out, case.office, actor)
                said.append(line)
            assert "event: signed-out" in said

    run(test)
    assert service.watching == 0


def test_the_stream_is_for_those_who_may_look_at_feeds(
    visit: Callable[..., Visitor], case: Case, service: Service
) -> None:
    path = f"/live/{case.deployment_id}/stream"
    assert visit("engagement-officer").get(path).status_code == 403
    assert visit("administrator").get(path).status_code == 403
    assert visit().get(path, headers={"Sec-Fetch-Mode": "cors"}).status_code == 401
    assert visit("lfr-operator").get("/live/deployment-00ff/stream").status_code == 404
    assert visit("lfr-operator").get(path, headers={"Last-Event-ID": "x"}).status_code == 422
    service.watching = MOST_WATCHERS
    answer = visit("lfr-operator").get(path)
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
