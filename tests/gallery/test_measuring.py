"""Eight bits answer as floats do, and 20,000 entries cost little beside one embedding."""

import csv
from pathlib import Path

import numpy as np
import pytest

from overt.biometrics import FloatArray, ModelPack, load_embedder
from overt.gallery import EnrolmentLimits, Gallery, SearchMeasures, measure_search
from overt.gallery.enrolment import enrol
from tests.gallery.filler import synthetic_templates

LENIENT = EnrolmentLimits(
    eye_distance=1, sharpness=0, yaw=90, pitch=90, roll=180, exposure=0, occlusion=1, other_face=1
)


def measured(pack: ModelPack, templates: FloatArray, probes: FloatArray) -> SearchMeasures:
    embedder = load_embedder(pack, batch_sizes=(1,))
    embedder.warm()
    side = embedder.chip_size
    chip = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    made = np.zeros((1, embedder.dimension), np.float32)
    figures = measure_search(pack.contract, templates, probes, lambda: embedder.embed(chip, made))
    print(figures)
    return figures


def test_twenty_thousand_entries_cost_a_part_of_one_embedding(pack: ModelPack):
    templates = synthetic_templates(20_000, pack.contract.dimension, 1, spread=0.3)
    probes = synthetic_templates(200, pack.contract.dimension, 2, spread=0.3)
    figures = measured(pack, templates, probes)
    assert figures.agreement == 1.0
    assert figures.largest_difference < 1e-6
    assert figures.int8_ratio < 0.5


@pytest.mark.shared
@pytest.mark.slow
def test_ten_thousand_entries_of_real_faces_and_filler(shared_data: Path, pack: ModelPack, tmp_path: Path):
    """A third of LFW's people, filled up with synthetic templates that lie as theirs do: same mean and covariance."""
    with (shared_data / "faces" / "lfw_manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    some = set(sorted({row["identity"] for row in rows})[::3])
    rows = [row for row in rows if row["identity"] in some]
    enrolled, probes = tmp_path / "enrolled", tmp_path / "probes"
    for role, folder in (("gallery", enrolled), ("nonmated", enrolled), ("mated", probes)):
        folder.mkdir(exist_ok=True)
        for row in rows:
            if row["role"] == role:
                (folder / f"{row['identity']}.jpg").write_bytes(
                    (shared_data / "faces" / row["image"]).read_bytes()
                )
    people = enrol(enrolled, pack, limits=LENIENT).watchlist
    searched = enrol(probes, pack, limits=LENIENT).watchlist
    real = people.templates
    generator = np.random.default_rng(4)
    filler = generator.multivariate_normal(real.mean(0), np.cov(real.T), 10_000 - len(real))
    filler = (filler / np.linalg.norm(filler, axis=1, keepdims=True)).astype(np.float32)
    templates = np.concatenate([real, filler])
    figures = measured(pack, templates, searched.templates)
    assert figures.agreement == 1.0
    assert figures.largest_difference < 1e-6
    references = (*people.references, *(f"filler {i}" for i in range(len(filler))))
    gallery = Gallery(pack.contract, "int8").build(references, templates, np.arange(len(templates)))
    found = gallery.search(searched.templates).entries[:, 0]
    first = np.mean([references[int(i)] == name for i, name in zip(found, searched.references, strict=True)])
    print(f"rank-1 of {len(searched)} probes in {len(references)} entries: {first:.3f}")
    assert len(people) > 900
    assert first > 0.75
