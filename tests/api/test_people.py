"""People through the API: sign-in, roles, secrets shown once."""

from __future__ import annotations

from tests.api.conftest import Callers, is_problem

NEW = {"username": "pat", "full_name": "Pat Smith", "roles": ["lfr-operator"]}


def test_a_person_is_added_signs_in_and_must_change_the_password(callers: Callers) -> None:
    added = callers("administrator")("POST", "/people", NEW)
    assert added.status_code == 201
    once = added.json()["one_time_password"]
    signed_in = callers.nobody()("POST", "/sign-in", {"username": "pat", "password": once})
    assert signed_in.status_code == 201
    assert signed_in.json()["must_change_password"] is True
    pat = callers.nobody()
    pat.token = signed_in.json()["token"]
    is_problem(pat("GET", "/alerts"), 403)
    changed = pat("POST", "/self/password", {"current": once, "new": "quite another long phrase 9"})
    assert changed.status_code == 200, changed.text
    assert pat("GET", "/alerts").json() == {"items": [], "next": None, "total": 0}
    assert pat("POST", "/sign-out").status_code == 204
    is_problem(pat("GET", "/alerts"), 401)


def test_without_a_sign_in_everything_is_refused_alike(callers: Callers) -> None:
    answer = callers.nobody()("GET", "/people")
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="overt"'
    for header in (
        "Bearer",
        "Bearer ",
        "Basic eHg6eQ==",
        "Bearer a b",
        "Bearer " + "x" * 2000,
        "Bearer \xff",
    ):
        given = {"Authorization": header.encode("latin-1")}
        is_problem(callers.nobody()("GET", "/people", headers=given), 401)


def test_a_role_that_may_not_is_told_so_and_nothing_happens(callers: Callers) -> None:
    found = is_problem(callers("auditor")("POST", "/people", NEW), 403)
    assert "people.add" in found["detail"]
    assert callers("auditor")("GET", "/people").json()["total"] == 1


def test_pages_go_on_where_the_last_one_ended(callers: Callers) -> None:
    administrator = callers("administrator")
    for n in range(7):
        assert administrator("POST", "/people", NEW | {"username": f"p{n}"}).status_code == 201
    seen: list[str] = []
    after = None
    while True:
        page = administrator(
            "GET", "/people", params={"limit": 3} | ({"after": after} if after else {})
        ).json()
        seen += [one["username"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(["administrator", *(f"p{n}" for n in range(7))])
    assert page["total"] == 8


def test_too_many_attempts_to_sign_in_are_told_how_long_to_wait(callers: Callers) -> None:
    wrong = {"username": "pat", "password": "not the password"}
    answers = [callers.nobody()("POST", "/sign-in", wrong) for _ in range(25)]
    assert answers[0].status_code == 401
    is_problem(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) >= 1
