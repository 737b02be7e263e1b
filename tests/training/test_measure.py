"""The recipe's own figures, against counting one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from training.measure import OpenSet, open_set, s_norm, verification

if TYPE_CHECKING:
    from pathlib import Path


def unit_rows(random: np.random.Generator, count: int, dimension: int = 16) -> np.ndarray:
    rows = random.normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_tpir_is_what_counting_gives() -> None:
    random = np.random.default_rng(1)
    mated, strangers = random.normal(size=(40, 40)), random.normal(size=(200, 40))
    mated[np.arange(40), np.arange(40)] += 3
    trial = OpenSet(mated.astype(np.float32), strangers.astype(np.float32))
    for fpir in (0.1, 0.01):
        limit = sorted(trial.strangers.max(1), reverse=True)[int(fpir * 200)]
        assert (trial.strangers.max(1) > limit).mean() <= fpir
        hits = 0
        for person in range(40):
            row = list(trial.scores[person])
            hits += row.index(max(row)) == person and row[person] > limit
        assert trial.tpir(fpir) == pytest.approx(hits / 40)
        low, high = trial.interval(fpir)
        assert low <= trial.tpir(fpir) <= high
        assert low < high


def test_the_s_norm_is_symmetric_and_takes_a_probes_own_bias_out() -> None:
    random = np.random.default_rng(2)
    probes, gallery, cohort = (unit_rows(random, count) for count in (5, 7, 50))
    scores = s_norm(probes, gallery, cohort, top=20)
    assert np.allclose(scores, s_norm(gallery, probes, cohort, top=20).T, atol=1e-5)
    near = np.sort(probes[0] @ cohort.T)[::-1][:20]
    other = np.sort(gallery[3] @ cohort.T)[::-1][:20]
    raw = probes[0] @ gallery[3]
    wanted = ((raw - near.mean()) / near.std() + (raw - other.mean()) / other.std()) / 2
    assert scores[0, 3] == pytest.approx(wanted, rel=1e-3)


def test_people_meet_their_own_entry_on_the_diagonal() -> None:
    random = np.random.default_rng(3)
    people = np.array(["b", "a", "a", "b", "c", "a"])
    roles = np.array(["gallery", "mated", "gallery", "mated", "nonmated", "extra"])
    templates = unit_rows(random, 6)
    templates[3], templates[1] = templates[0], templates[2]
    trial = open_set(templates, roles, people)
    assert np.allclose(np.diag(trial.scores), 1, atol=1e-5)
    assert trial.strangers.shape == (1, 2)
    assert trial.rank1() == 1.0


def test_verification_counts_only_pairs_whose_pictures_are_there(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    rows = unit_rows(random, 60, 64)
    lines = ["image_a,image_b,same", "gone/1.jpg,gone/2.jpg,1"]
    pictures, templates = [], []
    for number, row in enumerate(rows):
        pictures += [f"faces/lfw_gray192/p{number}/1.jpg", f"faces/lfw_gray192/p{number}/2.jpg"]
        templates += [row, row]
        lines.append(f"p{number}/1.jpg,p{number}/2.jpg,1")
        lines.append(f"p{number}/1.jpg,p{(number + 1) % 60}/2.jpg,0")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("\n".join(lines) + "\n", "utf-8")
    told = verification(pairs, np.array(templates), np.array(pictures))
    assert told is not None
    accuracy, error, count = told
    assert (accuracy, error, count) == (1.0, 0.0, 120)
    assert verification(pairs, np.array(templates)[:4], np.array(pictures)[:4]) is None
