"""The gate of accuracy: it lets through what is as good as before, and stops what is worse."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest

from overt.biometrics import ModelPack
from overt.biometrics.packs import manifest_toml
from tests.conftest import REPOSITORY, SHARED_DATA
from training import faces

PROGRAM = REPOSITORY / "benchmarks"


@pytest.fixture(scope="module")
def accuracy() -> ModuleType:
    """The program as a module; what lies beside it is found as when it is run."""
    sys.path.insert(0, str(PROGRAM))
    try:
        return importlib.import_module("accuracy")
    finally:
        sys.path.remove(str(PROGRAM))


def _measured(
    accuracy: ModuleType,
    misses: range,
    scores: np.ndarray,
    *,
    threshold: float = 0.5,
    pack: str = "networks",
    data: str = "people",
) -> object:
    missed = np.isin(np.arange(200), misses)
    return accuracy.Measured(
        accuracy.Outcome(
            pack=pack,
            data=data,
            fpir=0.01,
            threshold=threshold,
            mated=200,
            misses=len(misses),
            missed=accuracy.to_hex(missed),
            nonmated=len(scores),
            alarms=int((scores >= threshold).sum()),
            alarmed=accuracy.to_hex(scores >= threshold),
        ),
        scores,
    )


STRANGERS = np.linspace(0, 0.502, 500)


@pytest.mark.parametrize(
    ("misses", "verdict"),
    [
        (range(40), "same"),
        (range(6, 50), "same"),  # 10 newly missed, 6 newly found: chance does that
        (range(47), "worse"),  # 7 newly missed, none found: within the interval, and yet no chance
        (range(33), "better"),
        (range(46), "same"),
    ],
)
def test_the_very_probes_that_change_sides_decide(accuracy: ModuleType, misses: range, verdict: str) -> None:
    before = _measured(accuracy, range(40), STRANGERS)
    now = _measured(accuracy, misses, STRANGERS)
    assert accuracy.compare(now, before.outcome).verdict == verdict


def test_misses_beyond_the_baselines_interval_are_worse_whatever_was_won(accuracy: ModuleType) -> None:
    before = _measured(accuracy, range(40), STRANGERS)
    churned = _measured(accuracy, range(36, 36 + 58), STRANGERS)
    assert accuracy.compare(churned, before.outcome).verdict == "worse"


def test_higher_scores_alone_are_worse_for_the_threshold_that_is_kept(accuracy: ModuleType) -> None:
    before = _measured(accuracy, range(40), STRANGERS)
    lifted = _measured(accuracy, range(40), STRANGERS + 0.05, threshold=0.55)
    told = accuracy.compare(lifted, before.outcome)
    assert told.verdict == "worse"
    assert "strangers newly alarm" in told.said
    other_networks = _measured(accuracy, range(40), STRANGERS + 0.05, threshold=0.55, pack="others")
    assert accuracy.compare(other_networks, before.outcome).verdict == "same"


def test_on_other_people_the_interval_decides(accuracy: ModuleType) -> None:
    before = _measured(accuracy, range(40), STRANGERS)
    for misses, verdict in ((range(47), "same"), (range(60), "worse"), (range(20), "better")):
        now = _measured(accuracy, misses, STRANGERS, data="others")
        told = accuracy.compare(now, before.outcome)
        assert told.verdict == verdict
        assert "other trials" in told.said


def test_a_pack_without_a_baseline_is_new(accuracy: ModuleType) -> None:
    assert accuracy.compare(_measured(accuracy, range(40), STRANGERS), None).verdict == "new"


def test_flags_come_back_from_their_bits(accuracy: ModuleType) -> None:
    flags = np.random.default_rng(1).random(237) < 0.3
    assert (accuracy.of_hex(accuracy.to_hex(flags), 237) == flags).all()


def test_people_held_out_here_are_those_that_training_holds_out(accuracy: ModuleType) -> None:
    people = [f"Person_{i}" for i in range(500)]
    ours = sys.modules["held_out"].held_out
    assert [ours(name) for name in people] == [faces.held_out(name) for name in people]
    assert accuracy.BASELINE.is_file()


def test_without_the_reference_data_it_is_said_to_be_skipped(
    accuracy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, status, said in ((["--optional"], 0, "skipped"), ([], 2, "not measured")):
        monkeypatch.setattr(sys, "argv", ["accuracy.py", "--data", str(tmp_path), *words])
        assert accuracy.main() == status
        assert f"accuracy: {said}, the reference data is not" in capsys.readouterr().out


@pytest.mark.shared
@pytest.mark.slow
def test_a_damaged_recogniser_is_stopped_and_is_no_baseline(
    accuracy: ModuleType,
    pack: ModelPack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Alignment points that lie 25 pixels off in the chip: shapes and digests are right, and faces are not."""
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in pack.manifest.files:
        shutil.copyfile(pack.folder / file.name, damaged / file.name)
    recogniser = pack.manifest.recogniser
    assert recogniser.points is not None
    shifted = msgspec.structs.replace(
        recogniser, points=tuple((x + 20, y - 15) for x, y in recogniser.points)
    )
    # under a name of its own, as for the embedded pack what ships with Overt holds, whatever a folder says
    manifest = msgspec.structs.replace(pack.manifest, id="damaged", recogniser=shifted)
    (damaged / "pack.toml").write_text(manifest_toml(manifest), "utf-8")
    baseline = tmp_path / "accuracy.json"
    known = accuracy.read_baseline(accuracy.BASELINE)
    accuracy.write(baseline, {"damaged": known.packs["embedded"]})
    before = baseline.read_bytes()
    words = ["accuracy.py", "--data", str(SHARED_DATA), "--pack", str(damaged), "--baseline", str(baseline)]
    words += ["--cache", str(tmp_path / "cache")]
    monkeypatch.setattr(sys, "argv", words)
    assert accuracy.main() == 1
    told = capsys.readouterr()
    assert "Worse than the baseline: damaged" in told.err
    monkeypatch.setattr(sys, "argv", [*words, "--write"])
    assert accuracy.main() == 1
    assert baseline.read_bytes() == before
