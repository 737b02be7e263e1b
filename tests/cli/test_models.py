"""`overt models`: what it prints, what it refuses and the exit status of each."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from overt.cli import main
from tests.biometrics.packs.conftest import Draft

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packs folder, empty."""
    monkeypatch.setenv("OVERT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home/packs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound pack called `mine`."""
    return Draft(tmp_path / "draft").write()


class Command:
    """Runs `overt models`, and keeps what it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["overt", "models", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    def json(self, *words: str | Path) -> Any:
        status, out, _ = self(*words, "--json")
        assert status == 0
        return json.loads(out)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command."""
    return Command(monkeypatch, capsys)


def test_the_list_shows_known_packs_and_ones_own(models: Command, folder: Path) -> None:
    assert [(row["name"], row["state"]) for row in models.json("list")] == [
        ("dlib", "absent"),
        ("embedded", "absent"),
        ("open", "absent"),
    ]
    models("add", folder)
    assert {row["name"]: row["state"] for row in models.json("list")}["mine"] == "ready"
    status, out, _ = models("list")
    assert status == 0
    assert "mine" in out
    assert "A pack for tests" in out


def test_the_list_says_why_a_pack_is_refused(models: Command, folder: Path, home: Path) -> None:
    models("add", folder)
    (home / "mine/detector.onnx").write_bytes(b"short")
    row = next(row for row in models.json("list") if row["name"] == "mine")
    assert row["state"] == "refused"
    assert "truncated" in row["problem"]
    assert "truncated" in models("list")[1]


def test_a_pack_is_added_and_shown(models: Command, folder: Path, home: Path) -> None:
    added = models.json("add", folder)
    assert added == {"folder": str(home / "mine"), "manifest": added["manifest"]}
    assert models.json("show", "mine") == added
    status, out, _ = models("show", "mine")
    assert status == 0
    for file in added["manifest"]["files"]:
        assert file["sha256"] in out
    assert "CC0-1.0" in out


def test_a_pack_that_is_not_right_is_refused_with_the_remedy(
    models: Command, folder: Path, home: Path
) -> None:
    (folder / "recogniser.onnx").unlink()
    status, out, err = models("add", folder)
    assert (status, out) == (1, "")
    assert err.startswith("overt: ")
    assert "missing" in err
    assert not (home / "mine").exists()


def test_verify_fails_when_any_pack_is_damaged_or_there_is_none(
    models: Command, folder: Path, home: Path
) -> None:
    assert models("verify")[0] == 1
    models("add", folder)
    assert models("verify")[:2] == (0, "mine: whole\n")
    assert models.json("verify", "mine") == [{"name": "mine", "whole": True, "problem": ""}]
    content = bytearray((home / "mine/recogniser.onnx").read_bytes())
    content[-1] ^= 1
    (home / "mine/recogniser.onnx").write_bytes(content)
    status, out, _ = models("verify", "--json")
    assert status == 1
    assert "SHA-256" in json.loads(out)[0]["problem"]
    assert models("verify", "absent")[0] == 1


def test_a_pull_of_an_unknown_pack_or_an_empty_folder_fails(models: Command, tmp_path: Path) -> None:
    status, _, err = models("pull", "nothing")
    assert status == 1
    assert "dlib, embedded, open" in err
    (tmp_path / "usb").mkdir()
    status, out, err = models("pull", "open", "--from", tmp_path / "usb")
    assert (status, out) == (1, "")
    assert "face_detection_yunet_2023mar.onnx" in err


def test_a_drafted_manifest_can_be_added_and_is_not_written_over(models: Command, folder: Path) -> None:
    (folder / "pack.toml").unlink()
    words = ["draft", folder, "--name", "drafted", "--detector", "detector.onnx", "--family", "centerface"]
    words += [
        "--recogniser",
        "recogniser.onnx",
        "--layout",
        "arcface-112",
        "--threshold",
        "0.4",
        "--research",
    ]
    assert models(*words)[0] == 2, "a licence has to be given"
    words += ["--weights-licence", "for research", "--training-data", "unknown"]
    manifest = models.json(*words)["manifest"]
    assert (manifest["recogniser"]["dimension"], manifest["licence"]["operational_use"]) == (16, False)
    assert models.json("add", folder)["manifest"] == manifest
    status, _, err = models(*words)
    assert status == 1
    assert "there already" in err
    (folder / "pack.toml").unlink()
    (folder / "detector.onnx").write_bytes(b"not a network")
    status, _, err = models(*words)
    assert status == 1
    assert "not an ONNX file" in err
    assert not (folder / "pack.toml").exists()


def test_a_missing_argument_is_a_usage_error(models: Command) -> None:
    assert models("show")[0] == 2
    assert models("sing")[0] == 2
