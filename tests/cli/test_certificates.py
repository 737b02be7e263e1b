"""`overt certify` and `overt certificates`: from two sets of data to a file that anybody can verify."""

from __future__ import annotations

import csv
import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import argon2
import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from overt.biometrics import ModelPack
from overt.casework import open_office
from overt.cli.app import app
from overt.errors import AuthorityError, EvaluationError, InputError, OvertError
from overt.evaluation.protocols import Preparation, TemplateCache, Trials
from overt.evaluation.protocols.cache import Made
from tests.casework.deployments.force import PASSWORD, Force
from tests.evaluation.certificates.crowds import crowd
from tests.offices import Clock, Staff


class Desk:
    """An office in a folder, people with a password, and two sets of data whose templates are made already."""

    def __init__(self, force: Force, folder: Path, pack: ModelPack) -> None:
        self.force, self.cache = force, folder / "cache"
        self.tested = _written(crowd(), folder / "tested", self.cache, pack)
        others = crowd(seed=2, first=10_000, enrolled=120)
        self.others = _written(others, folder / "others", self.cache, pack)

    def run(self, role: str | None, *words: str) -> Result:
        """Run `overt …`, as somebody in a role or as nobody."""
        given = list(words)
        if role is not None:
            actor = self.force.staff(role)
            self.force.give_password(actor)
            given += ["--data", str(self.force.office.folder), "--as", actor.name]
        return CliRunner().invoke(
            app, given, env={"OVERT_PASSWORD": PASSWORD, "OVERT_TOKEN": None, "COLUMNS": "200"}
        )

    def ok(self, role: str | None, *words: str) -> str:
        """What it printed, once it went well."""
        result = self.run(role, *words)
        assert result.exception is None, result.exception
        return result.stdout

    def error(self, role: str, *words: str) -> OvertError:
        """What it failed with."""
        result = self.run(role, *words)
        assert isinstance(result.exception, OvertError), result.output
        return result.exception

    def certify(self, *other: str, fpir: str = "0.05", size: str = "400") -> tuple[str, ...]:
        """The words of `overt certify`."""
        return (
            *("certify", str(self.tested), "--calibrate", str(self.others), "--cache", str(self.cache)),
            *("--fpir", fpir, "--list-size", size, "--footfall", "2000", *other),
        )


def _written(trials: Trials, folder: Path, cache: Path, pack: ModelPack) -> Path:
    """A manifest of pictures that are made of nothing, with their templates in the cache."""
    folder.mkdir()
    kept = TemplateCache(cache, pack, msgspec.structs.replace(Preparation(), seed=0))
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "identity", "role", "side"))
        for i, (sample, vector) in enumerate(zip(trials.dataset.samples, trials.vectors, strict=True)):
            content = f"{folder.name} {i}".encode()
            (folder / f"{i}.png").write_bytes(content)
            template = np.zeros(pack.contract.dimension, np.float32)
            template[: len(vector)] = vector
            kept.put(hashlib.sha256(content).hexdigest(), Made(template, 60.0, 0.7))
            writer.writerow((f"{i}.png", sample.identity, sample.role, ("left", "right")[i % 2]))
    kept.flush()
    return manifest


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, pack: ModelPack) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("certificates")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OVERT_MASTER_KEY", raising=False)
        cheaply = functools.partial(open_office, password_cost=argon2.profiles.CHEAPEST)
        patch.setattr("overt.casework.open_office", cheaply)
        with cheaply(folder / "office", environment={}, clock=Clock()) as office:
            yield Desk(Force(office, Staff(office), Clock()), folder, pack)


def test_from_data_to_a_file_that_anybody_verifies(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    said = desk.ok("administrator", *desk.certify("--expires", "30", "--out", str(file)))
    assert "FPIR 0.05 at a list of 400" in said
    assert "modelled from a list of 80" in said
    assert "side: left" in said
    made = json.loads(file.read_text(encoding="utf-8"))
    name, key = made["certificate"]["id"], made["public_key"]

    listed = json.loads(desk.ok("auditor", "certificates", "list", "--json"))
    assert [(one["id"], one["state"]) for one in listed] == [(name, "valid")]
    assert name in desk.ok("auditor", "certificates", "list")
    assert json.loads(desk.ok("auditor", "certificates", "show", name, "--json"))["signed"] == made
    again = tmp_path / "again.json"
    desk.ok("auditor", "certificates", "show", name, "--out", str(again))
    assert again.read_bytes() == file.read_bytes()

    assert "is as it was signed" in desk.ok(None, "certificates", "verify", str(file))
    told = json.loads(desk.ok(None, "certificates", "verify", str(file), "--public-key", key, "--json"))
    assert (told["ok"], told["id"]) == (True, name)
    made["certificate"]["findings"]["operating_point"]["threshold"] = 0.1
    file.write_text(json.dumps(made), encoding="utf-8")
    result = desk.run(None, "certificates", "verify", str(file))
    assert result.exit_code == 1
    assert "It was altered" in result.stdout

    desk.ok("authorising-officer", "certificates", "withdraw", name, "--reason", "the people were too alike")
    assert "Withdrawn on" in desk.ok("auditor", "certificates", "show", name)


def test_data_that_cannot_support_the_rate_is_refused_with_what_it_would_take(desk: Desk) -> None:
    error = desk.error("administrator", *desk.certify(fpir="0.01", size="10000"))
    assert isinstance(error, EvaluationError)
    assert "it would take 37,314" in str(error)


def test_who_may_not_issue_is_told_before_anything_is_evaluated(desk: Desk) -> None:
    words = desk.certify("--no-cache")
    assert isinstance(desk.error("authorising-officer", *words), AuthorityError)


def test_a_file_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    result = desk.run(None, "certificates", "verify", str(tmp_path / "none.json"))
    assert isinstance(result.exception, InputError)
    assert "none.json cannot be read" in str(result.exception)
