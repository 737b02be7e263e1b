"""examples/deployment.py against a server's own process: from an empty folder to the published record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from overt.biometrics import ModelPack
from overt.casework import open_office
from overt.evaluation.scene import Scene, SceneSettings, write_reference
from overt.records.verification import verify_records
from tests.api.test_serving import COMMAND, serving

ENGAGE = (
    "--adjudicate",
    "engage",
    "--reason-code",
    "same-person",
    "--reason",
    "Rehearsal: it is the same person",
)


def _first_administrator(folder: Path) -> str:
    made = subprocess.run(
        [
            *COMMAND,
            "users",
            "first",
            "--data",
            str(folder),
            "admin",
            "--full-name",
            "A",
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return str(json.loads(made.stdout)["one_time_password"])


def _rehearsed(repository: Path, tmp_path: Path, gallery: Path, feed: Path, *options: str) -> dict[str, Any]:
    """The record that the example prints, held to the schema that the server gives."""
    data = tmp_path / "data"
    with serving(data) as server:
        done = subprocess.run(
            [
                *(sys.executable, str(repository / "examples" / "deployment.py"), "--base-url", server.url),
                *("--gallery", str(gallery), "--feed", str(feed), "--json", *options),
            ],
            env=os.environ | {"OVERT_ADMINISTRATOR_PASSWORD": _first_administrator(data)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        schema = httpx.get(f"{server.url}/schemas/deployment-record.json").json()
        status, said = server.end()
    assert status == 0
    assert "Traceback" not in said
    record: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(record, schema, format_checker=jsonschema.FormatChecker())
    with open_office(data, make=False, environment={}) as office, office.database.reading() as session:
        verdict = verify_records(session, public_key=office.audit.public_key)
    assert verdict.ok
    assert record["audit"]["entries"] <= verdict.entries
    return record


@pytest.mark.slow
def test_a_rehearsal_on_the_simulated_street(repository: Path, tmp_path: Path, pack: ModelPack) -> None:
    film = tmp_path / "street.mp4"
    Scene(SceneSettings(seconds=8, crowd=2, near=0, principals=("grace-hopper",))).write(film)
    (tmp_path / "gallery").mkdir()
    write_reference("grace-hopper", tmp_path / "gallery")
    # as fast as it can be worked through: a live feed on a busy machine drops frames, and people with them
    record = _rehearsed(repository, tmp_path, tmp_path / "gallery", film, "--pace", "max", *ENGAGE)
    assert record["alerts"]["total"] == 1
    assert record["alerts"]["true_confirmed"] == 1


@pytest.mark.slow
@pytest.mark.shared
def test_a_rehearsal_on_footage_of_real_people(
    repository: Path, tmp_path: Path, shared_data: Path, pack: ModelPack
) -> None:
    video = shared_data / "video"
    gallery, film = video / "hamilton_gallery", video / "hamilton.mp4"
    record = _rehearsed(repository, tmp_path, gallery, film, "--pace", "max", *ENGAGE)
    assert record["alerts"]["total"] >= 1
