"""`overt enrol` as a person and a script use it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from overt.gallery import WatchlistKey, read_watchlist
from tests.gallery.portraits import astronaut, hopper, write


def overt(*words: object, passphrase: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "OVERT_WATCHLIST_PASSPHRASE"}
    if passphrase is not None:
        environment["OVERT_WATCHLIST_PASSPHRASE"] = passphrase
    return subprocess.run(
        [sys.executable, "-c", "from overt.cli import main; main()", "enrol", *map(str, words)],
        env={**environment, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def people(tmp_path: Path) -> Path:
    write(tmp_path / "people" / "collins.jpg", astronaut())
    write(tmp_path / "people" / "hopper.jpg", hopper())
    return tmp_path / "people"


def test_a_folder_becomes_a_file_locked_with_a_new_key_file(people: Path, tmp_path: Path):
    out, key = tmp_path / "list.overt-watchlist", tmp_path / "key"
    ran = overt(people, "--out", out, "--key-file", key)
    assert ran.returncode == 0, ran.stderr
    assert "2 of 2 entries enrolled, 0 refused" in ran.stdout
    assert f"made the key file {key}" in ran.stderr
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(key.stat().st_mode) == 0o600
    assert read_watchlist(out, WatchlistKey.from_file(key)).references == ("collins", "hopper")
    again = overt(people, "--out", out, "--key-file", key)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    replaced = overt(people, "--out", out, "--key-file", key, "--replace", "--json")
    assert replaced.returncode == 0
    assert "made the key file" not in replaced.stderr
    told = json.loads(replaced.stdout)
    assert (told["enrolled"], told["refused"], told["written"]) == (2, 0, str(out))
    assert told["rows"][0]["images"][0]["measures"]["eye_distance"] > 40


def test_a_refused_row_harms_no_other_and_shows_in_the_exit_status(people: Path, tmp_path: Path):
    write(people / "wall.png", np.full((200, 200, 3), 90, np.uint8))
    out = tmp_path / "list"
    ran = overt(people, "--out", out, passphrase="correct horse")
    assert ran.returncode == 1
    assert "no-face: no face was found" in ran.stdout
    assert "2 of 3 entries enrolled, 1 refused" in ran.stdout
    assert len(read_watchlist(out, WatchlistKey.from_passphrase("correct horse"))) == 2
    allowed = overt(people, "--dry-run", "--allow-refused", "--json")
    assert allowed.returncode == 0
    assert json.loads(allowed.stdout)["written"] is None


def test_nothing_enrolled_leaves_nothing_behind(tmp_path: Path):
    write(tmp_path / "walls" / "wall.png", np.full((200, 200, 3), 90, np.uint8))
    ran = overt(
        tmp_path / "walls", "--out", tmp_path / "list", "--key-file", tmp_path / "key", "--allow-refused"
    )
    assert ran.returncode == 1
    assert "Nothing was written" in ran.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walls"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("people",), 2, "--out"),
        (("people", "--out", "nowhere/list"), 1, "no file can be written at nowhere/list"),
        (("people", "--out", "list"), 1, "Give --key-file, or set OVERT_WATCHLIST_PASSPHRASE"),
        (("nobody", "--dry-run"), 1, "nobody cannot be read: No such file or directory"),
        (("people", "--dry-run", "--pack", "nonesuch"), 1, "nonesuch"),
    ],
)
def test_what_cannot_be_done_is_one_clear_message(
    people: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], status: int, message: str
):
    monkeypatch.chdir(people.parent)
    ran = overt(*words)
    assert ran.returncode == status
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_names_from_a_table_cannot_steer_the_terminal(people: Path):
    (people / "list.csv").write_text("image,name\nhopper.jpg,[red]G\x1b[2Jrace\n", encoding="utf-8")
    ran = overt(people / "list.csv", "--dry-run")
    assert ran.returncode == 0
    assert "[red]G\N{REPLACEMENT CHARACTER}[2Jrace" in ran.stdout
    assert "\x1b" not in ran.stdout
