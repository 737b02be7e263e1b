"""Nothing reports to anybody: the runtime's own telemetry is off before it loads, in every process of Overt's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from overt.engine.launch import engine_environment


def test_the_engine_is_started_with_the_runtimes_telemetry_off() -> None:
    assert engine_environment()["ORT_DISABLE_TELEMETRY"] == "1"


def test_importing_overt_turns_it_off_whatever_the_environment_says(tmp_path: Path) -> None:
    script = (
        "import os, overt.biometrics.sessions\n"  # which imports the runtime
        "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    environment = os.environ | {
        "ORT_DISABLE_TELEMETRY": "0",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
    assert list(tmp_path.rglob("*onnxruntime*")) == []
