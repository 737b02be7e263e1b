"""The whole run: the JSON that others script against, the tables, and the soak."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

import msgspec
import pytest

from overt.errors import EvaluationError
from overt.evaluation.bench import (
    BenchReport,
    Plan,
    markdown,
    programme,
    report_tables,
    run_benchmark,
)
from overt.evaluation.bench.live import measure_live, soak

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack
    from overt.evaluation.bench.ready import Footage


@pytest.fixture(scope="module")
def report(footage: Footage) -> BenchReport:
    with mock.patch.object(
        programme, "QUICK_SECONDS", programme.LIVE_SECONDS
    ):  # as little as a comparison takes
        return run_benchmark(Plan(quick=True, peers=(), footage=footage.path))


@pytest.mark.slow
def test_the_json_has_the_keys_that_others_rely_on(report: BenchReport) -> None:
    plain = json.loads(msgspec.json.encode(report))
    assert isinstance(plain["engine_overhead"], float)
    assert plain["engine_overhead_with_decode"] >= plain["engine_overhead"]
    assert plain["speedup"] == {}
    assert set(plain["latency_ms"]) == {"p50", "p95", "p99", "max"}
    assert all(value > 0 for value in plain["latency_ms"].values())
    assert plain["live"][0]["alerts"] > 0
    assert msgspec.convert(plain, BenchReport) == report


@pytest.mark.slow
def test_the_tables_say_every_figure(report: BenchReport) -> None:
    page = markdown(report_tables(report))
    assert "### Engine: embedded" in page
    assert "| bare inference |" in page
    assert "### Live, sealed process" in page
    assert "### Search of 20,000 entries" in page


@pytest.mark.slow
def test_a_soak_needs_time(pack: ModelPack, footage: Footage) -> None:
    with pytest.raises(EvaluationError, match="at least one minute"):
        soak(pack, footage, minutes=0.02, entries=10)


@pytest.mark.slow
def test_two_feeds_are_counted_together(pack: ModelPack, footage: Footage) -> None:
    figures = measure_live(pack, footage, feeds=2, seconds=6, entries=100)
    assert figures.feeds == 2
    assert figures.received >= figures.processed + figures.skipped - 4
    assert figures.latency_ms.n == figures.alerts


@pytest.mark.slow
def test_the_command_exits_with_one_where_it_failed(tmp_path: Path) -> None:
    program = "from overt.cli import main; main()"
    command = [sys.executable, "-c", program, "bench", "--quick", "--footage", str(tmp_path / "none.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no footage" in done.stderr
    assert done.stdout == ""
