"""Idempotency keys: a creation that is sent twice is carried out once, and answered twice."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from overt.casework import Actor, Office
from overt.casework.repeating import RequestKey, once
from overt.errors import ConflictError, InputError
from overt.records.tables import AuditEntry, Person, RepeatedRequest, VaultKey
from tests.api.conftest import Callers, is_problem
from tests.offices import Staff

NEW = {"username": "pat", "full_name": "Pat Smith", "roles": ["lfr-operator"]}
KEY = {"Idempotency-Key": "a-key-of-mine-1"}


def _count(office: Office, table: Any) -> int:
    with office.database.transaction() as session:
        return int(session.scalar(select(func.count()).select_from(table)) or 0)


def test_the_same_request_again_is_given_the_same_answer_secret_included(
    callers: Callers, office: Office
) -> None:
    administrator = callers("administrator")
    first = administrator("POST", "/people", NEW, headers=KEY)
    again = administrator("POST", "/people", NEW, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["one_time_password"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert _count(office, Person) == 2
    with office.database.transaction() as session:
        entries = session.scalars(select(AuditEntry.details).where(AuditEntry.command == "people.add")).all()
    assert len(entries) == 2
    assert entries[1] == '{"repeated":true}'


def test_the_key_for_another_request_is_refused(callers: Callers) -> None:
    administrator = callers("administrator")
    administrator("POST", "/people", NEW, headers=KEY)
    found = is_problem(administrator("POST", "/people", NEW | {"username": "ann"}, headers=KEY), 422)
    assert found["errors"][0]["field"] == "header.Idempotency-Key"
    assert administrator("GET", "/people").json()["total"] == 2


def test_another_persons_key_is_another_key(callers: Callers) -> None:
    one, other = callers("administrator"), callers("administrator", name="other")
    assert one("POST", "/people", NEW, headers=KEY).status_code == 201
    assert other("POST", "/people", NEW | {"username": "ann"}, headers=KEY).status_code == 201


def test_a_refused_request_is_not_remembered(callers: Callers, office: Office) -> None:
    administrator = callers("administrator")
    is_problem(administrator("POST", "/people", NEW | {"roles": ["nobody"]}, headers=KEY), 422)
    administrator("POST", "/people", NEW)
    is_problem(administrator("POST", "/people", NEW, headers=KEY), 409)
    assert _count(office, RepeatedRequest) == 0
    assert administrator("POST", "/people", NEW | {"username": "ann"}, headers=KEY).status_code == 201


def test_whoever_may_not_learns_nothing_from_a_key(callers: Callers) -> None:
    callers("administrator")("POST", "/people", NEW, headers=KEY)
    is_problem(callers("auditor")("POST", "/people", NEW, headers=KEY), 403)


def test_at_the_same_moment_one_is_carried_out_and_all_are_answered(callers: Callers, office: Office) -> None:
    administrator = callers("administrator")
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(administrator("POST", "/people", NEW, headers=KEY)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["one_time_password"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 4
    assert _count(office, Person) == 2


def test_work_of_several_commands_happens_once(office: Office, staff: Staff) -> None:
    done = []
    actor = staff("administrator")

    def several(_: Office, actor: Actor, n: int) -> str:
        done.append(n)
        if n == 0:
            raise InputError("it is nought", "Give another")
        return f"made {n}"

    def ask(n: int) -> tuple[bytes, bool]:
        answer = once(office, actor, several, str.encode, RequestKey("key-1", b"request %d" % n), n)
        return answer.content, answer.repeated

    keys = _count(office, VaultKey)
    with pytest.raises(InputError, match="nought"):
        ask(0)
    assert _count(office, VaultKey) == keys
    assert ask(3) == (b"made 3", False)
    assert ask(3) == (b"made 3", True)
    with pytest.raises(InputError, match="another request"):
        ask(4)
    assert done == [0, 3]


def test_one_that_was_cut_short_is_not_carried_out_again(office: Office, staff: Staff) -> None:
    done = []
    key = RequestKey("key-1", b"request")

    def several(_: Office, actor: Actor) -> str:
        done.append(actor.id)
        raise KeyboardInterrupt

    for kind in (KeyboardInterrupt, ConflictError):
        with pytest.raises(kind):
            once(office, staff("administrator"), several, str.encode, key)
    assert len(done) == 1
