"""What an evaluation finds of an operating point, on people of numbers and on real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from overt.biometrics import ModelPack
from overt.errors import EvaluationError
from overt.evaluation.certificates import CertifyPlan, certify, certify_trials
from overt.evaluation.protocols import Trials, data_name, read_dataset
from overt.rates import exact_interval, rate_for_list
from overt.records.certificates import Findings
from tests.evaluation.certificates.crowds import crowd
from tests.evaluation.protocols.people import write_people

PLAN = CertifyPlan(fpir=0.05, list_size=400, footfall=2_000)


@pytest.fixture(scope="module")
def tested() -> Trials:
    return crowd()


@pytest.fixture(scope="module")
def others() -> Trials:
    return crowd("others", seed=2, first=10_000, enrolled=120)


@pytest.fixture(scope="module")
def findings(pack: ModelPack, tested: Trials, others: Trials) -> Findings:
    return certify_trials(pack, tested, others, PLAN)


def _best(trials: Trials, role: str) -> tuple[np.ndarray, np.ndarray]:
    rows = [i for i, sample in enumerate(trials.dataset.samples) if sample.role == role]
    gallery = [i for i, sample in enumerate(trials.dataset.samples) if sample.role == "gallery"]
    scores = trials.vectors[rows] @ trials.vectors[gallery].T
    own = trials.identities[rows][:, None] == trials.identities[gallery][None]
    return scores, own


def test_the_figures_are_what_counting_gives(tested: Trials, others: Trials, findings: Findings) -> None:
    threshold = findings.operating_point.threshold
    calibrated, _ = _best(others, "nonmated")
    allowed = rate_for_list(0.05, 120 / 400)
    assert (calibrated.max(axis=1) >= threshold).mean() <= allowed
    assert (calibrated.max(axis=1) >= threshold - 1e-4).mean() > allowed
    assert findings.calibration_fpir.hits == int((calibrated.max(axis=1) >= threshold).sum())

    strangers, _ = _best(tested, "nonmated")
    false = int((strangers.max(axis=1) >= threshold).sum())
    assert (findings.fpir.hits, findings.fpir.trials) == (false, 900)
    low, high = exact_interval(false, 900)
    assert (findings.fpir.low, findings.fpir.high) == pytest.approx((low, high))
    mated, own = _best(tested, "mated")
    found = int(((mated.argmax(axis=1) == own.argmax(axis=1)) & (mated.max(axis=1) >= threshold)).sum())
    assert (findings.tpir.hits, findings.tpir.trials) == (found, 80)

    assert findings.fpir_at_list_size.modelled
    assert findings.fpir_at_list_size.value == pytest.approx(rate_for_list(false / 900, 400 / 80))
    assert findings.false_alerts.high == pytest.approx(2_000 * rate_for_list(high, 400 / 80))
    assert "modelled from a list of 80" in findings.false_alerts.says
    assert findings.threshold_low <= threshold <= findings.threshold_high + 1e-4


def test_it_says_what_it_rests_on(
    pack: ModelPack, tested: Trials, others: Trials, findings: Findings
) -> None:
    assert findings.test.digest == data_name(tested).digest
    assert findings.calibration.digest == data_name(others).digest
    assert (findings.calibration.enrolled, findings.calibration.strangers) == (120, 900)
    assert findings.pack.files == {file.name: file.sha256 for file in pack.manifest.files}
    own = pack.manifest.operating_point
    assert findings.operating_point.min_quality == own.min_quality
    assert findings.operating_point.confirmations == own.confirmations
    assert set(findings.code.parts) >= {"detection", "quality", "search"}
    assert any("seeds" in said for said in findings.limits)


def test_a_list_of_the_measured_size_is_not_modelled(pack: ModelPack, tested: Trials) -> None:
    found = certify_trials(
        pack, tested, crowd("others", seed=5, first=10_000), replace(PLAN, list_size=80, fpir=0.02)
    )
    assert not found.fpir_at_list_size.modelled
    assert found.fpir_at_list_size.value == pytest.approx(found.fpir.value)


def test_groups_have_rates_or_insufficient_data(findings: Findings) -> None:
    assert isinstance(findings.groups, dict)
    groups = findings.groups["group"].groups
    many, few = groups["many"], groups["few"]
    assert not isinstance(many.fpir, str)
    assert many.fpir.trials == many.strangers == 800
    assert (few.tpir, few.fpir) == ("insufficient data", "insufficient data")
    assert findings.groups["group"].false_positives.gini == "insufficient data"


def test_data_without_labels_says_so(pack: ModelPack, tested: Trials, others: Trials) -> None:
    bare = replace(tested, dataset=replace(tested.dataset, group_columns=()))
    assert certify_trials(pack, bare, others, PLAN).groups == "insufficient data"


def test_a_probe_below_the_limits_is_not_searched_with(
    pack: ModelPack, tested: Trials, others: Trials
) -> None:
    mated, strangers = tested.rows("mated")[:10], tested.rows("nonmated")[:7]
    eyes, quality = tested.eye_distance.copy(), tested.quality.copy()
    eyes[mated], quality[strangers] = 11, 0.3
    poor = replace(tested, eye_distance=eyes, quality=quality)
    limits = replace(PLAN, min_eye_distance=12.0, min_quality=0.4)
    found = certify_trials(pack, poor, others, limits)
    assert (found.misses.below_limits, found.misses.without_face) == (17, 0)
    assert found.test.strangers == 893
    assert found.tpir.trials == 80
    assert found.tpir.hits <= 70
    assert (found.operating_point.min_eye_distance, found.operating_point.min_quality) == (12.0, 0.4)


def test_too_few_strangers_are_refused_and_counted(pack: ModelPack, tested: Trials, others: Trials) -> None:
    with pytest.raises(EvaluationError) as refused:
        certify_trials(pack, tested, others, replace(PLAN, fpir=0.01, list_size=10_000))
    said = str(refused.value)
    assert "900 strangers with a usable face against 80 people enrolled, and it would take 37,314" in said
    assert "rule of three" in said
    assert "a list of at most 240" in said
    certify_trials(pack, crowd(seed=14), others, replace(PLAN, fpir=0.01, list_size=240))


def test_pictures_of_one_stranger_are_no_crowd(pack: ModelPack, tested: Trials, others: Trials) -> None:
    same = tested.identities.copy()
    same[tested.rows("nonmated")] = same[tested.rows("nonmated")[0]]
    with pytest.raises(EvaluationError, match="has 1 strangers"):
        certify_trials(pack, replace(tested, identities=same), others, PLAN)


def test_a_threshold_that_does_not_hold_on_other_people_is_refused(
    pack: ModelPack, tested: Trials, others: Trials
) -> None:
    vectors = tested.vectors.copy()
    alike = tested.rows("nonmated")[:200]
    vectors[alike] = vectors[tested.rows("gallery")[np.arange(200) % 80]]
    with pytest.raises(EvaluationError, match="does not hold on tested"):
        certify_trials(pack, replace(tested, vectors=vectors), others, PLAN)


def test_the_same_again_gives_the_same(
    pack: ModelPack, tested: Trials, others: Trials, findings: Findings
) -> None:
    again = certify_trials(pack, tested, others, PLAN)
    assert again.model_copy(update={"evaluated_at": findings.evaluated_at}) == findings


def test_people_who_are_in_both_are_refused(pack: ModelPack, tmp_path: Path) -> None:
    people = read_dataset(write_people(tmp_path, enrolled=2, strangers=2).manifest)
    with pytest.raises(EvaluationError, match="identities are in"):
        certify(pack, people, people, PLAN)
