"""A clip through the page: how far it is, others served meanwhile, one stopped in the middle, one that is none."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import collections as c
from overt.casework import probes as p
from overt.evaluation.scene import Scene, SceneSettings
from tests.casework.probes.pictures import encoded
from tests.console.axe import no_barriers
from tests.console.conftest import Seats
from tests.offices import Staff

pytestmark = [pytest.mark.system, pytest.mark.slow]

PATIENCE_MS = 300_000


@pytest.fixture
def film(tmp_path: Path, office: Office, staff: Staff, pack: ModelPack) -> Path:
    """A few seconds of a drawn street; and a collection that it can be searched in."""
    new = c.NewCollection(name="custody", purpose="Pictures taken in custody", pack=pack.manifest.id)
    c.create_collection(office, staff("watchlist-manager"), new)
    Scene(SceneSettings(seconds=6)).write(tmp_path / "till camera.mp4")
    return tmp_path / "till camera.mp4"


def hand_in(page: Page, name: str, content: bytes) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(urljoin(page.url, "/searches/new"))
    page.get_by_label("Picture or clip").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_label("Why it is looked at").fill("the purse that was taken at the till")
    page.get_by_role("button", name="Find the faces").click()


def lookers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "overt-looking"]


def test_a_clip_is_looked_at_while_others_are_served(
    seats: Seats, office: Office, staff: Staff, film: Path
) -> None:
    content = film.read_bytes()
    first = seats("investigator", phone=True).open("/searches")
    hand_in(first, film.name, content)
    expect(first.get_by_role("heading", name="Looking at till camera.mp4")).to_be_visible(timeout=PATIENCE_MS)
    expect(first.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE_MS)
    no_barriers(first)
    assert first.evaluate("document.documentElement.scrollWidth <= innerWidth")

    second = seats("investigator", name="another").open("/searches")
    hand_in(second, "doorbell.jpg", encoded("JPEG"))
    expect(second.get_by_role("heading", name="2 faces in doorbell.jpg")).to_be_visible(timeout=PATIENCE_MS)
    assert lookers(), "the clip was to be looked at still: let it be longer"
    second.goto(first.url)
    expect(second.get_by_text("is open")).to_be_visible(timeout=PATIENCE_MS)
    hand_in(second, "another clip.mp4", content)
    expect(second.get_by_role("heading", name="Looking at another clip.mp4")).to_be_visible(
        timeout=PATIENCE_MS
    )
    second.goto(urljoin(second.url, "/searches/new"))
    second.get_by_role("link", name="another clip.mp4").click()
    second.get_by_role("button", name="Stop it").click()
    second.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(second.get_by_text("are forgotten")).to_be_visible(timeout=PATIENCE_MS)
    assert not second.get_by_role("link", name="another clip.mp4").count()

    expect(first.get_by_role("heading", name="in till camera.mp4")).to_be_visible(timeout=PATIENCE_MS)
    (probe,) = p.list_probes(office, staff("investigator"))
    assert probe.faces
    expect(first.get_by_role("radio")).to_have_count(len(probe.faces), timeout=PATIENCE_MS)
    no_barriers(first)
    assert first.evaluate("document.documentElement.scrollWidth <= innerWidth")

    hand_in(first, "torn.mp4", b"neither a picture nor a clip" * 100)
    expect(first.get_by_role("heading", name="torn.mp4 could not be looked at")).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(first.get_by_text("Nothing of torn.mp4 can be read").first).to_be_visible(timeout=PATIENCE_MS)
    no_barriers(first)
    first.get_by_role("button", name="Forget it").click()
    first.get_by_role("dialog").get_by_role("button", name="Forget it").click()
    expect(first.get_by_text("are forgotten")).to_be_visible(timeout=PATIENCE_MS)
    assert [one.name for one in p.list_probes(office, staff("investigator"))] == [film.name]
    for thread in lookers():
        thread.join(60)
    assert lookers() == []
