"""Searching everybody at once gives what the engine's own search gives, one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from overt.biometrics import Contract
from overt.evaluation.metrics import cumulative_matches, identification, missed, search_all
from overt.gallery import Gallery


def _unit(lot: np.random.Generator, n: int, d: int = 32) -> np.ndarray:
    vectors = lot.normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(params=[16_000_000, 1000])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one go, and in small blocks."""
    monkeypatch.setattr(identification, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("each", [1, 3])
def test_it_is_the_engines_search(each: int) -> None:
    lot = np.random.default_rng(1)
    owners = np.repeat(np.arange(90), each)
    gallery, probes = _unit(lot, len(owners)), _unit(lot, 200)
    mates = lot.integers(-1, 90, 200)
    found = lot.random(200) < 0.9
    ours = search_all(probes, found, mates, gallery, owners)
    contract = Contract(pack="test", version="1", dimension=32)
    engine = Gallery(contract, "float32").build([str(i) for i in range(90)], gallery, owners)
    theirs = engine.search(probes, k=90)
    for i in range(200):
        if not found[i]:
            assert (ours.best[i], ours.mate[i], ours.rank[i]) == (-np.inf, -np.inf, 0)
            continue
        assert ours.best[i] == pytest.approx(theirs.scores[i, 0], abs=1e-6)
        if mates[i] < 0:
            assert (ours.mate[i], ours.rank[i]) == (-np.inf, 0)
            continue
        place = int(np.flatnonzero(theirs.entries[i] == mates[i])[0])
        assert ours.mate[i] == pytest.approx(theirs.scores[i, place], abs=1e-6)
        assert ours.rank[i] == place + 1


def test_ties_count_against_the_mate() -> None:
    gallery = np.eye(4, dtype=np.float32)
    probe = np.full((1, 4), 0.5, np.float32)
    searched = search_all(probe, np.ones(1, bool), np.array([2]), gallery, np.arange(4))
    assert searched.rank[0] == 4


def test_misses_are_low_scores_low_ranks_and_probes_without_a_face() -> None:
    probes = np.array([[1, 0], [0.6, 0.8], [0.6, 0.8], [1, 0]], np.float32)
    gallery = np.eye(2, dtype=np.float32)
    found = np.array([True, True, True, False])
    searched = search_all(probes, found, np.array([0, 1, 0, 0]), gallery, np.arange(2))
    assert missed(searched, 0.5).tolist() == [False, False, True, True]
    assert missed(searched, 0.9).tolist() == [False, True, True, True]
    assert missed(searched, 0.5, rank=2).tolist() == [False, False, False, True]


def test_nobody_is_found_in_an_empty_list() -> None:
    searched = search_all(
        np.eye(3, dtype=np.float32),
        np.ones(3, bool),
        np.full(3, -1),
        np.zeros((0, 3), np.float32),
        np.zeros(0, np.int64),
    )
    assert (searched.best == -np.inf).all()


def test_the_cmc_counts_ranks() -> None:
    ranks = np.array([1, 1, 2, 5, 99, np.iinfo(np.int64).max])
    assert cumulative_matches(ranks, 5).tolist() == pytest.approx([2 / 6, 3 / 6, 3 / 6, 3 / 6, 4 / 6])
