"""Identification: the figures of known templates, and what a result says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from overt.biometrics import Contract
from overt.errors import EvaluationError
from overt.evaluation.metrics import INSUFFICIENT, GroupColumn, OpenSetRate
from overt.evaluation.protocols import (
    IdentificationResult,
    Plan,
    Role,
    compare_all,
    data_name,
    identify,
    read_dataset,
    read_pairs,
    score_trials,
    search_trials,
    to_json,
)
from overt.gallery import Gallery, picture_groups
from tests.evaluation.protocols.people import number_trials, write_people

if TYPE_CHECKING:
    from overt.biometrics import ModelPack
    from overt.evaluation.protocols import Trials


def _street(
    folder: Path, *, enrolled: int = 60, strangers: int = 400, seed: int = 1, first: int = 0
) -> Trials:
    """Enrolled people who look like themselves, more or less, and strangers."""
    lot = np.random.default_rng(seed)
    people = lot.normal(size=(enrolled, 64))
    probes = people + np.linspace(0.2, 3, enrolled)[:, None] * lot.normal(size=people.shape)
    others = lot.normal(size=(strangers, 64))
    roles: list[Role] = ["gallery"] * enrolled + ["mated"] * enrolled + ["nonmated"] * strangers
    identities = [*range(first, first + enrolled)] * 2 + [
        *range(first + enrolled, first + enrolled + strangers)
    ]
    groups = ["a" if i % 3 else "b" for i in range(len(roles))]
    vectors = np.concatenate([people, probes, others])
    return number_trials(roles, identities, vectors, groups=groups, folder=folder)


def _rate(result: IdentificationResult, fpir: str) -> OpenSetRate:
    rate = result.tpir[fpir]
    assert isinstance(rate, OpenSetRate)
    return rate


def test_the_figures_are_what_counting_gives(pack: ModelPack, tmp_path: Path) -> None:
    trials = _street(tmp_path)
    result = score_trials(pack, trials, Plan())
    gallery, mated, strangers = (
        trials.vectors[trials.rows(role)] for role in ("gallery", "mated", "nonmated")
    )
    scores, others = mated @ gallery.T, (strangers @ gallery.T).max(axis=1)
    right = scores.argmax(axis=1) == np.arange(60)
    assert result.rank1 == right.mean()
    assert result.cmc[0] == result.rank1
    assert result.cmc[-1] <= 1
    rate = _rate(result, "0.01")
    assert rate.threshold == pytest.approx(np.sort(others)[::-1][4], abs=1e-6)
    assert rate.value == (right & (scores.max(axis=1) >= rate.threshold)).mean()
    assert rate.false_positives == 4
    assert result.tpir["0.001"] == INSUFFICIENT
    assert result.tpir["0.003"] == INSUFFICIENT
    assert (result.n_gallery, result.n_mated, result.n_nonmated) == (60, 60, 400)
    assert result.lowest_mates[0].score == pytest.approx(np.diag(scores).min(), abs=1e-6)
    assert result.highest_strangers[0].score == pytest.approx(others.max(), abs=1e-6)
    assert result.det is not None
    column = result.groups
    assert not isinstance(column, str)
    assert isinstance(column["group"], GroupColumn)
    # 400 strangers in the two groups together: neither has the 300 that FPIR 1% needs but the larger may not either
    assert column["group"].values["b"].fpir == INSUFFICIENT


def test_a_face_that_is_not_found_is_a_miss_and_no_trial_of_a_stranger(
    pack: ModelPack, tmp_path: Path
) -> None:
    trials = _street(tmp_path)
    found = trials.found.copy()
    found[60:70] = False  # ten mated probes
    found[120:130] = False  # ten strangers
    found[5] = False  # somebody could not be enrolled
    vectors = np.where(found[:, None], trials.vectors, 0)
    lost = replace(trials, found=found, vectors=vectors)
    result, whole = score_trials(pack, lost, Plan()), score_trials(pack, trials, Plan())
    assert result.failures == {"gallery": 1, "mated": 10, "nonmated": 10}
    assert result.failure_to_acquire == pytest.approx(20 / 460)
    assert (result.n_gallery, result.n_mated, result.n_nonmated) == (59, 60, 400)
    assert _rate(result, "0.1").non_mated == 390
    assert _rate(result, "0.1").trials == 60
    assert isinstance(result.rank1, float)
    assert isinstance(whole.rank1, float)
    assert result.rank1 <= whole.rank1 - 10 / 60
    assert any("could not be enrolled" in notice for notice in result.notices)
    json.loads(to_json(result))


def test_nothing_is_said_where_nobody_was_tried(pack: ModelPack, tmp_path: Path) -> None:
    roles: list[Role] = ["gallery"] * 5 + ["mated"] * 5
    trials = number_trials(
        roles, [*range(5)] * 2, np.random.default_rng(1).normal(size=(10, 8)), folder=tmp_path
    )
    result = score_trials(pack, trials, Plan())
    assert result.rank1 == INSUFFICIENT
    assert set(result.tpir.values()) == {INSUFFICIENT}
    assert result.groups == INSUFFICIENT
    told = json.loads(to_json(result))
    assert told["rank1"] == told["groups"] == told["tpir"]["0.01"] == "insufficient data"


def test_with_other_people_scores_are_told_as_evidence(pack: ModelPack, tmp_path: Path) -> None:
    trials, others = _street(tmp_path), _street(tmp_path, seed=2, first=1000)
    alone = score_trials(pack, trials, Plan())
    assert alone.cllr is alone.min_cllr is alone.likelihood_ratios is alone.likelihood_fit is None
    told = score_trials(pack, trials, Plan(), calibration=others)
    fit, ratios = told.likelihood_fit, told.likelihood_ratios
    assert fit is not None
    assert ratios is not None
    assert (fit.n_same, fit.n_different) == (60, 400 * 60)
    assert ratios.keys() == told.tpir.keys()
    rate, ratio = _rate(told, "0.1"), ratios["0.1"]
    assert not isinstance(ratio, str)
    assert ratio.value == pytest.approx(np.exp(fit.slope * rate.threshold + fit.offset))
    assert ratios["0.001"] == INSUFFICIENT
    assert told.cllr is not None
    assert told.min_cllr is not None
    assert not isinstance(told.cllr, str)
    assert not isinstance(told.min_cllr, str)
    assert 0 < told.min_cllr.value <= told.cllr.value < 1
    same = [*told.cllr.interval, *ratio.interval]
    again = score_trials(pack, trials, Plan(), calibration=others)
    assert again.likelihood_ratios == ratios
    assert np.isfinite(same).all()
    parsed = json.loads(to_json(told))
    assert parsed["cllr"]["value"] == told.cllr.value
    assert parsed["likelihood_ratios"]["0.1"]["interval"] == list(ratio.interval)


def test_why_no_rate_is_told_is_said(pack: ModelPack, tmp_path: Path) -> None:
    few = _street(tmp_path, enrolled=40, strangers=200)
    (told,) = score_trials(pack, few, Plan()).notices
    assert told == (
        "Of the strangers tested, 200 have a face: FPIR 0.01 takes 300, 0.003 takes 1,000, 0.001 takes 3,000"
    )
    others = _street(tmp_path, enrolled=60, strangers=250, seed=2, first=1000)
    _, fewer = score_trials(pack, few, Plan(), calibration=others).notices
    assert fewer == (
        "Of the strangers calibrated on, 250 have a face: FPIR 0.003 takes 668, 0.001 takes 2,001"
    )
    roles: list[Role] = ["nonmated"] * 400
    nobody = number_trials(
        roles, [*range(2000, 2400)], np.random.default_rng(3).normal(size=(400, 64)), folder=tmp_path
    )
    result = score_trials(pack, few, Plan(), calibration=nobody)
    assert set(result.tpir.values()) == {INSUFFICIENT}
    assert any(notice.startswith("Nobody is enrolled in the calibration data") for notice in result.notices)


def test_a_result_says_what_it_rests_on_and_the_same_again_is_the_same(
    pack: ModelPack, tmp_path: Path
) -> None:
    trials = _street(tmp_path)
    first, again = (score_trials(pack, trials, Plan(seed=7)) for _ in range(2))
    made_at = msgspec.structs.replace(again.provenance, made_at=first.provenance.made_at)
    assert msgspec.structs.replace(again, provenance=made_at) == first
    basis = first.provenance
    assert basis.pack.id == "embedded"
    assert len(basis.pack.digest) == len(basis.data.digest) == len(basis.code.scoring) == 64
    assert basis.data.identities == 460
    assert basis.seed == 7


def test_the_datas_digest_knows_pictures_roles_and_groups_but_not_the_order(tmp_path: Path) -> None:
    trials = _street(tmp_path)
    turned = np.arange(len(trials.digests))[::-1]
    samples = trials.dataset.samples
    backwards = replace(
        trials,
        dataset=replace(trials.dataset, samples=tuple(samples[i] for i in turned)),
        digests=tuple(trials.digests[i] for i in turned),
    )
    assert data_name(backwards).digest == data_name(trials).digest
    other_picture = replace(trials, digests=("f" * 64, *trials.digests[1:]))
    relabelled = replace(samples[0], groups={"group": "c"})
    other_group = replace(trials, dataset=replace(trials.dataset, samples=(relabelled, *samples[1:])))
    assert len({data_name(t).digest for t in (trials, other_picture, other_group)}) == 3


def test_thresholds_and_cohort_come_from_the_other_people(pack: ModelPack, tmp_path: Path) -> None:
    trials = _street(tmp_path)
    others = _street(tmp_path, enrolled=80, strangers=600, seed=2, first=1000)
    plain = score_trials(pack, trials, Plan(), calibration=others)
    rate = _rate(plain, "0.01")
    assert rate.threshold_from == "calibration data"
    assert rate.modelled
    assert rate.bootstrap_interval is None
    # chosen for a list of 80 of other people, it holds about the wanted rate for a list of 60 of these
    assert rate.fpir_interval[0] <= 0.01 <= rate.fpir_interval[1]
    normal = score_trials(pack, trials, Plan(normalisation="s-norm"), calibration=others)
    assert normal.normalisation == "s-norm"
    assert normal.plain is not None
    assert normal.plain.tpir["0.01"] == plain.tpir["0.01"]
    alone = score_trials(pack, trials, Plan())
    assert normal.plain.attainable == plain.attainable == alone.tpir
    assert alone.attainable is None
    assert normal.attainable is not None
    assert normal.attainable["0.01"] != normal.tpir["0.01"]
    assert _rate(normal, "0.01").threshold > 1, "a normalised score is in standard deviations"
    assert normal.provenance.calibration == data_name(others)


def test_covered_faces_meet_the_threshold_of_bare_ones(pack: ModelPack, tmp_path: Path) -> None:
    bare = _street(tmp_path)
    lot = np.random.default_rng(3)
    noisy = bare.vectors + np.where(np.arange(520)[:, None] < 60, 0, 0.1) * lot.normal(
        size=bare.vectors.shape
    )
    covered = replace(bare, vectors=(noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32))
    result = score_trials(pack, covered, Plan(), bare=bare)
    before = score_trials(pack, bare, Plan())
    assert _rate(result, "0.01").threshold == _rate(before, "0.01").threshold
    assert _rate(result, "0.01").threshold_from == "bare test data"
    assert _rate(result, "0.01").value < _rate(before, "0.01").value


def test_calibration_on_the_tested_people_is_refused(pack: ModelPack, tmp_path: Path) -> None:
    people = write_people(tmp_path / "one", enrolled=2, strangers=1)
    other = write_people(tmp_path / "two", enrolled=1, strangers=1)
    with pytest.raises(EvaluationError, match=r"^2 identities are in manifest.csv and in manifest.csv"):
        identify(pack, read_dataset(people.manifest), Plan(), calibration=read_dataset(other.manifest))
    with pytest.raises(EvaluationError, match="need a cohort"):
        identify(pack, read_dataset(people.manifest), Plan(normalisation="s-norm"))


def test_a_cohort_of_a_few_is_refused(pack: ModelPack, tmp_path: Path) -> None:
    few = _street(tmp_path, enrolled=10, strangers=20, first=1000)
    with pytest.raises(EvaluationError, match="30 people with a usable face, too few"):
        score_trials(pack, _street(tmp_path), Plan(normalisation="s-norm"), calibration=few)


def test_the_very_picture_as_reference_and_probe_is_noticed(pack: ModelPack, tmp_path: Path) -> None:
    trials = _street(tmp_path)
    digests = list(trials.digests)
    digests[60] = digests[0]
    result = score_trials(pack, replace(trials, digests=tuple(digests)), Plan())
    assert "1 mated probes are the very pictures that are enrolled: the figures flatter" in result.notices


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("people"), enrolled=3, strangers=2).manifest


def test_from_pictures_to_figures_and_again_from_the_cache(
    pack: ModelPack, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    plan = Plan(cache=tmp_path, threads=1, progress=lambda *step: told.append(step))
    first = identify(pack, read_dataset(people), plan)
    assert told[-1] == ("data", 8, 8)
    assert first.failures == {"gallery": 0, "mated": 0, "nonmated": 0}
    assert first.cmc[0] == 1

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a network was loaded though every template is kept")

    monkeypatch.setattr("overt.evaluation.protocols.templates.load_detector", never)
    again = identify(pack, read_dataset(people), plan)
    assert again.det == first.det
    assert again.lowest_mates == first.lowest_mates


def test_a_run_that_is_stopped_goes_on_where_it_was(pack: ModelPack, people: Path, tmp_path: Path) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        identify(pack, read_dataset(people), Plan(cache=tmp_path, threads=1, progress=stop))
    (file,) = tmp_path.iterdir()
    kept = file.stat().st_size
    assert kept > 0
    identify(pack, read_dataset(people), Plan(cache=tmp_path, threads=1))
    assert file.stat().st_size == kept // 5 * 8


@pytest.mark.shared
def test_colour_photographs_of_ten_people_are_told_apart(pack: ModelPack, shared_data: Path) -> None:
    """A pack that is fed channels in the wrong order, or chips in the wrong place, fails here."""
    result = identify(pack, read_dataset(shared_data / "faces/lfw_colour_10x10"), Plan())
    assert (result.n_gallery, result.n_mated, result.n_nonmated) == (10, 90, 0)
    assert result.failure_to_acquire == 0
    assert isinstance(result.rank1, float)
    assert result.rank1 > 0.97
    assert set(result.tpir.values()) == {INSUFFICIENT}


@pytest.mark.shared
def test_the_reference_manifest_and_its_pairs_are_read_where_they_lie(shared_data: Path) -> None:
    manifest = shared_data / "faces/lfw_manifest.csv"
    dataset = read_dataset(manifest)
    assert (len(dataset.samples), dataset.extra, dataset.group_columns) == (3637, 2402, ("sex",))
    pairs = shared_data / "faces/lfw_pairs.csv"
    for where in (None, manifest, shared_data / "faces/lfw_gray192"):
        assert read_pairs(pairs, where).root == shared_data / "faces/lfw_gray192"


@pytest.mark.parametrize("apart", [-1.0, 0.5])
def test_somebody_with_several_pictures_is_searched_as_a_live_run_searches_them(
    tmp_path: Path, apart: float
) -> None:
    lot = np.random.default_rng(5)
    people, strangers = lot.normal(size=(30, 64)), lot.normal(size=(40, 64))
    pictures = np.repeat(people, 1 + np.arange(30) % 3, axis=0)
    owner = np.repeat(np.arange(30), 1 + np.arange(30) % 3)
    roles: list[Role] = ["gallery"] * len(owner) + ["mated"] * 30 + ["nonmated"] * 40
    trials = number_trials(
        roles,
        [*owner.tolist(), *range(30), *range(30, 70)],
        np.concatenate(
            [
                pictures + lot.normal(size=pictures.shape),
                people + lot.normal(size=people.shape),
                strangers,
            ]
        ),
        groups=["a"] * (len(owner) + 70),
        folder=tmp_path,
    )
    trials = replace(trials, apart_below=apart)
    outcome = search_trials(trials)
    contract = Contract(pack="embedded", version="1", dimension=64)
    pictures = trials.vectors[trials.rows("gallery")]
    engine = Gallery(contract).build_fused(
        [str(i) for i in range(30)], pictures, owner, picture_groups(pictures, owner, apart)
    )
    assert (engine.n_templates > 30) == (apart > 0)
    passing = trials.vectors[trials.rows("nonmated")]
    np.testing.assert_allclose(outcome.strangers, engine.search(passing).scores[:, 0], atol=1e-6)
    own = engine.search(trials.vectors[trials.rows("mated")], 30)
    places = own.entries == np.arange(30)[:, None]
    np.testing.assert_allclose(outcome.mated.mate, own.scores[places], atol=1e-6)
    assert outcome.mated.rank.tolist() == (places.argmax(axis=1) + 1).tolist()
    assert outcome.n_gallery == 30
    assert compare_all(trials).different == pytest.approx(
        np.take_along_axis(
            engine.search(passing, 30).scores, engine.search(passing, 30).entries.argsort(axis=1), axis=1
        ),
        abs=1e-6,
    )
