"""Clips through the pages, without a browser: nobody waits for one, and too many are refused with words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import collections as c
from overt.casework import probes as p
from overt.casework.probes import _clips
from overt.engine import FootageEngine
from tests.casework.probes.pictures import encoded
from tests.casework.probes.test_looking_room import Run, until
from tests.console.visitors import Visitor
from tests.offices import Staff


@pytest.fixture
def form(
    office: Office, staff: Staff, pack: ModelPack, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """What is filled in; clips go on for as long as the test."""
    monkeypatch.setattr(FootageEngine, "start", Run(pack).started)
    new = c.NewCollection(name="custody", purpose="Pictures taken in custody", pack=pack.manifest.id)
    made = c.create_collection(office, staff("watchlist-manager"), new)
    yield {"collection_id": made.id, "reason": "the purse that was taken at the till"}
    p.looking_room(office).close()


def test_clips_keep_nobody_waiting(
    office: Office, staff: Staff, form: dict[str, str], visit: Callable[..., Visitor]
) -> None:
    visitor = visit("investigator")
    pages = []
    for number in range(_clips.CLIPS_AT_ONCE):
        answer = visitor.post("/probes", form, files={"picture": (f"till {number}.mp4", b"a clip")})
        assert answer.status_code == 303
        pages.append(answer.headers["location"].partition("?")[0])
    until(lambda: all(one.seconds > 0 for one in p.list_lookings(office, staff("investigator"))))
    assert "Looking at till 0.mp4" in visitor.get(pages[0]).text
    told = visitor.get(f"{pages[0]}/progress").text
    assert 'data-state="running"' in told
    assert "of 600 seconds have been looked at" in told

    third = visitor.post("/probes", form, files={"picture": ("third.mp4", b"a clip")})
    assert (third.status_code, "clips are being looked at" in third.text) == (429, True)
    assert form["reason"] in third.text
    still = visitor.post("/probes", form, files={"picture": ("door.jpg", encoded("JPEG"))})
    assert still.status_code == 303
    assert "2 faces in door.jpg" in visitor.get(still.headers["location"]).text

    other = visit("investigator", name="another")
    assert other.get(pages[0]).status_code == 404
    assert 'data-state="over"' in other.get(f"{pages[0]}/progress").text
    assert "till 0.mp4" not in other.get("/searches/new").text
    assert visitor.post(f"{pages[0]}/close", {}).status_code == 303
    listed = visitor.get("/searches/new").text
    assert ("till 0.mp4" in listed, "till 1.mp4" in listed) == (False, True)
