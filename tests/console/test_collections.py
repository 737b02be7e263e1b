"""The pages of collections: made, filled from a ZIP, looked through, weeded."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable

import cv2

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import collections as c
from overt.casework.paging import Page
from overt.console.viewer import csrf_of
from tests.console.visitors import Visitor
from tests.gallery import portraits
from tests.offices import Staff


def archive() -> bytes:
    """Two references with one file between them, and a picture that is none."""
    picture = cv2.imencode(".jpg", portraits.hopper())[1].tobytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("HOPPER-1/front.jpg", picture)
        made.writestr("HOPPER-2/front.jpg", picture)
        made.writestr("BAD-3/front.jpg", b"no picture")
    return out.getvalue()


def send(visitor: Visitor, address: str, content: bytes) -> str:
    """Send an archive as the page's script does; the id of the ingestion."""
    headers = {
        "Origin": "http://localhost",
        "Sec-Fetch-Site": "same-origin",
        "Cookie": f"overt-session={visitor.secret}",
        "Content-Type": "application/zip",
        "X-Overt-Csrf": csrf_of(visitor.secret or ""),
    }
    answer = visitor.client.request("POST", address, content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_a_collection_is_made_filled_looked_through_and_weeded(
    visit: Callable[..., Visitor], office: Office, staff: Staff, pack: ModelPack
) -> None:
    manager = visit("watchlist-manager")
    refused = manager.post(
        "/collections", {"name": "no spaces here", "purpose": "Custody", "pack": "embedded"}
    )
    assert refused.status_code == 422
    assert "no spaces here" in refused.text
    made = manager.post("/collections", {"name": "custody", "purpose": "Custody", "pack": pack.manifest.id})
    here = made.headers["location"]
    assert "Nothing was brought in yet" in manager.get(here).text
    job = send(manager, f"{here}/ingestions?name=custody.zip", archive())
    until = time.monotonic() + 240
    while 'data-state="running"' in manager.get(f"/ingestions/{job}/progress").text:
        assert time.monotonic() < until
        time.sleep(0.1)
    shown = manager.get(f"/ingestions/{job}").text
    for word in ("custody.zip", "HOPPER-1", "BAD-3", "This is not a picture that can be read"):
        assert word in shown
    table = manager.get(f"/ingestions/{job}/report.csv?result=refused").text
    assert "BAD-3" in table
    assert "HOPPER-1" not in table
    c.compare_images(office, staff("watchlist-manager"), "custody")
    pairs = manager.get(f"{here}/pairs").text
    assert "One file under two references" in pairs
    assert "2" in manager.get(here).text

    assert manager.post(f"{here}/record", {"reference": "NOBODY"}).status_code == 404
    record = manager.post(f"{here}/record", {"reference": "HOPPER-2"}).text
    assert "Delete this record?" in record
    late = manager.post(f"{here}/record/review", {"reference": "HOPPER-2", "review_by": "2020-01-01"})
    assert late.status_code == 422
    assert manager.post(f"{here}/record/review", {"reference": "HOPPER-2"}).status_code == 303
    assert manager.post(f"{here}/record/delete", {"reference": "HOPPER-2"}).status_code == 303
    assert manager.post(f"{here}/record", {"reference": "HOPPER-2"}).status_code == 404
    assert "No pair was found" in manager.get(f"{here}/pairs").text

    changed = {"name": "custody-2", "purpose": "Custody images", "review_days": "30"}
    assert manager.post(f"{here}/change", changed).status_code == 303
    settings = manager.get(f"{here}/settings").text
    assert 'value="custody-2"' in settings
    assert 'value="30"' in settings
    for role in ("investigator", "facial-examiner", "auditor"):
        assert "custody-2" in visit(role).get("/collections").text
        assert ("A single record" in visit(role).get(here).text) == (role == "auditor")
    assert manager.post(f"{here}/delete").status_code == 303
    assert c.list_collections(office, staff("watchlist-manager"), Page()).total == 0
