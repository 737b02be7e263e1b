"""Covered faces in an evaluation are compared as an engine compares them: the same judge, references and scale."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pytest

from overt.biometrics import (
    CoveredScale,
    Covering,
    DetectionSettings,
    ModelPack,
    bare_equivalent,
    load_detector,
    load_embedder,
)
from overt.engine import CoveredTemplates
from overt.engine.covered import CoveredSearch
from overt.evaluation.certificates import CertifyPlan, certify_trials
from overt.evaluation.protocols import (
    Plan,
    Preparation,
    Role,
    TemplateCache,
    identify,
    make_templates,
    make_trials,
    read_dataset,
    read_pairs,
    search_trials,
    verify,
)
from overt.gallery import Gallery
from tests.evaluation.certificates.crowds import crowd
from tests.evaluation.protocols.people import number_trials
from tests.gallery.portraits import astronaut, hopper

if TYPE_CHECKING:
    from overt.evaluation.protocols import Trials

SCALE = CoveredScale(covering="lower", scores=(0.2, 0.6, 0.9), bare=(-0.1, 0.3, 0.8), data="", date="")
MASKED = Plan(preparation=Preparation(occlusion="mask"), threads=1)


@pytest.fixture(scope="module")
def scaled(pack: ModelPack) -> ModelPack:
    """The embedded pack with a scale for covered faces."""
    return ModelPack(manifest=msgspec.structs.replace(pack.manifest, covered=(SCALE,)), folder=pack.folder)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, each enrolled and searched for in a mirrored picture, and a stranger."""
    folder = tmp_path_factory.mktemp("people")
    rows = ["image,identity,role"]
    for name, portrait in (("collins", astronaut()), ("hopper", hopper())):
        cv2.imwrite(str(folder / f"{name}.png"), portrait)
        cv2.imwrite(str(folder / f"{name}-again.png"), portrait[:, ::-1])
        rows += [f"{name}.png,{name},gallery", f"{name}-again.png,{name},mated"]
    file = folder / "manifest.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_a_masked_probe_scores_what_the_engine_gives_it(scaled: ModelPack, manifest: Path) -> None:
    trials = make_trials(scaled, read_dataset(manifest), MASKED, numbers={})
    outcome = search_trials(trials)
    gallery, probes = trials.rows("gallery"), trials.rows("mated")
    assert [trials.coverings[row] for row in probes] == ["lower", "lower"]
    owners = np.arange(len(gallery))
    lower = CoveredTemplates(covering="lower", templates=trials.evened["lower"][gallery].tobytes())
    bare = Gallery(scaled.contract).build(("collins", "hopper"), trials.vectors[gallery], owners)
    engine = CoveredSearch(scaled, bare, (lower,), owners)
    # the way that a passer-by's face goes: aligned, judged and made even, embedded, searched
    found = make_chips(scaled, trials, probes)
    coverings = engine.prepare(found)
    templates = np.zeros((len(found), scaled.contract.dimension), np.float32)
    load_embedder(scaled, threads=1, batch_sizes=(1,)).embed(found, templates)
    entries, scores = engine.search(templates, coverings)
    assert coverings == ["lower", "lower"]
    assert outcome.mated.best == pytest.approx(scores, abs=1e-4)
    assert [int(rank) == 1 for rank in outcome.mated.rank] == [entry == i for i, entry in enumerate(entries)]


def make_chips(pack: ModelPack, trials: Trials, rows: np.ndarray) -> np.ndarray:
    """The chips of masked probes, drawn as the evaluation draws them."""
    from overt.evaluation.protocols import draw_occlusion

    detector = load_detector(pack, DetectionSettings(max_batch=1), threads=1)
    embedder = load_embedder(pack, threads=1, batch_sizes=(1,))
    chips = np.zeros((len(rows), embedder.chip_size, embedder.chip_size, 3), np.uint8)
    for chip, row in zip(chips, rows, strict=True):
        path = trials.dataset.samples[row].path
        image = cv2.imread(str(path))
        assert image is not None
        seed = int(hashlib.sha256(path.read_bytes()).hexdigest()[:12], 16) ^ MASKED.preparation.seed
        drawn = draw_occlusion(
            np.asarray(image, np.uint8), detector.detect([image])[0].landmarks[0], "mask", seed=seed
        )
        embedder.align(drawn, detector.detect([drawn])[0].landmarks[:1], chip[np.newaxis])
    return chips


def test_without_a_scale_every_face_is_compared_as_it_is(
    pack: ModelPack, scaled: ModelPack, manifest: Path
) -> None:
    plain = ModelPack(manifest=msgspec.structs.replace(pack.manifest, covered=()), folder=pack.folder)
    dataset = read_dataset(manifest)
    as_they_are, alike = (identify(one, dataset, MASKED) for one in (plain, scaled))
    assert (as_they_are.covered, alike.covered) == ({}, {"lower": 2})
    trials = make_trials(plain, dataset, MASKED, numbers={})
    scores = trials.vectors[trials.rows("mated")] @ trials.vectors[trials.rows("gallery")].T
    told = {case.place: case.score for case in as_they_are.lowest_mates}
    assert sorted(told.values()) == pytest.approx(sorted(np.diag(scores)), abs=1e-6)
    assert sorted(told.values()) != pytest.approx(sorted(c.score for c in alike.lowest_mates), abs=1e-3)


def test_a_pair_is_compared_like_with_like_where_the_second_picture_looks_covered(
    scaled: ModelPack, manifest: Path
) -> None:
    file = manifest.with_name("pairs.csv")
    file.write_text("image_a,image_b,same\nhopper.png,hopper-again.png,1\n", encoding="utf-8")
    assert verify(scaled, read_pairs(file), MASKED).covered == {"lower": 1}
    assert verify(scaled, read_pairs(file), Plan(threads=1)).covered == {"lower": 0}


def street(folder: Path, *, first: int = 0, seed: int = 1) -> Trials:
    """People of numbers alone, a third of whose probes look covered; what they are then has its own templates."""
    lot = np.random.default_rng(seed)
    people, others = lot.normal(size=(60, 32)), lot.normal(size=(340, 32))
    probes = people + 0.8 * lot.normal(size=people.shape)
    roles: list[Role] = ["gallery"] * 60 + ["mated"] * 60 + ["nonmated"] * 340
    identities = [*range(first, first + 60)] * 2 + [*range(first + 60, first + 400)]
    bare = number_trials(roles, identities, np.concatenate([people, probes, others]), folder=folder)
    lower = lot.normal(size=bare.vectors.shape)
    lower[60:120] = lower[:60] + 0.9 * lot.normal(size=(60, 32))
    lower /= np.linalg.norm(lower, axis=1, keepdims=True)
    looks: tuple[Covering | None, ...] = tuple(
        "lower" if role != "gallery" and i % 3 == 0 else None for i, role in enumerate(roles)
    )
    return replace(bare, coverings=looks, evened={"lower": lower.astype(np.float32)}, scales={"lower": SCALE})


def test_the_searches_are_what_a_plain_loop_gives(tmp_path: Path) -> None:
    trials = street(tmp_path)
    outcome = search_trials(trials)
    for rows, scores in (
        (trials.rows("mated"), outcome.mated.best),
        (trials.rows("nonmated"), outcome.strangers),
    ):
        for row, score in zip(rows, scores, strict=True):
            covering = trials.coverings[row]
            side = trials.vectors if covering is None else trials.evened[covering]
            most = float((side[:60] @ side[row]).max())
            assert score == pytest.approx(
                most if covering is None else bare_equivalent(most, SCALE), abs=1e-6
            )
    alone = replace(trials, coverings=(), scales={}, evened={})
    assert (search_trials(alone).strangers != outcome.strangers).any()


def test_normalised_scores_of_covered_faces_are_measured_against_a_cohort_made_alike(tmp_path: Path) -> None:
    trials, others = street(tmp_path), street(tmp_path, first=1000, seed=2)
    outcome = search_trials(trials, "z-norm", others)
    whose = np.unique(others.identities, return_index=True)[1]
    row = next(row for row in trials.rows("nonmated") if trials.coverings[row] == "lower")
    entries, cohort = trials.evened["lower"][:60], others.evened["lower"][whose]
    against = entries @ cohort.T
    expected = (entries @ trials.evened["lower"][row] - against.mean(axis=1)) / against.std(axis=1)
    place = int(np.flatnonzero(outcome.stranger_rows == row)[0])
    assert outcome.strangers[place] == pytest.approx(expected.max(), abs=1e-3)


def test_a_certificate_counts_what_covered_faces_give(scaled: ModelPack) -> None:
    plan = CertifyPlan(fpir=0.05, list_size=400, footfall=25_000)
    tested, others = crowd(), crowd("others", seed=2, first=10_000, enrolled=120)
    plain = certify_trials(scaled, tested, others, plan)
    # every probe of somebody enrolled looks covered, and nobody's covered face is like their reference
    looks: tuple[Covering | None, ...] = tuple(
        "lower" if sample.role == "mated" else None for sample in tested.dataset.samples
    )
    away = np.roll(tested.vectors, 1, axis=0)
    covered = replace(tested, coverings=looks, evened={"lower": away}, scales={"lower": SCALE})
    found = certify_trials(scaled, covered, others, plan)
    assert found.operating_point == plain.operating_point
    assert found.tpir.trials == plain.tpir.trials
    assert found.tpir.hits != plain.tpir.hits


def test_what_is_kept_serves_as_reference_only_where_it_was_made_for_one(
    scaled: ModelPack, manifest: Path, tmp_path: Path
) -> None:
    pictures = [("line 2", manifest.with_name("hopper.png"))]
    preparation = Preparation()

    def kept() -> TemplateCache:
        return TemplateCache(tmp_path, scaled, preparation)

    probe = make_templates(scaled, pictures, preparation, cache=kept(), threads=1)
    assert probe.coverings == (None,)
    assert not probe.evened["lower"].any()
    digest = probe.digests[0]
    assert kept().get(digest) is not None
    assert kept().get(digest, references=True) is None
    reference = make_templates(scaled, pictures, preparation, references=True, cache=kept(), threads=1)
    assert np.linalg.norm(reference.evened["lower"], axis=1) == pytest.approx([1], abs=1e-5)
    again = make_templates(scaled, pictures, preparation, references=True, cache=kept(), threads=1)
    np.testing.assert_array_equal(again.evened["lower"], reference.evened["lower"])
    np.testing.assert_array_equal(again.vectors, probe.vectors)
    held = kept().get(digest, references=True)
    assert held is not None
    assert held.referable
