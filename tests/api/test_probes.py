"""Pictures that are handed in through the API: looked at, shown, closed, and nothing spooled to a disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from overt.biometrics import ModelPack
from tests.api.conftest import Callers, is_problem
from tests.casework.probes.pictures import encoded

WORDS = {"reason": "Robbery at the till", "name": "door"}


def test_a_picture_is_looked_at_shown_and_closed(
    callers: Callers, pack: ModelPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an upload was written to a file")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    mine, other = callers("investigator"), callers("investigator", name="another")
    content = encoded("HEIC")
    opened = mine("POST", "/probes", files={"file": ("C:\\door.heic", content)}, data=WORDS)
    assert opened.status_code == 201
    probe = opened.json()
    assert (probe["kind"], probe["name"], len(probe["faces"])) == ("still", "door", 2)
    where = f"/probes/{probe['id']}"
    assert mine("GET", where).json() == probe
    assert mine("GET", "/probes").json() == [probe]
    face = mine("GET", f"{where}/faces/{probe['faces'][1]['id']}")
    assert face.headers["content-type"] == "image/jpeg"
    assert face.content.startswith(b"\xff\xd8")
    is_problem(other("GET", where), 404)
    is_problem(mine("GET", f"{where}/faces/face-9"), 404)
    assert other("GET", "/probes").json() == []
    assert mine("DELETE", where).status_code == 204
    is_problem(mine("GET", where), 404)


@pytest.mark.parametrize(
    ("files", "data", "field"),
    [
        ({"file": ("x.jpg", b"nothing at all")}, WORDS, "content"),
        ({"file": ("x.jpg", b"\xff\xd8")}, {"reason": "x"}, "reason"),
        ({"file": ("x.jpg", b"\xff\xd8")}, {}, "reason"),
        ({"picture": ("x.jpg", b"\xff\xd8")}, WORDS, ""),
        ({"file": ("x.jpg", b"\xff\xd8")}, WORDS | {"other": "y"}, ""),
    ],
)
def test_what_cannot_be_taken_is_said(
    callers: Callers, pack: ModelPack, files: dict[str, object], data: dict[str, str], field: str
) -> None:
    answer = callers("investigator")("POST", "/probes", files=files, data=data)
    problem = is_problem(answer, 422)
    assert field in str(problem)
    assert str(Path.home()) not in str(problem)


def test_nobody_else_opens(callers: Callers) -> None:
    for role in ("facial-examiner", "auditor", "administrator"):
        is_problem(callers(role)("POST", "/probes", files={"file": ("x", b"x")}, data=WORDS), 403)
