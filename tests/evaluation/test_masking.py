"""The masks against the recogniser itself; and masks that are too weak are found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest

from overt.engine.masking import MaskSettings
from overt.errors import EvaluationError
from overt.evaluation.bench.ready import ready_pack
from overt.evaluation.masking import MaskingReport, MaskingRow, study_masking
from overt.evaluation.masking_people import read_people, simulated_people

if TYPE_CHECKING:
    from pathlib import Path


def _row(report: MaskingReport, case: str, enrolled: str = "clear") -> MaskingRow:
    return next(row for row in report.rows if row.case == case and row.enrolled == enrolled)


@pytest.fixture(scope="module")
def report() -> MaskingReport:
    return study_masking(ready_pack("embedded"), simulated_people(14), source="simulated", heights=(64,))


def test_without_a_mask_everybody_is_recognised(report: MaskingReport) -> None:
    clear = _row(report, "clear")
    assert clear.auc > 0.95
    assert clear.rank_one > 0.9
    assert not clear.safe


def test_masked_faces_reach_the_threshold_no_more_than_strangers(report: MaskingReport) -> None:
    for case in ("detected", "as run"):
        row = _row(report, case)
        assert row.mated_over == 0
        assert row.auc_interval[0] < 0.6
        assert row.mated_quantiles[1] < row.stranger_quantiles[3]


def test_nothing_is_missed_at_a_size_that_is_seen(report: MaskingReport) -> None:
    assert _row(report, "as run").missed == 0


@pytest.mark.slow
def test_weak_masks_are_found_out() -> None:
    weak = MaskSettings(cells=48, margin=0.1, long_side=1280)
    people = simulated_people(12)
    report = study_masking(ready_pack("embedded"), people, source="simulated", settings=weak, heights=(160,))
    assert not report.safe
    assert _row(report, "detected").auc > 0.9


@pytest.mark.slow
@pytest.mark.shared
def test_masked_photographs_identify_nobody(shared_data: Path) -> None:
    people = read_people(shared_data / "faces" / "lfw_gray192", 120)
    report = study_masking(ready_pack("embedded"), people, source="LFW", heights=(64, 160))
    assert report.safe
    assert _row(report, "clear").auc > 0.98


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(2):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), simulated_people(1)[0].reference)
    people = read_people(tmp_path, 10)
    assert [person.name for person in people] == ["a", "b"]
    with pytest.raises(EvaluationError, match="Only 2 of 2 people"):
        study_masking(ready_pack("embedded"), people, source="two")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="is not a folder"):
        read_people(tmp_path / "none", 10)


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(2):
        (tmp_path / "a" / f"{number}.jpg").write_bytes(b"nothing")
    with pytest.raises(EvaluationError, match=r"0\.jpg cannot be read"):
        read_people(tmp_path, 10)
