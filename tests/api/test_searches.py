"""Searches through the API: sent twice they are made once, examined twice blind, reviewed, brought to an end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from overt.biometrics import ModelPack
from tests.api.conftest import Callers, is_problem
from tests.casework.searches.cases import REASON, Shop, comparison
from tests.offices import Clock, Staff

COMPARED = comparison().model_dump(mode="json")


@pytest.fixture
def shop(callers: Callers, staff: Staff, clock: Clock, pack: ModelPack) -> Iterator[Shop]:
    """A collection in which one record resembles the first face of every probe."""
    made = Shop(callers.office, staff, clock, pack)
    made.add("A/1", made.like(0.99))
    yield made
    made.close()


def test_from_a_search_to_its_outcome(callers: Callers, shop: Shop) -> None:
    investigator = callers("investigator")
    examiners = [callers("facial-examiner", name=f"examiner {at}") for at in (1, 2)]
    officer, auditor = callers("authorising-officer"), callers("auditor")
    asked = {
        "collection_id": shop.collection_id,
        "probe_id": shop.probe(faces=2),
        "face_id": "face-1",
        "reason": REASON,
        "offence": "theft",
    }
    key = {"Idempotency-Key": "search-0001"}
    found = investigator("POST", "/searches", asked, headers=key)
    assert found.status_code == 201
    search = found.json()
    assert investigator("POST", "/searches", asked, headers=key).json() == search
    assert investigator("GET", "/searches").json()["total"] == 1
    (candidate,) = search["candidates"]
    assert (candidate["reference"], candidate["rank"]) == ("A/1", 1)
    assert 0 < candidate["false_candidate_rate"] <= 1
    assert is_problem(investigator("POST", "/searches", asked | {"face_id": "face-2"}), 422)["errors"]
    is_problem(officer("POST", "/searches", asked), 403)
    is_problem(investigator("POST", "/searches", asked | {"faces": ["face-1", "face-2"]}), 422)

    where, person = f"/searches/{search['id']}", f"/candidates/{candidate['id']}"
    assert investigator("GET", f"{where}/face").headers["content-type"] == "image/jpeg"
    is_problem(examiners[0]("POST", f"{person}/examinations", COMPARED), 409)
    for examiner in examiners:
        assert examiner("GET", "/searches", params={"mine_to_do": True}).json()["total"] == 1
        assert examiner("GET", f"{person}/picture").content.startswith(b"\xff\xd8")
        made = examiner("POST", f"{person}/examinations", COMPARED)
        assert made.status_code == 201
        is_problem(examiner("POST", f"{person}/examinations", COMPARED), 403)
    assert made.json()["state"] == "review"
    is_problem(auditor("POST", f"{where}/reviews", {"finding": "in-order", "reason": REASON}), 403)
    reviewed = officer("POST", f"{where}/reviews", {"finding": "in-order", "reason": REASON})
    assert (reviewed.status_code, reviewed.json()["state"]) == (201, "outcome")
    ended = investigator("POST", f"{where}/outcomes", {"outcome": "undetermined"})
    assert ended.json()["state"] == "closed"

    figures = auditor("GET", "/search-figures", params={"first": "2026-06", "last": "2026-06"}).json()
    assert [month["searches"] for month in figures["months"]] == [1]
    sheet = auditor("GET", "/search-figures.csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.text.startswith("Month,Figure,Of,Count\r\n")
    is_problem(auditor("GET", "/search-figures", params={"first": "2026-13"}), 422)


def test_a_search_of_somebody_else_s_is_not_there(callers: Callers, shop: Shop) -> None:
    view = shop.search()
    other = callers("investigator", name="another")
    for path in (
        f"/searches/{view.id}",
        f"/searches/{view.id}/face",
        f"/candidates/{view.candidates[0].id}/picture",
    ):
        is_problem(other("GET", path), 404)
    assert other("GET", "/searches").json()["items"] == []
    is_problem(callers.nobody()("GET", f"/searches/{view.id}"), 401)
