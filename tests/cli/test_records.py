"""`overt audit` and `overt vault` as people type them, through to the exit status."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from overt.cli.app import app
from overt.errors import AuditError, AuthorityError, InputError, OvertError, RecordsError, VaultError

PASSWORD = "long enough to be nobody's guess 7"


@dataclass
class Terminal:
    """A data folder with an administrator and an auditor, and commands given to it."""

    folder: Path

    def run(
        self, *words: str, asking: bool = True, password: str = PASSWORD, new: str | None = None
    ) -> Result:
        given = [*words, *(["--data", str(self.folder)] if asking else [])]
        environment = {
            "OVERT_PASSWORD": password,
            "OVERT_NEW_PASSWORD": new,
            "OVERT_TOKEN": None,
            "OVERT_DATA": None,
            "OVERT_DATABASE": None,
            "OVERT_MASTER_KEY": None,
        }
        return CliRunner().invoke(app, given, env=environment)

    def ok(self, *words: str, **how: Any) -> str:
        result = self.run(*words, **how)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result.stdout

    def error(self, *words: str, **how: Any) -> OvertError:
        result = self.run(*words, **how)
        assert isinstance(result.exception, OvertError), result.output
        return result.exception

    def verdict(self, *words: str, asking: bool = True) -> tuple[int, Any]:
        result = self.run("audit", "verify", "--json", *words, asking=asking)
        return result.exit_code, json.loads(result.stdout)

    def tamper(self, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(self.folder / "overt.sqlite3")) as connection:
            connection.execute(statement)
            connection.commit()


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its people."""
    terminal = Terminal(tmp_path_factory.mktemp("records") / "data")
    first = json.loads(terminal.ok("users", "first", "boss", "--full-name", "The Boss", "--json"))
    terminal.ok("users", "change-password", "--as", "boss", password=first["one_time_password"], new=PASSWORD)
    words = ("users", "add", "eye", "--as", "boss", "--full-name", "An Eye", "--role", "auditor")
    added = json.loads(terminal.ok(*words, "--json"))
    terminal.ok("users", "change-password", "--as", "eye", password=added["one_time_password"], new=PASSWORD)
    return terminal.folder


@pytest.fixture
def terminal(settled: Path, tmp_path: Path) -> Terminal:
    """The same, each test with its own copy."""
    return Terminal(Path(shutil.copytree(settled, tmp_path / "data")))


def test_verify_prints_what_scripts_read_and_needs_neither_person_nor_key(terminal: Terminal) -> None:
    before = (terminal.folder / "overt.sqlite3").read_bytes()
    (terminal.folder / "master.key").rename(terminal.folder.parent / "elsewhere.key")
    status, verdict = terminal.verdict()
    assert status == 0
    assert verdict.keys() >= {"entries", "ok", "first_bad"}
    assert verdict["entries"] > 5
    assert (verdict["ok"], verdict["first_bad"], verdict["fault"]) == (True, None, "")
    assert terminal.verdict()[1]["entries"] == verdict["entries"], "verifying adds no entry"
    assert (terminal.folder / "overt.sqlite3").read_bytes() == before
    assert f"{verdict['entries']} entries" in terminal.ok("audit", "verify")


def test_verify_fails_with_the_number_of_the_entry(terminal: Terminal) -> None:
    terminal.tamper("UPDATE audit_entries SET actor_name = 'x' WHERE seq = 3")
    status, verdict = terminal.verdict()
    assert (status, verdict["ok"], verdict["first_bad"], verdict["entries"]) == (1, False, 3, 2)
    said = terminal.run("audit", "verify")
    assert (said.exit_code, "broken at entry 3" in said.stdout) == (1, True)


def test_a_tail_that_is_missing_is_found(terminal: Terminal) -> None:
    terminal.tamper("DELETE FROM audit_entries WHERE seq >= 4")
    status, verdict = terminal.verdict()
    assert (status, verdict["first_bad"]) == (1, 4)


def test_a_checkpoint_kept_elsewhere_is_an_anchor(terminal: Terminal) -> None:
    kept = json.loads(terminal.ok("audit", "checkpoint", "--as", "eye", "--json"))
    anchor = f"{kept['seq']}:{kept['digest']}"
    assert terminal.verdict("--anchor", anchor, "--public-key", kept["public_key"])[0] == 0
    assert f"--anchor {kept['seq']}:" not in terminal.ok("audit", "verify")
    assert terminal.verdict("--anchor", f"{kept['seq']}:{'0' * 64}")[1]["first_bad"] == kept["seq"]
    assert terminal.verdict("--public-key", "0" * 64)[0] == 1
    assert isinstance(terminal.error("audit", "verify", "--anchor", "5"), InputError)
    assert isinstance(terminal.error("audit", "verify", "--public-key", "5"), InputError)


def test_an_export_verifies_offline(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "chain.jsonl"
    terminal.ok("audit", "export", str(file), "--as", "eye")
    assert isinstance(terminal.error("audit", "export", str(file), "--as", "eye"), AuditError)
    status, verdict = terminal.verdict("--file", str(file), asking=False)
    assert (status, verdict["ok"]) == (0, True)
    file.write_bytes(file.read_bytes().replace(b'"done"', b'"none"', 1))
    assert terminal.verdict("--file", str(file), asking=False)[1]["first_bad"] == 1
    assert isinstance(terminal.error("audit", "verify", "--file", str(file)), InputError), (
        "and not --data too"
    )
    assert isinstance(
        terminal.error("audit", "verify", "--file", str(tmp_path / "no"), asking=False), AuditError
    )
    assert isinstance(terminal.error("audit", "verify", asking=False), InputError)


def test_an_export_is_the_auditor_s(terminal: Terminal, tmp_path: Path) -> None:
    assert isinstance(terminal.error("audit", "export", str(tmp_path / "x"), "--as", "boss"), AuthorityError)
    assert not (tmp_path / "x").exists()


def test_entries_are_listed_and_shown(terminal: Terminal) -> None:
    listed = json.loads(terminal.ok("audit", "list", "--as", "eye", "--actor", "boss", "--json"))
    assert {item["actor_name"] for item in listed["items"]} == {"boss"}
    assert listed["total"] == len(listed["items"])
    assert "users" not in terminal.ok("audit", "list", "--as", "eye", "--command", "people.add")
    shown = json.loads(terminal.ok("audit", "show", "1", "--as", "eye", "--json"))
    assert (shown["seq"], shown["command"]) == (1, "people.add-first")
    assert "people.add-first" in terminal.ok("audit", "show", "1", "--as", "eye")


def test_a_folder_without_records_is_refused_and_left_alone(tmp_path: Path) -> None:
    nowhere = Terminal(tmp_path / "nowhere")
    assert isinstance(nowhere.error("audit", "verify"), RecordsError)
    assert not nowhere.folder.exists()


def test_a_key_is_made_and_rotated_and_a_backup_restored(terminal: Terminal, tmp_path: Path) -> None:
    before, key = tmp_path / "before.overt-backup", tmp_path / "new.key"
    made = json.loads(terminal.ok("vault", "backup", str(before), "--as", "boss", "--json"))
    assert made["size"] == before.stat().st_size
    assert str(key) in terminal.ok("vault", "new-key", str(key), asking=False)
    assert isinstance(terminal.error("vault", "new-key", str(key), asking=False), VaultError)
    rotated = json.loads(terminal.ok("vault", "rotate", "--new-key", str(key), "--as", "boss", "--json"))
    old = terminal.folder / rotated["old_key_file"]
    assert (terminal.folder / "master.key").read_bytes() == key.read_bytes()
    after = tmp_path / "after.overt-backup"
    terminal.ok("vault", "backup", str(after), "--as", "boss")

    for backup, fits, other in ((before, old, key), (after, key, old)):
        restored = Terminal(tmp_path / backup.stem)
        words = ("vault", "restore", str(backup), "--key-file")
        assert isinstance(restored.error(*words, str(other)), VaultError)
        assert "whole" in restored.ok(*words, str(fits))
        assert restored.verdict()[0] == 0
        assert "eye" in restored.ok("users", "list", "--as", "eye")
        assert isinstance(restored.error(*words, str(fits)), RecordsError), "it is not empty now"


def test_rotating_without_a_key_file_says_how_to_make_one(terminal: Terminal, tmp_path: Path) -> None:
    refused = terminal.error("vault", "rotate", "--new-key", str(tmp_path / "none.key"), "--as", "boss")
    assert isinstance(refused, VaultError)
    assert "overt vault new-key" in refused.remedy
