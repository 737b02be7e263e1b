"""`overt watchlists`, as it is typed."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from overt.casework import open_office, people
from overt.cli.app import app
from overt.errors import AuthorityError, InputError, OvertError
from tests.casework.watchlists.desk import COLUMNS, collins, folder_of, hopper
from tests.offices import Staff

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack

EXPIRY = str(datetime.now(UTC).date() + timedelta(days=20))


@dataclass(frozen=True)
class Typing:
    """A data folder, and people with tokens who type commands over it."""

    folder: Path
    tokens: dict[str, str]

    def run(self, *words: str, by: str = "manager") -> Result:
        """Run `overt watchlists …`."""
        environment = {"OVERT_TOKEN": self.tokens[by], "OVERT_PASSWORD": None}
        return CliRunner().invoke(app, ["watchlists", *words, "--data", str(self.folder)], env=environment)

    def json(self, *words: str, by: str = "manager", status: int = 0) -> Any:
        """What it printed as JSON."""
        result = self.run(*words, "--json", by=by)
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    def error(self, *words: str, by: str = "manager") -> OvertError:
        """What it failed with."""
        result = self.run(*words, by=by)
        assert isinstance(result.exception, OvertError), result.output
        return result.exception


@pytest.fixture(scope="module")
def typing(tmp_path_factory: pytest.TempPathFactory, pack: ModelPack) -> Typing:
    folder = tmp_path_factory.mktemp("watchlists") / "data"
    tokens = {}
    with open_office(folder, environment={}) as office:
        for name, role in (("manager", "watchlist-manager"), ("officer", "authorising-officer")):
            actor = Staff(office)(role, name=name)
            new = people.NewToken(name="test", scopes=("*",), days=1)
            tokens[name] = people.add_token(office, actor, new).secret
    assert pack.manifest.id == "embedded"
    return Typing(folder, tokens)


@pytest.fixture
def watchlist(typing: Typing) -> str:
    (made,) = typing.json("create", "Tonight", "--purpose", "High street")
    return str(made["id"])


def _row(reference: str, image: str) -> str:
    sought = "missing or at risk of harm,consent,unknown,none"
    return f"{reference},Name of {reference},{sought},{EXPIRY},{image},camera,unknown"


def test_from_a_table_to_an_approved_list_and_its_export(
    typing: Typing, watchlist: str, tmp_path: Path
) -> None:
    rows = [_row("C", "c.jpg"), _row("H", "h.jpg"), _row("bad\x1b[2J", "nowhere.jpg"), _row("D", "c.jpg")]
    table = folder_of(tmp_path / "in", rows, {"c.jpg": collins(), "h.jpg": hopper()})
    dry = typing.json("import", watchlist, str(table), "--dry-run", status=1)
    assert (dry["added"], dry["refused"], typing.json("show", watchlist)) == (3, 1, [])
    done = typing.json("import", watchlist, str(table), status=1)
    assert [row["result"] for row in done["report"]] == ["added", "added", "refused", "added"]
    again = typing.run("import", watchlist, str(table))
    assert again.exit_code == 1
    assert "0 added, 0 changed, 3 unchanged, 1 refused" in again.stdout
    assert "missing: nowhere.jpg is not there" in again.stdout
    assert "\x1b[2J" not in again.stdout
    assert typing.json("renew", watchlist) == {"made": 0, "failed": [], "next": None}
    assert typing.run("renew", watchlist).stdout == "0 templates for covered faces made\n"
    (pair,) = typing.json("look-alikes", watchlist)
    assert {pair["first"]["reference"], pair["second"]["reference"]} == {"C", "D"}
    assert "duplicate" in typing.run("look-alikes", watchlist).stdout
    assert isinstance(typing.error("approve", watchlist, "--all"), AuthorityError)
    assert len(typing.json("approve", watchlist, "--all", by="officer")["approved"]) == 3
    shown = typing.json("show", watchlist, "--status", "approved", "--text", "name of h")
    assert [one["reference"] for one in shown] == ["H"]
    assert "Name of H" in typing.run("show", watchlist).stdout
    withdrawn = typing.json("withdraw", shown[0]["id"], "--reason", "Found")
    assert withdrawn["status"] == "withdrawn"
    out = tmp_path / "out.zip"
    assert typing.json("export", watchlist, "--out", str(out), "--pictures", by="officer")["entries"] == 3
    assert out.stat().st_mode & 0o077 == 0
    assert len(zipfile.ZipFile(out).namelist()) == 4
    assert "cannot be written" in typing.error("export", watchlist, "--out", str(out)).what
    assert typing.json("delete", watchlist, "--yes", "--entry", withdrawn["id"]) == {"entries": 1}
    assert typing.json("delete", watchlist, "--yes") == {"entries": 2}
    assert watchlist not in typing.run("list").stdout


def test_a_single_entry_is_added_with_its_pictures(typing: Typing, watchlist: str, tmp_path: Path) -> None:
    (tmp_path / "c.jpg").write_bytes(collins())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    fields = {
        "reference": "C",
        "name": "Eileen Collins",
        "category": "missing or at risk of harm",
        "lawful-basis": "consent",
        "date-of-birth": "1956-11-19",
        "instruction": "none",
        "expires-on": EXPIRY,
        "image-source": "NASA",
        "image-date": "unknown",
    }
    words = [word for name, value in fields.items() for word in (f"--{name}", value)]
    added = typing.json("add", watchlist, *words, "--image", str(tmp_path / "c.jpg"), "--warning", "tall")
    assert (added["images"], added["date_of_birth"], added["warnings"]) == (1, "1956-11-19", ["tall"])
    words[1] = "D"
    result = typing.run("add", watchlist, *words, "--image", str(tmp_path / "bad.jpg"))
    assert result.exit_code == 1
    assert "bad.jpg: refused (unreadable" in result.stdout
    words[9] = "once"
    assert "date_of_birth" in typing.error("add", watchlist, *words, "--image", str(tmp_path / "c.jpg")).what
    assert "cannot be read" in typing.error("add", watchlist, *fields_of(fields), "--image", "no.jpg").what


def fields_of(fields: dict[str, str]) -> list[str]:
    return [word for name, value in fields.items() for word in (f"--{name}", value)]


def test_what_cannot_be_imported_says_why(typing: Typing, watchlist: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(COLUMNS.replace("name,", ""))
    assert isinstance(typing.error("import", watchlist, str(bad)), InputError)
    assert "not a file" in typing.error("import", watchlist, str(tmp_path / "no.zip")).what
    assert "Either entries or --all" in typing.error("approve", watchlist, by="officer").what
