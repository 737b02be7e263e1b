"""The pages of collections: made, filled from a ZIP, looked through, weeded."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

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


def looked_at(visitor: Visitor, here: str, listed: str) -> tuple[str, set[str]]:
    """Open the one pair that is listed and fetch both pictures as its page does: its id, and whose they are."""
    (pair,) = set(re.findall(r"/pairs/(pair-[0-9a-f]+)", listed))
    shown = visitor.get(f"{here}/pairs/{pair}").text
    assert "Record my decision" in shown
    pictures = re.findall(rf'aria-label="Picture of (\S+?)" data-face-of="({here}/images/\S+?)"', shown)
    for _, address in pictures:
        answer = visitor.get(address)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.startswith(b"\xff\xd8")
    return pair, {reference for reference, _ in pictures}


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
    pair, seen = looked_at(manager, here, pairs)
    assert seen == {"HOPPER-1", "HOPPER-2"}
    assert manager.post(f"{here}/pairs/{pair}", {"found": "same-person", "reason": ""}).status_code == 422
    why = "the same file, as the custody sergeant found"
    said = manager.post(f"{here}/pairs/{pair}", {"found": "same-person", "reason": why})
    assert said.headers["location"] == f"{here}/pairs"
    assert "There is no pair to decide about" in manager.get(f"{here}/pairs").text
    for shown in (
        manager.get(f"{here}/pairs?which=decided").text,
        visit("auditor").get(f"{here}/pairs/{pair}").text,
    ):
        assert why in shown
        assert "One person" in shown
    assert "Record my decision" not in visit("auditor").get(f"{here}/pairs/{pair}").text
    assert visit("auditor").post(f"{here}/pairs/{pair}", {"found": "left"}).status_code == 403
    assert "2" in manager.get(here).text

    assert manager.post(f"{here}/record", {"reference": "NOBODY"}).status_code == 404
    record = manager.post(f"{here}/record", {"reference": "HOPPER-2"}).text
    (image,) = re.findall(rf'src="({here}/images/image-[0-9a-f]+/picture)"', record)
    assert visit("investigator").get(image).status_code == 403
    assert manager.get(f"{here}/due?within=quarter").text.count("No record is due within that time") == 1
    assert "Delete this record?" in record
    late = manager.post(f"{here}/record/review", {"reference": "HOPPER-2", "review_by": "2020-01-01"})
    assert late.status_code == 422
    assert manager.post(f"{here}/record/review", {"reference": "HOPPER-2"}).status_code == 303
    assert manager.post(f"{here}/record/delete", {"reference": "HOPPER-2"}).status_code == 303
    assert manager.post(f"{here}/record", {"reference": "HOPPER-2"}).status_code == 404
    assert "There is no such pair" in manager.get(f"{here}/pairs?which=all").text
    assert manager.get(f"{here}/pairs/{pair}").status_code == 404
    assert manager.get(image).status_code == 404

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


def test_another_packs_templates_are_made_given_up_and_switched_to(  # noqa: PLR0917 - fixtures
    visit: Callable[..., Visitor],
    office: Office,
    staff: Staff,
    pack: ModelPack,
    dlib_pack: ModelPack,
    tmp_path: Path,
) -> None:
    manager, actor = visit("watchlist-manager"), staff("watchlist-manager")
    new = c.NewCollection(name="custody", purpose="Custody", pack=pack.manifest.id)
    here = f"/collections/{c.create_collection(office, actor, new).id}"
    for name, image in (("A", portraits.hopper()), ("B", portraits.astronaut())):
        portraits.write(tmp_path / f"in/{name}/1.jpg", image)
    source = c.open_pictures(tmp_path / "in")
    c.carry_out_ingestion(office, actor, c.begin_ingestion(office, actor, here[13:], source).id, source)
    assert visit("auditor").get(f"{here}/templates").status_code == 403
    other = dlib_pack.manifest.id
    begin = manager.get(f"{here}/templates").text
    assert f'value="{other}"' in begin
    assert f'value="{pack.manifest.id}"' not in begin, "the one in use is no other"
    assert manager.post(f"{here}/templates", {"pack": ""}).status_code == 422
    assert manager.post(f"{here}/templates", {"pack": "nothing-here"}).status_code == 409
    assert manager.post(f"{here}/templates/switch").status_code == 409
    assert manager.post(f"{here}/templates", {"pack": other}).status_code == 303
    assert made(manager, here) == {"made": 2, "to go": 0}
    assert f"{here}/templates" in manager.get(here).text
    assert manager.post(f"{here}/templates/abandon").status_code == 303
    assert "No other templates are being made" in manager.get(f"{here}/templates/progress").text
    assert manager.post(f"{here}/templates", {"pack": other}).status_code == 303
    assert made(manager, here) == {"made": 2, "to go": 0}
    assert "Switch now" in manager.get(f"{here}/templates").text
    assert manager.post(f"{here}/templates/switch").status_code == 303
    assert c.show_collection(office, actor, "custody").pack == other
    shown = manager.get(f"{here}/pairs").text
    assert "Compare 2 pictures" in shown
    assert manager.post(f"{here}/compare").status_code == 303
    until = time.monotonic() + 60
    while c.collection_progress(office, actor, "custody").not_compared:
        assert time.monotonic() < until
        time.sleep(0.1)


def made(visitor: Visitor, here: str) -> dict[str, int]:
    """What the page counts once the templates are made."""
    until = time.monotonic() + 120
    while 'data-state="running"' in (shown := visitor.get(f"{here}/templates/progress").text):
        assert time.monotonic() < until
        time.sleep(0.1)
    return {said: int(count) for count, said in re.findall(r"<strong>(\d+)</strong> (made|to go)", shown)}
