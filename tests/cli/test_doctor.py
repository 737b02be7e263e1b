"""`overt doctor`: it tries the seals out, says what is missing, and its exit status can be relied on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from overt.cli._machine import Finding, _session_problem
from overt.cli.doctor import findings_table
from overt.engine.seal import SEALS

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack

DOCTOR = [sys.executable, "-c", "from overt.cli import main; main()", "doctor"]


def test_a_machine_with_the_pack_is_examined_and_every_seal_tried(pack: ModelPack) -> None:
    done = subprocess.run([*DOCTOR, "--json"], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["ready"]
    assert tuple(found["seals"]) == SEALS
    assert found["seals"]["no-core-dump"]
    assert found["seals"]["freed-memory-overwritten"]
    by_name = {one["name"]: one for ones in found["findings"].values() for one in ones}
    assert by_name["cpu"]["verdict"] == "ok"
    assert by_name[pack.manifest.id]["verdict"] == "ok"
    assert pack.manifest.licence.weights in by_name[pack.manifest.id]["detail"]
    for one in by_name.values():
        assert one["detail"]
        assert one["verdict"] in {"ok", "optional"} or one["remedy"]


def test_without_a_pack_it_is_not_ready_and_says_what_to_run(tmp_path: Path) -> None:
    environment = os.environ | {"OVERT_HOME": str(tmp_path)}
    done = subprocess.run(DOCTOR, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert "overt models pull embedded" in " ".join(done.stdout.split())
    assert "Not ready: embedded" in done.stdout


def test_a_provider_that_cannot_open_a_session_is_found_out() -> None:
    assert _session_problem("CPUExecutionProvider") == ""
    with pytest.warns(UserWarning, match="NoSuchProvider"):
        assert "falls back" in _session_problem("NoSuchProvider")


def test_each_topic_is_named_once_and_remedies_follow_what_they_are_for() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    refused = Finding("seals", "memory-locked", "warning", "refused [by] the kernel", "Raise the limit")
    console.print(findings_table([refused, Finding("seals", "no-core-dump", "ok", "no dump")]))
    text = console.export_text()
    assert text.count("seals") == 1
    assert text.index("refused [by] the kernel") < text.index("→ Raise the limit") < text.index("no dump")
