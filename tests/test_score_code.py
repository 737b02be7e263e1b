"""Digests of the code that a score hangs on: nothing of it can change unseen, and nothing of it is left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from overt import score_code as code

NO_SCORE = {"__init__.py", "providers.py"}
"""Of the room of biometrics: names, and where a network may run."""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's code, to be altered."""
    place = tmp_path / "overt"
    for _, patterns in code.SCORE_CODE:
        for pattern in patterns:
            for file in code.PACKAGE.glob(pattern):
                kept = place / file.relative_to(code.PACKAGE)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, kept)
    monkeypatch.setattr(code, "PACKAGE", place)
    return place


def test_a_copy_has_the_same_digests(copied: Path) -> None:
    there = code.score_code()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "PACKAGE", Path(code.__file__).parent)
        assert code.score_code() == there
    assert len(set(there.values())) == len(code.SCORE_CODE)


def test_a_change_to_any_file_changes_its_part_and_no_other(copied: Path) -> None:
    before = code.score_code()
    files = list(copied.rglob("*.py"))
    assert len(files) > 15
    for number, file in enumerate(files):
        other = copied.parent / f"other-{number}"
        shutil.copytree(copied, other)
        with (other / file.relative_to(copied)).open("a", encoding="utf-8") as written:
            written.write("# another line\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(code, "PACKAGE", other)
            after = code.score_code()
        assert sum(before[part] != after[part] for part in before) == 1, file


def test_every_pattern_names_files_that_are_there() -> None:
    for part, patterns in code.SCORE_CODE:
        for pattern in patterns:
            assert list(code.PACKAGE.glob(pattern)), (part, pattern)


def test_every_module_of_biometrics_is_listed_or_changes_no_score() -> None:
    listed = {
        file for _, patterns in code.SCORE_CODE for pattern in patterns for file in code.PACKAGE.glob(pattern)
    }
    room = code.PACKAGE / "biometrics"
    there = {file for file in room.rglob("*.py") if "packs" not in file.relative_to(room).parts}
    missing = {str(file.relative_to(room)) for file in there - listed} - NO_SCORE
    assert not missing, "list them in SCORE_CODE, or say here why they change no score"
