"""`overt users`, as it is typed."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from overt.cli.app import app
from overt.errors import ConflictError, InputError, OvertError, RecordsError, SignInError

PASSWORD = "three blue kettles"


class Office:
    """A data folder, and the command line over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, **environment: str | None) -> Result:
        """Run `overt users …`."""
        given = [*words, "--data", str(self.folder)]
        none = {"OVERT_PASSWORD": None, "OVERT_TOKEN": None, "OVERT_NEW_PASSWORD": None}
        return CliRunner().invoke(app, ["users", *given], env=none | environment)

    def ok(self, *words: str, password: str = PASSWORD, **environment: str | None) -> Any:
        """What it printed as JSON, once it went well."""
        result = self.run(*words, "--json", OVERT_PASSWORD=password, **environment)
        assert result.exception is None, result.exception
        return json.loads(result.stdout)

    def error(self, *words: str, **environment: str | None) -> OvertError:
        """What it failed with."""
        result = self.run(*words, **environment)
        assert isinstance(result.exception, OvertError), result.output
        return result.exception

    def settle(self, username: str, one_time: str) -> None:
        """Change a one-time password."""
        result = self.run(
            "change-password", "--as", username, OVERT_PASSWORD=one_time, OVERT_NEW_PASSWORD=PASSWORD
        )
        assert result.exception is None, result.exception


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with its first administrator, `ada`."""
    made = Office(tmp_path_factory.mktemp("users") / "data")
    first = made.ok("first", "ada", "--full-name", "Ada Byron")
    assert isinstance(
        made.error("list", "--as", "ada", OVERT_PASSWORD=first["one_time_password"]), SignInError
    )
    made.settle("ada", first["one_time_password"])
    return made


def test_the_first_administrator_is_made_once_and_only_the_owner_reads_the_folder(office: Office) -> None:
    again = office.error("first", "eve", "--full-name", "Eve")
    assert isinstance(again, ConflictError)
    assert office.folder.stat().st_mode & 0o077 == 0


def test_a_person_from_being_added_to_being_shut_out(office: Office) -> None:
    added = office.ok(
        *("add", "bob", "--full-name", "Bob", "--role", "lfr-operator"),
        *("--role", "engagement-officer", "--as", "ada"),
    )
    assert added["person"]["roles"] == ["engagement-officer", "lfr-operator"]
    office.settle("bob", added["one_time_password"])
    changed = office.ok("change", "bob", "--role", "auditor", "--full-name", "Robert", "--as", "ada")
    assert (changed["roles"], changed["full_name"]) == (["auditor"], "Robert")
    assert office.ok("show", "bob", "--as", "ada") == changed
    assert [person["username"] for person in office.ok("list", "--as", "bob")] == ["ada", "bob"]

    office.settle("bob", office.ok("reset-password", "bob", "--as", "ada")["one_time_password"])
    assert office.ok("deactivate", "bob", "--as", "ada")["deactivated_at"]
    assert isinstance(office.error("list", "--as", "bob", OVERT_PASSWORD=PASSWORD), SignInError)
    office.settle("bob", office.ok("reactivate", "bob", "--as", "ada")["one_time_password"])
    assert office.run("list", "--as", "bob", OVERT_PASSWORD=PASSWORD).exit_code == 0


def test_a_token_acts_without_a_password_and_within_its_scopes(office: Office) -> None:
    made = office.ok("tokens", "add", "nightly", "--scope", "people.list", "--days", "1", "--as", "ada")
    listed = office.run("list", "--json", OVERT_TOKEN=made["secret"])
    assert "ada" in [person["username"] for person in json.loads(listed.stdout)]
    assert "scope" in str(office.error("show", "ada", OVERT_TOKEN=made["secret"]))
    (kept,) = office.ok("tokens", "list", "--as", "ada")
    assert kept["name"] == "nightly"
    assert "secret" not in kept
    office.ok("tokens", "revoke", kept["id"], "--as", "ada")
    assert "revoked" in str(office.error("list", OVERT_TOKEN=made["secret"]))


def test_the_session_of_a_command_ends_with_it(office: Office) -> None:
    from sqlalchemy import create_engine, text

    office.ok("list", "--as", "ada")
    engine = create_engine(f"sqlite:///{office.folder / 'overt.sqlite3'}")
    with engine.connect() as connection:
        open_ = connection.execute(text("SELECT count(*) FROM sessions WHERE ended_at IS NULL")).scalar()
    engine.dispose()
    assert open_ == 0


def test_text_for_people_shows_a_one_time_password_once_and_what_to_do_with_it(office: Office) -> None:
    result = office.run(
        *("add", "cyd", "--full-name", "Cyd", "--role", "investigator", "--as", "ada"),
        OVERT_PASSWORD=PASSWORD,
    )
    *_, advice, secret = result.stdout.strip().splitlines()
    assert "overt users change-password --as cyd" in advice
    assert secret not in office.run("list", "--as", "ada", OVERT_PASSWORD=PASSWORD).stdout
    office.settle("cyd", secret)


@pytest.mark.parametrize(
    ("words", "environment", "kind", "says"),
    [
        (("list",), {}, SignInError, "--as"),
        (("list", "--as", "ada"), {}, SignInError, "OVERT_PASSWORD"),
        (("list", "--as", "ada"), {"OVERT_PASSWORD": "wrong"}, SignInError, "wrong, or"),
        (("list", "--as", "nobody-here"), {"OVERT_PASSWORD": "wrong"}, SignInError, "wrong, or"),
        (("list",), {"OVERT_TOKEN": "overt_t_x"}, SignInError, "not known"),
        (
            ("add", "Bob Smith", "--full-name", "B", "--role", "auditor", "--as", "ada"),
            {"OVERT_PASSWORD": PASSWORD},
            InputError,
            "username",
        ),
        (
            ("add", "eve", "--full-name", "E", "--role", "king", "--as", "ada"),
            {"OVERT_PASSWORD": PASSWORD},
            InputError,
            "roles",
        ),
        (
            ("add", "eve", "--full-name", "E", "--as", "ada"),
            {"OVERT_PASSWORD": PASSWORD},
            InputError,
            "roles",
        ),
        (("show", "eve", "--as", "ada"), {"OVERT_PASSWORD": PASSWORD}, OvertError, "no person eve"),
        (("deactivate", "ada", "--as", "ada"), {"OVERT_PASSWORD": PASSWORD}, ConflictError, "last"),
        (
            ("change-password", "--as", "ada"),
            {"OVERT_PASSWORD": PASSWORD, "OVERT_NEW_PASSWORD": "password12345"},
            InputError,
            "commonest",
        ),
    ],
)
def test_a_refusal_says_what_and_what_to_do(
    office: Office, words: tuple[str, ...], environment: dict[str, str], kind: type[OvertError], says: str
) -> None:
    error = office.error(*words, **environment)
    assert isinstance(error, kind)
    assert says in str(error)
    assert error.remedy
    for secret in environment.values():
        assert secret not in str(error) or secret == "wrong"


def test_a_folder_without_a_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    nowhere = Office(tmp_path / "nowhere")
    assert isinstance(nowhere.error("list", "--as", "ada", OVERT_PASSWORD="x"), RecordsError)
    assert not nowhere.folder.exists()


def test_a_password_is_asked_for_at_a_terminal_and_not_shown(office: Office) -> None:
    leader, follower = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OVERT_")}
    seen = b""
    with subprocess.Popen(
        [
            *(sys.executable, "-c", "from overt.cli import main; main()"),
            *("users", "list", "--as", "ada", "--data", str(office.folder)),
        ],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=follower,
        env=environment,
    ) as process:
        os.close(follower)
        with contextlib.suppress(OSError):  # the terminal's other end was closed: the command has ended
            while part := os.read(leader, 1024):
                seen += part
                if part and seen.endswith(b": ") and b"Password of ada" in seen:
                    os.write(leader, PASSWORD.encode() + b"\n")
        out = process.communicate()[0]
    os.close(leader)
    assert process.returncode == 0
    assert b"Ada Byron" in out
    assert PASSWORD.encode() not in seen + out
