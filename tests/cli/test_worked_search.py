"""The worked example of docs/retrospective.md, line by line as it stands there."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path
from typing import Final

import argon2
import cv2
import numpy as np
import pytest

from overt import casework
from overt.casework import open_office
from overt.casework.searches import list_searches
from tests.casework.watchlists.desk import collins, hopper
from tests.cli.typed import Typed
from tests.gallery import portraits
from tests.offices import Clock, Staff

PEOPLE: Final = {
    "wendy": "watchlist-manager",
    "ivan": "investigator",
    "fiona": "facial-examiner",
    "felix": "facial-examiner",
    "aoife": "authorising-officer",
    "ada": "auditor",
}
IDS: Final = {"SEARCH": "search", "CANDIDATE": "candidate"}


def _lines(repository: Path) -> list[tuple[list[str], str]]:
    """The words of each command, and the remark after it."""
    page = (repository / "docs" / "retrospective.md").read_text(encoding="utf-8")
    example = page.partition("## A worked example")[2].partition("```console\n")[2].partition("```")[0]
    found = []
    for line in example.splitlines():
        command, _, remark = line.removeprefix("$ ").partition("    # ")
        found.append((shlex.split(command), remark))
    return found


def test_the_worked_example_works(
    repository: Path,
    tmp_path: Path,
    pack: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("OVERT_MASTER_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "C-1.jpg").write_bytes(collins())
    (tmp_path / "pictures" / "H-2.jpg").write_bytes(hopper())
    door = np.hstack([cv2.flip(portraits.astronaut()[:320, 60:400], 1), portraits.hopper()[100:420, 100:440]])
    assert cv2.imwrite("door.jpg", door)
    for examiner in ("fiona", "felix"):
        (tmp_path / examiner).mkdir()
    opened = functools.partial(open_office, clock=Clock(), password_cost=argon2.profiles.CHEAPEST)
    monkeypatch.setattr(casework, "open_office", opened)
    ids: dict[str, str] = {}
    groups: dict[str, Typed] = {}
    with opened(tmp_path / "records", environment={}) as office:
        staff = Staff(office)
        for words, remark in _lines(repository):
            assert words[0] == "overt"
            assert words[-2] == "--as"
            name, who = words[1], staff(PEOPLE[words[-1]], name=words[-1])
            if name not in groups:
                groups[name] = Typed(name, office, monkeypatch, capsys, scopes=("*",))
            status, out, err = groups[name](who, *(_with_ids(word, ids) for word in words[2:-2]))
            assert (status, err) == (0, "") or remark.startswith("two faces"), (words, err)
            if remark.startswith("two faces"):
                assert (status, "a search is of one" in err, "face-2" in out) == (1, True, True)
            for placeholder, kind in IDS.items():
                if printed := re.search(rf"\b{kind}-[0-9a-f]{{16}}\b", out):
                    ids[placeholder] = printed.group()
        (search,) = list_searches(office, staff("auditor", name="ada")).items
    assert (search.state, search.candidates_returned) == ("closed", 1)


def _with_ids(word: str, ids: dict[str, str]) -> str:
    for placeholder, one in ids.items():
        word = re.sub(rf"\b{placeholder}\b", one, word)
    return word
