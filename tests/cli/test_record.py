"""`overt record`, `overt retention` and `overt policy`: a closed deployment from its alert's end to its page."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest
from typer.testing import CliRunner, Result

from overt.casework import Actor, Office, open_office
from overt.casework.publication import COLUMNS, record_schema
from overt.cli.app import app
from overt.errors import AuthorityError, MissingError, OvertError, PolicyError
from tests.casework.deployments.force import PASSWORD, Force
from tests.casework.publication.day import make_day
from tests.casework.retention.rows import Rows
from tests.offices import Clock, Staff


class Desk:
    """An office in a folder, with a deployment that was closed long ago, and people with a password."""

    def __init__(self, office: Office) -> None:
        self.force = Force(office, Staff(office), Clock())
        self.deployment = make_day(Rows(office, self.force.staff)).deployment

    def person(self, role: str) -> Actor:
        actor = self.force.staff(role)
        self.force.give_password(actor)
        return actor

    def run(self, role: str, *words: str) -> Result:
        """Run `overt …` as somebody in a role."""
        given = [*words, "--data", str(self.force.office.folder), "--as", self.person(role).name]
        return CliRunner().invoke(
            app, given, env={"OVERT_PASSWORD": PASSWORD, "OVERT_TOKEN": None, "COLUMNS": "200"}
        )

    def ok(self, role: str, *words: str) -> str:
        """What it printed, once it went well."""
        result = self.run(role, *words)
        assert result.exception is None, result.exception
        return result.stdout

    def json(self, role: str, *words: str) -> Any:
        return json.loads(self.ok(role, *words, "--json"))

    def error(self, role: str, *words: str) -> OvertError:
        """What it failed with."""
        result = self.run(role, *words)
        assert isinstance(result.exception, OvertError), result.output
        return result.exception


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("OVERT_MASTER_KEY", raising=False)
    cheaply = functools.partial(open_office, password_cost=argon2.profiles.CHEAPEST)
    monkeypatch.setattr("overt.casework.open_office", cheaply)
    with cheaply(tmp_path / "office", environment={}, clock=Clock()) as office:
        yield Desk(office)


def test_from_what_is_due_to_the_published_page(desk: Desk, tmp_path: Path) -> None:
    status = desk.json("auditor", "retention", "status")
    due = {kind["kind"]: kind["due"] for kind in status["kinds"]}
    assert (due["alerts"], due["watchlists"], due["deployments"], status["last_run"]) == (15, 10, 0, None)
    assert "alerts " in desk.ok("auditor", "retention", "status")
    assert isinstance(desk.error("lfr-operator", "retention", "run"), AuthorityError)
    done = desk.json("administrator", "retention", "run")
    assert done["counts"] == {"alerts": 15, "alerts-undecided": 1, "deployments": 1, "watchlists": 10}
    assert "nothing was due" in desk.ok("administrator", "retention", "run")
    assert "Last run" in desk.ok("auditor", "retention", "status")

    name = desk.deployment
    assert isinstance(desk.error("auditor", "record", "show", name), MissingError)
    assert "Not published: a preview" in desk.ok("auditor", "record", "show", name, "--preview")
    assert "2 recognised of 3 passes" in desk.ok("lfr-operator", "record", "seeds", name, "3")
    made = desk.json("authorising-officer", "record", "publish", name)
    assert (made["version"], made["record"]["alerts"]["undecided"]) == (1, 1)
    assert desk.json("auditor", "record", "show", name) == made["record"]
    assert "It raised 13 alerts" in desk.ok("auditor", "record", "show", name)
    assert [row["digest"] for row in desk.json("auditor", "record", "list", name)] == [made["digest"]]
    assert made["digest"] in desk.ok("auditor", "record", "list", name)

    desk.ok("auditor", "record", "page", name, "--out", str(tmp_path / "record.html"))
    assert (tmp_path / "record.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    lines = list(csv.reader(desk.ok("auditor", "record", "csv", name).splitlines()))
    assert (tuple(lines[0]), lines[1][0]) == (COLUMNS, "High Street, Anytown")
    error = desk.error("auditor", "record", "page", name, "--out", str(tmp_path / "no" / "record.html"))
    assert "cannot be written" in str(error)


def test_the_schema_is_printed_to_anyone() -> None:
    result = CliRunner().invoke(app, ["record", "schema"])
    assert json.loads(result.stdout) == record_schema()


def test_a_policy_is_checked_before_it_is_used(tmp_path: Path, desk: Desk) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("[retention]\nalert_hours = 12\n")
    result = CliRunner().invoke(app, ["policy", "check", str(file), "--json"])
    figures = {figure["name"]: figure for figure in json.loads(result.stdout)["figures"]}
    assert figures["retention.alert_hours"] == {
        "name": "retention.alert_hours", "value": 12, "default": 24, "at_most": 24, "at_least": None,
    }  # fmt: skip
    file.write_text("[retention]\nalert_hours = 25\n")
    result = CliRunner().invoke(app, ["policy", "check", str(file)])
    assert isinstance(result.exception, PolicyError)
    assert "retention.alert_hours" in str(result.exception)
    assert "retention.alert_hours" in desk.ok("lfr-operator", "policy", "show")
