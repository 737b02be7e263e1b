"""A collection through the API: an archive goes in, a record is found, one is deleted; who may do what."""

from __future__ import annotations

import time
from typing import Any

import pytest

from overt.biometrics import ModelPack
from tests.api.conftest import Callers, is_problem
from tests.casework.watchlists.desk import collins, hopper, zip_of

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def test_an_archive_goes_in_and_a_record_goes_out(callers: Callers, pack: ModelPack) -> None:
    manager, investigator = callers("watchlist-manager"), callers("investigator")
    new = {"name": "custody", "purpose": "Custody images", "pack": pack.manifest.id}
    made = manager("POST", "/collections", json=new)
    assert made.status_code == 201
    is_problem(manager("POST", "/collections", json=new), 409)
    is_problem(manager("POST", "/collections", json=new | {"name": "collection-1"}), 422)
    path = f"/collections/{made.json()['id']}"
    archive = zip_of({"A/1.jpg": collins(), "B/1.jpg": hopper(), "bad.jpg": b"x"})
    zipped: dict[str, Any] = {"content": archive, "headers": {"Content-Type": "application/zip"}}
    is_problem(investigator("POST", f"{path}/ingestions", **zipped), 403)
    is_problem(manager("POST", f"{path}/ingestions", content=archive), 415)
    begun = manager("POST", f"{path}/ingestions", params={"name": "may.zip"}, **zipped)
    assert begun.status_code == 202
    done = _ended(manager, f"/ingestions/{begun.json()['id']}")
    assert (done["source"], done["added"], done["refused"]) == ("may.zip", 2, 1)
    rows = manager("GET", f"/ingestions/{done['id']}/rows", params={"result": "refused"}).json()
    assert [row["image"] for row in rows["items"]] == ["bad.jpg"]
    assert manager("GET", f"{path}/ingestions").json()["total"] == 1
    assert investigator("GET", path).json()["images"] == 2
    is_problem(investigator("POST", f"{path}/records/show", json={"reference": "A"}), 403)
    assert len(manager("POST", f"{path}/records/show", json={"reference": "A"}).json()["images"]) == 1
    reviewed = manager("POST", f"{path}/records/review", json={"reference": "B"}).json()
    assert reviewed["reviewed_at"] is not None
    image = manager("POST", f"{path}/records/show", json={"reference": "A"}).json()["images"][0]["id"]
    picture = manager("GET", f"{path}/images/{image}/picture")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert picture.content.startswith(b"\xff\xd8")
    is_problem(investigator("GET", f"{path}/images/{image}/picture"), 403)
    is_problem(manager("GET", f"{path}/images/image-0123456789abcdef/picture"), 404)
    assert manager("GET", f"{path}/due-records", params={"within_days": 3660}).json()["total"] == 2
    more = zipped | {"content": zip_of({"C/1.jpg": collins(mirrored=True)})}
    _ended(manager, f"/ingestions/{manager('POST', f'{path}/ingestions', **more).json()['id']}")
    is_problem(investigator("POST", f"{path}/comparison"), 403)
    assert manager("POST", f"{path}/comparison").status_code == 202
    pair = _paired(manager, path)
    assert manager("GET", f"{path}/pairs/{pair['id']}").json() == pair
    decision = {"found": "same-person", "reason": "the same scar"}
    is_problem(callers("auditor")("POST", f"{path}/pairs/{pair['id']}/decision", json=decision), 403)
    is_problem(manager("POST", f"{path}/pairs/{pair['id']}/decision", json={"found": "left"}), 422)
    decided = manager("POST", f"{path}/pairs/{pair['id']}/decision", json=decision).json()
    assert decided["decision"]["reason"] == "the same scar"
    assert manager("GET", f"{path}/report", params={"decided": False}).json()["items"] == []
    assert manager("GET", f"{path}/report", params={"decided": True}).json()["items"] == [decided]
    assert manager("POST", f"{path}/records/delete", json={"reference": "A"}).json()["images"] == 1
    is_problem(manager("POST", f"{path}/records/delete", json={"reference": "A"}), 404)
    assert manager("GET", f"{path}/report").json()["items"] == []
    assert manager("PATCH", path, json={"purpose": "Of 2026"}).json()["purpose"] == "Of 2026"
    is_problem(manager("POST", f"{path}/switch"), 409)
    is_problem(manager("DELETE", f"{path}/next-templates"), 409)
    assert manager("DELETE", path).status_code == 204
    assert manager("GET", "/collections").json()["items"] == []


def _paired(manager: Any, path: str) -> dict[str, Any]:
    for _ in range(600):
        if items := manager("GET", f"{path}/report").json()["items"]:
            (pair,) = items
            return dict(pair)
        time.sleep(0.1)
    raise AssertionError("no pair was found within a minute")


def _ended(manager: Any, path: str) -> dict[str, Any]:
    for _ in range(600):
        view: dict[str, Any] = manager("GET", path).json()
        if view["state"] != "running":
            return view
        time.sleep(0.1)
    raise AssertionError("it did not end within a minute")
