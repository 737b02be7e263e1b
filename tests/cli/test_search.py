"""`overt search` and `overt searches`: from a picture to an outcome, by the people whose part it is."""

from __future__ import annotations

import functools
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import argon2
import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overt import casework
from overt.biometrics import ImageArray, ModelPack
from overt.casework import Actor, open_office
from overt.records.tables import AuditEntry
from tests.casework.probes.pictures import encoded
from tests.casework.searches.cases import Shop
from tests.casework.watchlists.desk import collins, hopper
from tests.cli.typed import Typed
from tests.gallery import portraits
from tests.offices import Clock, Staff

WHY = ("--reason", "seen at the till when the purse was taken")
COMPARED = ("--feature", "ears=similar", "--feature", "nose=explained", "--note", "ears=the same fold")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: ModelPack) -> Iterator[Shop]:
    """An empty collection in a folder; the commands go by the clock of the test."""
    monkeypatch.delenv("OVERT_MASTER_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    clock = Clock()
    opened = functools.partial(open_office, clock=clock, password_cost=argon2.profiles.CHEAPEST)
    monkeypatch.setattr(casework, "open_office", opened)
    with opened(tmp_path / "records", environment={}) as office:
        made = Shop(office, Staff(office), clock, pack)
        yield made
        made.close()


@pytest.fixture
def typed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> functools.partial[Typed]:
    """Commands on that office: `typed("searches")`."""
    scopes = ("searches", "probes", "collections")
    return functools.partial(Typed, office=shop.office, monkeypatch=monkeypatch, capsys=capsys, scopes=scopes)


def test_a_picture_is_searched_in_a_collection_of_pictures(
    shop: Shop, typed: functools.partial[Typed], tmp_path: Path
) -> None:
    manager = shop.staff("watchlist-manager")
    overt, search = typed("collection"), typed("search")
    custody = tmp_path / "custody"
    custody.mkdir()
    (custody / "C-1.jpg").write_bytes(collins())
    (custody / "H-2.jpg").write_bytes(hopper())
    assert overt(manager, "create", "custody", "--purpose", "pictures taken in custody")[0] == 0
    assert overt.json(manager, "ingest", "custody", str(custody))["added"] == 2

    still = tmp_path / "door bell.jpg"
    still.write_bytes(collins(mirrored=True))
    found = search.json(shop.investigator, "custody", str(still), *WHY, "--offence", "theft")
    assert [one["reference"] for one in found["candidates"]] == ["C-1"]
    assert found["candidates"][0]["score"] >= found["threshold"]
    assert 0 < found["candidates"][0]["false_candidate_rate"] <= 1
    assert (found["images"], found["offence"], found["probe"]) == (2, "theft", "door bell.jpg")

    both = np.hstack([_of_height(one) for one in (portraits.astronaut()[:320, 60:400], portraits.hopper())])
    assert cv2.imwrite(str(still), both)
    status, out, err = search(shop.investigator, "custody", str(still), *WHY)
    assert (status, "a search is of one" in err) == (1, True)
    assert "face-1" in out
    assert "face-2" in out
    named = search.json(
        shop.investigator, "custody", str(still), "--reason", "holds the bag open", "--face", "2"
    )
    assert named["faces_in_probe"] == 2
    assert len(named["candidates"]) == 1
    status, _, err = search(shop.investigator, "custody", str(still), *WHY, "--face", "3")
    assert (status, "no such face" in err) == (1, True)
    status, _, err = search(
        shop.investigator, "custody", str(still), "--reason", "Holds the bag open", "--face", "1"
    )
    assert (status, "another face of the same probe" in err) == (1, True)


class _Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


def test_several_files_are_offered_together_and_one_face_is_picked(
    shop: Shop, typed: functools.partial[Typed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = typed("search")
    shop.add("A/1", shop.like(0.99))
    first, damaged, second = (tmp_path / name for name in ("till.jpg", "torn.png", "door.heic"))
    first.write_bytes(encoded("JPEG"))
    damaged.write_bytes(encoded("PNG")[:2000])
    second.write_bytes(encoded("HEIC", image=portraits.hopper()))
    files = (str(first), str(damaged), str(second))
    status, out, err = search(shop.investigator, shop.collection_id, *files, *WHY, "--json")
    listed = json.loads(out)
    assert [(one["number"], one["file"]) for one in listed["faces"]] == [
        (1, str(first)),
        (2, str(first)),
        (3, str(second)),
    ]
    assert [one["file"] for one in listed["left_out"]] == [str(damaged)]
    assert (status, "torn.png" in err, "a search is of one" in err) == (1, True, True)
    assert _opened_and_closed(shop) == (3, 2)  # the damaged one was never open
    status, _, err = search(shop.investigator, shop.collection_id, *files, *WHY, "--face", "face-1")
    assert (status, "no such face" in err) == (1, True)
    status, out, err = search(shop.investigator, shop.collection_id, *files, *WHY, "--face", "3", "--json")
    assert (status, json.loads(out)["probe"], "torn.png was left out" in err) == (0, "door.heic", True)

    asked = ("--reason", "the other one who stood at the till")
    monkeypatch.setattr(sys, "stdin", _Terminal("9\nthe left one\n2\n"))
    status, out, _ = search(shop.investigator, shop.collection_id, *files, *asked)
    assert (status, out.count("Which face is searched"), out.count("There is no face")) == (0, 3, 2)
    assert "till.jpg: still, one of 2 faces" in out
    monkeypatch.setattr(sys, "stdin", _Terminal("\n"))
    status, _, err = search(shop.investigator, shop.collection_id, *files, *asked)
    assert (status, "none was searched" in err) == (1, True)
    assert _opened_and_closed(shop) == (15, 10)


def _opened_and_closed(shop: Shop) -> tuple[int, int]:
    """Probes that the chain says were opened, and closed."""
    with shop.office.database.reading() as session:
        said = list(session.scalars(select(AuditEntry.command)))
    return said.count("probes.open"), said.count("probes.close")


def _of_height(image: ImageArray, height: int = 400) -> ImageArray:
    size = (round(image.shape[1] * height / image.shape[0]), height)
    return np.asarray(cv2.resize(image, size), np.uint8)


def test_a_search_from_its_pictures_to_its_outcome(
    shop: Shop, typed: functools.partial[Typed], tmp_path: Path
) -> None:
    overt = typed("searches")
    shop.add("A/1", shop.like(0.99))
    view = shop.search(offence="theft")
    candidate = view.candidates[0].id
    (listed,) = overt.json(shop.first, "list", "--due")
    assert (listed["id"], listed["due_from_you"]) == (view.id, "examine")
    assert overt.json(shop.reviewer, "list", "--due") == []

    said = (*COMPARED, "--support", "same-moderate", "--reason", "rim and lobe of the ear agree")
    status, _, err = overt(shop.first, "examine", candidate, *said)
    assert (status, "has not been shown to you" in err) == (1, True)
    for examiner, decision in ((shop.first, "put-forward"), (shop.second, "not-put-forward")):
        folder = tmp_path / examiner.name
        folder.mkdir()
        look = ("pictures", candidate, "--search", view.id, "--to", str(folder))
        assert overt(examiner, *look)[0] == 0
        assert {file.read_bytes()[:2] for file in folder.iterdir()} == {b"\xff\xd8"}
        status, _, err = overt(examiner, *look)
        assert (status, "is there already" in err) == (1, True)
        assert overt(examiner, "examine", candidate, *said, "--decision", decision)[0] == 0

    status, out, _ = overt(shop.reviewer, "show", view.id)
    assert (status, "the examiners disagree" in out, "your review" in out) == (0, True, True)
    done = overt.json(
        shop.reviewer,
        *("review", view.id, "--finding", "not-in-order", "--fault", "authority"),
        *("--reason", "nobody is named who allowed it", "--settle", f"{candidate}=put-forward"),
    )
    assert (done["state"], done["put_forward"]) == ("outcome", 1)
    closed = overt.json(shop.investigator, "outcome", view.id, "--outcome", "identity-refuted")
    assert closed["state"] == "closed"
    (of_june,) = overt.json(shop.staff("auditor"), "figures", "--from", "2026-06", "--to", "2026-06")[
        "months"
    ]
    assert of_june["searches"] == 1
    file = tmp_path / "figures.csv"
    assert overt(shop.staff("auditor"), "figures", "--csv", str(file))[0] == 0
    assert file.read_text(encoding="utf-8").splitlines()[0] == "Month,Figure,Of,Count"
    assert overt(shop.staff("auditor"), "figures")[0] == 0


@pytest.mark.parametrize("feature", ["ears", "=similar", "ears=alike"])
def test_a_feature_that_is_not_written_right_is_refused(
    shop: Shop, typed: functools.partial[Typed], feature: str
) -> None:
    words = ("--feature", feature, "--support", "no-conclusion", "--reason", "one two three")
    examiner: Actor = shop.first
    status, _, err = typed("searches")(examiner, "examine", "candidate-0123456789abcdef", *words)
    assert status == 1
    assert "feature" in err
